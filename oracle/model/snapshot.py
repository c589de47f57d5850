# SPDX-License-Identifier: Apache-2.0
"""What the publishers attest: one market's quotes and forwards at one moment, as integers.

Units. A strike tick is ``tick_e2`` hundredths of a dollar. Forwards are ticks at scale 2^16. Quotes are
prices in the coin, in units of 5e-5 (half of the venue's 1e-4 price tick), so that the mid of two ticks is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils.crypto import keccak

from oracle.errors import InvalidValue, require_bits

STRIKE_BITS = 24
FORWARD_Q16_BITS = 40
MID_BITS = 24
HALF_SPREAD_BITS = 16
WIDTHS = {
    "epoch": 40,
    "observed_at_ms": 64,
    "spot_e2": 64,
    "rejected_count": 32,
    "perpetual_mark_e2": 64,
    "perpetual_index_e2": 64,
    "venue_mask": 32,
    "absent_venues": 32,
    "confidence_e4": 16,
}
"""Bits of a market's numbers in a report; the oracle contract keeps 40 of an epoch."""
QUOTE_UNIT_PER_COIN = 20_000
"""Quote units in one coin: 1 / 5e-5."""


@dataclass(frozen=True)
class Quote:
    """The out-of-the-money quote at one listed strike.

    ``quoted`` is False where the venue shows no usable two-sided quote; then mid and half-spread are 0.
    """

    strike_ticks: int
    put: bool
    quoted: bool
    mid_half_ticks: int
    half_spread_half_ticks: int

    def __post_init__(self) -> None:
        require_bits("strike_ticks", self.strike_ticks, STRIKE_BITS)
        require_bits("mid_half_ticks", self.mid_half_ticks, MID_BITS)
        require_bits("half_spread_half_ticks", self.half_spread_half_ticks, HALF_SPREAD_BITS)
        if self.strike_ticks == 0:
            raise InvalidValue("strike_ticks", 0, "must be positive")
        if not self.quoted and (self.mid_half_ticks or self.half_spread_half_ticks or self.put):
            raise InvalidValue("quoted", False, "an absent quote has put = 0, mid = 0 and half-spread = 0")
        if self.quoted and not 0 < self.half_spread_half_ticks <= self.mid_half_ticks:
            raise InvalidValue("half_spread_half_ticks", self.half_spread_half_ticks, "must be in (0, mid]")


@dataclass(frozen=True)
class ExpirySnapshot:
    """One expiry: its forward, discount factor at 1e-9 and one :class:`Quote` per listed strike, strikes ascending."""

    expiry: int
    forward_q16: int
    quotes: tuple[Quote, ...]
    discount_e9: int = 10**9

    def __post_init__(self) -> None:
        require_bits("expiry", self.expiry, 64)
        require_bits("forward_q16", self.forward_q16, FORWARD_Q16_BITS)
        require_bits("discount_e9", self.discount_e9, 32)
        if self.forward_q16 < 1 << 16:
            raise InvalidValue("forward_q16", self.forward_q16, "must be at least one tick (2^16)")
        strikes = [quote.strike_ticks for quote in self.quotes]
        if sorted(set(strikes)) != strikes:
            raise InvalidValue("strike_ticks", strikes, "listed strikes must be strictly ascending")


@dataclass(frozen=True)
class MarketSnapshot:
    """One market at one moment; ``expiries`` ascending. ``observed_at_ms`` is the venue's clock, Unix milliseconds.

    Perpetual mark and index in 1e-2 USD, 0 where the venue gives none. ``venue_mask``: the venues asked, one bit each;
    ``absent_venues``: those of them that gave nothing. ``confidence_e4``: relative half-width of the spot's uncertainty.
    ``config_hash``: of the rules under which the quotes were taken.
    """

    market: str
    epoch: int
    observed_at_ms: int
    spot_e2: int
    tick_e2: int
    expiries: tuple[ExpirySnapshot, ...]
    rejected_count: int
    perpetual_mark_e2: int = 0
    perpetual_index_e2: int = 0
    venue_mask: int = 1
    absent_venues: int = 0
    confidence_e4: int = 0
    config_hash: bytes = bytes(32)

    def __post_init__(self) -> None:
        for field, bits in WIDTHS.items():
            require_bits(field, getattr(self, field), bits)
        if self.absent_venues & ~self.venue_mask:
            raise InvalidValue("absent_venues", self.absent_venues, "must be venues of venue_mask")
        if len(self.config_hash) != 32:
            raise InvalidValue("config_hash", self.config_hash, "must be 32 bytes")
        if not 0 < self.tick_e2 < 256:
            raise InvalidValue("tick_e2", self.tick_e2, "must be in [1, 255]")
        if not 0 < len(self.market.encode()) <= 32:
            raise InvalidValue("market", self.market, "must be 1 to 32 bytes")
        dates = [expiry.expiry for expiry in self.expiries]
        if sorted(set(dates)) != dates:
            raise InvalidValue("expiry", dates, "expiries must be strictly ascending")

    def root(self) -> bytes:
        """Keccak-256 over the canonical byte form: the same quotes give the same root on every machine."""
        name = self.market.encode()
        parts = [len(name).to_bytes(1, "big"), name]
        parts += [value.to_bytes(8, "big") for value in (self.epoch, self.observed_at_ms, self.spot_e2)]
        parts += [self.tick_e2.to_bytes(1, "big"), self.rejected_count.to_bytes(4, "big")]
        parts.append(len(self.expiries).to_bytes(2, "big"))
        for expiry in self.expiries:
            parts += [expiry.expiry.to_bytes(8, "big"), expiry.forward_q16.to_bytes(5, "big")]
            parts.append(len(expiry.quotes).to_bytes(2, "big"))
            for quote in expiry.quotes:
                parts += [
                    quote.strike_ticks.to_bytes(3, "big"),
                    bytes([quote.put | quote.quoted << 1]),
                    quote.mid_half_ticks.to_bytes(3, "big"),
                    quote.half_spread_half_ticks.to_bytes(2, "big"),
                ]
        return keccak(b"".join(parts))
