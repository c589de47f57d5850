# SPDX-License-Identifier: Apache-2.0
"""Black-76 in the circuit and in the model: the same integers, the same refusals, and close to the truth."""

from __future__ import annotations

import math
import random

import mpmath as mp
import pytest

from oracle.errors import InvalidValue
from oracle.model.black76 import CDF_BITS, PDF_BITS, black76
from tests.circuits.support import Circuit, circuit_of, field, signed, sources

Option = tuple[int, int]
CDF_ERROR, PDF_ERROR = 4e-11, 8e-12
"""Bounds of tests/model/test_tables.py."""


@pytest.fixture(scope="module")
def core() -> Circuit:
    main = 'pragma circom 2.1.6;\ninclude "lib/black76.circom";\ncomponent main = Black76();\n'
    return circuit_of("black76", sources(), main)


def random_options(count: int) -> list[Option]:
    """k at 2^48 and v at 2^32: one hour to two years, vol 5 to 500 %, strikes within eight deviations and beyond."""
    draw = random.Random(76)
    options = []
    for _ in range(count):
        years = math.exp(draw.uniform(math.log(1 / 8760), math.log(2)))
        total = draw.uniform(0.05, 5.0) * math.sqrt(years)
        k = draw.uniform(-1, 1) * min(8.5 * total, 4.0)
        options.append((round(k * 2**48), round(total * 2**32)))
    return options


def test_two_hundred_random_options_have_the_same_integers_in_circuit_and_model(core: Circuit) -> None:
    priced = refused = 0
    for k, v in random_options(260):
        inputs = {"k": field(k), "total_vol_q32": v}
        try:
            expected = black76(k, v)
        except InvalidValue:
            assert not core.accepts(inputs)
            refused += 1
            continue
        wires = core.wires(inputs)
        assert signed(core.value(wires, "d1")) == expected.d1_q34
        for name in ("cdf_d1", "cdf_d2", "pdf_d1"):
            assert core.value(wires, name) == getattr(expected, name)
        priced += 1
    assert priced >= 200
    assert refused >= 5


def test_cdf_and_pdf_of_random_options_are_within_the_stated_error_of_mpmath() -> None:
    for k, v in random_options(260):
        try:
            core = black76(k, v)
        except InvalidValue:
            continue
        d1 = mp.mpf(core.d1_q34) / 2**34
        d2 = mp.mpf(core.d2_q34) / 2**34
        assert abs(mp.mpf(core.cdf_d1) / 2**CDF_BITS - mp.ncdf(d1)) < CDF_ERROR
        assert abs(mp.mpf(core.cdf_d2) / 2**CDF_BITS - mp.ncdf(d2)) < CDF_ERROR
        assert abs(mp.mpf(core.pdf_d1) / 2**PDF_BITS - mp.npdf(d1)) < PDF_ERROR
        exact = (mp.mpf(v) / 2**32) / 2 - (mp.mpf(k) / 2**48) / (mp.mpf(v) / 2**32)
        assert abs(exact - d1) <= mp.mpf(2) ** -35


@pytest.mark.parametrize(
    ("k", "v"),
    [(0, 0), (1 << 53, 1 << 32), (-(8 << 48), 1 << 31), ((8 << 48) + 1, 1 << 32), (0, 16 << 32)],
)
def test_an_option_outside_the_tables_is_refused_by_circuit_and_model(core: Circuit, k: int, v: int) -> None:
    assert not core.accepts({"k": field(k), "total_vol_q32": v})
    with pytest.raises(InvalidValue, match="total_vol_q32"):
        black76(k, v)


def test_at_the_money_with_d1_zero_both_sides_agree(core: Circuit) -> None:
    v = 1 << 30
    k = v * v >> 17
    wires = core.wires({"k": k, "total_vol_q32": v})
    assert core.value(wires, "d1") == black76(k, v).d1_q34 == 0
