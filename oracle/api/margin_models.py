# SPDX-License-Identifier: Apache-2.0
"""Documents of the what-if margin."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from oracle.api.market_models import REFERENCE_EXAMPLE, SliceReference, example
from oracle.bots.margin import SLOTS
from oracle.model.account import AMOUNT_LIMIT_E4

MAX_LEGS = 2 * SLOTS[-1]
"""Legs of a request before netting: two full books."""
CASH_LIMIT_E6 = (1 << 53) - 1

_LEG: dict[str, Any] = {"expiry": 1_769_760_000, "strike_ticks": 95_000, "put": True, "amount_e4": -10_000}


class Leg(BaseModel):
    """A position in one listed contract."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [_LEG]})

    expiry: int = Field(gt=0, lt=1 << 53, description="Expiry, Unix seconds")
    strike_ticks: int = Field(gt=0, lt=1 << 24, description="Strike, ticks")
    put: bool = Field(description="Put, else call")
    amount_e4: int = Field(
        gt=-AMOUNT_LIMIT_E4, lt=AMOUNT_LIMIT_E4, description="Contracts at 1e-4, negative where short; not 0"
    )


class MarginRequest(BaseModel):
    """Positions and cash of an account that may not exist."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"cash_e6": 25_000_000_000, "positions": [_LEG]}]},
    )

    cash_e6: int = Field(ge=-CASH_LIMIT_E6, le=CASH_LIMIT_E6, description="Cash, 1e-6 dollars; may be negative")
    positions: list[Leg] = Field(
        max_length=MAX_LEGS, description=f"Legs; the same contract is netted, at most {SLOTS[-1]} contracts remain"
    )


class ScenarioRow(BaseModel):
    """One row of the scenario grid."""

    row: int = Field(description="From 0")
    spot_e4: int = Field(description="Multiplier of the forward at 1e-4")
    vol_mode: Literal["up", "none", "down"] = Field(description="How volatilities are shocked")
    weight_e5: int = Field(description="Weight of the loss at 1e-5")


class MarginDocument(BaseModel):
    """The requirement of a what-if account; every number but the request's own follows from proven slices."""

    model_config = example(
        market="BTC-USD",
        grid="deribit",
        positions=[_LEG],
        cash_e6=25_000_000_000,
        equity_e6=22_100_000_000,
        initial_cash_e6=24_000_000_000,
        maintenance_cash_e6=19_500_000_000,
        solvent=True,
        insolvent=False,
        worst={"row": 10, "spot_e4": 6700, "vol_mode": "up", "weight_e5": 48_000},
        slices=[REFERENCE_EXAMPLE],
    )

    market: str
    grid: str = Field(description="Name of the scenario grid")
    positions: list[Leg] = Field(description="Netted, sorted as the contracts demand")
    cash_e6: int = Field(description="Cash of the request, 1e-6 dollars")
    equity_e6: int = Field(description="Cash plus marks, 1e-6 dollars")
    initial_cash_e6: int = Field(description="Least cash with a solvency proof at initial margin, 1e-6 dollars")
    maintenance_cash_e6: int = Field(
        description="Cash below which an insolvency proof at maintenance margin exists, 1e-6 dollars"
    )
    solvent: bool = Field(description="cash_e6 >= initial_cash_e6: the account could trade and withdraw")
    insolvent: bool = Field(description="cash_e6 < maintenance_cash_e6: the account could be liquidated")
    worst: ScenarioRow | None = Field(description="The scenario that sets maintenance_cash_e6, null without positions")
    slices: list[SliceReference] = Field(description="The landed slices that were used")
