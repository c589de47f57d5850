# SPDX-License-Identifier: Apache-2.0
"""Proofs and circuits: what is served suffices to verify."""

from __future__ import annotations

import json

import pytest

from oracle.node.epoch import ProvenEpoch
from oracle.statements.bundle import ProofBundle
from oracle.statements.statement import fact_domain
from prover.errors import InvalidProof
from prover.proof import Proof
from prover.verify import verify
from prover.vkey import VerificationKey
from tests.api.conftest import MARKET, STORE, Served, problem_of


def kept(history: list[ProvenEpoch]) -> list[str]:
    """Names of all proofs, newest first."""
    names = [f"slice-{MARKET}-{u.witness.expiry}-{e.report.epoch}" for e in history for u in e.updates]
    return names[::-1]


def test_proofs_come_newest_first_in_pages_that_join_without_gap(api: Served, history: list[ProvenEpoch]) -> None:
    expected = kept(history)
    assert len(expected) >= 4
    found: list[str] = []
    query: dict[str, str | int] = {"limit": 3}
    while True:
        page = api.client.get("/v1/proofs", params=query).json()
        assert len(page["proofs"]) <= 3
        found += [proof["id"] for proof in page["proofs"]]
        if page["next_before"] is None:
            break
        query["before"] = page["next_before"]
    assert found == expected


def test_proofs_are_filtered_by_circuit_and_market(api: Served, history: list[ProvenEpoch]) -> None:
    def ids(**query: str) -> list[str]:
        return [proof["id"] for proof in api.client.get("/v1/proofs", params=query).json()["proofs"]]

    assert ids(circuit="slice_32_16", market=MARKET) == kept(history)
    assert ids(circuit="solvency_4") == []
    assert ids(market="ETH-USD") == []
    assert problem_of(api.client.get("/v1/proofs?market=DOGE-USD")) == "UnknownMarket"


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=NaN"])
def test_a_page_outside_the_limits_is_an_invalid_request(api: Served, query: str) -> None:
    assert problem_of(api.client.get(f"/v1/proofs?{query}")) == "InvalidRequest"


def test_a_proof_that_is_not_kept_is_an_unknown_proof(api: Served) -> None:
    assert problem_of(api.client.get("/v1/proofs/slice-BTC-USD-1-1")) == "UnknownProof"
    assert problem_of(api.client.get("/v1/proofs?before=slice-BTC-USD-1-1")) == "UnknownProof"


def test_a_served_proof_verifies_with_the_served_key_alone(api: Served, history: list[ProvenEpoch]) -> None:
    newest = api.client.get("/v1/proofs?limit=1").json()["proofs"][0]
    response = api.client.get(f"/v1/proofs/{newest['id']}")
    document = response.json()
    bundle = ProofBundle.from_json(response.text)
    bundle.require_bound()
    circuit = api.client.get(f"/v1/circuits/{document['circuit']}").json()
    key = VerificationKey.from_json(json.dumps(circuit["verification_key"]))
    verify(bundle.proof, key)
    report, update = history[-1].report, history[-1].updates[-1]
    domain = fact_domain(document["circuit"], MARKET, update.witness.expiry, report.epoch, report.digest())
    assert bundle.statement.domain == domain
    words = [int(word, 16) for word in document["calldata"]]
    assert Proof.from_calldata(document["circuit"], words, bundle.proof.publics) == bundle.proof
    tampered = Proof.from_calldata(document["circuit"], words, (*bundle.proof.publics[:2], 1))
    with pytest.raises(InvalidProof):
        verify(tampered, key)


def test_circuits_show_manifest_key_and_signal_order(api: Served) -> None:
    listed = api.client.get("/v1/circuits").json()["circuits"]
    assert [circuit["circuit"] for circuit in listed] == STORE.circuits()
    document = api.client.get("/v1/circuits/slice_32_16").json()
    assert document["public_signals"] == ["digest", "y", "z"]
    manifest = STORE.artifact("slice_32_16").manifest()
    assert {name: document[name] for name in manifest.model_dump() if name != "n_public"} == manifest.model_dump(
        exclude={"n_public"}
    )
    assert document["verification_key"]["nPublic"] == manifest.n_public


@pytest.mark.parametrize("name", ["slice_1_1", "..%2F..%2Fetc", "SLICE", "a" * 64])
def test_a_circuit_without_artefact_is_an_unknown_circuit(api: Served, name: str) -> None:
    response = api.client.get(f"/v1/circuits/{name}")
    assert problem_of(response) in ("UnknownCircuit", "UnknownRoute")
    assert response.status_code == 404
