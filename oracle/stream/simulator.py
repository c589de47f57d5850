# SPDX-License-Identifier: Apache-2.0
"""A seeded market that sends Deribit's own raw frames: calm rounds, then a crash. Repeatable byte for byte.

Frames carry the venue's time in their payload and arrive after a random latency: in order within a channel, slightly
out of order across channels, as on the real feed. The frames of all currencies interleave on one connection.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from oracle.stream import venue_frames
from oracle.stream.recording import Frame, write_frames
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.venue_market import SimulatedMarket
from oracle.stream.venue_quotes import OptionQuote, ticker

__all__ = ["VENUE_URL", "SimulatorConfig", "simulate", "write_recording"]

VENUE_URL = "wss://www.deribit.com/ws/api/v2"
_QUOTING_STARTS_MS = 2_500
_QUOTING_ENDS_BEFORE_MS = 1_500
_FIRST_CHANGE_ID = 7_000_000_000


def write_recording(path: Path, config: SimulatorConfig | None = None) -> int:
    """Write the simulated recording (gzip if the name ends in ``.gz``); returns the number of frames."""
    return write_frames(path, simulate(config), VENUE_URL)


def simulate(config: SimulatorConfig | None = None) -> Iterator[Frame]:
    """The frames of the whole session in order of arrival."""
    return iter(_Session(SimulatorConfig() if config is None else config).run())


class _Session:
    def __init__(self, config: SimulatorConfig) -> None:
        self.config = config
        self.random = random.Random(config.seed)
        self.markets = [
            SimulatedMarket(config, currency, self.random, _FIRST_CHANGE_ID * (i + 1))
            for i, currency in enumerate(config.currencies)
        ]
        self.trade_seq = 1_000
        self._sent: list[tuple[int, int, str]] = []
        self._channel_us: dict[str, int] = {}

    def run(self) -> list[Frame]:
        """Simulate every round; frames sorted by arrival."""
        self._subscribe()
        for number in range(self.config.rounds):
            if number == self.config.calm_rounds:
                for market in self.markets:
                    market.crash()
            self._round(number)
        return [Frame(arrival_us, text, connection_id=1) for arrival_us, _, text in sorted(self._sent)]

    def _send(self, channel: str, time_ms: int, text: str) -> None:
        """Deliver after 4 to 60 ms, one in thirty after up to half a second; in order within a channel."""
        latency_us = self.random.randrange(4_000, 60_000)
        if self.random.random() < 1 / 30:
            latency_us += self.random.randrange(100_000, 450_000)
        arrival_us = max(time_ms * 1000 + latency_us, self._channel_us.get(channel, 0) + 1)
        self._channel_us[channel] = arrival_us
        self._sent.append((arrival_us, len(self._sent), text))

    def _subscribe(self) -> None:
        start_ms, channels = self.config.start_ms, []
        for market in self.markets:
            channels += [f"deribit_price_index.{market.currency.index_name}", f"ticker.{market.perpetual}.raw"]
            channels += [f"ticker.{name}.raw" for name in market.options]
            channels += [f"book.{name}.raw" for name in market.books]
        self._sent.append((start_ms * 1000, 0, venue_frames.reply(0, channels, start_ms * 1000)))
        for market in self.markets:
            for name, book in market.books.items():
                self._send(f"book.{name}.raw", start_ms, book.snapshot(market.quote(name, start_ms), start_ms))

    def _round(self, number: int) -> None:
        start_ms = self.config.start_ms + number * self.config.round_seconds * 1000
        for second in range(self.config.round_seconds):
            for market in self.markets:
                self._second(market, start_ms + second * 1000)
        quoted = [(market, name) for market in self.markets for name in market.options]
        self.random.shuffle(quoted)
        span_ms = self.config.round_seconds * 1000 - _QUOTING_STARTS_MS - _QUOTING_ENDS_BEFORE_MS
        for i, (market, name) in enumerate(quoted):
            self._ticker(market, name, start_ms + _QUOTING_STARTS_MS + i * span_ms // len(quoted))
        if self.config.inject_faults:
            for market in self.markets:
                self._faults(market, number, start_ms + self.config.round_seconds * 1000 - _QUOTING_ENDS_BEFORE_MS)

    def _second(self, market: SimulatedMarket, time_ms: int) -> None:
        index_usd, index_name = market.spot_usd(time_ms), market.currency.index_name
        text = venue_frames.index_price(index_name, index_usd, time_ms)
        self._send(f"deribit_price_index.{index_name}", time_ms, text)
        premium = self.random.gauss(0.0, 0.0001)
        text = venue_frames.perpetual_ticker(
            market.perpetual, time_ms + 5, index_usd * (1 + premium), index_usd, premium / 3
        )
        self._send(f"ticker.{market.perpetual}.raw", time_ms + 5, text)

    def _ticker(self, market: SimulatedMarket, name: str, time_ms: int) -> None:
        quote = market.quote(name, time_ms)
        book = market.books.get(name)
        if book is not None:
            change = book.change(quote, time_ms)
            if change is not None:
                self._send(f"book.{name}.raw", time_ms, change)
            if quote.bid_ticks and self.random.random() < 0.5:
                self._trade(name, quote, time_ms)
        self._send(f"ticker.{name}.raw", time_ms, ticker(name, quote, time_ms))

    def _trade(self, name: str, quote: OptionQuote, time_ms: int) -> None:
        self.trade_seq += 1
        buys = self.random.random() < 0.5
        price = round((quote.ask_ticks if buys else quote.bid_ticks) / 10_000, 4)
        amount = round(self.random.uniform(0.1, 5.0), 1)
        text = venue_frames.trade(name, self.trade_seq, time_ms, price, amount, "buy" if buys else "sell")
        self._send(f"trades.{name}.raw", time_ms, text)

    def _faults(self, market: SimulatedMarket, number: int, time_ms: int) -> None:
        """A cut frame, a negative price, a crossed quote, a stray forward; once, a lost book change."""
        names = self.random.sample(sorted(set(market.options) - set(market.books)), 4)
        quotes = [market.quote(name, time_ms) for name in names]
        cut = ticker(names[0], quotes[0], time_ms)
        self._send(f"ticker.{names[0]}.raw", time_ms, cut[: len(cut) // 2])
        negative = replace(quotes[1], bid_ticks=-1)
        self._send(f"ticker.{names[1]}.raw", time_ms, ticker(names[1], negative, time_ms))
        crossed_name = market.out_of_the_money(quotes[2].forward_usd)
        quote = market.quote(crossed_name, time_ms)
        crossed = replace(quote, bid_ticks=quote.ask_ticks + 2)
        self._send(f"ticker.{crossed_name}.raw", time_ms, ticker(crossed_name, crossed, time_ms))
        stray = replace(quotes[3], forward_usd=round(quotes[3].forward_usd * 1.04, 2))
        self._send(f"ticker.{names[3]}.raw", time_ms, ticker(names[3], stray, time_ms))
        if number == 1 and market.books:
            name, book = next(iter(market.books.items()))
            quote = market.quote(name, time_ms)
            book.lose_change()
            change = book.change(replace(quote, ask_ticks=quote.ask_ticks + 1), time_ms)
            if change is not None:
                self._send(f"book.{name}.raw", time_ms, change)
            self._send(f"book.{name}.raw", time_ms + 400, book.snapshot(quote, time_ms + 400))
