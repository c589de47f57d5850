# SPDX-License-Identifier: Apache-2.0
"""Documents about markets: surfaces, Greeks, accounts.

A field's suffix is its scale: ``_e2``, ``_e4``, ``_e6`` powers of ten, ``_q16`` to ``_q227`` powers of two; ``_ticks`` strike
ticks of ``tick_e2`` cents. Integers that may pass 2^53 are decimal strings.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Decimal = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,77})$")]
Hex32 = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]

_DIGEST = "0x" + "5a" * 32


def example(**fields: Any) -> ConfigDict:
    """The configuration of a model with one example."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


MARKET_EXAMPLE: dict[str, Any] = {
    "market": "BTC-USD",
    "epoch": 7,
    "observed_at_ms": 1_768_464_040_000,
    "expiries": [1_769_760_000],
}


class MarketSummary(BaseModel):
    """One served market."""

    model_config = example(**MARKET_EXAMPLE)

    market: str = Field(description="Name of the market on-chain")
    epoch: int | None = Field(description="Newest landed epoch, null before the first")
    observed_at_ms: int | None = Field(description="The venue's clock at that epoch, Unix milliseconds")
    expiries: list[int] = Field(description="Expiries with a landed slice, Unix seconds, ascending")


class MarketList(BaseModel):
    """The served markets."""

    model_config = example(markets=[MARKET_EXAMPLE])

    markets: list[MarketSummary]


class SliceReference(BaseModel):
    """A landed slice: the newest one of its expiry on-chain."""

    expiry: int = Field(description="Expiry, Unix seconds")
    epoch: int = Field(description="Epoch in which the slice was proven and landed")
    observed_at_ms: int = Field(description="The venue's clock at that epoch, Unix milliseconds")
    proof_id: str | None = Field(
        description="Its proof under /v1/proofs; null: it landed without one, for liquidations alone"
    )


REFERENCE_EXAMPLE: dict[str, Any] = {
    "expiry": 1_769_760_000,
    "epoch": 7,
    "observed_at_ms": 1_768_464_040_000,
    "proof_id": "slice-BTC-USD-1769760000-7",
}


class ProvenWords(BaseModel):
    """What the slice proof says about one listed strike."""

    strike_ticks: int = Field(description="Strike in ticks of tick_e2 cents")
    mark_e2: int = Field(description="Proven price of the call, cents (1e-2 dollars)")
    total_vol_q32: int = Field(description="Proven total implied volatility sigma sqrt(T), scale 2^32")
    cdf_d1_q152: Decimal = Field(description="Proven Phi(d1), the call's forward delta, scale 2^152")
    pdf_d1_q227: Decimal = Field(description="Proven phi(d1), the normal density at d1, scale 2^227")


class SurfaceStrike(ProvenWords):
    """One listed strike with the attested quote."""

    quoted: bool = Field(description="Whether the venue shows a usable two-sided quote; if not, quote fields are 0")
    put: bool = Field(description="Whether the quote is of the put; the mark is the call's in any case")
    mid_half_ticks: int = Field(description="Attested mid in 5e-5 coin (half of the venue's tick of 1e-4)")
    half_spread_half_ticks: int = Field(description="Attested half-spread in 5e-5 coin")


WORDS_EXAMPLE: dict[str, Any] = {
    "strike_ticks": 95_000,
    "mark_e2": 312_450,
    "total_vol_q32": 360_777_252,
    "cdf_d1_q152": str((1 << 151) + (1 << 145)),
    "pdf_d1_q227": str(1 << 225),
}


class SurfaceExpiry(SliceReference):
    """One expiry as the chain holds it."""

    circuit: str = Field(description="Circuit of its proof")
    report_digest: Hex32 = Field(description="EIP-712 digest of the publishers' report that its proof is bound to")
    snapshot_root: Hex32 = Field(description="Keccak-256 of the attested snapshot")
    forward_q16: int = Field(description="Attested forward, ticks at scale 2^16")
    fit_error_q16: int = Field(
        description="Proven bound of the sum of squared price errors, (5e-5 coin)^2 at scale 2^16"
    )
    rmse_vol_points: float = Field(description="Indicative: root mean square fit error, volatility points (0.01)")
    inside_share: float = Field(description="Indicative: share of quotes whose model price lies in bid and ask")
    knots_ticks: list[int] = Field(description="Knots of the density, ticks")
    density_q: list[Decimal] = Field(description="Density at the knots, integers of the slice statement")
    strikes: list[SurfaceStrike] = Field(description="Listed strikes, ascending")


class SurfaceDocument(BaseModel):
    """A market's surface: every live expiry as it last landed."""

    model_config = example(
        market="BTC-USD",
        epoch=7,
        observed_at_ms=1_768_464_040_000,
        spot_e2=9_500_000,
        tick_e2=100,
        rejected_count=3,
        expiries=[
            {
                **REFERENCE_EXAMPLE,
                "circuit": "slice_32_16",
                "report_digest": _DIGEST,
                "snapshot_root": _DIGEST,
                "forward_q16": 95_300 << 16,
                "fit_error_q16": 41_000,
                "rmse_vol_points": 0.04,
                "inside_share": 1.0,
                "knots_ticks": [60_000, 95_000, 150_000],
                "density_q": ["0", "1073741824", "0"],
                "strikes": [
                    {
                        **WORDS_EXAMPLE,
                        "quoted": True,
                        "put": True,
                        "mid_half_ticks": 592,
                        "half_spread_half_ticks": 10,
                    }
                ],
            }
        ],
    )

    market: str
    epoch: int = Field(description="Newest landed epoch; an expiry that did not move carries an earlier one")
    observed_at_ms: int = Field(description="The venue's clock at the newest epoch, Unix milliseconds")
    spot_e2: int = Field(description="Spot index, cents")
    tick_e2: int = Field(description="One strike tick, cents")
    rejected_count: int = Field(description="Refused quotes and expiries of the newest snapshot")
    expiries: list[SurfaceExpiry] = Field(description="Ascending")


class Greeks(BaseModel):
    """Indicative floats from the proven words; discount factor 1, the forward held fixed."""

    price: float = Field(description="Dollars, from the mark in cents")
    delta: float = Field(description="Per unit of forward")
    gamma: float = Field(description="Delta per dollar of forward")
    vega: float = Field(description="Dollars per 1.00 of volatility")
    theta: float = Field(description="Dollars per year")
    rho: float = Field(description="Dollars per 1.00 of the continuous rate")
    vanna: float = Field(description="Delta per 1.00 of volatility")
    volga: float = Field(description="Vega per 1.00 of volatility")


class StrikeGreeks(ProvenWords):
    """One listed strike: the proven words, and floats derived from them."""

    call_indicative: Greeks = Field(description="Floats of the call; nothing that moves money uses them")
    put_indicative: Greeks = Field(description="Floats of the put, by parity")


class ExpiryGreeks(SliceReference):
    """One expiry's Greeks at the moment it was observed."""

    forward_q16: int = Field(description="Attested forward, ticks at scale 2^16")
    years_indicative: float = Field(description="T from observation to expiry, years of 365 days")
    strikes: list[StrikeGreeks] = Field(description="Listed strikes, ascending")


_GREEKS: dict[str, Any] = {
    "price": 3124.5,
    "delta": 0.52,
    "gamma": 4.9e-05,
    "vega": 7250.0,
    "theta": -37300.0,
    "rho": -128.3,
    "vanna": 0.06,
    "volga": -20.0,
}


class GreeksDocument(BaseModel):
    """Greeks of every listed strike of a market's landed slices."""

    model_config = example(
        market="BTC-USD",
        tick_e2=100,
        indicative=True,
        expiries=[
            {
                **REFERENCE_EXAMPLE,
                "forward_q16": 95_300 << 16,
                "years_indicative": 0.0411,
                "strikes": [
                    {
                        **WORDS_EXAMPLE,
                        "call_indicative": _GREEKS,
                        "put_indicative": {**_GREEKS, "price": 2824.5, "delta": -0.48, "rho": -116.1},
                    }
                ],
            }
        ],
    )

    market: str
    tick_e2: int = Field(description="One strike tick, cents")
    indicative: bool = Field(description="Always true: floats are for reading, the words beside them were proven")
    expiries: list[ExpiryGreeks] = Field(description="Ascending")


class HealthDocument(BaseModel):
    """An account on-chain at the newest slices."""

    model_config = example(
        address="0x" + "1" * 40,
        nonce=1,
        cash_e6=25_000_000_000,
        equity_e6=21_000_000_000,
        maintenance_cash_e6=19_500_000_000,
        worst_row=11,
        locked=False,
        insolvent=False,
    )

    address: str = Field(description="The account, with checksum")
    nonce: int = Field(description="Counts position changes")
    cash_e6: int = Field(description="Cash, 1e-6 dollars")
    equity_e6: int = Field(description="Cash plus marks, 1e-6 dollars")
    maintenance_cash_e6: int = Field(description="Cash below which an insolvency proof exists, 1e-6 dollars")
    worst_row: int = Field(description="Row of the scenario grid that sets it, from 0")
    locked: bool = Field(description="Whether an auction of the account runs")
    insolvent: bool = Field(description="cash_e6 < maintenance_cash_e6")
