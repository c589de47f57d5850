# SPDX-License-Identifier: Apache-2.0
"""How the simulated market makers quote one option, and the ticker frame that shows it."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from oracle.stream.instrument import OptionInstrument, format_expiry
from oracle.stream.venue_frames import subscription
from oracle.stream.venue_listing import years_to
from oracle.stream.venue_model import Smile, Valuation, implied_vol, value

TICKS_PER_COIN = 10_000
_HALF_SPREAD_OF_PRICE = 0.05


@dataclass(frozen=True, slots=True)
class OptionQuote:
    """One option's quote; prices in ticks of 1e-4 coin, a missing bid is 0."""

    option: OptionInstrument
    years: float
    spot_usd: float
    forward_usd: float
    vol: float
    valuation: Valuation
    bid_ticks: int
    ask_ticks: int
    bid_amount: float
    ask_amount: float


def make_quote(
    option: OptionInstrument,
    smile: Smile,
    spot_usd: float,
    basis: float,
    half_spread_vols: float,
    time_ms: int,
    source: random.Random,
) -> OptionQuote:
    """Quote around Black-76: half-spread of ``half_spread_vols`` of volatility, at most 5 % of the price, with noise;
    rounded to the nearest tick, at least one tick wide. The strike of ``option`` is in dollars, ``basis`` the
    forwards' yearly drift.
    """
    years = years_to(option.expiry, time_ms)
    forward = round(spot_usd * math.exp(basis * years), 2)
    total_vol = smile.total_vol(math.log(option.strike_ticks / forward), years)
    valuation = value(forward, option.strike_ticks, years, total_vol, option.put)
    half = min(half_spread_vols * 100 * valuation.vega / forward, _HALF_SPREAD_OF_PRICE * valuation.price)
    bid = round((valuation.price - half * source.uniform(0.8, 1.2)) * TICKS_PER_COIN)
    ask = round((valuation.price + half * source.uniform(0.8, 1.2)) * TICKS_PER_COIN)
    return OptionQuote(
        option=option,
        years=years,
        spot_usd=spot_usd,
        forward_usd=forward,
        vol=total_vol / math.sqrt(years),
        valuation=valuation,
        bid_ticks=max(bid, 0),
        ask_ticks=max(ask, bid + 1, 1),
        bid_amount=round(source.uniform(0.5, 60.0), 1) if bid > 0 else 0.0,
        ask_amount=round(source.uniform(0.5, 60.0), 1),
    )


def ticker(name: str, quote: OptionQuote, time_ms: int) -> str:
    """The ``ticker`` notification of an option."""
    valuation = quote.valuation
    bid, ask = to_price(quote.bid_ticks), to_price(quote.ask_ticks)
    mark = round(valuation.price, 6)
    data = {
        "underlying_price": quote.forward_usd,
        "underlying_index": f"{quote.option.currency}-{format_expiry(quote.option.expiry)}",
        "timestamp": time_ms,
        "stats": {"volume": None, "price_change": None, "low": None, "high": None},
        "state": "open",
        "settlement_price": mark,
        "open_interest": 100.0,
        "min_price": max(round(mark - 0.05, 4), 0.0001),
        "max_price": round(mark + 0.05, 4),
        "mark_price": mark,
        "mark_iv": round(quote.vol * 100, 2),
        "last_price": None,
        "interest_rate": 0.0,
        "instrument_name": name,
        "index_price": quote.spot_usd,
        "greeks": {
            "vega": round(valuation.vega, 5),
            "theta": round(valuation.theta, 5),
            "rho": round(valuation.rho, 5),
            "gamma": round(valuation.gamma, 5),
            "delta": round(valuation.delta, 5),
        },
        "estimated_delivery_price": quote.spot_usd,
        "bid_iv": _iv_percent(quote, bid),
        "best_bid_price": bid,
        "best_bid_amount": quote.bid_amount,
        "best_ask_price": ask,
        "best_ask_amount": quote.ask_amount,
        "ask_iv": _iv_percent(quote, ask),
    }
    return subscription(f"ticker.{name}.raw", data)


def to_price(ticks: int) -> float:
    """Ticks of 1e-4 coin as the venue writes prices."""
    return round(ticks / TICKS_PER_COIN, 4)


def _iv_percent(quote: OptionQuote, price: float) -> float:
    if price <= 0:
        return 0.0
    k = math.log(quote.option.strike_ticks / quote.forward_usd)
    return round(implied_vol(k, quote.years, price, quote.option.put) * 100, 2)
