# SPDX-License-Identifier: Apache-2.0
"""What a node shows: newest surface, a bounded number of proofs, counts."""

from __future__ import annotations

import json
from dataclasses import replace

from oracle.node.epoch import ProvenEpoch
from oracle.node.landed import landed_slices, surface_json
from oracle.node.state import KEPT_PROOFS, NodeState
from oracle.statements.bundle import ProofBundle

MARKETS = ("BTC-USD", "ETH-USD")


def test_a_node_shows_nothing_before_its_first_epoch() -> None:
    state = NodeState(MARKETS)
    assert [state.surface(market) for market in MARKETS] == [None, None]
    assert (state.proofs(), state.epochs, state.slices) == ([], 0, 0)
    assert (state.landed("BTC-USD"), state.published("BTC-USD")) == ((), {})
    assert state.proof("slice-1-1") is None


def test_a_published_epoch_is_the_newest_surface_and_its_proofs_are_kept(calm: ProvenEpoch, crash: ProvenEpoch) -> None:
    state = NodeState(MARKETS)
    state.publish(calm)
    state.publish(crash)
    assert state.surface("BTC-USD") == surface_json(crash, landed_slices(crash))
    assert state.surface("ETH-USD") is None
    assert (state.epochs, state.slices) == (2, len(calm.bundles) + len(crash.bundles))
    names = [
        f"slice-BTC-USD-{expiry}-{epoch.fitted.snapshot.epoch}" for epoch in (calm, crash) for expiry, _ in epoch.proven
    ]
    assert [shown["id"] for shown in state.proofs()] == names[::-1]
    for name, bundle in zip(names, [*calm.bundles, *crash.bundles], strict=True):
        document = state.proof(name)
        assert document is not None
        read = ProofBundle.from_json(json.dumps(document))
        read.require_bound()
        assert read.proof == bundle.proof
        assert set(document["timings_ms"]) == {"witness", "prove", "verify"}


def test_a_surface_is_the_proven_integers(calm: ProvenEpoch) -> None:
    surface = json.loads(json.dumps(surface_json(calm, landed_slices(calm))))
    for shown, witness in zip(surface["expiries"], calm.fitted.witnesses, strict=True):
        assert shown["report_digest"] == "0x" + calm.report.digest().hex()
        assert shown["snapshot_root"] == "0x" + calm.report.snapshot_root.hex()
        assert shown["forward_q16"] == witness.values.forward_q16
        assert [int(q) for q in shown["density_q"]] == list(witness.density.density_q)
        for strike, value in zip(shown["strikes"], witness.values.strikes, strict=True):
            assert (strike["mark_e2"], strike["total_vol_q32"]) == (value.mark_e2, value.total_vol_q32)
            assert (int(strike["cdf_d1_q152"]), int(strike["pdf_d1_q227"])) == (value.cdf_d1, value.pdf_d1)


def test_a_slice_that_was_not_proven_again_stays_on_the_surface_with_its_own_epoch(
    calm: ProvenEpoch, crash: ProvenEpoch
) -> None:
    state = NodeState(MARKETS)
    state.publish(calm)
    state.publish(replace(crash, updates=crash.updates[:1], bundles=crash.bundles[:1]))
    near, far = state.landed("BTC-USD")
    assert (near.epoch, far.epoch) == (crash.report.epoch, calm.report.epoch)
    surface = state.surface("BTC-USD")
    assert surface is not None
    assert surface["epoch"] == crash.report.epoch
    assert [shown["epoch"] for shown in surface["expiries"]] == [crash.report.epoch, calm.report.epoch]
    assert state.published("BTC-USD") == {landed.expiry: landed.published() for landed in (near, far)}


def test_an_expired_slice_leaves_the_surface(calm: ProvenEpoch, crash: ProvenEpoch) -> None:
    state = NodeState(MARKETS)
    state.publish(calm)
    near, far = (update.witness.expiry for update in calm.updates)
    state.publish(replace(crash, report=replace(crash.report, observed_at_ms=1000 * near), updates=(), bundles=()))
    assert [landed.expiry for landed in state.landed("BTC-USD")] == [far]


def test_proofs_of_live_slices_never_leave(calm: ProvenEpoch) -> None:
    state = NodeState(MARKETS, kept_proofs=3)
    state.publish(calm)
    for i in range(5):
        state.add_proof(f"proof-{i}", calm.bundles[0])
    live = [landed.proof_id for landed in state.landed("BTC-USD")]
    assert [shown["id"] for shown in state.proofs()] == ["proof-4", *live[::-1]]


def test_the_oldest_proofs_leave_beyond_the_limit(calm: ProvenEpoch) -> None:
    state = NodeState(MARKETS, kept_proofs=3)
    for i in range(5):
        state.add_proof(f"proof-{i}", calm.bundles[0])
    assert [shown["id"] for shown in state.proofs()] == ["proof-4", "proof-3", "proof-2"]
    assert state.proof("proof-1") is None
    assert state.proof("proof-2") is not None


def test_a_node_keeps_256_proofs(calm: ProvenEpoch) -> None:
    state = NodeState(MARKETS)
    for i in range(300):
        state.add_proof(f"proof-{i}", calm.bundles[0])
    assert len(state.proofs()) == KEPT_PROOFS == 256
    assert state.proof("proof-43") is None
    assert state.proof("proof-44") is not None


def test_a_failed_epoch_is_counted_with_its_reason() -> None:
    state = NodeState(MARKETS)
    state.fail("epoch 4: no quotes")
    state.fail("epoch 5: no forward")
    assert (state.epochs, state.failed_epochs, state.last_error) == (0, 2, "epoch 5: no forward")
