# SPDX-License-Identifier: Apache-2.0
"""Which quotes are usable: one named rule per reason, applied in a fixed order, the first broken one is recorded.

All comparisons are exact (``Decimal``). Being in the money is no reason for refusal: the snapshot selects the
out-of-the-money side before the rules are asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal

from eth_utils.crypto import keccak

from oracle.errors import InvalidValue, QuoteRejected
from oracle.stream.events import OptionSummary

PRICE_TICK = Decimal("0.0001")
"""The venue's smallest option price step in coins; two quote units of the snapshot."""


class RefusedQuote(QuoteRejected):
    """A quote of ``instrument`` that breaks ``rule``; ``values`` are what the rule judged."""

    def __init__(self, rule: str, instrument: str, values: Mapping[str, object]) -> None:
        shown = ", ".join(f"{name} = {value}" for name, value in values.items())
        super().__init__(f"{instrument}: {rule} ({shown})")
        self.rule = rule
        self.instrument = instrument
        self.values = values


@dataclass(frozen=True, slots=True)
class FilterLimits:
    """Bounds of the rules. Prices in the coin, ages in milliseconds of the venue's clock."""

    max_spread_of_mid: Decimal = Decimal("0.25")
    """Spreads stay below this share of the mid."""
    max_quote_age_ms: int = 60_000
    max_spot_age_ms: int = 10_000
    max_price: Decimal = Decimal(1)
    """An out-of-the-money option is worth less than the coin."""
    price_tick: Decimal = PRICE_TICK
    forward_band: Decimal = Decimal("0.005")
    """How far an option's underlying price may lie from its expiry's median, as a share of the median."""

    def __post_init__(self) -> None:
        if not 0 < self.max_price <= 2:
            raise InvalidValue("max_price", self.max_price, "must be in (0, 2] coins: half-spreads have 16 bits")
        for name in ("max_spread_of_mid", "max_quote_age_ms", "max_spot_age_ms", "price_tick", "forward_band"):
            if getattr(self, name) <= 0:
                raise InvalidValue(name, getattr(self, name), "must be positive")
        if self.price_tick % PRICE_TICK:
            raise InvalidValue("price_tick", self.price_tick, "must be a multiple of 1e-4 coin: mids are half ticks")

    def digest(self) -> bytes:
        """Keccak-256 of the bounds by name, as publishers attest them."""
        return keccak(text=json.dumps({name: str(value) for name, value in asdict(self).items()}, sort_keys=True))


@dataclass(frozen=True, slots=True)
class QuoteContext:
    """What a quote is compared with: the newest exchange time seen and its expiry's median forward in dollars."""

    newest_ms: int
    forward_usd: Decimal | None
    limits: FilterLimits


Values = Mapping[str, object]


def not_open(quote: OptionSummary, _context: QuoteContext) -> Values | None:
    """The instrument is not in continuous trading."""
    return None if quote.state == "open" else {"state": quote.state}


def stale(quote: OptionSummary, context: QuoteContext) -> Values | None:
    """The quote's exchange time is older than the limit against the newest event."""
    age_ms = context.newest_ms - quote.exchange_time_ms
    return {"age_ms": age_ms} if age_ms > context.limits.max_quote_age_ms else None


def forward_out_of_band(quote: OptionSummary, context: QuoteContext) -> Values | None:
    """The underlying price the quote was made against is off the expiry's median by more than the band."""
    forward, price = context.forward_usd, quote.underlying_price_usd
    if forward is None or abs(price - forward) <= context.limits.forward_band * forward:
        return None
    return {"underlying_price_usd": price, "median_usd": forward}


def one_sided(quote: OptionSummary, _context: QuoteContext) -> Values | None:
    """A side is missing or its stated amount is zero."""
    if _bid(quote) and _ask(quote) and quote.best_bid_amount != 0 and quote.best_ask_amount != 0:
        return None
    return {
        **_prices(quote),
        "best_bid_amount": quote.best_bid_amount,
        "best_ask_amount": quote.best_ask_amount,
    }


def price_out_of_range(quote: OptionSummary, context: QuoteContext) -> Values | None:
    """A price above the limit (no out-of-the-money option costs more than the coin)."""
    return _prices(quote) if max(_bid(quote), _ask(quote)) > context.limits.max_price else None


def off_tick(quote: OptionSummary, context: QuoteContext) -> Values | None:
    """Bid or ask is not a multiple of the price tick."""
    tick = context.limits.price_tick
    return _prices(quote) if _bid(quote) % tick or _ask(quote) % tick else None


def crossed_or_locked(quote: OptionSummary, _context: QuoteContext) -> Values | None:
    """The bid is at or above the ask."""
    return _prices(quote) if _bid(quote) >= _ask(quote) else None


def spread_too_wide(quote: OptionSummary, context: QuoteContext) -> Values | None:
    """Ask minus bid reaches the allowed share of the mid price."""
    bid, ask = _bid(quote), _ask(quote)
    return _prices(quote) if 2 * (ask - bid) >= context.limits.max_spread_of_mid * (ask + bid) else None


QuoteRule = Callable[[OptionSummary, QuoteContext], Values | None]

QUOTE_RULES: Mapping[str, QuoteRule] = {
    "not_open": not_open,
    "stale": stale,
    "forward_out_of_band": forward_out_of_band,
    "one_sided": one_sided,
    "price_out_of_range": price_out_of_range,
    "off_tick": off_tick,
    "crossed_or_locked": crossed_or_locked,
    "spread_too_wide": spread_too_wide,
}
"""The rules by name, in the order they are asked."""


def require_usable(quote: OptionSummary, context: QuoteContext) -> tuple[Decimal, Decimal]:
    """Bid and ask in the coin; raises :class:`RefusedQuote` with the first rule that ``quote`` breaks."""
    for name, broken in QUOTE_RULES.items():
        values = broken(quote, context)
        if values is not None:
            raise RefusedQuote(name, quote.symbol, values)
    return _bid(quote), _ask(quote)


def _bid(quote: OptionSummary) -> Decimal:
    return quote.best_bid_price or Decimal(0)


def _ask(quote: OptionSummary) -> Decimal:
    return quote.best_ask_price or Decimal(0)


def _prices(quote: OptionSummary) -> dict[str, object]:
    return {"best_bid_price": _bid(quote), "best_ask_price": _ask(quote)}
