# SPDX-License-Identifier: Apache-2.0
"""The forward of each expiry of a stored chain, by one stated rule in exact rationals.

    future        the mid of the expiry's future, where its spread is at most 0.1 % of the mid
    parity        else the median over the three strikes where call and put are worth most alike of
                  F = K / (1 - (c - p)), put-call parity of options priced in the coin, from the mids c and p
    interpolated  else linear in time between the neighbouring forwards known so far and the spot now
    (none)        else nothing: beyond the last known forward there is no second neighbour

Rounded once, half-even, to 1e-6 dollars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from statistics import median

from oracle.stream.instrument import OptionInstrument

MAX_FUTURE_SPREAD = Fraction(1, 1000)
PARITY_STRIKES = 3
PRICE_DECIMALS = 6
_Quotes = Mapping[OptionInstrument, tuple[Decimal | None, Decimal | None]]
_Sided = tuple[Decimal | None, Decimal | None]


class ForwardSource(StrEnum):
    """Where an expiry's forward comes from."""

    FUTURE = "future"
    PARITY = "parity"
    INTERPOLATED = "interpolated"

    @property
    def prefix(self) -> str:
        """What the venue writes before the expiry where no future trades."""
        return "" if self is ForwardSource.FUTURE else "SYN."


@dataclass(frozen=True, slots=True)
class Forward:
    """A forward in dollars and its source."""

    price_usd: Decimal
    source: ForwardSource


def expiry_forwards(
    options: _Quotes, futures: Mapping[int, _Sided], spot_usd: Fraction, now_s: int
) -> dict[int, Forward]:
    """The forward of every expiry (Unix seconds) among ``options`` that has one under the rule above."""
    expiries = sorted({option.expiry for option in options})
    known = {expiry: mid for expiry, quote in futures.items() if (mid := _future_mid(quote)) is not None}
    sources = dict.fromkeys(known, ForwardSource.FUTURE)
    for expiry in expiries:
        if expiry not in known and (implied := _parity(options, expiry)) is not None:
            known[expiry], sources[expiry] = implied, ForwardSource.PARITY
    points = sorted({now_s: spot_usd, **known}.items())
    forwards = {}
    for expiry in expiries:
        price = known[expiry] if expiry in known else _between(points, expiry)
        if price is not None and (rounded := _rounded(price)):
            forwards[expiry] = Forward(rounded, sources.get(expiry, ForwardSource.INTERPOLATED))
    return forwards


def _mid(quote: _Sided | None) -> Fraction | None:
    """The mid of an uncrossed two-sided quote."""
    if quote is None or quote[0] is None or quote[1] is None or quote[0] > quote[1]:
        return None
    return (Fraction(quote[0]) + Fraction(quote[1])) / 2


def _future_mid(quote: _Sided) -> Fraction | None:
    mid = _mid(quote)
    if mid is None or quote[0] is None or quote[1] is None:
        return None
    return mid if Fraction(quote[1]) - Fraction(quote[0]) <= MAX_FUTURE_SPREAD * mid else None


def _parity(options: _Quotes, expiry: int) -> Fraction | None:
    differences = []
    for option, quote in options.items():
        if option.expiry != expiry or option.put:
            continue
        put = OptionInstrument(option.currency, expiry, option.strike_ticks, put=True)
        call_mid, put_mid = _mid(quote), _mid(options.get(put))
        if call_mid is not None and put_mid is not None and call_mid - put_mid < 1:
            differences.append((abs(call_mid - put_mid), option.strike_ticks, call_mid - put_mid))
    implied = [strike / (1 - difference) for _, strike, difference in sorted(differences)[:PARITY_STRIKES]]
    return median(implied) if implied else None


def _between(points: list[tuple[int, Fraction]], expiry: int) -> Fraction | None:
    before = [point for point in points if point[0] < expiry]
    after = [point for point in points if point[0] > expiry]
    if not before or not after:
        return None
    (left, low), (right, high) = before[-1], after[0]
    return low + (high - low) * Fraction(expiry - left, right - left)


def _rounded(price: Fraction) -> Decimal:
    return Decimal(round(price * 10**PRICE_DECIMALS)).scaleb(-PRICE_DECIMALS)
