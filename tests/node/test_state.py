# SPDX-License-Identifier: Apache-2.0
"""What a node shows: newest surface, a bounded number of proofs, counts."""

from __future__ import annotations

import json

import pytest

from oracle.node import state as node_state
from oracle.node.epoch import ProvenEpoch
from oracle.node.state import NodeState, surface_json
from oracle.statements.bundle import ProofBundle


def test_a_node_shows_nothing_before_its_first_epoch() -> None:
    state = NodeState("BTC-USD")
    assert (state.surface(), state.proofs(), state.epochs) == (None, [], 0)
    assert state.proof("slice-1-1") is None


def test_a_published_epoch_is_the_newest_surface_and_its_proofs_are_kept(calm: ProvenEpoch, crash: ProvenEpoch) -> None:
    state = NodeState("BTC-USD")
    state.publish(calm)
    state.publish(crash)
    surface = state.surface()
    assert surface is not None
    assert surface == surface_json(crash)
    assert state.epochs == 2
    names = [f"slice-{expiry}-{epoch.snapshot.epoch}" for epoch in (calm, crash) for expiry, _ in epoch.updates]
    assert [shown["id"] for shown in state.proofs()] == names[::-1]
    for name, bundle in zip(names, [*calm.bundles, *crash.bundles], strict=True):
        document = state.proof(name)
        assert document is not None
        read = ProofBundle.from_json(json.dumps(document))
        read.require_bound()
        assert read.proof == bundle.proof
        assert set(document["timings_ms"]) == {"witness", "prove", "verify"}


def test_a_surface_is_the_proven_integers(calm: ProvenEpoch) -> None:
    surface = json.loads(json.dumps(surface_json(calm)))
    assert surface["report_digest"] == "0x" + calm.report.digest().hex()
    assert surface["snapshot_root"] == "0x" + calm.report.snapshot_root.hex()
    for shown, witness in zip(surface["expiries"], calm.witnesses, strict=True):
        assert shown["forward_q16"] == witness.values.forward_q16
        assert [int(q) for q in shown["density_q"]] == list(witness.density.density_q)
        for strike, value in zip(shown["strikes"], witness.values.strikes, strict=True):
            assert (strike["mark_e2"], strike["total_vol_q32"]) == (value.mark_e2, value.total_vol_q32)
            assert (int(strike["cdf_d1_q197"]), int(strike["pdf_d1_q202"])) == (value.cdf_d1, value.pdf_d1)


def test_the_oldest_proofs_leave_beyond_the_limit(calm: ProvenEpoch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_state, "KEPT_PROOFS", 3)
    state = NodeState("BTC-USD")
    for i in range(5):
        state.add_proof(f"proof-{i}", calm.bundles[0])
    assert [shown["id"] for shown in state.proofs()] == ["proof-4", "proof-3", "proof-2"]
    assert state.proof("proof-1") is None
    assert state.proof("proof-2") is not None


def test_a_node_keeps_256_proofs(calm: ProvenEpoch) -> None:
    state = NodeState("BTC-USD")
    for i in range(300):
        state.add_proof(f"proof-{i}", calm.bundles[0])
    assert len(state.proofs()) == node_state.KEPT_PROOFS == 256
    assert state.proof("proof-43") is None
    assert state.proof("proof-44") is not None


def test_a_failed_epoch_is_counted_with_its_reason() -> None:
    state = NodeState("BTC-USD")
    state.fail("epoch 4: no quotes")
    state.fail("epoch 5: no forward")
    assert (state.epochs, state.failed_epochs, state.last_error) == (0, 2, "epoch 5: no forward")
