# SPDX-License-Identifier: Apache-2.0
"""What a node keeps: bounded, newest first, and told apart by market."""

from __future__ import annotations

from oracle.model.account import PublishedSlice
from oracle.node.epoch import ProvenEpoch
from oracle.node.state import NodeState
from tests.api.conftest import MARKET, MARKETS


def test_proofs_and_epochs_beyond_the_limits_leave_oldest_first(history: list[ProvenEpoch]) -> None:
    state = NodeState(MARKETS, kept_proofs=3, kept_events=1)
    for epoch in history:
        state.publish(epoch)
    names = [f"slice-{MARKET}-{u.witness.expiry}-{e.report.epoch}" for e in history for u in e.updates]
    assert [proof["id"] for proof in state.proofs()] == names[:-4:-1]
    assert state.proof(names[0]) is None
    events, gap = state.events_after(0)
    assert [event.sequence for event in events] == [len(history)]
    assert gap
    assert state.events_after(len(history)) == ([], False)


def test_the_proof_of_a_live_slice_is_kept_whatever_comes_after_it(history: list[ProvenEpoch]) -> None:
    state = NodeState(MARKETS, kept_proofs=3)
    state.publish(history[0])
    live = {landed.proof_id for landed in state.landed(MARKET)}
    for number in range(10):
        state.add_proof(f"solvency-{MARKET}-{number}", history[0].bundles[0])
    kept = {proof["id"] for proof in state.proofs()}
    assert kept == {*live, f"solvency-{MARKET}-9"}


def test_a_proof_that_comes_again_under_its_name_is_the_newest(history: list[ProvenEpoch]) -> None:
    state = NodeState(MARKETS)
    first, second = history[0].bundles[:2]
    for name, bundle in (
        ("insolvency-BTC-USD-a", first),
        ("solvency-ETH-USD-b", second),
        ("insolvency-BTC-USD-a", first),
    ):
        state.add_proof(name, bundle)
    assert [proof["id"] for proof in state.proofs()] == ["insolvency-BTC-USD-a", "solvency-ETH-USD-b"]
    assert [proof["market"] for proof in state.proofs()] == ["BTC-USD", "ETH-USD"]


def test_published_slices_are_what_the_chain_knows_of_the_landed_ones(history: list[ProvenEpoch]) -> None:
    state = NodeState(MARKETS)
    assert state.published(MARKET) == {}
    state.publish(history[0])
    published = state.published(MARKET)
    assert set(published) == {w.expiry for w in history[0].fitted.witnesses}
    for witness in history[0].fitted.witnesses:
        expected: PublishedSlice = witness.published(history[0].report.observed_at_ms // 1000)
        assert published[witness.expiry] == expected


def test_a_listener_is_woken_by_each_epoch_until_it_ends(history: list[ProvenEpoch]) -> None:
    state = NodeState(MARKETS)
    seen: list[int] = []
    end = state.listen(lambda: seen.append(state.epochs))
    state.publish(history[0])
    end()
    state.publish(history[1])
    assert seen == [1]
