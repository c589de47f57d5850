# SPDX-License-Identifier: Apache-2.0
"""The document about one option at any strike; suffixes as in ``market_models``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from oracle.api.market_models import REFERENCE_EXAMPLE, Decimal, SliceReference, example

SignedDecimal = Annotated[str, Field(pattern=r"^(0|-?[1-9][0-9]{0,77})$")]

_GREEKS: dict[str, Any] = {
    "price_e6": "3124500000",
    "delta_e9": "520000000",
    "gamma_e12": "49000000",
    "vega_e6": "7250000000",
    "theta_e6": "-37300000000",
    "rho_e6": "-128300000",
}


class IntegerGreeks(BaseModel):
    """What a contract reads from the words of a proven option; discount factor 1, rounded towards zero."""

    price_e6: Decimal = Field(description="1e-6 dollars")
    delta_e9: SignedDecimal = Field(description="Per unit of forward, 1e-9")
    gamma_e12: Decimal = Field(description="Delta per dollar of forward, 1e-12")
    vega_e6: Decimal = Field(description="1e-6 dollars per 1.00 of volatility")
    theta_e6: SignedDecimal = Field(description="1e-6 dollars per year")
    rho_e6: SignedDecimal = Field(description="1e-6 dollars per 1.00 of the continuous rate")


class OptionDocument(SliceReference):
    """Price and Greeks of one strike, listed or not, of a landed slice: the numbers of the option statement."""

    model_config = example(
        **REFERENCE_EXAMPLE,
        market="BTC-USD",
        circuit="option_32",
        tick_e2=100,
        tenor_s=1_295_960,
        forward_q16=95_300 << 16,
        knots_digest=str(1 << 240),
        strike_ticks=95_123,
        call_q53=str(3124 << 53),
        total_vol_q32=360_777_252,
        cdf_d1_q197=str((1 << 196) + (1 << 190)),
        pdf_d1_q202=str(1 << 200),
        call=_GREEKS,
        put={**_GREEKS, "delta_e9": "-480000000"},
    )

    market: str = Field(description="Market of the slice")
    circuit: str = Field(description="Circuit that proves these numbers")
    tick_e2: int = Field(description="One strike tick, cents")
    tenor_s: int = Field(description="From observation to expiry, seconds")
    forward_q16: int = Field(description="Attested forward, ticks at scale 2^16")
    knots_digest: Decimal = Field(description="Digest of the slice's knots, as the contract stores it")
    strike_ticks: int = Field(description="Strike in ticks")
    call_q53: Decimal = Field(description="Call price, ticks at scale 2^53, rounded down")
    total_vol_q32: int = Field(description="Total implied volatility at scale 2^32")
    cdf_d1_q197: Decimal = Field(description="Phi(d1) at scale 2^197")
    pdf_d1_q202: Decimal = Field(description="phi(d1) at scale 2^202")
    call: IntegerGreeks = Field(description="The call")
    put: IntegerGreeks = Field(description="The put, by parity with the forward")
