# SPDX-License-Identifier: Apache-2.0
"""Interval arithmetic over signals of a circuit."""

from __future__ import annotations

from dataclasses import dataclass

from prover.field import SCALAR_MODULUS

LIMIT = 1 << 253


@dataclass(frozen=True)
class Interval:
    """All integers from ``low`` to ``high``."""

    low: int
    high: int

    def __add__(self, other: Interval | int) -> Interval:
        o = as_interval(other)
        return Interval(self.low + o.low, self.high + o.high)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Interval | int) -> Interval:
        return self + -as_interval(other)

    def __mul__(self, other: Interval | int) -> Interval:
        o = as_interval(other)
        corners = [a * b for a in (self.low, self.high) for b in (o.low, o.high)]
        return Interval(min(corners), max(corners))

    @property
    def reach(self) -> int:
        """Largest size."""
        return max(abs(self.low), abs(self.high))


def as_interval(value: Interval | int) -> Interval:
    return value if isinstance(value, Interval) else Interval(value, value)


def unsigned(bits: int) -> Interval:
    """A range-checked signal."""
    return Interval(0, (1 << bits) - 1)


def signed(bits: int) -> Interval:
    """A range-checked signal less its offset 2^(bits - 1)."""
    return Interval(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def hull(*intervals: Interval) -> Interval:
    return Interval(min(i.low for i in intervals), max(i.high for i in intervals))


class Widths:
    """Named intermediates and range checks of one circuit."""

    def __init__(self) -> None:
        self.values: dict[str, Interval] = {}
        self.checks: dict[str, tuple[Interval, int]] = {}
        self.ambiguous: list[str] = []

    def see(self, name: str, value: Interval) -> Interval:
        self.values[name] = value
        return value

    def check(self, name: str, value: Interval, bits: int) -> Interval:
        """A range check; its result is the part of the interval that passes."""
        self.checks[name] = (value, bits)
        return Interval(max(value.low, 0), min(value.high, (1 << bits) - 1))

    def failures(self) -> list[str]:
        wide = [name for name, value in self.values.items() if value.reach >= LIMIT]
        alias = [name for name, (value, bits) in self.checks.items() if value.reach + (1 << bits) >= SCALAR_MODULUS]
        return wide + alias + self.ambiguous
