# SPDX-License-Identifier: Apache-2.0
"""Read API over a running node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, HTTPException, Response

from oracle.bots.margin import Health
from oracle.errors import ChainError, RiskOracleError
from oracle.node.state import NodeState

AccountHealth = Callable[[str], Health]


def create_app(state: NodeState, health_of: AccountHealth) -> FastAPI:
    """Routes: /live, /ready, /v1/markets/{market}/surface, /v1/accounts/{address}/health, /v1/proofs."""
    app = FastAPI(title="zkrisk", description="Proven option surfaces and margin", version="0.1.0")

    @app.get("/live")
    def live() -> dict[str, bool]:
        """The process answers."""
        return {"live": True}

    @app.get("/ready")
    def ready(response: Response) -> dict[str, Any]:
        """200 once an epoch has landed on-chain, 503 before."""
        if state.epochs == 0:
            response.status_code = 503
        return {"ready": state.epochs > 0, "epochs": state.epochs, "failed_epochs": state.failed_epochs}

    @app.get("/v1/markets/{market}/surface")
    def surface(market: str) -> dict[str, Any]:
        """The newest proven surface."""
        found = state.surface()
        if market != state.market:
            raise HTTPException(404, f"market {market!r} is not served; served: {state.market}")
        if found is None:
            raise HTTPException(503, f"market {market}: no epoch has landed yet")
        return found

    @app.get("/v1/accounts/{address}/health")
    def health(address: str) -> dict[str, Any]:
        """Equity and worst-case maintenance requirement of an account at the newest slices."""
        try:
            found = health_of(address)
        except ChainError as error:
            raise HTTPException(503, f"account {address}: {error}") from error
        except (RiskOracleError, ValueError) as error:
            raise HTTPException(422, f"account {address}: {error}") from error
        return {**vars(found), "insolvent": found.insolvent}

    @app.get("/v1/proofs")
    def proofs() -> list[dict[str, Any]]:
        """Kept proofs, newest first."""
        return state.proofs()

    @app.get("/v1/proofs/{proof_id}")
    def proof(proof_id: str) -> dict[str, Any]:
        """A proof with all that is needed to verify it: circuit, domain, data vector, public signals."""
        found = state.proof(proof_id)
        if found is None:
            raise HTTPException(404, f"proof {proof_id!r} is not kept")
        return found

    return app
