# SPDX-License-Identifier: Apache-2.0
"""Interval arithmetic over the circuits: for ALL accepted inputs and hints no intermediate wraps around the field.

Nothing is assumed of the prover. A range check of w bits on a value in (-a, b) says what it seems to say if
max(a, b) + 2^w < r: no integer of the interval but one in [0, 2^w) is congruent to one there.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle.model.black76 import CDF_BITS, CORE_BITS, PDF_BITS, PRICE_SHIFT, VOL_TOLERANCE
from oracle.model.calendar import CALENDAR_PIECES
from oracle.model.margin import (
    CDF1_BITS,
    CDF2_BITS,
    FACTOR_UNIT,
    SPOT_UNIT,
    TABLE_ERROR_Q20,
    TAIL_STEP_IN,
    TAIL_STEP_OUT,
    TAIL_STEPS_LIMIT,
    WEIGHT_UNIT,
)
from oracle.model.polynomial import Polynomial
from oracle.model.tables import CORE_CDF, CORE_PDF, MARGIN_CDF_Q7, MARGIN_CDF_Q18
from oracle.registry.tables import all_tables
from oracle.statements.layout import (
    InsolvencyHeader,
    InsolvencyPositions,
    OptionHeader,
    SliceHeader,
    SliceListing,
    SliceLogarithms,
    SliceQuotes,
    SliceResults,
    SliceSpreads,
    SolvencyGrid,
    SolvencyHeader,
    SolvencyPositions,
)
from oracle.statements.record import Record
from prover.field import SCALAR_MODULUS
from tests.model.intervals import Interval, Widths, hull, signed, unsigned

PINNED: dict[str, type[Record]] = {"results": SliceResults, "logarithms": SliceLogarithms, "listing": SliceListing}
FRACTION_BITS = {"mark_e2": 53, "total_vol_q32": 2, "ln_strike_q48": 21, "strike_ticks": 0}
"""g: what the constraints make of a pinned field is an integer only after multiplication by 2^g."""


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
    """v with the x of the data vector: x < 2^12, and by [M-5] x v < 2^22 + v; split so that the product is not overestimated."""
    for i in range(21):
        for part in range(16):
            low, high = ((1 << i) * (16 + part)) >> 4, ((1 << i) * (17 + part)) >> 4
            most = min((1 << 12) - 1, ((1 << 22) + high) // max(low, 1))
            yield Interval(low, max(low, high)), Interval(0, most)
    yield Interval(0, 0), unsigned(12)


def margin_widths(n: int) -> Widths:
    """circuits/lib/margin.circom with solvency.circom and insolvency.circom for n positions."""
    w = Widths()
    amount, price = signed(29), unsigned(32)
    leg = w.see("amount x forward", amount * price)
    value = w.see("value", signed(66))
    assert (leg * n).reach < value.reach
    w.check("net short", leg * n + (1 << 66), 67)
    first = horner(w, "Phi(d1)", MARGIN_CDF_Q18, offsets_of("MARGIN_CDF_Q18"))
    second = horner(w, "Phi(d2)", MARGIN_CDF_Q7, offsets_of("MARGIN_CDF_Q7"))
    assert unsigned(9).high == TAIL_STEPS_LIMIT
    distance = unsigned(11) + Interval(-TAIL_STEP_OUT, TAIL_STEP_IN) * TAIL_STEPS_LIMIT
    assert (distance + (1 << 17)).low >= 0
    k = Interval(-(1 << 27), 1 << 27)
    penalties = []
    for v, x in vol_pieces():
        eta = (v * (distance - 1024)) * (1 << 12) + k * (1 << 13) + v * v
        square = Interval(0, eta.reach * eta.reach)
        w.see("eta squared", hull(square, w.values.get("eta squared", square)))
        penalties.append(x * square * 1635)
    penalty = w.see("penalty", hull(*penalties))
    p1 = w.see("Phi(d1) + p", first + penalty * (1 << (CDF1_BITS - CDF2_BITS)))
    p2 = w.see("Phi(d2) - p", second * (1 << (CDF2_BITS - MARGIN_CDF_Q7.output_bits)) - penalty)
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
    knots = unsigned(24)
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
    value = w.see("value", call * unsigned(8))
    # mark_e2 is whatever makes the remainder one of 53 bits: 2^53 mark is congruent to this integer
    element("results", w, [w.see("2^53 mark", value + (1 << 52) - unsigned(53)), core_widths(w)] * 2)
    element("logarithms", w, [w.values["2^21 k"] + unsigned(53) * (1 << 21)] * 3)
    element("listing", w, [knots] * 10)
    phi = w.values["cdf"]
    target = call * (1 << PRICE_SHIFT - 53) + mean * (1 << PRICE_SHIFT - 75)
    gap = w.see("gap", forward_q16 * phi - strike * phi * (1 << 16) - target)
    w.check("tolerance", gap + VOL_TOLERANCE, VOL_TOLERANCE.bit_length())
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
    core_widths(w)
    phi = w.values["cdf"]
    target = published * (1 << PRICE_SHIFT - 53) + mean * (1 << PRICE_SHIFT - 75)
    gap_of_price = w.see("price gap", unsigned(40) * phi - strike * phi * (1 << 16) - target)
    w.check("tolerance", gap_of_price + VOL_TOLERANCE, VOL_TOLERANCE.bit_length())
    return w


def core_widths(w: Widths) -> Interval:
    """Template Black76, whose inputs are any field elements: d1 and d2 are integers of 37 bits, so v = d1 - d2 is one.

    2 v is congruent to the sum of two values of 38 bits and 1, so positive. 2^21 k is congruent to v (1 - d1 - d2) less a
    value of 38 bits. Returns v, 4 times the total vol at 2^32.
    """
    d = signed(CORE_BITS + 4)
    v = Interval(1, w.see("v", d - d).high)
    w.see("2 v", unsigned(CORE_BITS + 4) * 2 + 1)
    k = w.see("2^21 k", w.see("product", v * (d * -2 + 1)) - unsigned(CORE_BITS + 4))
    assert k.reach < 1 << 77
    assert v.high < 1 << 38
    cdf = horner(w, "CORE_CDF", CORE_CDF, offsets_of("CORE_CDF"))
    horner(w, "CORE_PDF", CORE_PDF, offsets_of("CORE_PDF"))
    w.see("cdf", hull(cdf, Interval(1 << CDF_BITS, 1 << CDF_BITS) - cdf))
    return v


def element(name: str, w: Widths, found: list[Interval]) -> None:
    """Uniqueness of the split of an element (docs/spec/statement.md).

    ``found``: per field, from the lowest, what the circuit's constraints leave of the field times 2^g, an integer. The
    verifier's own fields are c 2^g with c below the field's width. Both sides times 2^G are sums of such integers; where no
    difference reaches the distance to the next field, equal sums have equal terms.
    """
    record = PINNED[name]
    fields, shift = [], 0
    for _ in range(record.PER_ELEMENT):
        for field_name, bits, _ in record.LAYOUT:
            if field_name:
                fields.append((shift, bits, FRACTION_BITS[field_name]))
            shift += bits
    scale = max(fraction for _, _, fraction in fields)
    total = Interval(0, 0)
    ends = [position + scale - fraction for position, _, fraction in fields[1:]] + [SCALAR_MODULUS.bit_length()]
    for (position, bits, fraction), integer, end in zip(fields, found, ends, strict=True):
        place = position + scale - fraction
        difference = integer - unsigned(bits) * (1 << fraction)
        if difference.reach >= 1 << end - place:
            w.ambiguous.append(f"{name}: the field at bit {position} reaches the next one")
        total = total + difference * (1 << place)
    w.see(f"{name} element", total)


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
    documented = {"row": 53, "fall": 102, "cubic": 120, "rest": 129, "price gap": 197}
    assert {name: bits[name] for name in documented} == documented


def test_the_largest_intermediates_are_those_of_the_documented_table() -> None:
    """docs/spec/errors.md, field widths."""
    margin, slice_ = margin_widths(4), slice_widths(32, 16)
    bits = {name: value.reach.bit_length() for name, value in {**margin.values, **slice_.values}.items()}
    documented = {
        "asset leg with offset": 204,
        "strike leg with offset": 174,
        "shocked value": 221,
        "loss": 246,
        "eta squared": 100,
        "penalty": 113,
        "own call": 104,
        "neighbour intercept": 106,
        "later product": 138,
        "price error": 102,
        "squared error": 203,
        "mean squared": 154,
        "2^21 k": 76,
        "gap": 194,
        "results element": 248,
        "logarithms element": 237,
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
    assert largest["Phi(d2)"] <= MARGIN_CDF_Q7.output_bits + 1
    assert largest["CDF"] <= CDF_BITS + 1
    assert largest["PDF"] <= PDF_BITS + 1


@pytest.mark.parametrize(
    ("record", "field_name", "by"),
    [("results", "", -1), ("logarithms", "", -4), ("listing", "strike_ticks", -1)],
)
def test_a_narrower_place_for_a_pinned_field_is_ambiguous(
    monkeypatch: pytest.MonkeyPatch, record: str, field_name: str, by: int
) -> None:
    """A bit fewer from one field to the next than the proof needs."""
    kind = PINNED[record]
    layout = list(kind.LAYOUT)
    index = max(i for i, (name, _, _) in enumerate(layout) if name == field_name)
    layout[index] = (field_name, layout[index][1] + by, 0)
    monkeypatch.setattr(kind, "LAYOUT", tuple(layout))
    assert any(record in failure for failure in slice_widths(32, 16).failures())


def test_wider_prices_would_wrap_and_are_found() -> None:
    """The first thing to reach the limit is the final check: six more bits of price do at 32 positions."""
    w = margin_widths(32)
    loss = w.values["loss"] * (1 << 6)
    w.check("wider", loss, 214)
    assert w.failures() == ["wider"]


@pytest.mark.parametrize(
    ("record", "bits"),
    [
        (SliceHeader, 149),
        (SliceQuotes, 234),
        (SliceSpreads, 240),
        (SliceResults, 248),
        (SliceListing, 240),
        (SliceLogarithms, 240),
        (SolvencyHeader, 172),
        (SolvencyGrid, 240),
        (SolvencyPositions, 221),
        (InsolvencyHeader, 232),
        (InsolvencyPositions, 155),
        (OptionHeader, 59),
    ],
)
def test_every_packed_element_has_its_documented_width(record: type[Record], bits: int) -> None:
    assert record.bits() * record.PER_ELEMENT == bits < 253
