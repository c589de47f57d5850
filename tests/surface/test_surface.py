# SPDX-License-Identifier: Apache-2.0
"""Whole surfaces over synthetic markets: repriced within the quotes, exact in integers, ordered in time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from oracle.errors import CalendarViolation, SurfaceError, TooFewQuotes
from oracle.model.calendar import CALENDAR_PIECES, certificate, first_violation
from oracle.model.density import DENSITY_BITS
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot, Quote
from oracle.surface import surface as surface_module
from oracle.surface.integers import atom_q53
from oracle.surface.quality import FitQuality
from oracle.surface.surface import Surface, fit_surface

Market = Callable[..., MarketSnapshot]

TWO = ({"days": 7, "forward": 60_000, "atm": 0.60}, {"days": 30, "forward": 60_300, "atm": 0.55})
DAYS = (1, 2, 7, 14, 30, 90, 180, 360)
EIGHT = tuple(
    {"days": d, "forward": 60_000 * (1 + 5e-2 * d / 365), "atm": 0.65 - 0.1 * math.sqrt(d / 360)} for d in DAYS
)
CRASH = tuple(
    {
        "days": d,
        "forward": 48_000 * (1 - 2e-2 * d / 365),
        "atm": 1.5 - 0.8 * math.sqrt(d / 360),
        "rho": -0.6,
        "eta": 1.1,
        "half_spread": 0.08,
    }
    for d in DAYS
)
LADDER = tuple(range(40_000, 88_000, 3_000))
ONE_LADDER = tuple({"days": d, "forward": 60_000, "atm": 0.6, "strikes": LADDER} for d in (7, 30, 90, 180))


def with_quote(listed: ExpirySnapshot, index: int, **changes: Any) -> ExpirySnapshot:
    quotes = list(listed.quotes)
    quotes[index] = replace(quotes[index], **changes)
    return replace(listed, quotes=tuple(quotes))


def check_statement(surface: Surface, max_knots: int = 32) -> None:
    """Everything the slice statement asks of integers, for each expiry and each pair."""
    for i, (listed, density) in enumerate(zip(surface.snapshot.expiries, surface.slices, strict=True)):
        assert density.agrees_with(listed.forward_q16), f"mean of expiry {i}"
        assert {quote.strike_ticks for quote in listed.quotes} <= set(density.knots_ticks), f"listed strikes of {i}"
        assert density.density_q[-1] == 0, f"last density of {i}"
        assert max(density.density_q) < 1 << DENSITY_BITS
        assert abs(density.atom_q53 - atom_q53(i)) < (atom_q53(1) - atom_q53(0)) // 2, f"atom of {i}"
        assert len(density.padded(max_knots).knots_ticks) == max_knots
    for earlier, later in pairwise(surface.slices):
        assert first_violation(earlier, later) is None
        assert certificate(earlier.padded(max_knots), later.padded(max_knots), CALENDAR_PIECES[max_knots]) is not None


@pytest.mark.parametrize(
    ("smiles", "rmse"),
    [(TWO, 0.05), (EIGHT, 0.06), (CRASH, 1.0), (ONE_LADDER, 0.10)],
    ids=["two", "eight", "crash", "ladder"],
)
def test_a_market_is_repriced_within_every_quote_by_integers_that_satisfy_the_statement(
    market: Market, smiles: tuple[dict[str, Any], ...], rmse: float
) -> None:
    surface = fit_surface(market(*smiles))
    check_statement(surface)
    quality = surface.quality
    assert all(part.inside_share == 1.0 for part in (quality.market, quality.short) if part.quotes)
    assert quality.market.rmse_vol_points < rmse
    assert surface.refused == ()
    quoted = sum(quote.quoted for listed in surface.snapshot.expiries for quote in listed.quotes)
    assert quality.market.quotes + quality.short.quotes == quoted


def test_expiries_no_more_than_a_day_away_are_judged_apart(market: Market) -> None:
    surface = fit_surface(market({"days": 1, "forward": 60_000, "atm": 0.6}, *TWO))
    assert surface.quality.short == surface.quality.expiries[0]
    assert surface.quality.market.quotes == sum(expiry.quotes for expiry in surface.quality.expiries[1:])
    assert fit_surface(market(*TWO)).quality.short == FitQuality(0.0, 0.0, 0, 0)


def test_a_single_expiry_needs_no_neighbour(market: Market) -> None:
    surface = fit_surface(market(TWO[0]))
    check_statement(surface)
    assert surface.quality.market == surface.quality.expiries[0]
    assert surface.quality.market.rmse_vol_points < 0.05


def test_the_same_snapshot_gives_the_same_integers(market: Market) -> None:
    assert fit_surface(market(*TWO)).slices == fit_surface(market(*TWO)).slices


def test_a_later_expiry_with_less_total_variance_is_still_ordered_exactly(market: Market) -> None:
    inverted = ({"days": 7, "forward": 60_000, "atm": 1.2}, {"days": 10, "forward": 60_000, "atm": 0.9})
    surface = fit_surface(market(*inverted))
    check_statement(surface)
    assert surface.quality.market.rmse_vol_points > 1.0


def test_one_bad_quote_is_refused_and_the_others_are_repriced(market: Market) -> None:
    clean = market(*TWO)
    bad = with_quote(clean.expiries[0], 5, mid_half_ticks=round(clean.expiries[0].quotes[5].mid_half_ticks * 1.6))
    surface = fit_surface(replace(clean, expiries=(bad, clean.expiries[1])))
    check_statement(surface)
    assert [(quote.expiry, quote.strike_ticks, quote.rule) for quote in surface.refused] == [
        (bad.expiry, bad.quotes[5].strike_ticks, "fit_outlier")
    ]
    assert surface.quality.expiries[0].inside_share == 15 / 16
    assert surface.quality.expiries[0].refused == 1
    accepted = surface.accepted()
    assert not accepted.expiries[0].quotes[5].quoted
    assert accepted.rejected_count == 1
    refitted = fit_surface(accepted)
    assert refitted.quality.market.inside_share == 1.0
    assert refitted.refused == ()


def test_a_quote_below_intrinsic_is_refused_as_without_time_value(market: Market) -> None:
    clean = market(*TWO)
    first = clean.expiries[0].quotes[0]
    low = with_quote(clean.expiries[0], 0, put=False, mid_half_ticks=10, half_spread_half_ticks=2)
    surface = fit_surface(replace(clean, expiries=(low, clean.expiries[1])))
    assert [(quote.strike_ticks, quote.rule) for quote in surface.refused] == [(first.strike_ticks, "no_time_value")]


def test_contradictory_quotes_never_make_the_fit_infeasible(market: Market) -> None:
    clean = market(*TWO)
    factors = (0.4, 1.8, 1.0, 0.7, 1.5)
    expiries = []
    for listed in clean.expiries:
        for i in range(0, len(listed.quotes), 2):
            mid = max(2, round(listed.quotes[i].mid_half_ticks * factors[i // 2 % 5]))
            listed = with_quote(listed, i, mid_half_ticks=mid, half_spread_half_ticks=max(1, mid // 50))
        expiries.append(listed)
    surface = fit_surface(replace(clean, expiries=tuple(expiries)))
    check_statement(surface)
    assert all(fit.quotes - fit.refused >= 7 for fit in surface.quality.expiries)


@pytest.mark.parametrize("quoted", [7, 9])
def test_a_sparse_expiry_is_fitted_from_seven_quotes(market: Market, quoted: int) -> None:
    surface = fit_surface(market(TWO[0] | {"count": quoted}, TWO[1] | {"count": quoted}))
    check_statement(surface)
    assert surface.quality.market.quotes == 2 * quoted
    assert surface.quality.market.inside_share == 1.0


def test_six_quotes_are_too_few_and_the_expiry_is_named(market: Market) -> None:
    snapshot = market(TWO[0] | {"count": 6}, TWO[1])
    with pytest.raises(TooFewQuotes, match=f"expiry {snapshot.expiries[0].expiry}: 6 usable quotes"):
        fit_surface(snapshot)


def test_unquoted_listed_strikes_are_knots_all_the_same(market: Market) -> None:
    clean = market(*TWO)
    listed = clean.expiries[0]
    bare = Quote(6_000, False, False, 0, 0)
    thin = tuple(
        replace(q, put=False, quoted=False, mid_half_ticks=0, half_spread_half_ticks=0) for q in listed.quotes[1:4]
    )
    surface = fit_surface(
        replace(clean, expiries=(replace(listed, quotes=(bare, *thin, *listed.quotes[4:])), clean.expiries[1]))
    )
    check_statement(surface)
    assert surface.slices[0].knots_ticks[0] == 6_000
    assert surface.slices[0].density_q[0] == 0


def test_more_listed_strikes_than_slots_is_a_surface_error(market: Market) -> None:
    with pytest.raises(SurfaceError, match="16 listed strikes, at most 12"):
        fit_surface(market(*TWO), listed_slots=12)


def test_a_snapshot_without_expiries_is_a_surface_error(market: Market) -> None:
    with pytest.raises(SurfaceError, match="no expiry"):
        fit_surface(replace(market(*TWO), expiries=()))


def test_an_expiry_in_the_past_is_a_surface_error(market: Market) -> None:
    snapshot = market(*TWO)
    with pytest.raises(SurfaceError, match="not after the observation"):
        fit_surface(replace(snapshot, observed_at_ms=snapshot.expiries[0].expiry * 1000))


def test_slices_that_never_pass_the_exact_order_are_a_calendar_violation_naming_both_expiries(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surface_module, "first_violation", lambda _earlier, _later: "they cross")
    snapshot = market(*TWO)
    names = f"expiries {snapshot.expiries[0].expiry} and {snapshot.expiries[1].expiry}: they cross"
    with pytest.raises(CalendarViolation, match=names):
        fit_surface(snapshot)


@pytest.mark.parametrize(("smiles", "seconds"), [(TWO, 0.1), (EIGHT, 0.5)], ids=["two", "eight"])
def test_a_surface_is_fitted_within_its_time(
    market: Market, smiles: tuple[dict[str, Any], ...], seconds: float
) -> None:
    snapshot, elapsed = market(*smiles), []
    for _ in range(5):
        start = time.process_time()
        fit_surface(snapshot)
        elapsed.append(time.process_time() - start)
    assert min(elapsed) < seconds
