# SPDX-License-Identifier: Apache-2.0
"""The runs of a slice's data vector: quotes, spreads, results, listing and logarithms, one record a strike slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_utils.crypto import keccak

from oracle.errors import InvalidValue
from oracle.model.slice import SliceValues
from oracle.model.snapshot import Quote
from oracle.statements.columns import columns
from oracle.statements.layout import SliceListing, SliceLogarithms, SliceQuotes, SliceResults, SliceSpreads
from oracle.statements.record import Record

FIRST_RUN = 5
"""Elements before the runs: header and four digests."""
UNUSED_VOL_Q32 = 1 << 32
KINDS = (SliceQuotes, SliceSpreads, SliceResults, SliceListing, SliceLogarithms)


@dataclass(frozen=True)
class SliceRuns:
    """The packed runs of a data vector, one record a strike slot, in their order."""

    quotes: tuple[SliceQuotes, ...]
    spreads: tuple[SliceSpreads, ...]
    results: tuple[SliceResults, ...]
    listing: tuple[SliceListing, ...]
    logarithms: tuple[SliceLogarithms, ...]

    @classmethod
    def of(cls, quotes: Sequence[Quote], values: SliceValues, slots: int) -> SliceRuns:
        """The runs of listed strikes, padded to ``slots`` with unused slots: all zero but a vol of 1, which the core needs."""
        unused = slots - len(quotes)
        return cls(
            tuple(SliceQuotes(q.mid_half_ticks, int(q.put), int(q.quoted)) for q in quotes)
            + (SliceQuotes(0, 0, 0),) * unused,
            tuple(SliceSpreads(q.half_spread_half_ticks) for q in quotes) + (SliceSpreads(0),) * unused,
            tuple(SliceResults(s.mark_e2, s.total_vol_q32) for s in values.strikes)
            + (SliceResults(0, UNUSED_VOL_Q32),) * unused,
            tuple(SliceListing(s.strike_ticks) for s in values.strikes) + (SliceListing(0),) * unused,
            tuple(SliceLogarithms(s.ln_strike_q48) for s in values.strikes) + (SliceLogarithms(0),) * unused,
        )

    @classmethod
    def unpack(cls, d: Sequence[int], slots: int) -> SliceRuns:
        """From a whole data vector. Raises :class:`InvalidValue` for a wrong length or an element with bits outside its fields."""
        counts = [kind.elements(slots) for kind in KINDS]
        if len(d) != FIRST_RUN + sum(counts):
            raise InvalidValue("d", len(d), f"must have {FIRST_RUN + sum(counts)} elements for {slots} strikes")
        parts, first = [], FIRST_RUN
        for count in counts:
            parts.append(d[first : first + count])
            first += count
        return cls(
            tuple(SliceQuotes.unpack_all(parts[0], slots)),
            tuple(SliceSpreads.unpack_all(parts[1], slots)),
            tuple(SliceResults.unpack_all(parts[2], slots)),
            tuple(SliceListing.unpack_all(parts[3], slots)),
            tuple(SliceLogarithms.unpack_all(parts[4], slots)),
        )

    def first(self, count: int) -> SliceRuns:
        """The runs of the first ``count`` slots."""
        return SliceRuns(
            self.quotes[:count],
            self.spreads[:count],
            self.results[:count],
            self.listing[:count],
            self.logarithms[:count],
        )

    def pack(self) -> list[int]:
        """As elements of the data vector."""
        runs: tuple[Sequence[Record], ...] = (self.quotes, self.spreads, self.results, self.listing, self.logarithms)
        return [element for run in runs for element in type(run[0]).pack_all(run)]

    def columns(self) -> dict[str, list[int]]:
        """As inputs of the circuit: half-spreads whole, everything else by field."""
        split = (columns(run) for run in (self.quotes, self.results, self.listing, self.logarithms))
        fields = {name: column for run in split for name, column in run.items()}
        return {**fields, "spreads": SliceSpreads.pack_all(self.spreads)}

    def listing_hash(self) -> bytes:
        """What the contract stores of a listing, of runs without unused slots: hash of the hashes of listing and logarithms."""
        return keccak(_hash(SliceListing.pack_all(self.listing)) + _hash(SliceLogarithms.pack_all(self.logarithms)))

    def quotes_hash(self) -> bytes:
        """What publishers attest, of runs without unused slots: hash of the hashes of quotes and spreads and :meth:`listing_hash`."""
        quotes, spreads = SliceQuotes.pack_all(self.quotes), SliceSpreads.pack_all(self.spreads)
        return keccak(_hash(quotes) + _hash(spreads) + self.listing_hash())


def before_results(slots: int) -> int:
    """Elements of a data vector before its results."""
    return FIRST_RUN + SliceQuotes.elements(slots) + SliceSpreads.elements(slots)


def before_listing(slots: int) -> int:
    """Elements of a data vector before its listing: those that an update of the oracle carries."""
    return before_results(slots) + SliceResults.elements(slots)


def _hash(elements: Sequence[int]) -> bytes:
    return keccak(b"".join(element.to_bytes(32, "big") for element in elements))
