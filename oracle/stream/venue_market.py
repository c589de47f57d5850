# SPDX-License-Identifier: Apache-2.0
"""One simulated currency during a session: its options, spot path, books and quotes."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from oracle.stream.instrument import OptionInstrument, format_option
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.venue_book import SimulatedBook
from oracle.stream.venue_listing import SimulatedCurrency
from oracle.stream.venue_quotes import OptionQuote, make_quote

_CRASH_PATH = (0.35, 0.75, 1.0)
"""Share of the fall that has happened at the first, second and third second of the crash."""
_CHANGE_IDS_PER_BOOK = 1_000_000


class SimulatedMarket:
    """The state of one currency; ``options`` by name, in dollars; ``books`` of the options nearest the money."""

    def __init__(
        self, config: SimulatorConfig, currency: SimulatedCurrency, source: random.Random, first_change_id: int
    ) -> None:
        self.currency = currency
        self.perpetual = f"{currency.currency}-PERPETUAL"
        self.options = {
            format_option(option): option
            for expiry, strikes in currency.strikes_usd(config.start_ms).items()
            for strike in strikes
            for option in (OptionInstrument(currency.currency, expiry, strike, put) for put in (False, True))
        }
        self._config = config
        self._random = source
        self._smile = currency.smile
        self._half_spread_vols = config.calm_half_spread_vols
        self._spot_path = self._draw_spot_path()
        self.books = {
            name: SimulatedBook(name, first_change_id + _CHANGE_IDS_PER_BOOK * i)
            for i, name in enumerate(self._booked())
        }

    def crash(self) -> None:
        """Volatilities and spreads from here on are those of the crash."""
        self._smile = replace(self._smile, factor=self._smile.factor * self._config.crash_vol_factor)
        self._half_spread_vols = self._config.crash_half_spread_vols

    def spot_usd(self, time_ms: int) -> float:
        """The index at a moment of the session."""
        return self._spot_path[(time_ms - self._config.start_ms) // 1000]

    def quote(self, name: str, time_ms: int) -> OptionQuote:
        """A fresh quote of one option."""
        spot_usd = self.spot_usd(time_ms)
        return make_quote(
            self.options[name],
            self._smile,
            spot_usd,
            self.currency.basis,
            self._half_spread_vols,
            time_ms,
            self._random,
        )

    def out_of_the_money(self, forward_usd: float) -> str:
        """An option without a book whose quote a snapshot would select."""
        names = [name for name, option in self.options.items() if option.put == (option.strike_ticks < forward_usd)]
        return self._random.choice(sorted(set(names) - set(self.books)))

    def _draw_spot_path(self) -> list[float]:
        """The index at each second: a random walk, and the fall where the crash begins."""
        config, currency = self._config, self.currency
        crash_second = config.calm_rounds * config.round_seconds
        level, path = currency.spot_usd, []
        for second in range(config.rounds * config.round_seconds):
            level *= math.exp(self._random.gauss(0.0, currency.spot_step))
            fallen = second - crash_second
            share = 0.0 if fallen < 0 else _CRASH_PATH[min(fallen, len(_CRASH_PATH) - 1)]
            path.append(round(level * (1 - share * (1 - currency.crash_spot_factor)), 2))
        return path

    def _booked(self) -> list[str]:
        """The options nearest the money of each expiry."""
        names = []
        for expiry in self.currency.expiries(self._config.start_ms):
            nearest = sorted(
                (name for name, option in self.options.items() if option.expiry == expiry),
                key=lambda name: (abs(self.options[name].strike_ticks - self.currency.spot_usd), name),
            )
            names += nearest[: self._config.books_per_expiry]
        return names
