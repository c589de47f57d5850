# SPDX-License-Identifier: Apache-2.0
"""Which expiries an epoch proves again, and which calendar pairs it claims against what the chain holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from oracle.model.calendar import CALENDAR_PIECES, certificate
from oracle.model.density import DensitySlice
from oracle.statements.slice import SliceWitness

REFRESH_MS = 60_000
"""A slice is proven again at this age even where nothing moved: half of the age at which the contract calls it stale."""


@dataclass(frozen=True)
class Held:
    """An expiry's slice as the chain holds it."""

    witness: SliceWitness
    observed_at_ms: int


@dataclass(frozen=True)
class SliceUpdate:
    """One expiry to prove, with the neighbours it claims a calendar condition against."""

    witness: SliceWitness
    earlier: DensitySlice | None
    later: DensitySlice | None


Moved = Callable[[SliceWitness, SliceWitness], bool]
"""(held, fresh): whether an expiry moved enough to be proven again."""


def plan_updates(
    fresh: Sequence[SliceWitness], held: Mapping[int, Held], observed_at_ms: int, moved: Moved
) -> list[SliceUpdate]:
    """Updates in order of expiry; empty where nothing moved and nothing is old.

    An unmoved neighbour is proven too where the new slice and the held one admit no calendar certificate. Each adjacent
    pair with a new slice is claimed once: by the later slice if that is new, else by the earlier one. A held slice that has no
    fresh fit and admits no certificate stays unclaimed.
    """
    new = {w.expiry: w for w in fresh}
    chosen = {w.expiry for w in fresh if _needs_proof(w, held.get(w.expiry), observed_at_ms, moved)}
    if not chosen:
        return []
    live = sorted({*new, *(e for e in held if e * 1000 > observed_at_ms)})
    while grown := {e for pair in pairwise(live) for e in _stranded(pair, chosen, new, held)}:
        chosen |= grown
    updates = []
    for i, expiry in enumerate(live):
        if expiry in chosen:
            before = live[i - 1] if i else None
            after = live[i + 1] if i + 1 < len(live) else None
            own = new[expiry].density
            earlier = _density(before, chosen, new, held)
            later = None if after in chosen else _density(after, chosen, new, held)
            updates.append(
                SliceUpdate(
                    new[expiry],
                    earlier if earlier is not None and _certified(earlier, own) else None,
                    later if later is not None and _certified(own, later) else None,
                )
            )
    return updates


def _needs_proof(fresh: SliceWitness, held: Held | None, observed_at_ms: int, moved: Moved) -> bool:
    if held is None or held.witness.size != fresh.size:
        return True
    return observed_at_ms - held.observed_at_ms >= REFRESH_MS or moved(held.witness, fresh)


def _density(
    expiry: int | None, chosen: set[int], new: Mapping[int, SliceWitness], held: Mapping[int, Held]
) -> DensitySlice | None:
    """What the chain will hold of an expiry after the update."""
    if expiry is None:
        return None
    return new[expiry].density if expiry in chosen else held[expiry].witness.density


def _certified(earlier: DensitySlice, later: DensitySlice) -> bool:
    size = len(earlier.knots_ticks)
    if len(later.knots_ticks) != size:
        return False
    return certificate(earlier, later, CALENDAR_PIECES[size]) is not None


def _stranded(
    pair: tuple[int, int], chosen: set[int], new: Mapping[int, SliceWitness], held: Mapping[int, Held]
) -> set[int]:
    """The unchosen member of a pair that would be left without a certificate although it has a fresh fit."""
    rest = {expiry for expiry in pair if expiry not in chosen}
    if len(rest) != 1 or not rest <= set(new):
        return set()
    densities = [_density(expiry, chosen, new, held) for expiry in pair]
    earlier, later = densities
    return set() if earlier and later and _certified(earlier, later) else rest
