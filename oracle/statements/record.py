# SPDX-License-Identifier: Apache-2.0
"""Packing of records into field elements, least significant field first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from oracle.errors import InvalidValue, require_bits


class Record:
    """Base of the generated records.

    ``LAYOUT`` lists (field, bits, offset); a field is stored as ``value + offset`` in [0, 2^bits). Bits without a field
    name are zero.
    """

    LAYOUT: ClassVar[tuple[tuple[str, int, int], ...]] = ()
    PER_ELEMENT: ClassVar[int] = 1

    @classmethod
    def bits(cls) -> int:
        """Width of one record."""
        return sum(bits for _, bits, _ in cls.LAYOUT)

    def encoded(self) -> dict[str, int]:
        """Field to ``value + offset``: what the circuit takes. Raises :class:`InvalidValue` naming a field out of range."""
        values = {}
        for name, bits, offset in self.LAYOUT:
            if not name:
                continue
            value = getattr(self, name)
            if not 0 <= value + offset < 1 << bits:
                raise InvalidValue(name, value, f"must be in [{-offset}, 2^{bits} - {offset})")
            values[name] = value + offset
        return values

    def pack(self) -> int:
        """The record as one word. Raises :class:`InvalidValue` as :meth:`encoded`."""
        word, shift, encoded = 0, 0, self.encoded()
        for name, bits, _ in self.LAYOUT:
            word |= encoded.get(name, 0) << shift
            shift += bits
        return word

    @classmethod
    def unpack(cls, word: int) -> Self:
        """Inverse of :meth:`pack`.

        Raises :class:`InvalidValue` for a word at or above its width or with bits set that belong to no field.
        """
        require_bits(cls.__name__, word, cls.bits())
        values, shift = {}, 0
        for name, bits, offset in cls.LAYOUT:
            stored = word >> shift & (1 << bits) - 1
            shift += bits
            if name:
                values[name] = stored - offset
            elif stored:
                raise InvalidValue(cls.__name__, word, f"bits {shift - bits} to {shift - 1} must be zero")
        return cls(**values)

    @classmethod
    def pack_all(cls, records: Sequence[Self]) -> list[int]:
        """Records as field elements, ``PER_ELEMENT`` records each, the first record lowest."""
        size, per = cls.bits(), cls.PER_ELEMENT
        words = [record.pack() for record in records]
        return [
            sum(word << (size * i) for i, word in enumerate(words[start : start + per]))
            for start in range(0, len(words), per)
        ]

    @classmethod
    def elements(cls, count: int) -> int:
        """Field elements that ``count`` records take."""
        return -(-count // cls.PER_ELEMENT)

    @classmethod
    def unpack_all(cls, elements: Sequence[int], count: int) -> list[Self]:
        """The ``count`` records of packed elements.

        Raises :class:`InvalidValue` where they hold fewer or more than ``count`` records, or as :meth:`unpack`.
        """
        size, per = cls.bits(), cls.PER_ELEMENT
        if len(elements) != cls.elements(count):
            raise InvalidValue(
                cls.__name__, len(elements), f"must be {cls.elements(count)} elements for {count} records"
            )
        words = [element >> size * i & (1 << size) - 1 for element in elements for i in range(per)]
        rest = [element >> size * per for element in elements] + words[count:]
        if any(rest):
            raise InvalidValue(cls.__name__, list(elements), f"holds more than {count} records")
        return [cls.unpack(word) for word in words[:count]]
