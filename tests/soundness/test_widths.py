# SPDX-License-Identifier: Apache-2.0
"""No equation of a circuit can wrap around the field, for all accepted inputs and hints; too wide circuits are found."""

from __future__ import annotations

from copy import deepcopy

import pytest

from prover.field import SCALAR_MODULUS
from tests.circuits.support import sources
from tests.soundness.coverage import Coverage
from tests.soundness.detectors import ambiguous_fields, wide_fields
from tests.soundness.rules import Rules
from tests.soundness.splits import pieces
from tests.soundness.statements import PRESETS, STATEMENTS, smallest, tracked_preset, whole
from tests.soundness.system import system_of
from tests.soundness.widths import Tracker
from tests.soundness.widths_document import DOCUMENT, document, section

SMALLEST = [smallest(statement) for statement in STATEMENTS]
LARGER = [circuit_id for circuit_id in PRESETS if circuit_id not in SMALLEST]


def proven(circuit_id: str) -> list[Tracker]:
    """The trackers of a preset, each shown to be without failures but for the wires that its case declares."""
    trackers = tracked_preset(circuit_id)
    for tracker in trackers:
        assert [str(failure) for failure in tracker.failures()] == []
    return trackers


@pytest.mark.parametrize("circuit_id", SMALLEST)
def test_every_equation_is_one_of_integers_and_the_document_says_how_wide(circuit_id: str, coverage: Coverage) -> None:
    trackers = proven(circuit_id)
    assert section(circuit_id, trackers[0]) in DOCUMENT.read_text()
    tracker = trackers[0]
    coverage.widths(
        PRESETS[circuit_id]["template"],
        products=len(tracker.products()),
        widest=max(tracker.size(i).bit_length() for i in tracker.products()),
        equations=len(tracker.active),
        proven=len([i for i in tracker.active if i in tracker.integral or not tracker.known(i)]),
    )


@pytest.mark.full
@pytest.mark.parametrize("circuit_id", LARGER)
def test_every_equation_of_a_larger_preset_is_one_of_integers(circuit_id: str) -> None:
    proven(circuit_id)
    tracked_preset.cache_clear()
    whole.cache_clear()


@pytest.mark.full
def test_the_document_is_the_generated_one() -> None:
    assert DOCUMENT.read_text() == document()


@pytest.mark.parametrize("circuit_id", SMALLEST)
def test_what_is_declared_a_field_element_is_one(circuit_id: str) -> None:
    """A declaration that a wire is no integer must not hide one that is."""
    for tracker in tracked_preset(circuit_id):
        declared = {kind for kind in tracker.rules.elements if kind[1] not in ("digest", "y", "z")}
        hidden = [wire for wire in tracker.bounds if tracker.system.aliases[wire] & declared]
        assert [tracker.system.names[wire] for wire in hidden] == []


@pytest.mark.parametrize("circuit_id", SMALLEST)
def test_no_field_of_the_data_vector_takes_more_than_its_width(circuit_id: str) -> None:
    """Wider than in the registry, a field would borrow from its neighbour in the packed element."""
    for tracker in tracked_preset(circuit_id):
        assert wide_fields(tracker, PRESETS[circuit_id]["template"]) == []
        assert ambiguous_fields(tracker, PRESETS[circuit_id]["template"]) == []


def small(name: str, body: str) -> Tracker:
    """The tracker of a template with inputs a, b and the public output y."""
    text = f"template Small() {{\n    signal input a;\n    signal input b;\n    signal output y;\n{body}}}\n"
    main = 'pragma circom 2.1.6;\ninclude "small.circom";\ncomponent main = Small();\n'
    files = {
        "lib/bits.circom": sources()["lib/bits.circom"],
        "small.circom": f'pragma circom 2.1.6;\ninclude "lib/bits.circom";\n{text}',
    }
    tracker = Tracker(system_of(f"width_{name}", files, main), Rules())
    tracker.run()
    return tracker


@pytest.mark.parametrize(
    ("element", "part", "key"), [("results", -1, "zeros"), ("logarithms", -1, "zeros"), ("listing", 0, "bits")]
)
def test_a_narrower_place_for_a_pinned_field_is_ambiguous(
    monkeypatch: pytest.MonkeyPatch, element: str, part: int, key: str
) -> None:
    """Fewer bits from one field to the next than the proof of uniqueness needs."""
    changed = deepcopy(STATEMENTS["slice"])
    fields = next(e for e in changed["elements"] if e["name"] == element)["fields"]
    name = next(field["name"] for field in fields[part:] + fields[part - 1 :] if "name" in field)
    fields[part][key] -= 4
    monkeypatch.setitem(STATEMENTS, "slice", changed)
    tracker = tracked_preset("slice_32_16")[0]
    assert name in ambiguous_fields(tracker, "slice")


@pytest.mark.parametrize("circuit_id", SMALLEST)
def test_what_enters_the_digest_without_an_integer_is_a_digest_or_opaque(circuit_id: str) -> None:
    statement = PRESETS[circuit_id]["template"]
    opaque = {element["name"] for element in STATEMENTS[statement]["elements"] if element.get("opaque")}
    for tracker in tracked_preset(circuit_id):
        system = tracker.system
        allowed = {("PoseidonChain", "out"), *tracker.rules.elements, *((system.main, name) for name in opaque)}
        entering = {system.root[wire] for wire, kind in enumerate(system.kinds) if kind == ("Challenge", "d")}
        loose = [wire for wire in entering - set(tracker.bounds) if not system.aliases[wire] & allowed]
        assert [system.names[wire] for wire in loose] == []


@pytest.mark.parametrize("circuit_id", SMALLEST)
def test_offsets_keep_every_step_of_a_polynomial_from_being_negative(circuit_id: str) -> None:
    """Speed alone: a negative step is a scalar of full size for the prover. First and last steps are left out."""
    tracker = tracked_preset(circuit_id)[0]
    system = tracker.system
    steps = [wire for wire, kind in enumerate(system.kinds) if kind == ("HornerSteps", "steps")]
    names = {system.names[wire] for wire in steps}
    inner = [wire for wire in steps if _next(system.names[wire], -1) in names and _next(system.names[wire], 1) in names]
    assert inner
    assert [system.names[wire] for wire in inner if tracker.bounds[system.root[wire]][0] < 0] == []


def _next(name: str, by: int) -> str:
    """The element of the same signal that many places on."""
    stem, _, index = name.removesuffix("]").rpartition("[")
    return f"{stem}[{int(index) + by}]"


RANGES = "    component ra = Range({0});\n    ra.in <== a;\n    component rb = Range({0});\n    rb.in <== b;\n"


@pytest.mark.parametrize(("bits", "wraps"), [(126, False), (127, True)])
def test_a_product_is_wide_enough_or_not_by_one_bit(bits: int, wraps: bool) -> None:
    """(2^127)^2 = 2^254 > r > 2^252."""
    tracker = small(f"product_{bits}", RANGES.format(bits) + "    y <== a * b;\n")
    assert bool(tracker.failures()) is wraps


def test_a_range_check_that_aliases_is_found() -> None:
    """a - b may be -2^253 + 1: a check of 253 bits accepts r - 2^253 + 1, one of 252 bits no value of a - b that is negative."""
    body = RANGES.format(253) + "    y <== a - b;\n    component check = Range({});\n    check.in <== a - b;\n"
    assert small("alias_252", body.format(252)).failures() == []
    assert [failure.rule for failure in small("alias_253", body.format(253)).failures()] == ["may wrap"]


def test_a_wire_without_any_bound_is_reported() -> None:
    tracker = small("unbound", "    y <== a * b;\n")
    assert [failure.rule for failure in tracker.failures()] == ["no integer"]


def test_pieces_cover_an_interval_without_overlap() -> None:
    for bounds in ((0, (1 << 20) - 1), (3, 1000), (0, 0), (0, 1), (17, 17)):
        parts = pieces(bounds)
        covered = [value for low, high in parts for value in range(low, high + 1)] if bounds[1] < 2000 else None
        assert covered is None or covered == list(range(bounds[0], bounds[1] + 1))
        assert parts[0][0] == bounds[0]
        assert parts[-1][1] == bounds[1]
        assert all(parts[i][1] + 1 == parts[i + 1][0] for i in range(len(parts) - 1))


@pytest.mark.parametrize("circuit_id", SMALLEST)
def test_an_honest_witness_lies_inside_the_intervals(circuit_id: str, honest: dict[str, list[int]]) -> None:
    """The intervals are those of the circuit: every wire of a real witness is in its own."""
    system = whole(circuit_id)
    wires = honest[circuit_id]
    tracker = tracked_preset(circuit_id)[0]
    outside = []
    for wire, (low, high) in tracker.bounds.items():
        value = (wires[wire] << tracker.fraction_bits.get(wire, 0)) % SCALAR_MODULUS
        if not any(low <= v <= high for v in (value, value - SCALAR_MODULUS)):
            outside.append(system.names[wire])
    assert outside == []
