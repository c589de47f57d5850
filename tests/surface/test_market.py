# SPDX-License-Identifier: Apache-2.0
"""Markets as they are: expiries that cannot be fitted, sizes, coverage, counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import CalendarViolation, InvalidValue, SurfaceError, TooFewQuotes
from oracle.model import calendar
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot, Quote
from oracle.statements.slice import SliceSize
from oracle.surface import outliers
from oracle.surface import surface as surface_module
from oracle.surface.market import PRESETS, cover, fit_market, refusal_rule
from oracle.surface.population import Population
from oracle.surface.surface import fit_surface

Market = Callable[..., MarketSnapshot]

NEAR: dict[str, Any] = {"days": 7, "forward": 60_000, "atm": 0.60}
FAR: dict[str, Any] = {"days": 30, "forward": 60_300, "atm": 0.55}
LATER: dict[str, Any] = {"days": 90, "forward": 61_000, "atm": 0.52}
NONE = Population(0, 0, {}, 0)


def absent(quote: Quote) -> Quote:
    return Quote(quote.strike_ticks, False, False, 0, 0)


def thinned(snapshot: MarketSnapshot, index: int, keep: int) -> MarketSnapshot:
    """The expiry at ``index`` with only its first ``keep`` quotes."""
    expiries = list(snapshot.expiries)
    quotes = expiries[index].quotes
    expiries[index] = replace(expiries[index], quotes=quotes[:keep] + tuple(absent(quote) for quote in quotes[keep:]))
    return replace(snapshot, expiries=tuple(expiries))


def test_a_whole_market_is_fitted_as_by_the_strict_fit(market: Market) -> None:
    snapshot = market(NEAR, FAR)
    fit = fit_market(snapshot)
    assert fit.surface == fit_surface(snapshot)
    assert (fit.size, fit.refusals, fit.uncovered) == (SliceSize(32, 16), {}, ())
    assert (fit.population, fit.short) == (Population(2, 32, {}, 32), NONE)


def test_an_expiry_with_six_quotes_is_refused_and_the_others_are_fitted_jointly(market: Market) -> None:
    whole = market(NEAR, FAR, LATER)
    fit = fit_market(thinned(whole, 1, 6))
    thin = whole.expiries[1].expiry
    assert list(fit.refusals) == [thin]
    assert isinstance(fit.refusals[thin], TooFewQuotes)
    assert refusal_rule(fit.refusals[thin]) == "too_few_quotes"
    assert fit.surface is not None
    assert fit.surface.slices == fit_surface(market(NEAR, LATER)).slices
    assert [listed.expiry for listed in fit.surface.snapshot.expiries] == [whole.expiries[i].expiry for i in (0, 2)]
    assert fit.surface.snapshot.rejected_count == whole.rejected_count + 1
    assert fit.population == Population(3, 48, {"not_quoted": 10, "too_few_quotes": 6}, 32)


def test_a_market_without_usable_expiries_has_no_surface_and_names_each(market: Market) -> None:
    snapshot = thinned(thinned(market(NEAR, FAR), 0, 3), 1, 0)
    fit = fit_market(snapshot)
    assert (fit.surface, fit.size) == (None, None)
    assert list(fit.refusals) == [listed.expiry for listed in snapshot.expiries]
    assert fit.population.quotes == 0
    assert fit_market(replace(snapshot, expiries=())).refusals == {}


def test_an_expiry_in_the_past_is_refused_and_the_later_one_is_fitted(market: Market) -> None:
    snapshot = market(NEAR, FAR)
    fit = fit_market(replace(snapshot, observed_at_ms=snapshot.expiries[0].expiry * 1000))
    ((expiry, error),) = fit.refusals.items()
    assert expiry == snapshot.expiries[0].expiry
    assert isinstance(error, SurfaceError)
    assert refusal_rule(error) == "no_fit"
    assert fit.surface is not None
    assert len(fit.surface.slices) == 1


@pytest.mark.parametrize(
    ("counts", "size"),
    [
        ((16, 12), SliceSize(32, 16)),
        ((12, 17), SliceSize(48, 32)),
        ((40, 8), SliceSize(64, 48)),
        ((10, 49), SliceSize(96, 80)),
    ],
)
def test_the_size_is_the_smallest_that_holds_every_expiry(
    market: Market, counts: tuple[int, int], size: SliceSize
) -> None:
    fit = fit_market(market(*({**smile, "count": n} for smile, n in zip((NEAR, FAR), counts, strict=True))))
    assert fit.size == size
    assert fit.surface is not None
    assert all(len(density.knots_ticks) <= size.knots for density in fit.surface.slices)


def test_strikes_that_fit_a_size_whose_knots_do_not_take_the_next(market: Market) -> None:
    narrow = tuple(range(59_400, 60_600, 75))
    assert len(narrow) == 16
    far_apart = {"strikes": (*narrow[:15], 90_000)}
    fit = fit_market(market({**LATER, **far_apart}))
    assert fit.size is not None
    assert fit.surface is not None
    longest = max(len(density.knots_ticks) for density in fit.surface.slices)
    smaller = [preset for preset in PRESETS if preset.knots < fit.size.knots]
    assert all(preset.knots < longest for preset in smaller)


def test_one_preset_pins_the_size(market: Market) -> None:
    fit = fit_market(market(NEAR, FAR), [SliceSize(96, 80)])
    assert fit.size == SliceSize(96, 80)
    assert fit_market(market({**NEAR, "count": 30}), [SliceSize(32, 16)]).size == SliceSize(32, 16)


@pytest.mark.parametrize("presets", [[], [PRESETS[1], PRESETS[0]], [PRESETS[0], PRESETS[0]]])
def test_presets_that_do_not_ascend_are_invalid(market: Market, presets: list[SliceSize]) -> None:
    with pytest.raises(InvalidValue, match="presets"):
        fit_market(market(NEAR), presets)


def test_strikes_beyond_the_slots_are_refused_by_name_and_left_out_of_the_snapshot(market: Market) -> None:
    snapshot = market({**LATER, "count": 90})
    fit = fit_market(snapshot)
    assert fit.size == SliceSize(96, 80)
    assert fit.surface is not None
    listed = [quote.strike_ticks for quote in fit.surface.snapshot.expiries[0].quotes]
    every = [quote.strike_ticks for quote in snapshot.expiries[0].quotes]
    assert len(listed) == 80
    assert sorted([*listed, *(quote.strike_ticks for quote in fit.uncovered)]) == every
    assert {quote.rule for quote in fit.uncovered} == {"strike_not_covered"}
    beyond = len(every) - 80
    assert fit.surface.snapshot.rejected_count == beyond
    quoted = {quote.strike_ticks for quote in snapshot.expiries[0].quotes if quote.quoted}
    lost = sum(quote.strike_ticks in quoted for quote in fit.uncovered)
    assert fit.population.removed.get("strike_not_covered", 0) == lost > 0
    assert fit.population.quotes == len(quoted) - lost == fit.surface.quality.market.quotes


@given(
    st.sets(st.integers(1, 1 << 20), min_size=1, max_size=12), st.integers(1 << 16, (1 << 36) - 1), st.integers(1, 12)
)
def test_covered_strikes_are_the_nearest_by_the_logarithm_of_moneyness(
    strikes: set[int], forward_q16: int, slots: int
) -> None:
    listed = ExpirySnapshot(1, forward_q16, tuple(Quote(k, False, False, 0, 0) for k in sorted(strikes)))
    kept, beyond = cover(listed, slots)
    assert sorted([*(q.strike_ticks for q in kept.quotes), *(q.strike_ticks for q in beyond)]) == sorted(strikes)
    assert len(kept.quotes) == min(slots, len(strikes))

    def ratio(strike: int) -> Fraction:
        moneyness = Fraction(strike << 16, forward_q16)
        return max(moneyness, 1 / moneyness)

    farthest = max(ratio(quote.strike_ticks) for quote in kept.quotes)
    assert all(ratio(quote.strike_ticks) >= farthest for quote in beyond)


def test_of_two_expiries_that_cross_at_every_size_the_one_with_fewer_quotes_is_refused(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = thinned(market(NEAR, FAR), 1, 9)
    monkeypatch.setattr(surface_module, "first_violation", lambda _earlier, _later: "they cross")
    fit = fit_market(snapshot)
    ((expiry, error),) = fit.refusals.items()
    assert expiry == snapshot.expiries[1].expiry
    assert isinstance(error, CalendarViolation)
    assert refusal_rule(error) == "calendar_crossing"
    assert fit.surface is not None
    assert len(fit.surface.slices) == 1
    assert fit.population.removed == {"calendar_crossing": 9, "not_quoted": 7}


def test_a_failure_at_a_size_is_tried_again_at_the_next(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = calendar.certificate

    def only_at_48(earlier: Any, later: Any, pieces: int) -> Any:
        return certificate(earlier, later, pieces) if len(earlier.knots_ticks) >= 48 else None

    monkeypatch.setattr(surface_module, "certificate", only_at_48)
    fit = fit_market(market(NEAR, FAR))
    assert (fit.size, fit.refusals) == (SliceSize(48, 32), {})


def test_an_expiry_whose_fit_has_no_optimum_is_refused_by_name(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = market(NEAR, FAR)
    bad, remove = snapshot.expiries[0].expiry, outliers.remove_outliers

    def failing(quotes: Any, plan: Any, atom: float) -> Any:
        if quotes.expiry == bad:
            raise SurfaceError("no optimum")
        return remove(quotes, plan, atom)

    monkeypatch.setattr(surface_module, "remove_outliers", failing)
    fit = fit_market(snapshot)
    assert list(fit.refusals) == [bad]
    assert str(fit.refusals[bad]) == f"expiry {bad}: no optimum"


def test_the_population_counts_short_expiries_apart_and_outliers_in(market: Market) -> None:
    clean = market({"days": 1, "forward": 60_000, "atm": 0.6}, FAR)
    quotes = list(clean.expiries[1].quotes)
    quotes[5] = replace(quotes[5], mid_half_ticks=round(quotes[5].mid_half_ticks * 1.6))
    quotes[0] = absent(quotes[0])
    snapshot = replace(clean, expiries=(clean.expiries[0], replace(clean.expiries[1], quotes=tuple(quotes))))
    gone = snapshot.expiries[1].expiry + 86_400
    unquoted = {snapshot.expiries[1].expiry: {"one_sided": 1}, gone: {"no_forward": 4}}
    fit = fit_market(snapshot, unquoted=unquoted)
    assert fit.short == Population(1, 16, {}, 16)
    assert fit.population == Population(2, 20, {"no_forward": 4, "one_sided": 1}, 15)
    assert fit.surface is not None
    assert (fit.surface.quality.market.quotes, fit.surface.quality.market.refused) == (15, 1)
    assert fit.surface.quality.market.inside_share == 14 / 15
    assert fit.surface.quality.short.quotes == 16
