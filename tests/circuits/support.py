# SPDX-License-Identifier: Apache-2.0
"""Test circuits: compiled below build/, kept by the hash of their sources, run with named inputs."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle.statements.statement import Statement
from prover.errors import ConstraintViolated
from prover.field import SCALAR_MODULUS
from prover.r1cs import R1cs, decode_witness, read_symbols
from prover.tools import node_command
from prover.witness import WitnessCalculator

ROOT = Path(__file__).resolve().parents[2]
CIRCUITS = ROOT / "circuits"
STORE = ROOT / "build" / "test_circuits"
DOMAIN = b"\x07" * 32


def field(value: int) -> int:
    """A signed integer as a field element."""
    return value % SCALAR_MODULUS


def signed(value: int) -> int:
    """A field element as the integer of least size."""
    return value - SCALAR_MODULUS if value > SCALAR_MODULUS // 2 else value


def sources() -> dict[str, str]:
    """Every circom source by its path below circuits/."""
    return {p.relative_to(CIRCUITS).as_posix(): p.read_text() for p in sorted(CIRCUITS.rglob("*.circom"))}


@dataclass(frozen=True)
class Circuit:
    """A compiled circuit: witness generator and wire by signal name."""

    name: str
    calculator: WitnessCalculator
    symbols: Mapping[str, int]

    def wires(self, inputs: Mapping[str, Any]) -> list[int]:
        """All wires. Raises ConstraintViolated where the inputs do not satisfy the circuit."""
        return decode_witness(self.calculator.calculate(inputs))

    def accepts(self, inputs: Mapping[str, Any]) -> bool:
        """Whether a witness exists with the circuit's own hints."""
        try:
            self.calculator.calculate(inputs)
        except ConstraintViolated:
            return False
        return True

    def value(self, wires: list[int], signal: str) -> int:
        """One signal of a witness."""
        return wires[self.symbols[f"main.{signal}"]]


@dataclass(frozen=True)
class Product:
    """A circuit with its constraint system."""

    circuit: Circuit
    r1cs: R1cs

    def wires(self, statement: Statement) -> list[int]:
        """Witness of a statement."""
        return self.circuit.wires(statement.circuit_inputs())


def broken_rules(error: ConstraintViolated) -> list[str]:
    """Source lines, innermost first, that a refusal names."""
    files = [text.splitlines() for text in sources().values()]
    rules = []
    for template, line in re.findall(r"in template (\w+)_\d+ line: (\d+)", str(error)):
        head = f"template {template}("
        # a template of the test's own main is in no source
        text = next((lines for lines in files if any(row.startswith(head) for row in lines)), None)
        if text is not None:
            rules.append(text[int(line) - 1].strip())
    return rules


def compile_main(name: str, files: Mapping[str, str], main: str, options: Sequence[str] = ("--wasm", "--O0")) -> Path:
    """Folder with what the compiler makes of `main`, which includes from ``files``; compiled once per content."""
    content = {**files, f"{name}.circom": main}
    digest = hashlib.sha256(repr((sorted(content.items()), options)).encode()).hexdigest()[:16]
    folder = STORE / f"{name}-{digest}"
    if not folder.is_dir():
        STORE.mkdir(parents=True, exist_ok=True)
        for stale in STORE.glob(f"{name}-*"):
            shutil.rmtree(stale)
        with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=STORE) as workshop:
            fresh = Path(workshop, "new")
            for path, text in content.items():
                target = fresh / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
            relative = fresh.relative_to(ROOT)
            command = [*node_command(ROOT, "circom2", "cli.js"), str(relative / f"{name}.circom")]
            command += [*options, "--sym", "-l", "node_modules", "-o", str(relative)]
            outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
            if outcome.returncode:
                raise RuntimeError(f"{name}: {outcome.stdout}{outcome.stderr}")
            fresh.rename(folder)
    return folder


def circuit_of(name: str, files: Mapping[str, str], main: str) -> Circuit:
    """A witness generator of `main` with every signal a wire."""
    folder = compile_main(name, files, main)
    return _circuit(name, folder)


def product_of(name: str, files: Mapping[str, str], main: str) -> Product:
    """`main` optimised as the circuits of the product are, with its constraint system."""
    folder = compile_main(name, files, main, ("--wasm", "--r1cs", "--O2"))
    return Product(_circuit(name, folder), R1cs.load(folder / f"{name}.r1cs"))


def _circuit(name: str, folder: Path) -> Circuit:
    wasm = folder / f"{name}_js" / f"{name}.wasm"
    return Circuit(name, WitnessCalculator(name, wasm), read_symbols(folder / f"{name}.sym"))


def with_field(statement: Statement, name: str, value: int, *index: int) -> dict[str, Any]:
    """Inputs of a statement with one element of one signal replaced."""
    inputs = statement.circuit_inputs()
    if not index:
        return {**inputs, name: value}
    changed = _copy(inputs[name])
    inner = changed
    for i in index[:-1]:
        inner = inner[i]
    inner[index[-1]] = value
    return {**inputs, name: changed}


def _copy(value: Any) -> Any:
    return [_copy(item) for item in value] if isinstance(value, list) else value
