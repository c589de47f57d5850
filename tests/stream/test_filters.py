# SPDX-License-Identifier: Apache-2.0
"""Quote rules, each at its edge."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oracle.errors import InvalidValue, QuoteRejected
from oracle.stream.events import OptionSummary
from oracle.stream.filters import QUOTE_RULES, FilterLimits, QuoteContext, RefusedQuote, require_usable

NOW_MS = 1_768_464_000_000
CONTEXT = QuoteContext(NOW_MS, Decimal(60_000), FilterLimits())
MakeSummary = Callable[..., OptionSummary]

BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("not_open", {"state": "closed"}),
    ("stale", {"at_ms": NOW_MS - 60_001}),
    ("forward_out_of_band", {"underlying_price_usd": Decimal("60300.01")}),
    ("forward_out_of_band", {"underlying_price_usd": Decimal("59699.99")}),
    ("one_sided", {"best_bid_price": None}),
    ("one_sided", {"best_ask_price": None}),
    ("one_sided", {"best_bid_amount": Decimal(0)}),
    ("one_sided", {"best_ask_amount": Decimal(0)}),
    ("price_out_of_range", {"best_ask_price": Decimal("1.0001")}),
    ("off_tick", {"best_bid_price": Decimal("0.04105")}),
    ("off_tick", {"best_ask_price": Decimal("0.04140001")}),
    ("crossed_or_locked", {"best_bid_price": Decimal("0.0414")}),
    ("crossed_or_locked", {"best_bid_price": Decimal("0.0415")}),
    ("spread_too_wide", {"best_bid_price": Decimal("0.0007"), "best_ask_price": Decimal("0.0009")}),
]

ALLOWED: list[dict[str, Any]] = [
    {},
    {"at_ms": NOW_MS - 60_000},
    {"underlying_price_usd": Decimal(60_300)},
    {"underlying_price_usd": Decimal(59_700)},
    {"best_bid_price": Decimal("0.9999"), "best_ask_price": Decimal(1)},
    {"best_bid_price": Decimal("0.0008"), "best_ask_price": Decimal("0.0010")},
    {"best_bid_amount": None, "best_ask_amount": None},
]


@pytest.mark.parametrize(("rule", "changes"), BROKEN)
def test_a_quote_that_breaks_a_rule_is_refused_under_its_name(
    rule: str, changes: dict[str, Any], summary: MakeSummary
) -> None:
    with pytest.raises(QuoteRejected, match=rule) as caught:
        require_usable(summary(**changes), CONTEXT)
    assert isinstance(caught.value, RefusedQuote)
    assert (caught.value.rule, caught.value.instrument) == (rule, "BTC-13FEB26-62000-C")
    assert caught.value.values


@pytest.mark.parametrize("changes", ALLOWED)
def test_a_quote_at_the_edge_of_a_rule_is_usable(changes: dict[str, Any], summary: MakeSummary) -> None:
    quote = summary(**changes)
    assert require_usable(quote, CONTEXT) == (quote.best_bid_price, quote.best_ask_price)


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _ in BROKEN} == set(QUOTE_RULES)


def test_being_in_the_money_is_no_reason_for_refusal(summary: MakeSummary) -> None:
    quote = summary("BTC-13FEB26-30000-C", best_bid_price=Decimal("0.50"), best_ask_price=Decimal("0.51"))
    assert require_usable(quote, CONTEXT) == (Decimal("0.50"), Decimal("0.51"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_price", Decimal(0)),
        ("max_price", Decimal("2.1")),
        ("max_quote_age_ms", 0),
        ("forward_band", Decimal(-1)),
        ("price_tick", Decimal("0.00005")),
    ],
)
def test_limits_outside_their_range_are_invalid(name: str, value: object) -> None:
    values: dict[str, Any] = {name: value}
    with pytest.raises(InvalidValue, match=name):
        FilterLimits(**values)
