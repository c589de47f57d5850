# SPDX-License-Identifier: Apache-2.0
"""Mark and index of the perpetual in a snapshot."""

from __future__ import annotations

from decimal import Decimal

from oracle.stream.events import DerivativeTicker
from oracle.stream.perpetual import PerpetualMark

SYMBOL = "BTC-PERPETUAL"


def _ticker(time_ms: int, mark: str, index: str = "60000", symbol: str = SYMBOL) -> DerivativeTicker:
    return DerivativeTicker(
        venue="deribit",
        channel=f"ticker.{symbol}.raw",
        symbol=symbol,
        exchange_time_ms=time_ms,
        received_at_us=time_ms * 1000,
        state="open",
        best_bid_price_usd=None,
        best_ask_price_usd=None,
        last_price_usd=None,
        mark_price_usd=Decimal(mark),
        index_price_usd=Decimal(index),
        open_interest=Decimal(1),
        current_funding=None,
        funding_8h=None,
    )


def test_the_newest_ticker_up_to_the_moment_counts_and_later_ones_wait() -> None:
    mark = PerpetualMark(SYMBOL, 10_000)
    assert mark.at(1_000) == (0, 0)
    for ticker in (_ticker(3_000, "60012.345"), _ticker(2_000, "1"), _ticker(5_000, "60020", "60010.5")):
        mark.consume(ticker)
    assert mark.at(4_000) == (6_001_234, 6_000_000)
    assert mark.at(5_000) == (6_002_000, 6_001_050)


def test_a_late_ticker_does_not_replace_a_newer_one() -> None:
    mark = PerpetualMark(SYMBOL, 10_000)
    mark.consume(_ticker(3_000, "60000"))
    assert mark.at(4_000) == (6_000_000, 6_000_000)
    mark.consume(_ticker(2_500, "1"))
    assert mark.at(4_500) == (6_000_000, 6_000_000)


def test_an_old_ticker_or_that_of_another_future_is_none() -> None:
    mark = PerpetualMark(SYMBOL, 10_000)
    mark.consume(_ticker(1_000, "60000", symbol="ETH-PERPETUAL"))
    assert mark.at(1_000) == (0, 0)
    mark.consume(_ticker(1_000, "60000"))
    assert mark.at(11_000) == (6_000_000, 6_000_000)
    assert mark.at(11_001) == (0, 0)
