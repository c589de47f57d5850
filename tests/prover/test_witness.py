# SPDX-License-Identifier: Apache-2.0
"""The witness generator as a shared library against the WebAssembly, which is the reference."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import pytest

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.build import build_source
from prover.errors import (
    ConstraintViolated,
    InvalidWitness,
    SignalOutOfField,
    UnknownSignal,
)
from prover.field import SCALAR_MODULUS
from prover.r1cs import decode_witness
from prover.sharedlib import SharedLibrary
from prover.witness import Inputs, WitnessCalculator

HALF = SCALAR_MODULUS // 2
BINARY = ("+", "-", "*", "&", "|", "^", "<", "<=", ">", ">=", "==", "!=", "&&", "||")
DIVISIONS = ("/", "\\", "%")
EDGES = [0, 1, 2, 7, 61, 62, 63, 64, 200, 253, 254, 255, 1 << 31, (1 << 62) - 1, 1 << 62, 1 << 63, 1 << 64]
EDGES += [(1 << 127) + 5, (1 << 128) - 1, (1 << 253) + 9, HALF - 1, HALF, HALF + 1]
EDGES += [SCALAR_MODULUS - 254, SCALAR_MODULUS - 3, SCALAR_MODULUS - (1 << 62), SCALAR_MODULUS - 1]
LONG = 7**89
CONSTANTS = [1 << 31, (1 << 62) - 1, 1 << 62, SCALAR_MODULUS - (1 << 62), SCALAR_MODULUS - (1 << 31), 1 << 63]
CONSTANTS += [(1 << 128) - 1, 1 << 128, SCALAR_MODULUS - (1 << 128), SCALAR_MODULUS - (1 << 100), HALF, LONG]
OPERATORS_SOURCE = """\
pragma circom 2.1.6;

template Operators() {
    signal input a;
    signal input b;
    signal output out[%d];
    signal output product <== a * b;
%s
}

component main = Operators();
"""


def _operators() -> str:
    divisor = "(b == 0 ? 1 : b)"
    plain = [f"a {operator} b" for operator in BINARY]
    plain += [f"a {operator} {divisor}" for operator in DIVISIONS]
    plain += ["a << b", "a >> b", "a ** b", "-a", "~a", "!a"]
    # The same with a product, which is kept in another form than an input.
    wide = [text.replace("a", "(a * a)", 1).replace("b", "(b * a)") for text in plain if "**" not in text]
    mixed = [text.replace("b", "(b * b * b)") for text in plain if "**" not in text]
    # And with constants, whose forms are chosen when the library is loaded; a product with a long one has a third form.
    fixed = [
        text.replace("b", str(constant))
        for constant in CONSTANTS
        for text in ("a + b", "a - b", "b * a", "b < a", "a & b")
    ]
    long = [text.replace("a", f"(a * {LONG})") for text in (*plain, *fixed[: 5 * 4]) if "**" not in text]
    lines = [*plain, *wide, *mixed, *fixed, *long]
    body = "\n".join(f"    out[{index}] <-- {text};" for index, text in enumerate(lines))
    return OPERATORS_SOURCE % (len(lines), body)


@pytest.fixture(scope="module")
def operators(root: Path, workshop: Path) -> Iterator[tuple[WitnessCalculator, WitnessCalculator]]:
    """A circuit of every operator, by shared library and by WebAssembly."""
    main = workshop / "operators.circom"
    main.write_text(_operators(), encoding="utf-8")
    artifact = build_source("operators", main, root, ArtifactStore(workshop / "operators"))
    library, wasm = WitnessCalculator.of(artifact), WitnessCalculator("operators", artifact.wasm)
    assert (library.kind, wasm.kind) == ("so", "wasm")
    yield library, wasm
    shutil.rmtree(workshop / "operators")


@pytest.fixture(scope="module")
def library(artifact: CircuitArtifact) -> WitnessCalculator:
    """The small circuit by its shared library."""
    calculator = WitnessCalculator.of(artifact)
    assert calculator.kind == "so"
    return calculator


@pytest.fixture(scope="module")
def wasm(artifact: CircuitArtifact) -> WitnessCalculator:
    """The small circuit by its WebAssembly."""
    return WitnessCalculator("small", artifact.wasm)


def test_every_operator_gives_the_webassemblys_words(
    operators: tuple[WitnessCalculator, WitnessCalculator],
) -> None:
    draw = random.Random(1)
    pairs = list(product(EDGES, EDGES)) + [
        (draw.getrandbits(draw.randint(1, 253)), draw.getrandbits(draw.randint(1, 253))) for _ in range(300)
    ]
    for a, b in pairs:
        ours, theirs = (decode_witness(calculator.calculate({"a": a, "b": b})) for calculator in operators)
        assert ours == theirs, (a, b, [i - 1 for i, (x, y) in enumerate(zip(ours, theirs, strict=True)) if x != y])


def test_random_inputs_give_the_webassemblys_bytes(library: WitnessCalculator, wasm: WitnessCalculator) -> None:
    draw = random.Random(2)
    for _ in range(50):
        inputs: Inputs = {"factors": [draw.getrandbits(16), draw.getrandbits(16)], "z": draw.randrange(SCALAR_MODULUS)}
        assert library.calculate(inputs) == wasm.calculate(inputs)


def test_chosen_wires_are_those_of_the_witness(
    library: WitnessCalculator, wasm: WitnessCalculator, inputs: Inputs
) -> None:
    witness = decode_witness(library.calculate(inputs))
    chosen = [3, 1, len(witness) - 1, 0, 3]
    for calculator in (library, wasm):
        assert calculator.values(inputs, chosen) == [witness[wire] for wire in chosen]
        assert calculator.values(inputs, []) == []
        for wire in (-1, len(witness)):
            with pytest.raises(InvalidWitness):
                calculator.values(inputs, [0, wire])


def test_a_broken_rule_raises_constraint_violated_with_template_and_line(
    library: WitnessCalculator, wasm: WitnessCalculator, inputs: Inputs, capfd: pytest.CaptureFixture[str]
) -> None:
    for calculator in (library, wasm):
        with pytest.raises(ConstraintViolated, match=r"ToBits.* line:? \d+"):
            calculator.calculate({"factors": [1 << 16, 1], "z": 7})
    with pytest.raises(ConstraintViolated, match=r"main\.bits\[1\]"):
        library.calculate({"factors": [1, 1 << 16], "z": 7})
    assert capfd.readouterr() == ("", "")
    assert library.calculate(inputs) == wasm.calculate(inputs)


@pytest.mark.parametrize(
    "inputs",
    [
        {"factors": [3, 5]},
        {"factors": [3], "z": 7},
        {"factors": [3, 5, 6], "z": 7},
        {"factors": [3, 5], "z": 7, "w": 1},
    ],
    ids=["missing", "too few", "too many", "unknown"],
)
def test_inputs_of_another_shape_raise_unknown_signal_either_way(
    library: WitnessCalculator, wasm: WitnessCalculator, inputs: Inputs
) -> None:
    for calculator in (library, wasm):
        with pytest.raises(UnknownSignal):
            calculator.calculate(inputs)


def test_the_library_itself_refuses_what_python_would(artifact: CircuitArtifact) -> None:
    generator = SharedLibrary("small", artifact.so)
    with pytest.raises(UnknownSignal, match="not below r"):
        generator.calculate([("factors", [3, SCALAR_MODULUS]), ("z", [7])])
    with pytest.raises(UnknownSignal, match="twice"):
        generator.calculate([("factors", [3, 5]), ("factors", [3, 5])])
    with pytest.raises(SignalOutOfField):
        WitnessCalculator.of(artifact).calculate({"factors": [3, SCALAR_MODULUS], "z": 7})


def test_threads_calculate_at_once_each_its_own_witness(library: WitnessCalculator, wasm: WitnessCalculator) -> None:
    barrier = threading.Barrier(6)

    def calculate(seed: int) -> list[bytes | None]:
        barrier.wait()
        found: list[bytes | None] = []
        for step in range(100):
            try:
                found.append(library.calculate({"factors": [seed, step << (step % 13)], "z": seed + step}))
            except ConstraintViolated:
                found.append(None)
        return found

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(calculate, range(6)))
    assert any(None in result for result in results)
    for seed, result in enumerate(results):
        for step in (0, 7, 50, 99):
            factors = [seed, step << (step % 13)]
            if result[step] is not None:
                assert result[step] == wasm.calculate({"factors": factors, "z": seed + step})


def test_a_division_by_zero_is_refused_and_the_process_lives(root: Path, workshop: Path) -> None:
    main = workshop / "division.circom"
    main.write_text(
        "pragma circom 2.1.6;\ntemplate D() { signal input a; signal output b; b <-- 7 \\ a; signal c <== a * a; }\n"
        "component main = D();\n"
    )
    calculator = WitnessCalculator.of(build_source("division", main, root, ArtifactStore(workshop / "division")))
    assert decode_witness(calculator.calculate({"a": 2}))[1] == 3
    with pytest.raises(ConstraintViolated, match="division by zero"):
        calculator.calculate({"a": 0})
    shutil.rmtree(workshop / "division")


def test_what_a_template_logs_is_dropped(root: Path, workshop: Path, capfd: pytest.CaptureFixture[str]) -> None:
    main = workshop / "logging.circom"
    main.write_text(
        'pragma circom 2.1.6;\ntemplate L() { signal input a; signal output b; log("a is", a); b <== a * a; }\n'
        "component main = L();\n"
    )
    calculator = WitnessCalculator.of(build_source("logging", main, root, ArtifactStore(workshop / "logging")))
    assert (calculator.kind, calculator.values({"a": 3}, [1])) == ("so", [9])
    assert capfd.readouterr() == ("", "")
    shutil.rmtree(workshop / "logging")
