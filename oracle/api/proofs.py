# SPDX-License-Identifier: Apache-2.0
"""Routes about proofs and the circuits that made them."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from oracle.api.markets import require_market
from oracle.api.problems import UnknownCircuit, UnknownMarket, UnknownProof, responses, shown
from oracle.api.proof_models import CircuitDocument, CircuitList, ProofDocument, ProofPage
from oracle.node.state import NodeState
from prover.artifacts import ArtifactStore
from prover.errors import ArtifactMissing

PAGE_SIZE, PAGE_LIMIT = 50, 200

Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Proofs of one page")]
Before = Annotated[str | None, Query(max_length=160, description="Only proofs older than this one")]
Circuit = Annotated[str | None, Query(max_length=64, description="Only this circuit", examples=["slice_32_16"])]
Market = Annotated[str | None, Query(max_length=32, description="Only this market", examples=["BTC-USD"])]
ProofId = Annotated[str, Path(max_length=160, description="Name of a proof", examples=["slice-BTC-USD-1769760000-7"])]
CircuitId = Annotated[str, Path(max_length=64, description="Circuit id", examples=["solvency_4"])]


def proof_routes(state: NodeState) -> APIRouter:
    """/v1/proofs and below."""
    router = APIRouter(prefix="/v1/proofs", tags=["proofs"])

    @router.get("", response_model=ProofPage, responses=responses(UnknownProof, UnknownMarket))
    def proofs(
        limit: Limit = PAGE_SIZE, before: Before = None, circuit: Circuit = None, market: Market = None
    ) -> dict[str, Any]:
        """Kept proofs, newest first, in pages."""
        if market is not None:
            require_market(state, market)
        kept = state.proofs()
        if before is not None:
            places = [place for place, proof in enumerate(kept) if proof["id"] == before]
            if not places:
                raise UnknownProof(f"before {shown(before)!r}: not kept; start from the newest again")
            kept = kept[places[0] + 1 :]
        matching = [p for p in kept if circuit in (None, p["circuit"]) and market in (None, p["market"])]
        page = matching[:limit]
        return {"proofs": page, "next_before": page[-1]["id"] if len(matching) > limit else None}

    @router.get("/{proof_id}", response_model=ProofDocument, responses=responses(UnknownProof))
    def proof(proof_id: ProofId) -> dict[str, Any]:
        """A proof with all that is needed to verify it off-chain or on-chain."""
        found = state.proof(proof_id)
        if found is None:
            raise UnknownProof(f"proof {shown(proof_id)!r} is not kept")
        return found

    return router


def circuit_routes(artifacts: ArtifactStore) -> APIRouter:
    """/v1/circuits and below."""
    router = APIRouter(prefix="/v1/circuits", tags=["proofs"])

    @router.get("", response_model=CircuitList)
    def circuits() -> dict[str, Any]:
        """The circuits of this node with their manifests."""
        manifests = (artifacts.artifact(circuit).manifest() for circuit in artifacts.circuits())
        return {"circuits": [manifest.model_dump() for manifest in manifests]}

    @router.get("/{circuit_id}", response_model=CircuitDocument, responses=responses(UnknownCircuit))
    def circuit(circuit_id: CircuitId) -> dict[str, Any]:
        """A circuit's manifest, verification key and order of public signals."""
        try:
            artifact = artifacts.artifact(circuit_id)
            manifest, key = artifact.manifest(), artifact.verification_key()
        except ArtifactMissing as error:
            raise UnknownCircuit(f"circuit {shown(circuit_id)!r} has no artefact here") from error
        return {**manifest.model_dump(), "verification_key": json.loads(key.text)}

    return router
