# SPDX-License-Identifier: Apache-2.0
"""Fields without a range check: other values of them that leave the elements as they are, and with them the digest.

Each is refused by a constraint that the proof of uniqueness rests on (docs/spec/statement.md). What they leave open
lands in bits that are no field's, which records and contracts refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from oracle.errors import InvalidSlice, InvalidValue
from oracle.model.density import GAP_BITS, DensitySlice
from oracle.statements.layout import SliceListing, SliceLogarithms, SliceResults
from oracle.statements.record import Record
from prover.errors import ConstraintViolated
from prover.field import SCALAR_MODULUS
from tests.circuits.conftest import Case
from tests.circuits.support import Circuit, Product, broken_rules, circuit_of, field, sources

Inputs = dict[str, Any]

MAIN = """pragma circom 2.1.6;
include "lib/strike.circom";
include "generated/slice_data.circom";
template Strikes(n) {
    signal input forward_q16; signal input ln_forward_q48; signal input tick_e2; signal input mean_q53;
    signal input knot_ticks[n]; signal input call_q53[n]; signal input used[n];
    signal input mid_half_ticks[n]; signal input put[n]; signal input quoted[n];
    signal input mark_e2[n]; signal input total_vol_q32[n]; signal input strike_ticks[n]; signal input ln_strike_q48[n];
    signal output results[SliceResultsCount(n)];
    signal output listing[SliceListingCount(n)];
    signal output logarithms[SliceLogarithmsCount(n)];
    component strike[n];
    for (var i = 0; i < n; i++) {
        strike[i] = ListedStrike();
        strike[i].forward_q16 <== forward_q16;
        strike[i].ln_forward_q48 <== ln_forward_q48;
        strike[i].tick_e2 <== tick_e2;
        strike[i].mean_q53 <== mean_q53;
        strike[i].knot_ticks <== knot_ticks[i];
        strike[i].call_q53 <== call_q53[i];
        strike[i].used <== used[i];
        strike[i].mid_half_ticks <== mid_half_ticks[i];
        strike[i].put <== put[i];
        strike[i].quoted <== quoted[i];
        strike[i].mark_e2 <== mark_e2[i];
        strike[i].total_vol_q32 <== total_vol_q32[i];
        strike[i].strike_ticks <== strike_ticks[i];
        strike[i].ln_strike_q48 <== ln_strike_q48[i];
    }
    component a = SliceResultsRun(n);
    a.mark_e2 <== mark_e2;
    a.total_vol_q32 <== total_vol_q32;
    results <== a.elements;
    component b = SliceListingRun(n);
    b.strike_ticks <== strike_ticks;
    listing <== b.elements;
    component c = SliceLogarithmsRun(n);
    c.ln_strike_q48 <== ln_strike_q48;
    logarithms <== c.elements;
}
component main = Strikes(3);
"""
COLUMNS = ("mid_half_ticks", "put", "quoted", "mark_e2", "total_vol_q32", "strike_ticks", "ln_strike_q48")
REMOVED_MARK = (
    "lib/strike.circom",
    "    mark_remainder.in <== value - mark_e2 * (1 << MASS_BITS()) + (1 << (MASS_BITS() - 1));",
    "    mark_remainder.in <== 0;",
)
LAST = "last.in <== own.knots_ticks[N - 1];"


@pytest.fixture(scope="module")
def honest(claimed: Case) -> Inputs:
    """The three strikes next to the forward of a slice."""
    inputs, witness = claimed.statement.circuit_inputs(), claimed.witness
    ticks = [s.strike_ticks for s in witness.values.strikes]
    first = max(sum(k < witness.values.forward_q16 >> 16 for k in ticks) - 2, 0)
    calls = dict(zip(witness.density.knots_ticks, witness.density.call_q53, strict=True))
    return {
        **{name: inputs[name] for name in ("forward_q16", "ln_forward_q48", "tick_e2")},
        **{name: inputs[name][first : first + 3] for name in COLUMNS},
        "mean_q53": witness.density.mean_q53,
        "knot_ticks": ticks[first : first + 3],
        "call_q53": [calls[k] for k in ticks[first : first + 3]],
        "used": [1, 1, 1],
    }


@pytest.fixture(scope="module")
def product() -> Circuit:
    return circuit_of("split", sources(), MAIN)


def changed(inputs: Inputs, **by: Mapping[int, int]) -> Inputs:
    """Columns with some entries moved."""
    moved = dict(inputs)
    for name, entries in by.items():
        moved[name] = [field(value + entries.get(i, 0)) for i, value in enumerate(inputs[name])]
    return moved


def elements(circuit: Circuit, inputs: Inputs) -> list[int]:
    wires = circuit.wires(inputs)
    names = ("results[0]", "results[1]", "listing[0]", "logarithms[0]")
    return [circuit.value(wires, name) for name in names]


def refusal(circuit: Circuit, inputs: Inputs) -> list[str]:
    with pytest.raises(ConstraintViolated) as caught:
        circuit.wires(inputs)
    return broken_rules(caught.value)


def inverse(power: int) -> int:
    """2^-power in the field."""
    return pow(2, -power, SCALAR_MODULUS)


def packed(inputs: Inputs) -> list[int]:
    """The elements as the circuit sums them up, in the field."""
    sums = []
    runs: list[tuple[type[Record], dict[str, int]]] = [
        (SliceResults, {"mark_e2": 0, "total_vol_q32": 35}),
        (SliceListing, {"strike_ticks": 0}),
        (SliceLogarithms, {"ln_strike_q48": 0}),
    ]
    for record, columns in runs:
        terms = [
            (i // record.PER_ELEMENT, inputs[name][i] << place + record.bits() * (i % record.PER_ELEMENT))
            for name, place in columns.items()
            for i in range(3)
        ]
        sums += [sum(term for at, term in terms if at == e) % SCALAR_MODULUS for e in range(record.elements(3))]
    return sums


def test_the_elements_are_those_of_the_records(product: Circuit, honest: Inputs) -> None:
    pairs = zip(honest["mark_e2"], honest["total_vol_q32"], strict=True)
    assert elements(product, honest) == [
        *SliceResults.pack_all([SliceResults(mark, vol) for mark, vol in pairs]),
        *SliceListing.pack_all([SliceListing(k) for k in honest["strike_ticks"]]),
        *SliceLogarithms.pack_all([SliceLogarithms(ln) for ln in honest["ln_strike_q48"]]),
    ]


def test_the_elements_are_the_sums_of_their_fields(product: Circuit, honest: Inputs) -> None:
    assert elements(product, honest) == packed(honest)


FORGERIES: dict[str, tuple[dict[str, dict[int, int]], set[str]]] = {
    "a unit of vol taken from the mark below it": (
        {"mark_e2": {0: -(1 << 35)}, "total_vol_q32": {0: 1}},
        {"mark_remainder.in"},
    ),
    "a cent of the upper mark lent to the vol below it": (
        {"total_vol_q32": {0: 1 << 89}, "mark_e2": {1: -1}},
        {"mark_remainder.in", "remainder.in"},
    ),
    "a fraction of a cent in the upper mark": (
        {"mark_e2": {1: inverse(53)}, "total_vol_q32": {0: -(1 << 36)}},
        {"remainder.in", "below.in", "bits.in"},
    ),
    "a fraction of a unit in the upper vol": (
        {"total_vol_q32": {1: inverse(2)}, "mark_e2": {1: -(1 << 33)}},
        {"mark_remainder.in"},
    ),
    "strikes that lend to each other": (
        {"strike_ticks": {0: 1 << 24, 1: -1}},
        {"strike_ticks === used * knot_ticks"},
    ),
    "logarithms that lend to each other": (
        {"ln_strike_q48": {0: 1 << 80, 1: -1}},
        {"remainder.in", "below.in", "bits.in"},
    ),
    "a fraction of a unit in a logarithm": (
        {"ln_strike_q48": {0: -(1 << 59), 1: inverse(21)}},
        {"remainder.in", "below.in", "bits.in"},
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_other_fields_of_the_same_elements_are_refused(product: Circuit, honest: Inputs, name: str) -> None:
    by, rules = FORGERIES[name]
    forged = changed(honest, **by)
    assert forged != honest
    assert packed(forged) == packed(honest)
    assert any(rule in line for line in refusal(product, forged) for rule in rules)


def test_without_the_mark_s_remainder_a_vol_could_be_taken_from_the_mark_below_it(honest: Inputs) -> None:
    path, constraint, instead = REMOVED_MARK
    files = sources()
    assert files[path].count(constraint) == 1
    files[path] = files[path].replace(constraint, instead)
    copy = circuit_of("split_without_mark", files, MAIN)
    forged = changed(honest, **FORGERIES["a unit of vol taken from the mark below it"][0])
    assert elements(copy, forged) == elements(copy, honest)


@pytest.mark.parametrize(
    ("column", "index", "power", "record"),
    [
        ("mark_e2", 0, 53, SliceResults),
        ("mark_e2", 1, 53, SliceResults),
        ("total_vol_q32", 0, 2, SliceResults),
        ("total_vol_q32", 1, 2, SliceResults),
        ("ln_strike_q48", 1, 21, SliceLogarithms),
        ("ln_strike_q48", 2, 21, SliceLogarithms),
    ],
)
def test_the_fraction_that_the_constraints_leave_open_sets_bits_that_are_no_fields(
    product: Circuit, honest: Inputs, column: str, index: int, power: int, record: type[Record]
) -> None:
    """The least change the circuit accepts, 2^-g: no other element of valid fields has it."""
    found = elements(product, changed(honest, **{column: {index: inverse(power)}}))
    run = found[:2] if record is SliceResults else found[3:]
    assert run != (packed(honest)[:2] if record is SliceResults else packed(honest)[3:])
    with pytest.raises(InvalidValue, match=record.__name__):
        record.unpack_all(run, 3)
    assert not product.accepts(changed(honest, **{column: {index: inverse(power + 1)}}))


def far(density: DensitySlice) -> Inputs:
    """The same law with the repeated last knot moved to 2^24 and beyond: no mass lies there."""
    knots, gaps = list(density.knots_ticks), list(density.gaps_ticks)
    spare = [j for j in range(len(gaps)) if knots[j] == knots[-1]]
    for j in spare[-5:]:
        gaps[j] = (1 << GAP_BITS) - 1
    return {"gaps_ticks": gaps}


def test_a_last_knot_at_two_to_the_24_is_refused_by_circuit_and_model(
    slice_product: Product, slices: list[Case]
) -> None:
    """Only the own check of the last knot stands against it: the law and every price are the same."""
    case = next(case for case in slices if not case.earlier and not case.later)
    inputs = {**case.statement.circuit_inputs(), **far(case.witness.density)}
    with pytest.raises(ConstraintViolated) as caught:
        slice_product.circuit.wires(inputs)
    assert any("last.in" in line for line in broken_rules(caught.value))
    files = sources()
    assert files["slice.circom"].count(LAST) == 1
    files["slice.circom"] = files["slice.circom"].replace(LAST, "last.in <== 0;")
    main = 'pragma circom 2.1.6;\ninclude "slice.circom";\ncomponent main {public [z]} = Slice(32, 16, 16);\n'
    assert circuit_of("slice_without_last", files, main).accepts(inputs)
    with pytest.raises(InvalidSlice, match="last knot"):
        DensitySlice((0, (1 << 22) - 1, (1 << 23) - 2, 3 << 22, 1 << 24), (0,) * 5)
