# SPDX-License-Identifier: Apache-2.0
"""Interval arithmetic over the circuits: for ALL accepted inputs and hints no intermediate wraps around the field.

Nothing is assumed of the prover. A range check of w bits on a value in (-a, b) says what it seems to say if
max(a, b) + 2^w < r: no integer of the interval but one in [0, 2^w) is congruent to one there.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle.model.black76 import CDF_BITS, PDF_BITS
from oracle.model.calendar import CALENDAR_PIECES
from oracle.model.margin import CDF1_BITS, CDF2_BITS, FACTOR_UNIT, SPOT_UNIT, TABLE_ERROR_Q20, TAIL_STEP, WEIGHT_UNIT
from oracle.model.polynomial import Polynomial
from oracle.model.tables import CORE_CDF, CORE_PDF, MARGIN_CDF_Q6, MARGIN_CDF_Q18
from oracle.registry.tables import all_tables
from oracle.statements.layout import (
    InsolvencyHeader,
    InsolvencyPositions,
    OptionHeader,
    SliceHeader,
    SliceListing,
    SliceStrikes,
    SolvencyGrid,
    SolvencyHeader,
    SolvencyPositions,
)
from oracle.statements.record import Record
from tests.model.intervals import Interval, Widths, hull, signed, unsigned


def horner(widths: Widths, name: str, table: Polynomial, offsets: tuple[int, ...]) -> Interval:
    """The value; every step with its offset is an intermediate and must not be negative."""
    columns = [Interval(min(column), max(column)) for column in zip(*table.rows, strict=True)]
    value = columns[-1]
    widths.see(f"{name} step {len(table.cuts)}", value + offsets[-1])
    for j in range(len(table.cuts) - 1, -1, -1):
        half = 1 << (table.low_bits - 1 - (table.frac_bits - table.cuts[j]))
        value = value * Interval(-half, half - 1) + columns[j]
        step = widths.see(f"{name} step {j}", value + offsets[j])
        assert j == 0 or step.low >= 0
    return value


def offsets_of(name: str) -> tuple[int, ...]:
    return next(table.offsets for table in all_tables() if table.name == name)


def vol_pieces() -> Iterator[tuple[Interval, Interval]]:
    """v with the x that VolMode accepts: x < 2^17, x v < 2^24 + 2^22; split so that the product is not overestimated."""
    for i in range(20):
        for part in range(16):
            low, high = ((1 << i) * (16 + part)) >> 4, ((1 << i) * (17 + part)) >> 4
            most = min((1 << 17) - 1, ((1 << 24) + (1 << 22) - 1) // max(low, 1))
            yield Interval(low, max(low, high)), Interval(0, most)
    yield Interval(0, 0), unsigned(17)


def margin_widths(n: int) -> Widths:
    """circuits/lib/margin.circom with solvency.circom and insolvency.circom for n positions."""
    w = Widths()
    amount, price = signed(29), unsigned(32)
    leg = w.see("amount x forward", amount * price)
    value = w.see("value", leg * n)
    w.check("net short", leg * n + (1 << 66), 67)
    first = horner(w, "Phi(d1)", MARGIN_CDF_Q18, offsets_of("MARGIN_CDF_Q18"))
    second = horner(w, "Phi(d2)", MARGIN_CDF_Q6, offsets_of("MARGIN_CDF_Q6"))
    w.check("x v", unsigned(17) * unsigned(20) - Interval(0, 1 << 24), 22)
    distance = unsigned(10) + Interval(-127, 127) * TAIL_STEP
    k = Interval(-(1 << 27), 1 << 27)
    penalties = []
    for v, x in vol_pieces():
        eta = (v * (distance - 512)) * (1 << 13) + k * (1 << 13) + v * v
        square = Interval(0, eta.reach * eta.reach)
        w.see("eta squared", hull(square, w.values.get("eta squared", square)))
        penalties.append(x * square * 3269)
    penalty = w.see("penalty", hull(*penalties))
    p1 = w.see("Phi(d1) + p", first + penalty * (1 << (CDF1_BITS - CDF2_BITS)))
    p2 = w.see("Phi(d2) - p", second * (1 << (CDF2_BITS - MARGIN_CDF_Q6.output_bits)) - penalty)
    w.see("asset leg with offset", (leg + (1 << 60)) * p1)
    w.see("strike leg with offset", (leg + (1 << 60)) * (p2 + (1 << CDF2_BITS)))
    assert (leg + (1 << 60)).low >= 0
    size = Interval(0, leg.reach)
    error = Interval(-1, 1) * TABLE_ERROR_Q20 * (1 << (CDF1_BITS - 20))
    assets = w.see("assets", unsigned(16) * ((leg * p1 + leg * (1 << CDF1_BITS) + error * size) * n))
    strikes = (leg * p2 * (1 << (CDF1_BITS - CDF2_BITS)) - leg * (1 << CDF1_BITS) + error * size) * n
    shocked = w.see("shocked value", assets - strikes * SPOT_UNIT)
    one = (1 << CDF1_BITS) * SPOT_UNIT
    loss = w.see("loss", unsigned(8) * unsigned(17) * (value * one - shocked))
    charges = w.see("charges", (unsigned(17) * Interval(0, leg.reach * n) * 3) * one * FACTOR_UNIT)
    cash = w.see("cash", (signed(64) + value) * one * FACTOR_UNIT * WEIGHT_UNIT)
    w.check("solvency covers", cash - charges - loss, 214)
    w.check("insolvency short of", loss + charges - cash, 214)
    return w


def knots_widths(w: Widths, name: str, n: int) -> tuple[Interval, Interval, Interval, Interval]:
    """Template Knots before any check of the mass: knots, survival, call, mean."""
    q, h, first = unsigned(48), unsigned(22), unsigned(24)
    knots, survival, call = first, Interval(0, 0), Interval(0, 0)
    for _ in range(n - 1):
        area, right = h * (q + q), h * q
        call = call + h * (survival + area + right)
        survival = survival + area * 3
        knots = knots + h
    w.see(f"{name} knots", knots)
    w.see(f"{name} survival", survival)
    w.see(f"{name} call", call)
    mean = w.see(f"{name} mean", call + first * survival)
    w.see(
        f"{name} digest word",
        q * ((1 << 140) + (1 << 70) + 1) + h * ((1 << 188) + (1 << 118) + (1 << 48)) + first * (1 << 210),
    )
    return knots, survival, call, mean


def calendar_widths(w: Widths, side: str, earlier: list[Interval], later: list[Interval]) -> None:
    """Template CalendarPair; the intercept hint is any field element until its two checks pin it to an integer."""
    knots, survival, call, mean = earlier
    later_intercept, later_survival, later_mean = later
    p, q = unsigned(32), unsigned(32) + 1
    w.check(f"{side} ratio", w.see(f"{side} scaled", q * mean) - p * later_mean, 104)
    w.check(f"{side} atom", survival - later_survival, 54)
    product = w.see(f"{side} product", p * later_intercept)
    slope = w.see(f"{side} slope", later_survival * knots)
    # room = intercept - chord - slope in [0, 2^72) modulo r: the intercept is congruent to this integer
    intercept = w.see(f"{side} intercept", unsigned(72) + call + slope)
    w.check(f"{side} floor", product - w.see(f"{side} back", q * intercept), 32)
    w.check(f"{side} room", intercept - call - slope, 72)


def slice_widths(n: int, strikes: int) -> Widths:
    """circuits/slice.circom: own slice, both neighbours, listed strikes, fit error, words."""
    w = Widths()
    knots, survival, call, mean = knots_widths(w, "own", n)
    atom = w.check("atom", Interval(1 << 53, 1 << 53) - survival, 53)
    survival = Interval(0, (1 << 53) - atom.low)
    forward_q16 = unsigned(40)
    w.check("forward", mean - forward_q16 * (1 << 37) + (1 << 33), 34)
    mean = Interval(0, forward_q16.high * (1 << 37) + (1 << 33))
    call = Interval(0, mean.high)
    intercept = w.see("own intercept", call + survival * knots)
    other_knots, other_survival, other_call, other_mean = knots_widths(w, "neighbour", n)
    other_intercept = w.see("neighbour intercept", other_call + other_survival * other_knots)
    calendar_widths(w, "earlier", [other_knots, other_survival, other_call, other_mean], [intercept, survival, mean])
    calendar_widths(w, "later", [knots, survival, call, mean], [other_intercept, other_survival, other_mean])
    # strikes
    strike = unsigned(24)
    parity = w.see("parity", mean - strike * (1 << 53))
    attested = w.see("attested", unsigned(24) * mean)
    error = w.see("price error", (call - hull(parity, Interval(0, 0))) * 20_000 - attested)
    square = w.see("squared error", Interval(0, error.reach**2))
    w.check("mark", call * unsigned(8) - unsigned(32) * (1 << 53) + (1 << 52), 53)
    core_widths(w, unsigned(53) - unsigned(53), unsigned(34) * (1 << 8))
    phi = w.values["cdf"]
    target = call * (1 << 160) + mean * (1 << 138)
    gap = w.see("gap", forward_q16 * phi - strike * phi * (1 << 16) - target)
    w.check("tolerance", gap + (1 << 198), 199)
    # fit error
    mean_squared = w.see("mean squared", mean * mean)
    w.check("fit", unsigned(48) * mean_squared - square * strikes * (1 << 16), 204)
    return w


def option_widths(n: int) -> Widths:
    """circuits/option.circom: the slice's mass is unchecked here, the elements of their own are below their widths."""
    w = Widths()
    knots, survival, call, mean = knots_widths(w, "knots", n)
    gap, strike, density = unsigned(25), unsigned(24), unsigned(48)
    row = w.see("row", (knots + (1 << 24)) * (1 << 25) + (1 << 24))
    assert row.low >= 0
    # any field elements until both ranges hold: gap < 2^25 then, and the word splits in one way
    to_right = unsigned(24) + 1
    w.check("right of", (to_right + strike) * (1 << 25) + gap - row, 24)
    fall = w.see("fall", to_right * (survival + to_right * density * 3))
    cubic = w.see("cubic", to_right * to_right * (density - density) * to_right)
    published = unsigned(78)
    rest = w.see("rest", gap * (call + fall - published) + cubic)
    w.check("floor low", rest, 24)
    w.check("floor high", gap - 1 - rest, 24)
    core_widths(w, unsigned(54) - (1 << 53), unsigned(35) * (1 << 8))
    phi = w.values["cdf"]
    target = published * (1 << 160) + mean * (1 << 138)
    gap_of_price = w.see("price gap", unsigned(40) * phi - strike * phi * (1 << 16) - target)
    w.check("tolerance", gap_of_price + (1 << 198), 199)
    return w


def core_widths(w: Widths, k: Interval, v: Interval) -> None:
    """Template Black76; d1 is any field element until |d1| < 2^43 is checked."""
    numerator = w.see("numerator", v * v - k * (1 << 33))
    d1 = Interval(-(1 << 43), 1 << 43)
    product = w.see("2 v d1", v * d1 * 2)
    w.check("remainder", numerator - product, 43)
    w.check("below", v * 2 - 1 - (numerator - product), 43)
    w.check("d2", Interval(-1, 1) * (d1 - v), 43)
    cdf = horner(w, "CORE_CDF", CORE_CDF, offsets_of("CORE_CDF"))
    horner(w, "CORE_PDF", CORE_PDF, offsets_of("CORE_PDF"))
    w.see("cdf", hull(cdf, Interval(1 << CDF_BITS, 1 << CDF_BITS) - cdf))


@pytest.mark.parametrize("n", [4, 8, 16, 32])
def test_margin_stays_inside_the_field_for_all_inputs_and_hints(n: int) -> None:
    assert margin_widths(n).failures() == []


@pytest.mark.parametrize("knots", CALENDAR_PIECES)
def test_a_slice_stays_inside_the_field_for_all_inputs_and_hints(knots: int) -> None:
    assert slice_widths(knots, knots).failures() == []


@pytest.mark.parametrize("knots", CALENDAR_PIECES)
def test_an_option_stays_inside_the_field_for_all_inputs_and_hints(knots: int) -> None:
    assert option_widths(knots).failures() == []


def test_the_largest_intermediates_of_an_option_are_those_of_the_documented_table() -> None:
    bits = {name: value.reach.bit_length() for name, value in option_widths(32).values.items()}
    documented = {"row": 53, "fall": 102, "cubic": 120, "rest": 129, "price gap": 242}
    assert {name: bits[name] for name in documented} == documented


def test_the_largest_intermediates_are_those_of_the_documented_table() -> None:
    """docs/spec/errors.md, field widths."""
    margin, slice_ = margin_widths(4), slice_widths(32, 16)
    bits = {name: value.reach.bit_length() for name, value in {**margin.values, **slice_.values}.items()}
    documented = {
        "asset leg with offset": 199,
        "strike leg with offset": 171,
        "shocked value": 216,
        "loss": 241,
        "eta squared": 94,
        "penalty": 110,
        "own call": 104,
        "neighbour intercept": 106,
        "later product": 138,
        "price error": 102,
        "squared error": 203,
        "mean squared": 154,
        "2 v d1": 86,
        "gap": 239,
        "own digest word": 234,
    }
    assert {name: bits[name] for name in documented} == documented


def test_the_horner_values_of_the_tables_stay_below_their_offsets() -> None:
    w = margin_widths(4)
    slice_ = slice_widths(32, 16)
    largest = {
        "Phi(d1)": max(v.reach for name, v in w.values.items() if name.startswith("Phi(d1) step")).bit_length(),
        "Phi(d2)": max(v.reach for name, v in w.values.items() if name.startswith("Phi(d2) step")).bit_length(),
        "CDF": max(v.reach for name, v in slice_.values.items() if name.startswith("CORE_CDF")).bit_length(),
        "PDF": max(v.reach for name, v in slice_.values.items() if name.startswith("CORE_PDF")).bit_length(),
    }
    assert largest["Phi(d1)"] <= CDF1_BITS + 1
    assert largest["Phi(d2)"] <= MARGIN_CDF_Q6.output_bits + 1
    assert largest["CDF"] <= CDF_BITS + 1
    assert largest["PDF"] <= PDF_BITS + 1


def test_wider_prices_would_wrap_and_are_found() -> None:
    """The first thing to reach the limit is the final check: eleven more bits of price do at 32 positions."""
    w = margin_widths(32)
    loss = w.values["loss"] * (1 << 11)
    w.check("wider", loss, 214)
    assert w.failures() == ["wider"]


@pytest.mark.parametrize(
    ("record", "bits"),
    [
        (SliceHeader, 149),
        (SliceStrikes, 216),
        (SliceListing, 231),
        (SolvencyHeader, 106),
        (SolvencyGrid, 240),
        (SolvencyPositions, 214),
        (InsolvencyHeader, 166),
        (InsolvencyPositions, 174),
        (OptionHeader, 59),
    ],
)
def test_every_packed_element_has_its_documented_width(record: type[Record], bits: int) -> None:
    assert record.bits() * record.PER_ELEMENT == bits < 253
