# SPDX-License-Identifier: Apache-2.0
"""Packing of every record of every data vector: inverse of unpacking, and closed at its widths."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import InvalidValue
from oracle.statements import layout
from oracle.statements.record import Record

RECORDS: list[type[Record]] = [
    value
    for value in vars(layout).values()
    if isinstance(value, type) and issubclass(value, Record) and value is not Record
]


def records(kind: type[Record]) -> st.SearchStrategy[Any]:
    """Any valid record."""
    fields = {name: st.integers(-offset, (1 << bits) - 1 - offset) for name, bits, offset in kind.LAYOUT}
    return st.builds(kind, **fields)


def test_all_nine_records_are_found() -> None:
    assert len(RECORDS) == 9


@pytest.mark.parametrize("kind", RECORDS)
@given(data=st.data())
def test_unpacking_inverts_packing(kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(records(kind))
    word = record.pack()
    assert 0 <= word < 1 << kind.bits()
    assert kind.unpack(word) == record


@pytest.mark.parametrize("kind", RECORDS)
@given(data=st.data())
def test_runs_of_records_are_packed_first_lowest_and_unpacked_again(kind: type[Record], data: st.DataObject) -> None:
    run = data.draw(st.lists(records(kind), min_size=1, max_size=5))
    elements = kind.pack_all(run)
    assert len(elements) == -(-len(run) // kind.PER_ELEMENT)
    assert all(element < 1 << (kind.bits() * kind.PER_ELEMENT) for element in elements)
    assert kind.unpack_all(elements, len(run)) == run
    assert elements[0] & (1 << kind.bits()) - 1 == run[0].pack()
    with pytest.raises(InvalidValue, match="fewer than"):
        kind.unpack_all(elements, len(elements) * kind.PER_ELEMENT + 1)


@pytest.mark.parametrize("kind", RECORDS)
def test_a_field_just_outside_its_width_is_an_invalid_value_naming_it(kind: type[Record]) -> None:
    zero = kind.unpack(0)
    for name, bits, offset in kind.LAYOUT:
        for value in (-offset - 1, (1 << bits) - offset):
            wrong = dataclasses.replace(zero, **{name: value})  # type: ignore[type-var]
            with pytest.raises(InvalidValue, match=name):
                wrong.pack()


@pytest.mark.parametrize("kind", RECORDS)
def test_a_word_at_its_width_is_an_invalid_value(kind: type[Record]) -> None:
    for word in (1 << kind.bits(), -1):
        with pytest.raises(InvalidValue, match=kind.__name__):
            kind.unpack(word)
