# SPDX-License-Identifier: Apache-2.0
"""Deribit instrument names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import FrameRejected, InvalidValue
from oracle.stream.instrument import OptionInstrument, format_expiry, format_option, parse_option, require_future


def test_a_name_gives_currency_expiry_at_eight_utc_strike_and_side() -> None:
    option = parse_option("BTC-27MAR26-60000-C")
    assert option == OptionInstrument("BTC", int(datetime(2026, 3, 27, 8, tzinfo=UTC).timestamp()), 60_000, False)


def test_a_strike_is_counted_in_the_markets_ticks() -> None:
    assert parse_option("ETH-6AUG21-2000-P", tick_e2=5) == OptionInstrument("ETH", 1_628_236_800, 40_000, True)


@given(
    currency=st.sampled_from(["BTC", "ETH", "SOL"]),
    day=st.integers(min_value=10_957, max_value=47_481),
    strike_ticks=st.integers(min_value=1, max_value=(1 << 24) - 1),
    put=st.booleans(),
)
def test_formatting_then_parsing_gives_the_option_back(currency: str, day: int, strike_ticks: int, put: bool) -> None:
    option = OptionInstrument(currency, day * 86_400 + 8 * 3600, strike_ticks, put)
    assert parse_option(format_option(option)) == option


@pytest.mark.parametrize(
    "name",
    [
        "BTC-27MAR26-60000",
        "BTC-27MAR26-60000-X",
        "BTC-07MAR26-60000-C",
        "BTC-31FEB26-60000-C",
        "BTC-0MAR26-60000-C",
        "BTC-27MRZ26-60000-C",
        "BTC-27MAR26-060000-C",
        "BTC-27MAR26-0-C",
        "BTC-27MAR26-1d5-C",
        "BTC-27MAR26-16777216-C",
        "btc-27MAR26-60000-C",
        "BTC-27MAR26-60000-C\n",
        "BTC-27MAR26-٦٠٠٠-C",
        "",
    ],
)
def test_a_name_that_is_not_canonical_is_rejected_with_field_value_and_rule(name: str) -> None:
    with pytest.raises(FrameRejected, match=r"instrument_name = .*: unknown_instrument"):
        parse_option(name)


def test_a_strike_off_the_markets_tick_is_rejected() -> None:
    with pytest.raises(FrameRejected, match="unknown_instrument"):
        parse_option("BTC-27MAR26-60001-C", tick_e2=200)


@pytest.mark.parametrize("name", ["BTC-PERPETUAL", "ETH-27MAR26"])
def test_perpetuals_and_dated_futures_are_futures(name: str) -> None:
    assert require_future(name) == name


@pytest.mark.parametrize("name", ["BTC", "BTC-31FEB26", "BTC-27MAR26-60000-C", "BTC_USDC"])
def test_other_names_are_not_futures(name: str) -> None:
    with pytest.raises(FrameRejected, match="unknown_instrument"):
        require_future(name)


def test_formatting_refuses_an_expiry_that_is_not_eight_utc() -> None:
    with pytest.raises(InvalidValue, match="08:00 UTC"):
        format_expiry(1_628_236_801)


def test_formatting_refuses_a_strike_that_is_not_whole_dollars() -> None:
    with pytest.raises(InvalidValue, match="whole number of dollars"):
        format_option(OptionInstrument("ETH", 1_628_236_800, 3, True), tick_e2=5)
