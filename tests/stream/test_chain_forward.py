# SPDX-License-Identifier: Apache-2.0
"""The forward rule of stored chains: future, parity, interpolation, nothing."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from oracle.stream.chain_forward import Forward, ForwardSource, expiry_forwards
from oracle.stream.instrument import OptionInstrument

NOW_S = 1_768_464_000
DAY = 86_400
NEAR, FAR = NOW_S + 10 * DAY, NOW_S + 30 * DAY
SPOT = Fraction(60_000)
Sided = tuple[Decimal | None, Decimal | None]


def sided(bid: str | None, ask: str | None) -> Sided:
    return (None if bid is None else Decimal(bid), None if ask is None else Decimal(ask))


def option(expiry: int, strike: int, put: bool = False) -> OptionInstrument:
    return OptionInstrument("BTC", expiry, strike, put)


def pair(expiry: int, strike: int, call: Sided, put: Sided) -> dict[OptionInstrument, Sided]:
    return {option(expiry, strike): call, option(expiry, strike, put=True): put}


def test_a_tight_future_gives_its_mid_whatever_the_options_say() -> None:
    options = pair(NEAR, 60_000, sided("0.10", "0.11"), sided("0.01", "0.02"))
    forwards = expiry_forwards(options, {NEAR: sided("60500", "60502.5")}, SPOT, NOW_S)
    assert forwards == {NEAR: Forward(Decimal("60501.25"), ForwardSource.FUTURE)}


def test_a_future_at_a_tenth_of_a_percent_is_tight_and_one_beyond_is_not() -> None:
    options = {option(NEAR, 60_000): sided("0.1", "0.2")}
    at_limit = {NEAR: sided("59970", "60030"), FAR: sided("61000", "61000")}
    beyond = {NEAR: sided("59970", "60030.01"), FAR: sided("61000", "61000")}
    assert expiry_forwards(options, at_limit, SPOT, NOW_S)[NEAR].source is ForwardSource.FUTURE
    assert expiry_forwards(options, beyond, SPOT, NOW_S)[NEAR].source is ForwardSource.INTERPOLATED


def test_without_a_future_parity_gives_the_median_over_the_three_strikes_nearest_the_forward() -> None:
    options: dict[OptionInstrument, Sided] = {}
    for strike, call, put in (
        (50_000, "0.9", "0.1"),  # far from the forward: not among the three
        (60_000, "0.050", "0.050"),
        (61_000, "0.040", "0.056"),
        (62_000, "0.030", "0.0625"),
    ):
        options |= pair(NEAR, strike, sided(call, call), sided(put, put))
    (forward,) = expiry_forwards(options, {}, SPOT, NOW_S).values()
    implied = [Fraction(60_000), Fraction(61_000) / Fraction("1.016"), Fraction(62_000) / Fraction("1.0325")]
    assert forward == Forward(Decimal(round(sorted(implied)[1] * 10**6)).scaleb(-6), ForwardSource.PARITY)


def test_one_sided_and_crossed_options_take_no_part_in_parity() -> None:
    options = pair(NEAR, 60_000, sided(None, "0.05"), sided("0.05", "0.06"))
    options |= pair(NEAR, 61_000, sided("0.06", "0.05"), sided("0.05", "0.06"))
    assert expiry_forwards(options, {}, SPOT, NOW_S) == {}


def test_without_parity_the_forward_is_linear_in_time_from_the_spot_to_the_next_known() -> None:
    options = {option(NEAR, 60_000): sided("0.1", "0.2"), option(FAR, 60_000): sided("0.1", "0.2")}
    forwards = expiry_forwards(options, {FAR: sided("60600", "60600")}, SPOT, NOW_S)
    assert forwards[NEAR] == Forward(Decimal(60_200), ForwardSource.INTERPOLATED)


def test_beyond_the_last_known_forward_there_is_none() -> None:
    options = {option(NEAR, 60_000): sided("0.1", "0.2"), option(FAR, 60_000): sided("0.1", "0.2")}
    assert set(expiry_forwards(options, {NEAR: sided("60100", "60100")}, SPOT, NOW_S)) == {NEAR}
