# SPDX-License-Identifier: Apache-2.0
"""The slice statement without a proof: a data vector and the knots and paths that open it, as the contracts check them."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.errors import CalendarViolation
from oracle.model.calendar import CalendarCertificate, certificate
from oracle.model.density import DensitySlice
from oracle.statements.slice import SliceSize, SliceWitness, knots_digest, packed_knots, slice_header
from oracle.statements.slice_runs import SliceRuns

NO_PATH = CalendarCertificate(0, 0, (), ())
"""Stands where no neighbour is claimed."""

PathStruct = tuple[int, int, bytes, bytes]
"""The Path struct: ratio_p, ratio_q, kinks, tangents, one byte each."""

OpeningStruct = tuple[list[int], list[int], PathStruct, list[int], PathStruct]
"""The Opening struct: knots, earlier neighbour's knots and path, later neighbour's."""


@dataclass(frozen=True)
class NativeSlice:
    """A data vector of ``size`` that names no Greeks words, its ``count`` listed strikes, and what opens it.

    ``neighbours`` are the earlier and the later one's packed knots, empty where not claimed.
    """

    size: SliceSize
    d: tuple[int, ...]
    count: int
    knots: tuple[int, ...]
    neighbours: tuple[tuple[int, ...], tuple[int, ...]]
    paths: tuple[CalendarCertificate, CalendarCertificate]

    @property
    def circuit_id(self) -> str:
        """Name under which the oracle takes it: ``slice_native_48_32`` has the data vector of ``slice_48_32``."""
        return self.size.circuit_id.replace("slice_", "slice_native_")

    def as_tuple(self) -> OpeningStruct:
        """The Opening struct."""
        earlier, later = ((p.ratio_p, p.ratio_q, bytes(p.kinks), bytes(p.tangents)) for p in self.paths)
        return list(self.knots), list(self.neighbours[0]), earlier, list(self.neighbours[1]), later


def _path(earlier: DensitySlice | None, later: DensitySlice | None, pieces: int) -> CalendarCertificate:
    if earlier is None or later is None:
        return NO_PATH
    found = certificate(earlier, later, pieces)
    if found is None:
        raise CalendarViolation(f"no calendar certificate of {pieces} pieces between the neighbouring slices")
    return found


def native_slice(
    witness: SliceWitness, earlier: DensitySlice | None = None, later: DensitySlice | None = None
) -> NativeSlice:
    """One expiry with a calendar claim against each neighbour given (padded to the same size).

    Raises :class:`CalendarViolation` where a claimed neighbour crosses.
    """
    size, own, values = witness.size, witness.density, witness.values
    digests = [knots_digest(law) if law else 0 for law in (own, earlier, later)]
    runs = SliceRuns.of(witness.snapshot.quotes, values, size.strikes)
    return NativeSlice(
        size,
        (slice_header(values).pack(), *digests, 0, *runs.pack()),
        len(values.strikes),
        tuple(packed_knots(own)),
        (tuple(packed_knots(earlier)) if earlier else (), tuple(packed_knots(later)) if later else ()),
        (_path(earlier, own, size.pieces), _path(own, later, size.pieces)),
    )
