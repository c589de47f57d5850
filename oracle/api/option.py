# SPDX-License-Identifier: Apache-2.0
"""/v1/markets/{market}/option: one strike of a landed slice, listed or not."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from oracle.api.markets import MarketName, require_surface
from oracle.api.option_models import OptionDocument
from oracle.api.problems import NothingLanded, OptionNotPriced, UnknownExpiry, UnknownMarket, responses
from oracle.errors import NoTotalVol
from oracle.model.greeks import OptionWords, option_greeks
from oracle.model.option import OptionValues, option_values
from oracle.node.landed import LandedSlice
from oracle.node.state import NodeState
from oracle.statements.option import circuit_id
from oracle.statements.slice import knots_digest

Expiry = Annotated[int, Query(ge=1, lt=1 << 40, description="Expiry, Unix seconds", examples=[1_769_760_000])]
Strike = Annotated[int, Query(alias="strike", ge=1, lt=1 << 24, description="Strike, ticks", examples=[95_123])]


def option_routes(state: NodeState) -> APIRouter:
    """/v1/markets/{market}/option."""
    router = APIRouter(prefix="/v1/markets", tags=["markets"])

    @router.get(
        "/{market}/option",
        response_model=OptionDocument,
        responses=responses(UnknownMarket, UnknownExpiry, NothingLanded, OptionNotPriced),
    )
    def option(market: MarketName, expiry: Expiry, strike_ticks: Strike) -> dict[str, Any]:
        """Price and Greeks of one option at any strike of a landed slice: the numbers that an option proof shows."""
        require_surface(state, market)
        landed = next((each for each in state.landed(market) if each.expiry == expiry), None)
        if landed is None:
            raise UnknownExpiry(f"expiry {expiry}: no slice of {market} landed for it")
        values = landed.witness.values
        try:
            found = option_values(landed.witness.density, values.forward_q16, strike_ticks)
        except NoTotalVol as error:
            raise OptionNotPriced(str(error)) from error
        return _document(market, landed, found)

    return router


def _document(market: str, landed: LandedSlice, found: OptionValues) -> dict[str, Any]:
    density, tick_e2 = landed.witness.density, landed.witness.values.tick_e2
    tenor_s = max(0, landed.expiry - landed.observed_at_ms // 1000)
    words = OptionWords(
        found.forward_q16,
        tick_e2,
        found.strike_ticks,
        found.call_q53,
        found.total_vol_q32,
        found.cdf_d1,
        found.pdf_d1,
    )
    kinds = {
        name: {field: str(value) for field, value in vars(option_greeks(words, tenor_s, put)).items()}
        for name, put in (("call", False), ("put", True))
    }
    return {
        **landed.reference_json(),
        "market": market,
        "circuit": circuit_id(len(density.knots_ticks)),
        "tick_e2": tick_e2,
        "tenor_s": tenor_s,
        "forward_q16": found.forward_q16,
        "knots_digest": str(knots_digest(density)),
        "strike_ticks": found.strike_ticks,
        "call_q53": str(found.call_q53),
        "total_vol_q32": found.total_vol_q32,
        "cdf_d1_q197": str(found.cdf_d1),
        "pdf_d1_q202": str(found.pdf_d1),
        **kinds,
    }
