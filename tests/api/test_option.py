# SPDX-License-Identifier: Apache-2.0
"""One option at any strike as clients see it."""

from __future__ import annotations

import pytest

from oracle.errors import NoTotalVol
from oracle.model.greeks import OptionWords, option_greeks
from oracle.statements.option import option_statement, read_option
from oracle.statements.slice import knots_digest
from tests.api.conftest import MARKET, Served, problem_of

PATH = f"/v1/markets/{MARKET}/option"


def test_an_unlisted_strike_has_the_numbers_of_the_option_statement(api: Served) -> None:
    for landed in api.state.landed(MARKET):
        witness = landed.witness
        strike = witness.values.strikes[3].strike_ticks + 123
        assert strike not in {s.strike_ticks for s in witness.values.strikes}
        shown = api.client.get(PATH, params={"expiry": landed.expiry, "strike": strike}).json()
        statement = option_statement(
            witness.density, witness.values.forward_q16, strike, MARKET, landed.expiry, landed.epoch, b"\0" * 32
        )
        values = read_option(statement.d)
        assert shown["circuit"] == statement.circuit_id
        assert int(shown["knots_digest"]) == knots_digest(witness.density)
        assert int(shown["call_q53"]) == values.call_q53
        assert (shown["strike_ticks"], shown["total_vol_q32"]) == (strike, values.total_vol_q32)
        assert (int(shown["cdf_d1_q152"]), int(shown["pdf_d1_q227"])) == (values.cdf_d1, values.pdf_d1)
        assert shown["tenor_s"] == landed.expiry - landed.observed_at_ms // 1000
        words = OptionWords(
            values.forward_q16,
            witness.values.tick_e2,
            strike,
            values.call_q53,
            values.total_vol_q32,
            values.cdf_d1,
            values.pdf_d1,
        )
        for kind, put in (("call", False), ("put", True)):
            expected = vars(option_greeks(words, shown["tenor_s"], put))
            assert {name: int(value) for name, value in shown[kind].items()} == expected


def test_a_listed_strike_has_the_published_price_and_vol(api: Served) -> None:
    landed = api.state.landed(MARKET)[0]
    for value in landed.witness.values.strikes:
        params = {"expiry": landed.expiry, "strike": value.strike_ticks}
        shown = api.client.get(PATH, params=params).json()
        assert int(shown["call_q53"]) == value.call_q53
        assert shown["total_vol_q32"] == value.total_vol_q32


@pytest.mark.parametrize("strike", ["0", "-1", str(1 << 24), "x", "1e3", "9" * 400])
def test_a_strike_outside_its_range_is_an_invalid_request(api: Served, strike: str) -> None:
    expiry = api.state.landed(MARKET)[0].expiry
    response = api.client.get(PATH, params={"expiry": expiry, "strike": strike})
    assert (response.status_code, problem_of(response)) == (422, "InvalidRequest")


def test_an_expiry_without_slice_and_a_market_without_epoch_are_named(api: Served) -> None:
    params = {"expiry": 5, "strike": 60_000}
    assert problem_of(api.client.get(PATH, params=params)) == "UnknownExpiry"
    assert problem_of(api.client.get("/v1/markets/ETH-USD/option", params=params)) == "NothingLanded"
    assert problem_of(api.client.get("/v1/markets/DOGE-USD/option", params=params)) == "UnknownMarket"
    assert problem_of(api.client.get(PATH)) == "InvalidRequest"


def test_a_strike_that_no_vol_prices_is_named(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def unpriced(_density: object, forward_q16: int, strike_ticks: int) -> None:
        raise NoTotalVol(strike_ticks, forward_q16)

    monkeypatch.setattr("oracle.api.option.option_values", unpriced)
    expiry = api.state.landed(MARKET)[0].expiry
    response = api.client.get(PATH, params={"expiry": expiry, "strike": 1})
    assert (response.status_code, problem_of(response)) == (422, "OptionNotPriced")
    assert "strike_ticks = 1:" in response.json()["detail"]
