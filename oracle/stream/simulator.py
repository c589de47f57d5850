# SPDX-License-Identifier: Apache-2.0
"""A seeded market that sends Deribit's own raw frames: calm rounds, then a crash. Repeatable byte for byte.

Frames carry the venue's time in their payload and arrive after a random latency: in order within a channel, slightly
out of order across channels, as on the real feed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from oracle.stream import venue_frames
from oracle.stream.instrument import OptionInstrument, format_option
from oracle.stream.recording import Frame, write_frames
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.venue_book import SimulatedBook
from oracle.stream.venue_quotes import OptionQuote, make_quote, ticker

__all__ = ["VENUE_URL", "SimulatorConfig", "simulate", "write_recording"]

VENUE_URL = "wss://www.deribit.com/ws/api/v2"
_QUOTING_STARTS_MS = 2_500
_QUOTING_ENDS_BEFORE_MS = 1_500
_CRASH_PATH = (0.35, 0.75, 1.0)
"""Share of the fall that has happened at the first, second and third second of the crash."""


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
        self.smile = config.smile
        self.half_spread_vols = config.calm_half_spread_vols
        self.index_name = f"{config.currency.lower()}_usd"
        self.options = {
            format_option(option): option
            for expiry, strikes in config.strikes_usd.items()
            for strike in strikes
            for option in (OptionInstrument(config.currency, expiry, strike, put) for put in (False, True))
        }
        self.spot_path = self._spot_path()
        self.books = {name: SimulatedBook(name, 7_000_000_000 + 1_000_000 * i) for i, name in enumerate(self._booked())}
        self.trade_seq = 1_000
        self._sent: list[tuple[int, int, str]] = []
        self._channel_us: dict[str, int] = {}

    def run(self) -> list[Frame]:
        """Simulate every round; frames sorted by arrival."""
        self._subscribe()
        for number in range(self.config.rounds):
            if number == self.config.calm_rounds:
                self.smile = replace(self.smile, factor=self.smile.factor * self.config.crash_vol_factor)
                self.half_spread_vols = self.config.crash_half_spread_vols
            self._round(number)
        return [Frame(arrival_us, text, connection_id=1) for arrival_us, _, text in sorted(self._sent)]

    def _spot_path(self) -> list[float]:
        """The index at each second: a random walk, and the fall where the crash begins."""
        config = self.config
        crash_second = config.calm_rounds * config.round_seconds
        level, path = config.spot_usd, []
        for second in range(config.rounds * config.round_seconds):
            level *= math.exp(self.random.gauss(0.0, config.spot_step))
            fallen = second - crash_second
            share = 0.0 if fallen < 0 else _CRASH_PATH[min(fallen, len(_CRASH_PATH) - 1)]
            path.append(round(level * (1 - share * (1 - config.crash_spot_factor)), 2))
        return path

    def _booked(self) -> list[str]:
        """The options nearest the money of each expiry, which also send books."""
        names = []
        for expiry in self.config.expiries:
            nearest = sorted(
                (name for name, option in self.options.items() if option.expiry == expiry),
                key=lambda name: (abs(self.options[name].strike_ticks - self.config.spot_usd), name),
            )
            names += nearest[: self.config.books_per_expiry]
        return names

    def _spot_usd(self, time_ms: int) -> float:
        return self.spot_path[(time_ms - self.config.start_ms) // 1000]

    def _send(self, channel: str, time_ms: int, text: str) -> None:
        """Deliver after 4 to 60 ms, one in thirty after up to half a second; in order within a channel."""
        latency_us = self.random.randrange(4_000, 60_000)
        if self.random.random() < 1 / 30:
            latency_us += self.random.randrange(100_000, 450_000)
        arrival_us = max(time_ms * 1000 + latency_us, self._channel_us.get(channel, 0) + 1)
        self._channel_us[channel] = arrival_us
        self._sent.append((arrival_us, len(self._sent), text))

    def _subscribe(self) -> None:
        start_ms = self.config.start_ms
        channels = [f"deribit_price_index.{self.index_name}", f"ticker.{self.config.currency}-PERPETUAL.raw"]
        channels += [f"ticker.{name}.raw" for name in self.options] + [f"book.{name}.raw" for name in self.books]
        self._sent.append((start_ms * 1000, 0, venue_frames.reply(0, channels, start_ms * 1000)))
        for name, book in self.books.items():
            quote = self._quote(self.options[name], start_ms)
            self._send(f"book.{name}.raw", start_ms, book.snapshot(quote, start_ms))

    def _round(self, number: int) -> None:
        start_ms = self.config.start_ms + number * self.config.round_seconds * 1000
        for second in range(self.config.round_seconds):
            self._second(start_ms + second * 1000)
        names = list(self.options)
        self.random.shuffle(names)
        span_ms = self.config.round_seconds * 1000 - _QUOTING_STARTS_MS - _QUOTING_ENDS_BEFORE_MS
        for i, name in enumerate(names):
            self._ticker(name, start_ms + _QUOTING_STARTS_MS + i * span_ms // len(names))
        if self.config.inject_faults:
            self._faults(number, start_ms + self.config.round_seconds * 1000 - _QUOTING_ENDS_BEFORE_MS)

    def _second(self, time_ms: int) -> None:
        index_usd = self._spot_usd(time_ms)
        self._send(
            f"deribit_price_index.{self.index_name}",
            time_ms,
            venue_frames.index_price(self.index_name, index_usd, time_ms),
        )
        perpetual = f"{self.config.currency}-PERPETUAL"
        premium = self.random.gauss(0.0, 0.0001)
        text = venue_frames.perpetual_ticker(perpetual, time_ms + 5, index_usd * (1 + premium), index_usd, premium / 3)
        self._send(f"ticker.{perpetual}.raw", time_ms + 5, text)

    def _quote(self, option: OptionInstrument, time_ms: int) -> OptionQuote:
        return make_quote(
            option, self.smile, self._spot_usd(time_ms), self.config, self.half_spread_vols, time_ms, self.random
        )

    def _ticker(self, name: str, time_ms: int) -> None:
        quote = self._quote(self.options[name], time_ms)
        book = self.books.get(name)
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

    def _faults(self, number: int, time_ms: int) -> None:
        """A cut frame, a negative price, a crossed quote, a stray forward; once, a lost book change."""
        names = self.random.sample(sorted(set(self.options) - set(self.books)), 4)
        quotes = [self._quote(self.options[name], time_ms) for name in names]
        cut = ticker(names[0], quotes[0], time_ms)
        self._send(f"ticker.{names[0]}.raw", time_ms, cut[: len(cut) // 2])
        negative = replace(quotes[1], bid_ticks=-1)
        self._send(f"ticker.{names[1]}.raw", time_ms, ticker(names[1], negative, time_ms))
        crossed_name = self._out_of_the_money(quotes[2].forward_usd)
        quote = self._quote(self.options[crossed_name], time_ms)
        crossed = replace(quote, bid_ticks=quote.ask_ticks + 2)
        self._send(f"ticker.{crossed_name}.raw", time_ms, ticker(crossed_name, crossed, time_ms))
        stray = replace(quotes[3], forward_usd=round(quotes[3].forward_usd * 1.04, 2))
        self._send(f"ticker.{names[3]}.raw", time_ms, ticker(names[3], stray, time_ms))
        if number == 1 and self.books:
            name, book = next(iter(self.books.items()))
            quote = self._quote(self.options[name], time_ms)
            book.lose_change()
            change = book.change(replace(quote, ask_ticks=quote.ask_ticks + 1), time_ms)
            if change is not None:
                self._send(f"book.{name}.raw", time_ms, change)
            self._send(f"book.{name}.raw", time_ms + 400, book.snapshot(quote, time_ms + 400))

    def _out_of_the_money(self, forward_usd: float) -> str:
        names = [name for name, option in self.options.items() if option.put == (option.strike_ticks < forward_usd)]
        return self.random.choice(sorted(set(names) - set(self.books)))
