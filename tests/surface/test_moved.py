# SPDX-License-Identifier: Apache-2.0
"""Which expiries moved: exact prices under the old law against new quotes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from oracle.model.density import DensitySlice
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot, Quote
from oracle.surface.moved import call_fraction, moved, outside_half_ticks
from oracle.surface.surface import Surface, fit_surface

Market = Callable[..., MarketSnapshot]

SMILES: tuple[dict[str, Any], ...] = (
    {"days": 7, "forward": 60_000, "atm": 0.60},
    {"days": 30, "forward": 60_300, "atm": 0.55},
    {"days": 90, "forward": 61_000, "atm": 0.53},
)


@pytest.fixture
def surface(market: Market) -> Surface:
    return fit_surface(market(*SMILES))


def first(surface: Surface) -> tuple[DensitySlice, ExpirySnapshot]:
    return surface.slices[0], surface.snapshot.expiries[0]


def with_quote(listed: ExpirySnapshot, index: int, **changes: Any) -> ExpirySnapshot:
    quotes = list(listed.quotes)
    quotes[index] = replace(quotes[index], **changes)
    return replace(listed, quotes=tuple(quotes))


def test_nothing_has_moved_against_the_snapshot_of_the_fit_itself(surface: Surface) -> None:
    for density, listed in zip(surface.slices, surface.snapshot.expiries, strict=True):
        assert not moved(density, listed, listed)


@pytest.mark.parametrize(("basis_points", "expected"), [(1.9, False), (2.1, True), (-1.9, False), (-2.1, True)])
def test_a_forward_may_move_by_two_basis_points(surface: Surface, basis_points: float, expected: bool) -> None:
    density, listed = first(surface)
    wide = replace(listed, quotes=tuple(replace(q, half_spread_half_ticks=q.mid_half_ticks) for q in listed.quotes))
    forward_q16 = round(listed.forward_q16 * (1 + basis_points * 1e-4))
    assert moved(density, wide, replace(wide, forward_q16=forward_q16)) is expected


def test_a_mark_that_leaves_the_new_quote_moves_the_expiry_and_one_inside_does_not(surface: Surface) -> None:
    density, listed = first(surface)
    quote = listed.quotes[8]
    inside = with_quote(listed, 8, mid_half_ticks=quote.mid_half_ticks + quote.half_spread_half_ticks // 2)
    outside = with_quote(listed, 8, mid_half_ticks=quote.mid_half_ticks + 2 * quote.half_spread_half_ticks)
    assert not moved(density, listed, inside)
    assert moved(density, listed, outside)


def test_a_quote_the_fit_never_met_moves_nothing_until_it_is_farther_off(surface: Surface) -> None:
    density, listed = first(surface)
    mid = listed.quotes[8].mid_half_ticks
    outlier = with_quote(listed, 8, mid_half_ticks=mid * 3 // 2)
    assert not moved(density, outlier, outlier)
    assert not moved(density, outlier, listed)
    assert moved(density, outlier, with_quote(listed, 8, mid_half_ticks=mid * 3 // 2 + 1))


def test_a_strike_no_longer_quoted_says_nothing_and_one_newly_quoted_must_be_inside(surface: Surface) -> None:
    density, listed = first(surface)
    gone = with_quote(listed, 8, put=False, quoted=False, mid_half_ticks=0, half_spread_half_ticks=0)
    assert not moved(density, listed, gone)
    assert not moved(density, gone, listed)
    assert moved(density, gone, with_quote(listed, 8, mid_half_ticks=listed.quotes[8].mid_half_ticks * 2))


def test_other_strikes_or_another_expiry_have_moved(surface: Surface) -> None:
    density, listed = first(surface)
    more = (*listed.quotes, Quote(listed.quotes[-1].strike_ticks + 1000, False, False, 0, 0))
    assert moved(density, listed, replace(listed, quotes=more))
    assert moved(density, listed, replace(listed, expiry=listed.expiry + 1))


def test_the_law_is_rescaled_to_the_new_forward(surface: Surface) -> None:
    """Forward and strikes times two, prices in the coin unchanged: the same marks."""
    density, listed = first(surface)
    for quote in listed.quotes:
        moneyness = Fraction(quote.strike_ticks << 16, listed.forward_q16)
        doubled = replace(listed, forward_q16=2 * listed.forward_q16)
        assert outside_half_ticks(
            density, replace(quote, strike_ticks=2 * quote.strike_ticks), doubled.forward_q16
        ) == outside_half_ticks(density, quote, listed.forward_q16)
        assert 0 < call_fraction(density, moneyness) < 1


def test_call_fractions_are_the_slices_own_prices_at_and_between_its_knots(surface: Surface) -> None:
    density = surface.slices[0]
    ticks = {density.knots_ticks[0] - 7, density.knots_ticks[-1] + 7, *density.knots_ticks}
    ticks |= {(a + b) // 2 for a, b in zip(density.knots_ticks, density.knots_ticks[1:], strict=False)}
    for strike in ticks:
        call = call_fraction(density, Fraction(strike << 53, density.mean_q53)) * density.mean_q53
        assert density.call_at(strike) <= call < density.call_at(strike) + 1
    padded = density.padded(32)
    x = Fraction(101, 100)
    assert call_fraction(padded, x) == call_fraction(density, x)
