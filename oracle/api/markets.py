# SPDX-License-Identifier: Apache-2.0
"""Routes about markets and accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path

from oracle.api.greeks import indicative_greeks, years_between
from oracle.api.margin import Margin
from oracle.api.margin_models import MarginDocument, MarginRequest
from oracle.api.market_models import GreeksDocument, HealthDocument, MarketList, SurfaceDocument
from oracle.api.problems import (
    AccountNotValued,
    BodyTooLarge,
    BodyTooSlow,
    ChainUnavailable,
    InvalidRequest,
    MalformedBody,
    NothingLanded,
    UnknownMarket,
    responses,
    shown,
)
from oracle.bots.margin import Health
from oracle.errors import ChainError, RiskOracleError
from oracle.model.account import Position
from oracle.model.grid import vol_mode
from oracle.node.landed import LandedSlice
from oracle.node.state import NodeState

AccountHealth = Callable[[str, str], Health]
"""(market, address) to the account's health."""

MarketName = Annotated[str, Path(max_length=32, description="Market, as in /v1/markets", examples=["BTC-USD"])]
AccountAddress = Annotated[
    str, Path(pattern=r"^0x[0-9a-fA-F]{40}$", description="Account, 20 bytes", examples=["0x" + "1" * 40])
]
_VOL_MODES = ("up", "none", "down")


def require_market(state: NodeState, market: str) -> None:
    """Raises :class:`UnknownMarket` for one that is not served."""
    if market not in state.markets:
        raise UnknownMarket(f"market {shown(market)!r}: served are {', '.join(state.markets)}")


def require_surface(state: NodeState, market: str) -> dict[str, Any]:
    """A market's surface. Raises :class:`UnknownMarket`, or :class:`NothingLanded` before its first epoch."""
    require_market(state, market)
    surface = state.surface(market)
    if surface is None:
        raise NothingLanded(f"market {market}: no epoch has landed yet")
    return surface


def market_routes(state: NodeState, health_of: AccountHealth, margin_of: Margin) -> APIRouter:
    """/v1/markets and below."""
    router = APIRouter(prefix="/v1/markets", tags=["markets"])

    @router.get("", response_model=MarketList)
    def markets() -> dict[str, Any]:
        """The served markets and their newest landed epochs."""
        return {"markets": [_summary(state, market) for market in state.markets]}

    @router.get("/{market}/surface", response_model=SurfaceDocument, responses=responses(UnknownMarket, NothingLanded))
    def surface(market: MarketName) -> dict[str, Any]:
        """The proven surface: every live expiry as it last landed on-chain."""
        return require_surface(state, market)

    @router.get("/{market}/greeks", response_model=GreeksDocument, responses=responses(UnknownMarket, NothingLanded))
    def greeks(market: MarketName) -> dict[str, Any]:
        """Greeks of every listed strike: the proven words, and indicative floats that follow from them."""
        newest = require_surface(state, market)
        expiries = [_expiry_greeks(landed) for landed in state.landed(market)]
        return {"market": market, "tick_e2": newest["tick_e2"], "indicative": True, "expiries": expiries}

    @router.get(
        "/{market}/accounts/{address}/health",
        response_model=HealthDocument,
        responses=responses(UnknownMarket, AccountNotValued, ChainUnavailable),
    )
    def health(market: MarketName, address: AccountAddress) -> dict[str, Any]:
        """Equity and worst-case maintenance requirement of an account at the newest slices."""
        require_market(state, market)
        try:
            found = health_of(market, address)
        except ChainError as error:
            raise ChainUnavailable(str(error)) from error
        except RiskOracleError as error:
            raise AccountNotValued(f"account {address}: {error}") from error
        return {**vars(found), "insolvent": found.insolvent}

    @router.post(
        "/{market}/margin",
        response_model=MarginDocument,
        responses=responses(UnknownMarket, NothingLanded, AccountNotValued, MalformedBody, BodyTooLarge, BodyTooSlow),
    )
    def margin(market: MarketName, request: MarginRequest) -> dict[str, Any]:
        """What an account with these positions and this cash would have to hold at the newest slices."""
        require_surface(state, market)
        if any(leg.amount_e4 == 0 for leg in request.positions):
            raise InvalidRequest("amount_e4 = 0: a position has a size")
        legs = [Position(leg.expiry, leg.strike_ticks, leg.put, leg.amount_e4) for leg in request.positions]
        try:
            found = margin_of(market, legs, request.cash_e6)
        except RiskOracleError as error:
            raise AccountNotValued(str(error)) from error
        used = {position.expiry for position in found.positions}
        scenario = found.grid.scenarios[found.worst_row]
        worst = {
            "row": found.worst_row,
            "spot_e4": scenario.spot_e4,
            "vol_mode": _VOL_MODES[vol_mode(found.worst_row)],
            "weight_e5": scenario.weight_e5,
        }
        return {
            "market": market,
            "grid": found.grid.name,
            "positions": [vars(position) for position in found.positions],
            "cash_e6": found.cash_e6,
            "equity_e6": found.equity_e6,
            "initial_cash_e6": found.initial_cash_e6,
            "maintenance_cash_e6": found.maintenance_cash_e6,
            "solvent": found.cash_e6 >= found.initial_cash_e6,
            "insolvent": found.cash_e6 < found.maintenance_cash_e6,
            "worst": worst if found.positions else None,
            "slices": [landed.reference_json() for landed in state.landed(market) if landed.expiry in used],
        }

    return router


def _summary(state: NodeState, market: str) -> dict[str, Any]:
    surface = state.surface(market) or {"epoch": None, "observed_at_ms": None}
    return {
        "market": market,
        "epoch": surface["epoch"],
        "observed_at_ms": surface["observed_at_ms"],
        "expiries": [landed.expiry for landed in state.landed(market)],
    }


def _expiry_greeks(landed: LandedSlice) -> dict[str, Any]:
    values = landed.witness.values
    years = years_between(landed.observed_at_ms, landed.expiry)
    strikes = [
        {
            "strike_ticks": strike.strike_ticks,
            "mark_e2": strike.mark_e2,
            "total_vol_q32": strike.total_vol_q32,
            "cdf_d1_q152": str(strike.cdf_d1),
            "pdf_d1_q227": str(strike.pdf_d1),
            "call_indicative": vars(indicative_greeks(values, strike, years, put=False)),
            "put_indicative": vars(indicative_greeks(values, strike, years, put=True)),
        }
        for strike in values.strikes
    ]
    return {
        **landed.reference_json(),
        "forward_q16": values.forward_q16,
        "years_indicative": years,
        "strikes": strikes,
    }
