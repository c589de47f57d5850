# SPDX-License-Identifier: Apache-2.0
"""Deribit instrument names: ``BTC-27MAR26-60000-C`` is the BTC call of 27 March 2026, 08:00 UTC, struck at 60,000 USD.

The day carries no leading zero (``BTC-6AUG21-40000-P``); strikes are whole dollars.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NoReturn

from oracle.errors import InvalidValue
from oracle.model.snapshot import STRIKE_BITS
from oracle.stream.fields import FrameRule, InvalidFrame

EXPIRY_HOUR_UTC = 8
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
CURRENCY_PATTERN = r"[A-Z][A-Z0-9]{1,9}"
_DATE = r"([1-9][0-9]?)(" + "|".join(MONTHS) + r")([0-9]{2})"
_OPTION = re.compile(rf"({CURRENCY_PATTERN})-{_DATE}-([1-9][0-9]{{0,11}})-([CP])")
_DATE_PART = re.compile(_DATE)
_FUTURE = re.compile(rf"({CURRENCY_PATTERN})-(?:PERPETUAL|{_DATE})")


@dataclass(frozen=True, slots=True)
class OptionInstrument:
    """One listed option; ``expiry`` in Unix seconds, ``strike_ticks`` in the market's strike ticks."""

    currency: str
    expiry: int
    strike_ticks: int
    put: bool


@lru_cache(maxsize=1 << 14)
def parse_option(name: str, tick_e2: int = 100) -> OptionInstrument:
    """The option a Deribit name stands for.

    Raises :class:`InvalidFrame` (field ``instrument_name``, rule ``unknown_instrument``) where the name is not
    canonical, the date does not exist, or the strike is not a whole number of ticks below 2^24.
    """
    match = _OPTION.fullmatch(name)
    if match is None:
        _refuse(name)
    currency, day, month, year, strike_usd, side = match.groups()
    strike_ticks, rest = divmod(int(strike_usd) * 100, tick_e2)
    if rest or strike_ticks >> STRIKE_BITS:
        _refuse(name)
    return OptionInstrument(currency, _expiry(name, day, month, year), strike_ticks, side == "P")


def format_option(option: OptionInstrument, tick_e2: int = 100) -> str:
    """The Deribit name of ``option``: the inverse of :func:`parse_option`.

    Raises :class:`InvalidValue` where the strike is not a positive whole number of dollars or the expiry is not 08:00
    UTC of a day of this century.
    """
    strike_usd, rest = divmod(option.strike_ticks * tick_e2, 100)
    if rest or strike_usd <= 0:
        raise InvalidValue("strike_ticks", option.strike_ticks, "must be a positive whole number of dollars")
    return f"{option.currency}-{format_expiry(option.expiry)}-{strike_usd}-{'P' if option.put else 'C'}"


def format_expiry(expiry: int) -> str:
    """The date part of a name, ``27MAR26``, of an expiry in Unix seconds; :class:`InvalidValue` unless 08:00 UTC."""
    if not 946_684_800 <= expiry < 4_102_444_800 or expiry % 86_400 != EXPIRY_HOUR_UTC * 3600:
        raise InvalidValue("expiry", expiry, "must be 08:00 UTC of a day in 2000 to 2099")
    moment = datetime.fromtimestamp(expiry, UTC)
    return f"{moment.day}{MONTHS[moment.month - 1]}{moment.year % 100:02d}"


def parse_expiry(name: str, date: str) -> int:
    """Unix seconds of the date part ``27MAR26`` of ``name``; :class:`InvalidFrame` where it is none."""
    match = _DATE_PART.fullmatch(date)
    if match is None:
        _refuse(name)
    return _expiry(name, *match.groups())


def is_option(name: str) -> bool:
    """Whether ``name`` has the shape of an option (its date and strike may still be refused)."""
    return _OPTION.fullmatch(name) is not None


def require_future(name: str) -> str:
    """``name`` if it is a perpetual or a dated future, else :class:`InvalidFrame`."""
    match = _FUTURE.fullmatch(name)
    if match is None:
        _refuse(name)
    _, day, month, year = match.groups()
    if day is not None:
        _expiry(name, day, month, year)
    return name


def _expiry(name: str, day: str, month: str, year: str) -> int:
    try:
        moment = datetime(2000 + int(year), MONTHS.index(month) + 1, int(day), EXPIRY_HOUR_UTC, tzinfo=UTC)
    except ValueError:
        _refuse(name)
    return int(moment.timestamp())


def _refuse(name: str) -> NoReturn:
    raise InvalidFrame("instrument_name", name, FrameRule.UNKNOWN_INSTRUMENT)
