# SPDX-License-Identifier: Apache-2.0
"""[L-1] The integer logarithm against mpmath."""

from __future__ import annotations

import random

import mpmath as mp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import InvalidValue
from oracle.model.logarithm import LN2_Q127, ln_q48

mp.mp.dps = 60


def exact(x_q16: int) -> mp.mpf:
    """ln(x / 2^16) at 2^48."""
    return mp.log(mp.mpf(x_q16) / 2**16) * 2**48


def test_the_logarithm_is_the_floor_of_the_true_one() -> None:
    draw = random.Random(48)
    points = [1 << 16, (1 << 16) + 1, (1 << 128) - 1, 60_000 << 16, (1 << 17) - 1, 1 << 17]
    points += [draw.randrange(1 << 16, 1 << draw.randint(17, 128)) for _ in range(2000)]
    for x in points:
        assert ln_q48(x) == int(mp.floor(exact(x)))


@given(st.integers(1 << 16, (1 << 127) - 1))
def test_the_logarithm_never_decreases_and_is_never_off_by_one_unit(x: int) -> None:
    assert ln_q48(x) <= ln_q48(x + 1)
    assert 0 <= exact(x) - ln_q48(x) < 1 + mp.mpf(2) ** -70


def test_the_constant_is_the_logarithm_of_two() -> None:
    assert mp.floor(mp.log(2) * mp.mpf(2) ** 127) == LN2_Q127


@pytest.mark.parametrize("x", [0, -1, (1 << 16) - 1, 1 << 128])
def test_a_logarithm_outside_its_domain_is_an_invalid_value(x: int) -> None:
    with pytest.raises(InvalidValue, match="x_q16"):
        ln_q48(x)
