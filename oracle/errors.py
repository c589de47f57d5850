# SPDX-License-Identifier: Apache-2.0
"""Exceptions of the oracle.

RiskOracleError
├── InvalidValue            a number outside its declared range (field, value, rule)
├── InvalidSlice            an expiry's density breaks a condition of the proven statement
│   └── CalendarViolation   two slices cross in time
├── FrameRejected           a venue frame that cannot become an event
├── QuoteRejected           a quote that a filter refuses (recorded in the ledger, never lost)
├── SnapshotError           a snapshot that cannot be formed
│   └── TooFewQuotes        an expiry with fewer usable quotes than the fit needs
├── SurfaceError            the fit failed
├── MarginError             an account outside what the margin statements cover
│   └── ShockedVolTooHigh   a shocked total vol of 8 or more where an upper price bound is needed
├── ChainError              a contract or node refused
└── ConfigError             a setting that is missing or wrong
"""

from __future__ import annotations


class RiskOracleError(Exception):
    """Root of every exception the oracle raises on purpose."""


class InvalidValue(RiskOracleError):
    """A value outside its declared range; the message names field, value and rule."""

    def __init__(self, field: str, value: object, rule: str) -> None:
        super().__init__(f"{field} = {value!r}: {rule}")
        self.field = field
        self.value = value
        self.rule = rule


class InvalidSlice(RiskOracleError):
    """An expiry's density breaks a condition of the proven statement."""


class CalendarViolation(InvalidSlice):
    """A later slice lies below an earlier one at some moneyness."""


class FrameRejected(RiskOracleError):
    """A venue frame that cannot become an event."""


class VenueError(RiskOracleError):
    """A venue that sends nothing."""


class QuoteRejected(RiskOracleError):
    """A quote that a filter refuses."""


class SnapshotError(RiskOracleError):
    """A snapshot that cannot be formed."""


class TooFewQuotes(SnapshotError):
    """An expiry with fewer usable quotes than the fit needs."""


class SurfaceError(RiskOracleError):
    """The fit of a surface failed."""


class MarginError(RiskOracleError):
    """An account outside what the margin statements cover."""


class ShockedVolTooHigh(MarginError):
    """A shocked total vol beyond the statements' width where an upper price bound is needed: a cap would understate it."""

    def __init__(self, vol_q18: int) -> None:
        super().__init__(f"vol_q18 = {vol_q18}: a shocked total vol that needs an upper price bound must be below 2^21")
        self.field = "vol_q18"
        self.value = vol_q18
        self.rule = "must be below 2^21"


class ChainError(RiskOracleError):
    """A contract or an Ethereum node refused."""


class ConfigError(RiskOracleError):
    """A setting that is missing or wrong."""


def require_bits(field: str, value: int, bits: int) -> int:
    """Return ``value`` if 0 <= value < 2^bits, else raise :class:`InvalidValue`."""
    if value < 0 or value >> bits:
        raise InvalidValue(field, value, f"must be in [0, 2^{bits})")
    return value
