# SPDX-License-Identifier: Apache-2.0
"""Mark and index of one perpetual as of a moment of the venue's clock."""

from __future__ import annotations

from fractions import Fraction

from oracle.stream.events import DerivativeTicker


class PerpetualMark:
    """The newest ticker of one perpetual; newer ones than the moment that is asked for wait."""

    def __init__(self, symbol: str, max_age_ms: int) -> None:
        self.symbol = symbol
        self._max_age_ms = max_age_ms
        self._waiting: list[DerivativeTicker] = []
        self._latest: DerivativeTicker | None = None

    def consume(self, ticker: DerivativeTicker) -> None:
        """Takes a ticker of this perpetual; others pass without effect."""
        if ticker.symbol == self.symbol:
            self._waiting.append(ticker)

    def at(self, observed_at_ms: int) -> tuple[int, int]:
        """Mark and index in 1e-2 USD, rounded half-even; zeros where there is no ticker, or none young enough."""
        due = [ticker for ticker in self._waiting if ticker.exchange_time_ms <= observed_at_ms]
        self._waiting = [ticker for ticker in self._waiting if ticker.exchange_time_ms > observed_at_ms]
        known = due if self._latest is None else [self._latest, *due]
        self._latest = max(known, key=lambda ticker: ticker.key, default=None)
        if self._latest is None or observed_at_ms - self._latest.exchange_time_ms > self._max_age_ms:
            return 0, 0
        return round(Fraction(self._latest.mark_price_usd) * 100), round(Fraction(self._latest.index_price_usd) * 100)
