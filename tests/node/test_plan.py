# SPDX-License-Identifier: Apache-2.0
"""Which expiries an epoch proves: those that moved or grew old, and the neighbours they strand; each pair claimed once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import pytest

from oracle.model.calendar import CALENDAR_PIECES, certificate
from oracle.model.density import DensitySlice
from oracle.node.epoch import FittedEpoch, fit_epoch
from oracle.node.markets import BTC_USD
from oracle.node.plan import REFRESH_MS, Held, Moved, SliceUpdate, plan_updates
from oracle.statements.slice import SliceSize, SliceWitness
from oracle.stream.deribit import VENUE, parse_frame
from oracle.stream.epochs import snapshots
from oracle.stream.feed import read_events
from oracle.stream.ledger import RejectLedger
from oracle.stream.simulator import simulate
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.snapshot import SnapshotBuilder
from oracle.surface.market import PRESETS, fit_market

TENORS_DAYS = (16, 30, 58, 93)
VOL_JUMP = 4.0
SESSION = replace(SimulatorConfig.small(tenors_days=TENORS_DAYS), crash_vol_factor=VOL_JUMP)
Claims = list[tuple[int, DensitySlice | None, DensitySlice | None]]


@pytest.fixture(scope="module")
def fitted() -> tuple[FittedEpoch, FittedEpoch]:
    """Four expiries, calm and with four times the volatility."""
    ledger = RejectLedger()
    builder = SnapshotBuilder(BTC_USD.name, BTC_USD.currency, BTC_USD.tick_e2, ledger=ledger)
    first, *_, last = snapshots(read_events(simulate(SESSION), VENUE, parse_frame, ledger), builder)
    return fit_epoch(fit_market(first)), fit_epoch(fit_market(last, PRESETS[:1]))


@pytest.fixture(scope="module")
def calm(fitted: tuple[FittedEpoch, FittedEpoch]) -> tuple[SliceWitness, ...]:
    """Calm slices, earliest first."""
    assert len(fitted[0].witnesses) == len(TENORS_DAYS)
    return fitted[0].witnesses


@pytest.fixture(scope="module")
def wild(fitted: tuple[FittedEpoch, FittedEpoch], calm: tuple[SliceWitness, ...]) -> tuple[SliceWitness, ...]:
    """Slices of the same expiries after the jump: none lies below the calm slice that follows it."""
    witnesses = fitted[1].witnesses
    assert [w.expiry for w in witnesses] == [w.expiry for w in calm]
    for earlier, later in zip(witnesses, calm[1:], strict=False):
        assert certificate(earlier.density, later.density, CALENDAR_PIECES[earlier.size.knots]) is None
    return witnesses


def _held(witnesses: Iterable[SliceWitness], observed_at_ms: int = 0) -> dict[int, Held]:
    return {w.expiry: Held(w, observed_at_ms) for w in witnesses}


def _only(*expiries: int) -> Moved:
    return lambda _, fresh: fresh.expiry in expiries


def _claims(updates: Iterable[SliceUpdate]) -> Claims:
    return [(update.witness.expiry, update.earlier, update.later) for update in updates]


def _first_of_all(witnesses: tuple[SliceWitness, ...]) -> Claims:
    """Every slice new: each claims the one before."""
    pairs = [(later.expiry, earlier.density, None) for earlier, later in pairwise(witnesses)]
    return [(witnesses[0].expiry, None, None), *pairs]


def test_a_first_epoch_proves_everything_and_claims_each_pair_once(calm: tuple[SliceWitness, ...]) -> None:
    assert _claims(plan_updates(calm, {}, 0, _only())) == _first_of_all(calm)


def test_nothing_moved_and_nothing_old_is_no_update(calm: tuple[SliceWitness, ...]) -> None:
    assert plan_updates(calm, _held(calm), REFRESH_MS - 1, _only()) == []


def test_one_moved_expiry_is_proven_alone_and_claims_both_held_neighbours(calm: tuple[SliceWitness, ...]) -> None:
    before, own, after, _ = calm
    updates = plan_updates(calm, _held(calm), 1, _only(own.expiry))
    assert _claims(updates) == [(own.expiry, before.density, after.density)]


def test_a_claim_is_against_what_the_chain_holds_not_against_the_fresh_fit(
    calm: tuple[SliceWitness, ...], wild: tuple[SliceWitness, ...]
) -> None:
    """The last expiry moves up: its neighbour's fresh fit is another one, but the held one stays on the chain."""
    fresh = (*calm[:2], replace(calm[2], density=wild[1].density), wild[3])
    (update,) = plan_updates(fresh, _held(calm), 1, _only(wild[3].expiry))
    assert update == SliceUpdate(wild[3], calm[2].density, None)


def test_two_adjacent_moved_expiries_claim_their_pair_once(calm: tuple[SliceWitness, ...]) -> None:
    first, second, third, fourth = calm
    updates = plan_updates(calm, _held(calm), 1, _only(second.expiry, third.expiry))
    assert _claims(updates) == [
        (second.expiry, first.density, None),
        (third.expiry, second.density, fourth.density),
    ]


def test_a_neighbour_left_without_a_certificate_is_proven_too_and_so_is_its_own(
    calm: tuple[SliceWitness, ...], wild: tuple[SliceWitness, ...]
) -> None:
    """Only the second expiry moved, above the held third one: the third and then the fourth have to follow."""
    fresh = (calm[0], *wild[1:])
    updates = plan_updates(fresh, _held(calm), 1, _only(wild[1].expiry))
    assert _claims(updates) == [
        (wild[1].expiry, calm[0].density, None),
        (wild[2].expiry, wild[1].density, None),
        (wild[3].expiry, wild[2].density, None),
    ]


def test_a_stranded_neighbour_without_a_fresh_fit_stays_unclaimed(
    calm: tuple[SliceWitness, ...], wild: tuple[SliceWitness, ...]
) -> None:
    fresh = (calm[0], wild[1])
    updates = plan_updates(fresh, _held(calm), 1, _only(wild[1].expiry))
    assert _claims(updates) == [(wild[1].expiry, calm[0].density, None)]


@pytest.mark.parametrize(("age_ms", "proven"), [(REFRESH_MS - 1, 0), (REFRESH_MS, 1)])
def test_an_unmoved_slice_is_proven_again_at_half_the_age_that_is_stale(
    calm: tuple[SliceWitness, ...], age_ms: int, proven: int
) -> None:
    now_ms = 10 * REFRESH_MS
    held = {**_held(calm, now_ms), **_held(calm[3:], now_ms - age_ms)}
    updates = plan_updates(calm, held, now_ms, _only())
    assert _claims(updates) == [(calm[3].expiry, calm[2].density, None)] * proven


def test_slices_of_another_size_are_all_proven_again_and_claim_no_held_one(calm: tuple[SliceWitness, ...]) -> None:
    larger = SliceSize(48, 32)
    fresh = tuple(replace(w, size=larger, density=w.density.padded(larger.knots)) for w in calm)
    assert _claims(plan_updates(fresh, _held(calm), 1, _only())) == _first_of_all(fresh)
    alone = plan_updates(fresh[1:2], _held(calm), 1, _only())
    assert _claims(alone) == [(fresh[1].expiry, None, None)]


def test_an_expired_held_slice_is_no_neighbour(calm: tuple[SliceWitness, ...]) -> None:
    expired, own, after, _ = calm
    just_before, just_then = expired.expiry * 1000 - 1, expired.expiry * 1000
    for now_ms, earlier in ((just_before, expired.density), (just_then, None)):
        updates = plan_updates(calm[1:], _held(calm, now_ms), now_ms, _only(own.expiry))
        assert _claims(updates) == [(own.expiry, earlier, after.density)]


def test_a_held_slice_that_the_fresh_fit_left_out_is_still_a_neighbour(calm: tuple[SliceWitness, ...]) -> None:
    first, missing, third, fourth = calm
    updates = plan_updates((first, third, fourth), _held(calm), 1, _only(third.expiry))
    assert _claims(updates) == [(third.expiry, missing.density, fourth.density)]
