# SPDX-License-Identifier: Apache-2.0
"""Typed access to hostile JSON: every number is exact, every refusal names field, value and rule."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NoReturn

from oracle.errors import FrameRejected

MAX_FRAME_BYTES = 1 << 20
"""The largest frame that is looked at: 1 MiB."""
MAX_DEPTH = 32
MAX_NUMBER_CHARS = 40
MAX_DIGITS = 24
MAX_DECIMAL_EXPONENT = 18
"""Decimals have at most 24 significant digits, all between 10^-18 and 10^18: sums and the products the filters form
(three more digits) are exact in Python's 28-digit decimal context."""
MAX_INTEGER = 1 << 63
MAX_TEXT_CHARS = 64
_SHOWN_CHARS = 80
_PLAIN_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


class FrameRule(StrEnum):
    """Names of the rules a frame can break; the ledger counts by them."""

    OVERSIZE = "oversize"
    NOT_UTF8 = "not_utf8"
    TOO_DEEP = "too_deep"
    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    NOT_FINITE = "not_finite"
    ABSURD_NUMBER = "absurd_number"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    NEGATIVE = "negative"
    NOT_POSITIVE = "not_positive"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    UNKNOWN_METHOD = "unknown_method"
    UNKNOWN_CHANNEL = "unknown_channel"
    UNKNOWN_INSTRUMENT = "unknown_instrument"
    DUPLICATE_INSTRUMENT = "duplicate_instrument"
    UNKNOWN_FORMAT = "unknown_format"
    TORN_FILE = "torn_file"
    INSTRUMENT_MISMATCH = "instrument_mismatch"
    UNKNOWN_VALUE = "unknown_value"
    VENUE_ERROR = "venue_error"


class InvalidFrame(FrameRejected):
    """A frame whose ``field`` breaks ``rule``; the value shown is cut to a fixed length."""

    def __init__(self, field: str, value: object, rule: FrameRule) -> None:
        shown = repr(value[:_SHOWN_CHARS] if isinstance(value, str | bytes) else value)
        self.field = field
        self.value = shown if len(shown) <= _SHOWN_CHARS else shown[:_SHOWN_CHARS] + "..."
        self.rule = rule
        super().__init__(f"{field} = {self.value}: {rule}")


def decode(text: str | bytes, max_bytes: int = MAX_FRAME_BYTES) -> object:
    """JSON with integers as ``int`` and every other number as ``Decimal``.

    Raises :class:`InvalidFrame` on more than ``max_bytes``, nesting deeper than 32, bytes that are not UTF-8, text that
    is not JSON, duplicate keys, NaN, infinities, and numbers with absurd length or exponent.
    """
    size = len(text) if isinstance(text, bytes) else _utf8_size(text, max_bytes)
    if size > max_bytes:
        raise InvalidFrame("frame", f"{size} bytes", FrameRule.OVERSIZE)
    try:
        plain = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise InvalidFrame("frame", text, FrameRule.NOT_UTF8) from error
    if _depth(plain) > MAX_DEPTH:
        raise InvalidFrame("frame", plain, FrameRule.TOO_DEEP)
    try:
        return json.loads(
            plain,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_not_finite,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:
        raise InvalidFrame("frame", plain, FrameRule.NOT_JSON) from error


def _depth(text: str) -> int:
    """Deepest nesting, up to just above MAX_DEPTH; the JSON scanner recurses in C, so depth is bounded before it starts."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            return depth
    return 0


def _utf8_size(text: str, max_bytes: int) -> int:
    return len(text) if len(text) > max_bytes else len(text.encode("utf-8", "surrogatepass"))


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_CHARS:
        raise InvalidFrame("number", text, FrameRule.ABSURD_NUMBER)
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise InvalidFrame("number", text, FrameRule.ABSURD_NUMBER) from error
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or len(digits) > MAX_DIGITS or abs(exponent) > MAX_DECIMAL_EXPONENT:
        raise InvalidFrame("number", text, FrameRule.ABSURD_NUMBER)
    if value.adjusted() >= MAX_DECIMAL_EXPONENT:
        raise InvalidFrame("number", text, FrameRule.ABSURD_NUMBER)
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_CHARS or abs(int(text)) >= MAX_INTEGER:
        raise InvalidFrame("number", text, FrameRule.ABSURD_NUMBER)
    return int(text)


def _not_finite(text: str) -> NoReturn:
    raise InvalidFrame("number", text, FrameRule.NOT_FINITE)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        names = [name for name, _ in pairs]
        raise InvalidFrame("key", next(name for name in names if names.count(name) > 1), FrameRule.DUPLICATE_KEY)
    return mapping


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object, read field by field; each reader raises :class:`InvalidFrame`."""

    values: dict[str, Any]

    @classmethod
    def of(cls, field: str, value: object) -> Fields:
        """The object ``value``, which stood at ``field``."""
        if not isinstance(value, dict):
            raise InvalidFrame(field, value, FrameRule.WRONG_TYPE)
        return cls(value)

    def required(self, field: str) -> object:
        """Any value, null included, that must be present."""
        if field not in self.values:
            raise InvalidFrame(field, None, FrameRule.MISSING_FIELD)
        value: object = self.values[field]
        return value

    def object(self, field: str) -> Fields:
        """A nested object."""
        return Fields.of(field, self.required(field))

    def array(self, field: str) -> list[Any]:
        """An array, its items unchecked."""
        return as_array(field, self.required(field))

    def text(self, field: str) -> str:
        """A string of at most 64 characters."""
        value = self.required(field)
        if not isinstance(value, str) or len(value) > MAX_TEXT_CHARS:
            raise InvalidFrame(field, value, FrameRule.WRONG_TYPE)
        return value

    def natural(self, field: str) -> int:
        """An integer in [0, 2^63)."""
        value = self.required(field)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidFrame(field, value, FrameRule.WRONG_TYPE)
        if value < 0:
            raise InvalidFrame(field, value, FrameRule.NEGATIVE)
        return value

    def signed(self, field: str) -> Decimal:
        """A number of either sign."""
        return as_decimal(field, self.required(field))

    def amount(self, field: str) -> Decimal:
        """A number >= 0."""
        return as_amount(field, self.required(field))

    def positive(self, field: str) -> Decimal:
        """A number > 0."""
        value = self.amount(field)
        if not value:
            raise InvalidFrame(field, value, FrameRule.NOT_POSITIVE)
        return value

    def quoted(self, field: str) -> Decimal | None:
        """A number > 0, or None where the venue writes null or 0 for "no such quote"."""
        value = self.required(field)
        return None if value is None else as_amount(field, value) or None

    def number_text(self, field: str) -> Decimal:
        """A number >= 0 written as a string of plain decimal digits."""
        value = self.text(field)
        if _PLAIN_NUMBER.fullmatch(value) is None:
            raise InvalidFrame(field, value, FrameRule.WRONG_TYPE)
        return _decimal(value)

    def optional_signed(self, field: str) -> Decimal | None:
        """A number of either sign, or None where the field is null or missing."""
        value = self.values.get(field)
        return None if value is None else as_decimal(field, value)


def as_array(field: str, value: object) -> list[Any]:
    """``value`` as an array, or :class:`InvalidFrame`."""
    if not isinstance(value, list):
        raise InvalidFrame(field, value, FrameRule.WRONG_TYPE)
    return value


def as_decimal(field: str, value: object) -> Decimal:
    """``value`` as an exact number, or :class:`InvalidFrame`."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InvalidFrame(field, value, FrameRule.WRONG_TYPE)
    return Decimal(value)


def as_amount(field: str, value: object) -> Decimal:
    """``value`` as an exact number >= 0, or :class:`InvalidFrame`."""
    number = as_decimal(field, value)
    if number < 0:
        raise InvalidFrame(field, value, FrameRule.NEGATIVE)
    return number
