# SPDX-License-Identifier: Apache-2.0
"""Black-76 in floats against a textbook, 50-digit arithmetic, parity and finite differences."""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.analytics.black76 import (
    TOTAL_VOL_MAX,
    TOTAL_VOL_MIN,
    Greeks,
    greeks,
    implied_total_vol,
    price,
)
from oracle.errors import InvalidValue

FORWARD, STRIKE, VOL, YEARS, DISCOUNT = 60_000.0, 66_000.0, 0.62, 0.21, 0.97


def reference_price(forward: float, strike: float, total_vol: float, put: bool) -> mpmath.mpf:
    """[E-1] with D = 1 in 50 digits."""
    with mpmath.workdps(50):
        f, k, v = (mpmath.mpf(number) for number in (forward, strike, total_vol))
        d1 = mpmath.log(f / k) / v + v / 2
        sign = -1 if put else 1
        return sign * (f * mpmath.ncdf(sign * d1) - k * mpmath.ncdf(sign * (d1 - v)))


def test_the_price_of_an_option_on_a_future_is_that_of_haug_page_5() -> None:
    # Haug, The Complete Guide to Option Pricing Formulas, 2nd edition, page 5: F = X = 19, nine months, 10 %, 28 %.
    discount = np.exp(-0.10 * 0.75)
    values = price(19.0, 19.0, 0.28 * np.sqrt(0.75), [False, True], discount)
    assert values == pytest.approx([1.7011, 1.7011], abs=5e-5)


@pytest.mark.parametrize("put", [False, True])
@pytest.mark.parametrize("total_vol", [1e-3, 0.02, 0.3, 1.5, 6.0])
@pytest.mark.parametrize("moneyness", [0.2, 0.8, 0.999, 1.0, 1.3, 5.0])
def test_prices_agree_with_fifty_digits_within_the_stated_bound(moneyness: float, total_vol: float, put: bool) -> None:
    value = float(price(1.0, moneyness, total_vol, put))
    assert abs(value - reference_price(1.0, moneyness, total_vol, put)) < 4e-16 * (1 + moneyness)


@given(st.floats(0.1, 10), st.floats(0.01, 4), st.floats(0.5, 1))
def test_call_less_put_is_the_discounted_forward_less_strike(
    moneyness: float, total_vol: float, discount: float
) -> None:
    call, put = price(1.0, moneyness, total_vol, [False, True], discount)
    assert call - put == pytest.approx(discount * (1 - moneyness), abs=1e-14 * (1 + moneyness))


def at(
    put: bool, forward: float = FORWARD, vol: float = VOL, years: float = YEARS, discount: float = DISCOUNT
) -> Greeks:
    return greeks(forward, STRIKE, vol, years, put, discount)


@pytest.mark.parametrize("put", [False, True])
@pytest.mark.parametrize(
    ("name", "of", "shift", "step"),
    [
        ("delta", "price", lambda put, e: at(put, forward=FORWARD + e), 1.0),
        ("gamma", "delta", lambda put, e: at(put, forward=FORWARD + e), 1.0),
        ("vega", "price", lambda put, e: at(put, vol=VOL + e), 1e-5),
        ("vanna", "delta", lambda put, e: at(put, vol=VOL + e), 1e-5),
        ("volga", "vega", lambda put, e: at(put, vol=VOL + e), 1e-5),
        ("theta", "price", lambda put, e: at(put, years=YEARS - e), 1e-6),
        ("rho", "price", lambda put, e: at(put, discount=DISCOUNT * float(np.exp(-YEARS * e))), 1e-5),
    ],
)
def test_a_greek_is_the_finite_difference_of_what_it_derives(
    put: bool, name: str, of: str, shift: Callable[[bool, float], Greeks], step: float
) -> None:
    difference = (getattr(shift(put, step), of) - getattr(shift(put, -step), of)) / (2 * step)
    assert float(getattr(at(put), name)) == pytest.approx(float(difference), rel=1e-6)


def test_greeks_broadcast_to_one_shape() -> None:
    result = greeks(FORWARD, np.array([[50_000.0], [70_000.0]]), np.array([0.5, 0.6, 0.7]), YEARS, False)
    assert {getattr(result, name).shape for name in result.__dataclass_fields__} == {(2, 3)}


@given(st.floats(-3, 3), st.floats(1e-3, 4), st.booleans())
def test_the_implied_vol_reprices_an_out_of_the_money_option(deviation: float, total_vol: float, put: bool) -> None:
    moneyness = float(np.exp(deviation * total_vol))
    put = moneyness < 1
    value = float(price(1.0, moneyness, total_vol, put))
    if value < 1e-250:
        return
    implied = float(implied_total_vol(value, 1.0, moneyness, put))
    assert implied == pytest.approx(total_vol, rel=1e-7)
    time_value = reference_price(1.0, moneyness, implied, put)
    assert abs(time_value / mpmath.mpf(value) - 1) < 1e-10


def test_the_implied_vol_of_a_deep_wing_is_found_where_the_price_is_tiny() -> None:
    value = price(1.0, 3.0, 0.06, False)
    assert 0 < float(value) < 1e-70
    assert float(implied_total_vol(value, 1.0, 3.0, False)) == pytest.approx(0.06, rel=1e-9)


def test_an_in_the_money_price_gives_the_vol_of_its_time_value() -> None:
    value = price(1.0, 0.8, 0.25, False)
    assert float(implied_total_vol(value, 1.0, 0.8, False)) == pytest.approx(0.25, rel=1e-9)


def test_prices_outside_the_bounds_of_arbitrage_give_the_ends_of_the_domain() -> None:
    vols = implied_total_vol([0.0, -1.0, 0.1, 1.0, 2.0], 1.0, [1.2, 1.2, 0.8, 1.2, 1.2], False)
    assert vols.tolist() == [TOTAL_VOL_MIN] * 3 + [TOTAL_VOL_MAX] * 2


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((0.0, 1.0, 0.5, False), "forward"),
        ((1.0, -1.0, 0.5, False), "strike"),
        ((1.0, 1.0, 0.0, False), "total_vol"),
        ((1.0, 1.0, float("nan"), False), "total_vol"),
    ],
)
def test_a_number_outside_the_domain_is_an_invalid_value_naming_the_field(
    arguments: tuple[float, float, float, bool], field: str
) -> None:
    with pytest.raises(InvalidValue, match=field):
        price(*arguments)


def test_a_price_that_is_not_a_number_is_an_invalid_value() -> None:
    with pytest.raises(InvalidValue, match="option_price"):
        implied_total_vol(float("nan"), 1.0, 1.0, False)
