# SPDX-License-Identifier: Apache-2.0
"""A constraint system with every signal a wire: wires by name and template, equal wires merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from prover.field import SCALAR_MODULUS
from prover.r1cs import R1cs, read_symbols
from prover.witness import WitnessCalculator
from tests.circuits.support import Circuit, compile_main
from tests.soundness.circom import Program, main_template, parse

Linear = tuple[tuple[int, int], ...]
"""(wire, signed coefficient of least size)."""


def _signed(terms: Linear) -> Linear:
    half = SCALAR_MODULUS // 2
    return tuple((wire, c - SCALAR_MODULUS if c > half else c) for wire, c in terms)


def merged(terms: Linear, root: list[int]) -> Linear:
    """Terms over the representatives of the classes, coefficients added."""
    sums: dict[int, int] = {}
    for wire, coefficient in terms:
        sums[root[wire]] = sums.get(root[wire], 0) + coefficient
    return tuple((wire, c) for wire, c in sums.items() if c)


@dataclass(frozen=True)
class System:
    """One compiled instance without any simplification."""

    name: str
    main: str
    program: Program
    r1cs: R1cs
    circuit: Circuit

    @cached_property
    def names(self) -> list[str]:
        """Full signal name of each wire; the constant wire is ``one``."""
        names = ["one"] * self.r1cs.header.n_wires
        for name, wire in self.circuit.symbols.items():
            names[wire] = name
        return names

    @cached_property
    def kinds(self) -> list[tuple[str, str]]:
        """Template and signal of each wire."""
        return [("", "one"), *(self.program.locate(self.main, name) for name in self.names[1:])]

    @cached_property
    def root(self) -> list[int]:
        """Representative of each wire's class under the constraints that say that two wires are equal."""
        root = list(range(self.r1cs.header.n_wires))

        def find(wire: int) -> int:
            while root[wire] != wire:
                root[wire] = root[root[wire]]
                wire = root[wire]
            return wire

        for a, b, c in self.r1cs.constraints:
            if (a and b) or len(c) != 2 or 0 in (c[0][0], c[1][0]) or (c[0][1] + c[1][1]) % SCALAR_MODULUS:
                continue
            one, other = sorted((find(c[0][0]), find(c[1][0])))
            root[other] = one
        return [find(wire) for wire in range(len(root))]

    @cached_property
    def members(self) -> dict[int, list[int]]:
        """Wires of each class by representative."""
        members: dict[int, list[int]] = {}
        for wire, representative in enumerate(self.root):
            members.setdefault(representative, []).append(wire)
        return members

    @cached_property
    def aliases(self) -> dict[int, frozenset[tuple[str, str]]]:
        """Templates and signals of each class by representative."""
        return {root: frozenset(self.kinds[wire] for wire in wires) for root, wires in self.members.items()}

    @cached_property
    def equations(self) -> list[tuple[Linear, Linear, Linear]]:
        """(A, B, C) of A B = C over representatives with signed coefficients; what merging made trivial is left out."""
        root = self.root
        found = []
        for a, b, c in self.r1cs.constraints:
            left, right, output = (merged(_signed(terms), root) for terms in (a, b, c))
            if (left and right) or output:
                found.append((left, right, output) if left and right else ((), (), output))
        return found


def system_of(name: str, files: Mapping[str, str], main: str) -> System:
    """Compile `main` over ``files`` without simplification."""
    folder = compile_main(f"whole_{name}", files, main, ("--wasm", "--r1cs", "--O0"))
    stem = f"whole_{name}"
    circuit = Circuit(
        name, WitnessCalculator(name, folder / f"{stem}_js" / f"{stem}.wasm"), read_symbols(folder / f"{stem}.sym")
    )
    return System(name, main_template(main), parse(files), R1cs.load(folder / f"{stem}.r1cs"), circuit)
