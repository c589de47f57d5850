# SPDX-License-Identifier: Apache-2.0
"""One planted bug of every class: the suite's detector reports it, and reports nothing on the original."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import mpmath as mp
import pytest

from oracle.model.tables import MARGIN_CDF_Q7
from tests.circuits.accounts import exact_requirement
from tests.circuits.conftest import Case, MarginCase, margin_case
from tests.circuits.support import circuit_of, signed, sources
from tests.soundness.coverage import Coverage
from tests.soundness.detectors import (
    by_bound,
    by_freedom,
    by_gate,
    by_hints,
    by_publics,
    by_rank,
    by_widths,
    template_main,
)
from tests.soundness.statements import main_of, whole
from tests.soundness.system import System, system_of

Sources = Mapping[str, str]
Detector = Callable[[str, Sources], list[str]]
Edits = tuple[tuple[str, str, str], ...]
MARGIN, BLACK, DATA = "lib/margin.circom", "lib/black76.circom", "generated/insolvency_data.circom"
CORE_INPUTS = {"k": (1 << 46) + 12345, "total_vol_q32": (3 << 30) + 77}
WIDE: Edits = (
    (DATA, r"ToBits\(29\)", "ToBits(34)"),
    (DATA, r"e4_bits\[29\]", "e4_bits[34]"),
    (DATA, r"i < 29", "i < 34"),
    (DATA, r"Range\(32\)", "Range(34)"),
    (MARGIN, r"e4_bits\[29\]", "e4_bits[34]"),
    (MARGIN, r"i < 28", "i < 33"),
    (MARGIN, r"e4_bits\[28\]", "e4_bits[33]"),
    (MARGIN, r"\(1 << 28\)", "(1 << 33)"),
    (MARGIN, r"range_steps = Range\(\d+\)", "range_steps = Range(10)"),
)


def edited(edits: Edits) -> dict[str, str]:
    """The sources with patterns of some files replaced; a pattern that is not there is an error."""
    files = sources()
    for path, pattern, text in edits:
        files[path], count = re.subn(pattern, text, files[path])
        if not count:
            raise LookupError(f"{path} holds no {pattern}")
    return files


@cache
def account(upper: bool) -> MarginCase:
    """An account with options and a bound that the vols of every mode decide."""
    return margin_case(1, upper)


def whole_of(name: str, circuit_id: str, files: Sources) -> System:
    """The system of a preset over edited sources; that of the product is made once."""
    return whole(circuit_id) if files == sources() else system_of(name, files, main_of(circuit_id))


def core_rank(name: str, files: Sources) -> list[str]:
    return by_rank(system_of(f"{name}_core", files, template_main("Black76()", BLACK)), CORE_INPUTS)


def core_hints(name: str, files: Sources) -> list[str]:
    return by_hints(name, files, "Black76()", BLACK, CORE_INPUTS, ("Black76", "d1"))


def insolvency_rank(name: str, files: Sources) -> list[str]:
    system = whole_of(name, "insolvency_4", files)
    return by_rank(system, account(False).statement().circuit_inputs())


def insolvency_widths(name: str, files: Sources) -> list[str]:
    return by_widths(f"{name}_widths", files, "insolvency_4")


def insolvency_publics(name: str, files: Sources) -> list[str]:
    return by_publics(whole_of(name, "insolvency_4", files), account(False).statement())


def insolvency_freedom(name: str, files: Sources) -> list[str]:
    """A long option needs the upper bound of its price."""
    cases = (margin_case(seed, False) for seed in range(25))
    case = next(c for c in cases if any(p.amount_e4 > 0 and p.strike_e2 for p in c.account.positions))
    rows = [case.row] if case.row is not None else []
    beyond = case.statement(cash=int(mp.floor(exact_requirement(case.account, rows=rows))) + 1)
    honest = case.statement().circuit_inputs()
    return by_freedom(name, files, "insolvency_4", beyond.circuit_inputs(), honest, ("Cell", "d"))


def solvency_bound(name: str, files: Sources) -> list[str]:
    case = account(True)
    return by_bound(whole_of(name, "solvency_4", files), case.statement(), case.statement(beyond=1))


def cell_table(name: str, files: Sources) -> list[str]:
    """Phi of the cell at a point of every segment against the model."""
    table = "MARGIN_CDF_Q7"
    call = f"MarginCdf(7, {table}_ROWS(), {table}_CUTS(), {table}_OFFSETS())"
    circuit = circuit_of(f"{name}_table", files, template_main(call, MARGIN))
    points = [256 * segment + 37 for segment in range(8)]
    found = [signed(circuit.value(circuit.wires({"high": d, "low": []}), "cdf")) for d in points]
    return [f"Phi at {d}" for d, value in zip(points, found, strict=True) if value != MARGIN_CDF_Q7(d)]


def gate(_name: str, files: Sources) -> list[str]:
    return by_gate(files)


@dataclass(frozen=True)
class Bug:
    """A class of errors, its edit of the sources and the detector that reports it."""

    edits: Edits
    detector: Detector


BUGS = {
    "a bit that is not boolean": Bug(
        (("lib/bits.circom", r"out\[i\] \* \(1 - out\[i\]\) === 0;", "out[i] * 0 === 0;"),), core_rank
    ),
    "no upper check of a quotient": Bug(((BLACK, r"below\.in <== [^;]*;", "below.in <== 0;"),), core_hints),
    "no range of a remainder": Bug(((BLACK, r"remainder\.in <== [^;]*;", "remainder.in <== 0;"),), core_hints),
    "amounts and prices of 34 bits": Bug(WIDE, insolvency_widths),
    "a hint for a product": Bug(
        ((MARGIN, r"eta_squared <== eta \* eta", "eta_squared <-- eta * eta"),), insolvency_rank
    ),
    "a penalty subtracted": Bug(
        (
            (MARGIN, r"first\.cdf \+ ", "first.cdf - "),
            (MARGIN, r"(OUTPUT_BITS\(\)\)\)) - (\d+ \* penalty)", r"\1 + \2"),
        ),
        insolvency_freedom,
    ),
    "an output that nothing binds": Bug(((MARGIN, r"    asset_leg <== ", "    asset_leg <-- "),), insolvency_rank),
    "a word that the digest leaves out": Bug(
        (("insolvency.circom", r"challenge\.d\[0\] <== header\.word", "challenge.d[0] <== 0"),), insolvency_publics
    ),
    "the vol of another mode": Bug(
        (("solvency.circom", r"vol_q18 <== \(m == 0\) \? vol_up", "vol_q18 <== (m == 0) ? vol_none"),), solvency_bound
    ),
    "a field one bit too wide": Bug(
        ((DATA, r"check_strike_e2 = Range\(32\)", "check_strike_e2 = Range(33)"),), insolvency_widths
    ),
    "an assert for a constraint": Bug(((MARGIN, r"put \* perpetual === 0;", "assert(put * perpetual == 0);"),), gate),
    "a coefficient of another table": Bug(
        (("generated/normal_tables.circom", r"(CDF_Q7_ROWS\(\) \{\s*return \[\s*\[)", r"\g<1>1 + "),), cell_table
    ),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_reported_and_the_original_is_not(name: str, coverage: Coverage) -> None:
    bug, label = BUGS[name], f"planted_{list(BUGS).index(name)}"
    coverage.caught(name, False)
    assert bug.detector(f"original_{bug.detector.__name__}", sources()) == []
    assert bug.detector(label, edited(bug.edits)) != []
    coverage.caught(name, True)


SLICE_BUGS: dict[str, Edits] = {
    "neighbours swapped": (
        ("slice.circom", r"(challenge\.d\[2\] <== neighbours\.claimed_digest)\[0\]", r"\1[1]"),
        ("slice.circom", r"(challenge\.d\[3\] <== neighbours\.claimed_digest)\[1\]", r"\1[0]"),
    ),
}


@pytest.mark.full
@pytest.mark.parametrize("name", SLICE_BUGS)
def test_a_planted_bug_of_a_slice_is_reported_and_the_original_is_not(
    name: str, claimed: Case, coverage: Coverage
) -> None:
    coverage.caught(name, False)
    assert by_publics(whole("slice_32_16"), claimed.statement) == []
    label = f"planted_slice_{list(SLICE_BUGS).index(name)}"
    assert by_publics(whole_of(label, "slice_32_16", edited(SLICE_BUGS[name])), claimed.statement) != []
    coverage.caught(name, True)


def test_a_strike_in_an_unused_slot_is_accepted_once_its_rule_is_gone(coverage: Coverage) -> None:
    """A slot of 12: used 0, strike 1. The rule of the original refuses it."""
    name = "an unused slot that holds a strike"
    coverage.caught(name, False)
    main = template_main("ListedStrike()", "lib/strike.circom")
    slot = dict.fromkeys(
        ("mid_half_ticks", "put", "quoted", "mark_e2", "used", "call_q53", "knot_ticks", "ln_strike_q48"), 0
    )
    slot |= {"forward_q16": 1 << 32, "ln_forward_q48": 0, "tick_e2": 1, "mean_q53": 1 << 69, "total_vol_q32": 1 << 32}
    rule = (
        ("lib/strike.circom", r"strike_ticks === used \* knot_ticks;", "used * (strike_ticks - knot_ticks) === 0;"),
    )
    files = {"planted_slot": edited(rule), "original_slot": sources()}
    circuits = {label: circuit_of(label, content, main) for label, content in files.items()}
    accepted = {
        (label, strike): circuit.accepts({**slot, "strike_ticks": strike})
        for label, circuit in circuits.items()
        for strike in (0, 1)
    }
    assert accepted == {
        ("original_slot", 0): True,
        ("original_slot", 1): False,
        ("planted_slot", 0): True,
        ("planted_slot", 1): True,
    }
    coverage.caught(name, True)
