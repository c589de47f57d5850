# SPDX-License-Identifier: Apache-2.0
"""slice: from these attested quotes and this attested forward, prices free of arbitrage and their Black-76 vols and Greeks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oracle.errors import CalendarViolation, InvalidSlice
from oracle.model.account import PublishedSlice, PublishedStrike
from oracle.model.black76 import black76
from oracle.model.calendar import CALENDAR_PIECES, certificate, switch_bits, switch_layers
from oracle.model.density import DENSITY_BITS, GAP_BITS, DensitySlice
from oracle.model.slice import SliceValues, slice_values
from oracle.model.snapshot import ExpirySnapshot
from oracle.statements.layout import SliceHeader
from oracle.statements.slice_runs import FIRST_RUN, UNUSED_VOL_Q32, SliceRuns
from oracle.statements.statement import Statement, fact_domain
from prover.poseidon import poseidon_chain

HEADER, KNOTS_DIGEST, EARLIER_DIGEST, LATER_DIGEST, GREEKS_DIGEST = range(FIRST_RUN)


@dataclass(frozen=True)
class SliceSize:
    """Preset of the circuit."""

    knots: int
    strikes: int

    @property
    def circuit_id(self) -> str:
        """Name of the instance."""
        return f"slice_{self.knots}_{self.strikes}"

    @property
    def pieces(self) -> int:
        """Pieces of a calendar certificate."""
        return CALENDAR_PIECES[self.knots]


def packed_knots(density: DensitySlice) -> list[int]:
    """Knots as in their digest: three (density 48 | gap 22) an element, the first knot on top of element 0."""
    bits = DENSITY_BITS + GAP_BITS
    gaps = (*density.gaps_ticks, 0)
    records = [q | h << DENSITY_BITS for q, h in zip(density.density_q, gaps, strict=True)]
    words = [
        sum(r << bits * i for i, r in enumerate(records[start : start + 3])) for start in range(0, len(records), 3)
    ]
    words[0] |= density.knots_ticks[0] << 3 * bits
    return words


def knots_digest(density: DensitySlice) -> int:
    """Poseidon digest of padded knots as :func:`packed_knots` packs them."""
    return poseidon_chain(packed_knots(density))


def slice_header(values: SliceValues) -> SliceHeader:
    """The header of a slice's data vector."""
    return SliceHeader(values.forward_q16, values.ln_forward_q48, values.fit_error_q16, values.tick_e2)


@dataclass(frozen=True)
class SliceWitness:
    """One fitted expiry with everything its statement needs except the report it is bound to."""

    size: SliceSize
    expiry: int
    density: DensitySlice
    snapshot: ExpirySnapshot
    values: SliceValues

    @classmethod
    def build(cls, size: SliceSize, density: DensitySlice, snapshot: ExpirySnapshot, tick_e2: int) -> SliceWitness:
        """Pads the knots and computes the published numbers. Raises :class:`InvalidSlice` where the expiry does not fit."""
        if len(snapshot.quotes) > size.strikes:
            raise InvalidSlice(f"expiry {snapshot.expiry}: {len(snapshot.quotes)} strikes do not fit {size.circuit_id}")
        if density.density_q[-1]:
            raise InvalidSlice(f"expiry {snapshot.expiry}: the density at the last knot must be 0")
        return cls(
            size, snapshot.expiry, density.padded(size.knots), snapshot, slice_values(density, snapshot, tick_e2)
        )

    def published(self, observed_at: int) -> PublishedSlice:
        """What the chain will know of it."""
        values = self.values
        strikes = {s.strike_ticks: PublishedStrike(s.ln_strike_q48, s.mark_e2, s.total_vol_q32) for s in values.strikes}
        return PublishedSlice(
            self.expiry, observed_at, values.forward_q16, values.ln_forward_q48, values.tick_e2, strikes
        )

    @property
    def quotes_hash(self) -> bytes:
        """What publishers attest of this expiry, whatever the preset: used slots only."""
        return SliceRuns.of(self.snapshot.quotes, self.values, len(self.values.strikes)).quotes_hash()

    @property
    def greeks_words(self) -> list[int]:
        """Phi(d1) at 2^152 and phi(d1) at 2^227 per slot; an unused slot holds the core at k = 0, v = 1."""
        return [word for pair in self._cores() for word in pair]

    def _cores(self) -> list[tuple[int, int]]:
        empty = black76(0, UNUSED_VOL_Q32)
        used = [(s.cdf_d1, s.pdf_d1) for s in self.values.strikes]
        return used + [(empty.cdf_d1, empty.pdf_d1)] * (self.size.strikes - len(used))


def _strike_rows(density: DensitySlice, values: SliceValues, size: SliceSize) -> list[int]:
    """Knot index per slot, strictly increasing; unused slots take the rows after the last listed strike."""
    index = {knot: j for j, knot in reversed(list(enumerate(density.knots_ticks)))}
    rows = [index[s.strike_ticks] for s in values.strikes]
    rows += range(rows[-1] + 1, rows[-1] + 1 + size.strikes - len(rows))
    if rows[-1] >= size.knots:
        raise InvalidSlice(f"{size.circuit_id}: too few knots above the last listed strike for the unused slots")
    return rows


def _pair_inputs(earlier: DensitySlice, later: DensitySlice, size: SliceSize) -> tuple[int, int, Any, Any]:
    proof = certificate(earlier, later, size.pieces)
    if proof is None:
        raise CalendarViolation(f"no calendar certificate of {size.pieces} pieces between the neighbouring slices")
    kinks = switch_bits([kink - 1 for kink in proof.kinks], size.knots - 1, size.pieces - 1)
    return proof.ratio_p, proof.ratio_q, kinks, switch_bits(proof.tangents, size.knots, size.pieces)


def _no_claim(size: SliceSize) -> tuple[int, int, Any, Any]:
    kinks = [[0] * (size.knots - 2) for _ in range(switch_layers(size.knots - 1, size.pieces - 1))]
    return 0, 1, kinks, [[0] * (size.knots - 1) for _ in range(switch_layers(size.knots, size.pieces))]


def slice_statement(
    witness: SliceWitness,
    market: str,
    epoch: int,
    report_digest: bytes,
    earlier: DensitySlice | None = None,
    later: DensitySlice | None = None,
) -> Statement:
    """The statement of one expiry; a calendar claim against each neighbour given (padded to the same size).

    Raises :class:`CalendarViolation` where a claimed neighbour crosses, :class:`InvalidSlice` where it does not fit.
    """
    size, own, values = witness.size, witness.density, witness.values
    runs = SliceRuns.of(witness.snapshot.quotes, values, size.strikes)
    zero = DensitySlice((0,) * size.knots, (0,) * size.knots)
    neighbours = [earlier or zero, later or zero]
    pairs = [
        _pair_inputs(earlier, own, size) if earlier else _no_claim(size),
        _pair_inputs(own, later, size) if later else _no_claim(size),
    ]
    header = slice_header(values)
    d = [
        header.pack(),
        knots_digest(own),
        knots_digest(earlier) if earlier else 0,
        knots_digest(later) if later else 0,
        poseidon_chain(witness.greeks_words),
        *runs.pack(),
    ]
    inputs: dict[str, Any] = {
        **header.encoded(),
        **runs.columns(),
        "density_q": list(own.density_q),
        "gaps_ticks": list(own.gaps_ticks),
        "first_knot_ticks": own.knots_ticks[0],
        "used": [int(record.strike_ticks > 0) for record in runs.listing],
        "strike_bits": switch_bits(_strike_rows(own, values, size), size.knots, size.strikes),
        "claim": [int(earlier is not None), int(later is not None)],
        "neighbour_density_q": [list(n.density_q) for n in neighbours],
        "neighbour_gaps_ticks": [list(n.gaps_ticks) for n in neighbours],
        "neighbour_first_knot_ticks": [n.knots_ticks[0] for n in neighbours],
        "ratio_p": [pair[0] for pair in pairs],
        "ratio_q": [pair[1] for pair in pairs],
        "kink_bits": [pair[2] for pair in pairs],
        "tangent_bits": [pair[3] for pair in pairs],
    }
    return Statement(
        size.circuit_id, tuple(d), inputs, fact_domain(size.circuit_id, market, witness.expiry, epoch, report_digest)
    )
