# SPDX-License-Identifier: Apache-2.0
"""The what-if margin: the model's integers on the landed slices, and requests that are refused by name."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from oracle.api.margin import WhatIfMargin
from oracle.errors import MarginError
from oracle.model.account import Position, equity_e6, margin_positions, merge
from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.model.solvency import required_cash_e6 as solvency_bound
from tests.api.conftest import MARKET, RULES, Served, problem_of

PATH = f"/v1/markets/{MARKET}/margin"


def contracts(api: Served) -> list[tuple[int, int]]:
    """(expiry, strike) of every listed contract."""
    return [(s.expiry, v.strike_ticks) for s in api.state.landed(MARKET) for v in s.witness.values.strikes]


def leg(contract: tuple[int, int], put: bool, amount_e4: int) -> dict[str, Any]:
    return {"expiry": contract[0], "strike_ticks": contract[1], "put": put, "amount_e4": amount_e4}


def book(api: Served) -> list[dict[str, Any]]:
    """A short strangle in each expiry and a long put."""
    listed = contracts(api)
    return [
        leg(listed[4], True, -30_000),
        leg(listed[12], False, -20_000),
        leg(listed[20], True, -10_000),
        leg(listed[1], True, 15_000),
    ]


def ask(api: Served, positions: list[dict[str, Any]], cash_e6: int = 0) -> httpx.Response:
    return api.client.post(PATH, json={"cash_e6": cash_e6, "positions": positions})


def test_the_requirement_is_that_of_the_margin_statements(api: Served) -> None:
    legs, cash = book(api), 7_000_000_000
    document = ask(api, legs, cash).json()
    positions = merge([Position(**fields) for fields in legs])
    slices = {s.expiry: s.witness.published(s.observed_at_ms // 1000) for s in api.state.landed(MARKET)}
    upper = margin_positions(positions, slices, RULES.grid, upper=True)
    lower = margin_positions(positions, slices, RULES.grid, upper=False)
    bounds = [insolvency_bound(lower, RULES.grid, row, RULES.maintenance) for row in range(36)]
    worst = bounds.index(max(bounds))
    assert document["initial_cash_e6"] == solvency_bound(upper, RULES.grid, RULES.initial)
    assert document["maintenance_cash_e6"] == max(bounds)
    assert document["equity_e6"] == equity_e6(cash, positions, slices, RULES.grid)
    assert document["worst"] == {
        "row": worst,
        "spot_e4": RULES.grid.scenarios[worst].spot_e4,
        "vol_mode": "up" if worst < 18 else "none" if worst < 27 else "down",
        "weight_e5": RULES.grid.scenarios[worst].weight_e5,
    }
    assert document["grid"] == "deribit"
    assert document["positions"] == [vars(p) for p in positions]
    assert [s["expiry"] for s in document["slices"]] == sorted({p.expiry for p in positions})


def test_cash_decides_between_insolvent_and_solvent(api: Served) -> None:
    bounds = ask(api, book(api)).json()
    initial, maintenance = bounds["initial_cash_e6"], bounds["maintenance_cash_e6"]
    assert 0 < maintenance < initial
    verdicts = {
        cash: (document["solvent"], document["insolvent"])
        for cash in (maintenance - 1, maintenance, initial - 1, initial)
        if (document := ask(api, book(api), cash).json())
    }
    assert verdicts == {
        maintenance - 1: (False, True),
        maintenance: (False, False),
        initial - 1: (False, False),
        initial: (True, False),
    }


def test_opposite_legs_net_to_an_empty_account_that_needs_nothing(api: Served) -> None:
    contract = contracts(api)[3]
    document = ask(api, [leg(contract, True, 500), leg(contract, True, -500)], -1).json()
    assert document["positions"] == document["slices"] == []
    assert (document["initial_cash_e6"], document["maintenance_cash_e6"], document["equity_e6"]) == (0, 0, -1)
    assert (document["worst"], document["solvent"], document["insolvent"]) == (None, False, True)


def test_a_bought_option_needs_no_more_than_its_price(api: Served) -> None:
    document = ask(api, [leg(contracts(api)[8], False, 10_000)]).json()
    assert document["initial_cash_e6"] <= 0 < document["equity_e6"]


def test_an_account_outside_the_statements_is_not_valued(api: Served) -> None:
    listed = contracts(api)
    cases = {
        "no proven slice": [leg((listed[0][0] + 1, listed[0][1]), True, 1)],
        "is not listed": [leg((listed[0][0], listed[0][1] + 1), True, 1)],
        "at most 32": [leg(contract, put, 1) for contract in listed for put in (True, False)][:33],
        "amount_e4": [leg(listed[0], True, (1 << 28) - 1)] * 2,
    }
    for words, positions in cases.items():
        response = ask(api, positions)
        assert (response.status_code, problem_of(response)) == (422, "AccountNotValued")
        assert words in response.json()["detail"]


def test_a_market_without_engine_is_a_margin_error() -> None:
    with pytest.raises(MarginError, match="no margin engine"):
        WhatIfMargin({}, lambda _: {})(MARKET, [], 0)


def test_a_market_before_its_first_epoch_is_nothing_landed(api: Served) -> None:
    response = api.client.post("/v1/markets/ETH-USD/margin", json={"cash_e6": 0, "positions": []})
    assert problem_of(response) == "NothingLanded"


GOOD = {"expiry": 1_769_760_000, "strike_ticks": 95_000, "put": True, "amount_e4": 1}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_e4": 0}, None),
        ({"amount_e4": 1 << 28}, "amount_e4"),
        ({"amount_e4": -(1 << 28)}, "amount_e4"),
        ({"amount_e4": 1.5}, "amount_e4"),
        ({"amount_e4": "1"}, "amount_e4"),
        ({"amount_e4": True}, "amount_e4"),
        ({"strike_ticks": -95_000}, "strike_ticks"),
        ({"strike_ticks": 1 << 24}, "strike_ticks"),
        ({"expiry": -1}, "expiry"),
        ({"expiry": 1 << 64}, "expiry"),
        ({"put": 1}, "put"),
        ({"put": None}, "put"),
        ({"perpetual": True}, "perpetual"),
    ],
)
def test_a_malformed_leg_is_an_invalid_request_that_names_the_field(
    api: Served, change: dict[str, Any], field: str | None
) -> None:
    response = ask(api, [{**GOOD, **change}])
    assert (response.status_code, problem_of(response)) == (422, "InvalidRequest")
    if field is not None:
        assert [error["field"] for error in response.json()["errors"]] == [f"body.positions.0.{field}"]
