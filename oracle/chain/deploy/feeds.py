# SPDX-License-Identifier: Apache-2.0
"""Feeds of single metrics (`MetricFeed.sol`): which ones a market has, and how settings name them."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from oracle.errors import ConfigError, RiskOracleError
from oracle.stream.instrument import format_expiry, parse_expiry

METRICS = ("spot", "perpetual_mark", "forward", "vol")
"""`MetricFeed.Metric`."""

STRIKE_BITS = 24
RULE = "must be spot, perpetual_mark, forward <expiry> or vol <expiry> <strike in ticks>, a market before it or none for all"


class FeedPlan(BaseModel):
    """A feed of a market. ``expiry`` in Unix seconds, zero where the metric has none, as ``strike_ticks``."""

    model_config = ConfigDict(frozen=True)

    metric: str
    expiry: int = 0
    strike_ticks: int = 0

    @property
    def name(self) -> str:
        """As settings and deployment file name it: ``vol 27MAR26 60000``."""
        parts = [self.metric]
        parts += [format_expiry(self.expiry)] if self.expiry else []
        return " ".join([*parts, str(self.strike_ticks)] if self.strike_ticks else parts)


def feeds_of(market: str, markets: Sequence[str], named: Sequence[str]) -> tuple[FeedPlan, ...]:
    """The feeds of one of the ``markets`` among those that are ``named``, each once, in their order.

    Raises :class:`ConfigError` for a name that is none.
    """
    found: list[FeedPlan] = []
    for text in named:
        words = text.split()
        owner = words.pop(0) if words and words[0] in markets else None
        feed = _feed(text, words)
        if owner in (None, market) and feed not in found:
            found.append(feed)
    return tuple(found)


def _feed(text: str, words: list[str]) -> FeedPlan:
    wanted = {"spot": 1, "perpetual_mark": 1, "forward": 2, "vol": 3}
    if not words or len(words) != wanted.get(words[0]):
        raise ConfigError(f"feeds = {text!r}: {RULE}")
    try:
        expiry = parse_expiry(text, words[1]) if len(words) > 1 else 0
    except RiskOracleError as error:
        raise ConfigError(f"feeds = {text!r}: {words[1]} is no expiry such as 27MAR26") from error
    strike = words[2] if len(words) > 2 else "0"
    if len(words) > 2 and not (strike.isascii() and strike.isdecimal() and 0 < int(strike[:9]) < 1 << STRIKE_BITS):
        raise ConfigError(f"feeds = {text!r}: {strike} is no strike in ticks of {STRIKE_BITS} bits")
    return FeedPlan(metric=words[0], expiry=expiry, strike_ticks=int(strike[:9]))
