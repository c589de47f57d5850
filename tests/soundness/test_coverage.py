# SPDX-License-Identifier: Apache-2.0
"""Every hint and every output of every template that a statement instantiates is shifted, with all dependents recomputed.

Which classes there are is read from the sources. A class counts as covered when its sites were shifted and every shift was refused
or, for a hint that docs/spec/statement.md documents as free, left the public signals as they were.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from oracle.statements.statement import Statement
from prover.errors import ConstraintViolated
from prover.field import SCALAR_MODULUS
from tests.circuits.support import sources
from tests.soundness.circom import parse
from tests.soundness.coverage import Coverage
from tests.soundness.hint_table import free_hints, hint_table
from tests.soundness.statements import STATEMENTS, smallest, templates_of
from tests.soundness.tampering import Site, Tampered, spread, statements_of

SITES = 3
FAST_SITES = {"slice": 1}
"""Of a statement whose witnesses take long; `test_every_class_is_shifted_at_its_first_middle_and_last_site` has the others."""


def shifts(site: Site, values: list[int]) -> Iterator[int]:
    """1 and -1, a power of two and its negative, a random element, and what turns the signal's values x into r - x."""
    draw = random.Random(f"{site.component}.{site.signal}.{site.place}")
    power = 1 << draw.randrange(1, 253)
    yield from (1, -1, power, -power, draw.randrange(SCALAR_MODULUS))
    yield from {-2 * value for value in values if value}


def values_of(circuit: Tampered, wires: list[int], site: Site) -> list[int]:
    """Honest values of a few elements of the site's signal."""
    stem = f"{site.component}.{site.signal}"
    symbols = circuit.circuit.symbols
    places = [symbols[name] for name in (stem, *(f"{stem}[{i}]" for i in range(3))) if name in symbols]
    return sorted({wires[place] for place in places})


def publics(circuit: Tampered, wires: list[int]) -> list[int]:
    """Public signals of a witness."""
    return [circuit.circuit.value(wires, name) for name in ("digest", "y", "z")]


def harmful(circuit: Tampered, statement: Statement, sites: list[Site]) -> list[tuple[Site, int]]:
    """Accepted shifts that no line of the documented table covers, or that publish something else."""
    inputs = statement.circuit_inputs()
    wires, free = circuit.wires(inputs), free_hints()
    found = []
    for site in sites:
        for shift in shifts(site, values_of(circuit, wires, site)):
            try:
                other = circuit.wires(inputs, site, shift)
            except ConstraintViolated:
                continue
            if site.kind not in free or publics(circuit, other) != publics(circuit, wires):
                found.append((site, shift))
    return found


def test_the_documented_hints_are_those_of_the_sources() -> None:
    statements = statements_of(parse(sources()))
    written = {(template, s.signal) for template, found in statements.items() for s in found if s.hint}
    assert set(hint_table()) == written


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_class_of_hints_and_outputs_is_shifted(
    name: str, tampered_circuits: dict[str, Tampered], cases: dict[str, list[Statement]], coverage: Coverage
) -> None:
    circuit, statement = tampered_circuits[name], cases[name][0]
    sites = spread(circuit.sites(statement.circuit_inputs()), FAST_SITES.get(name, SITES))
    assert publics(circuit, circuit.wires(statement.circuit_inputs())) == statement.publics
    assert harmful(circuit, statement, sites) == []
    shifted = {site.kind for site in sites}
    hints, outputs = circuit.kinds(hint=True), circuit.kinds(hint=False)
    coverage.note(
        name, hints=[len(hints & shifted), len(hints)], outputs=[len(outputs & shifted), len(outputs)], sites=len(sites)
    )
    assert hints | outputs == shifted


@pytest.mark.full
@pytest.mark.parametrize("name", FAST_SITES)
def test_every_class_is_shifted_at_its_first_middle_and_last_site(
    name: str, tampered_circuits: dict[str, Tampered], cases: dict[str, list[Statement]]
) -> None:
    circuit = tampered_circuits[name]
    for statement in cases[name]:
        assert harmful(circuit, statement, spread(circuit.sites(statement.circuit_inputs()), SITES)) == []


@pytest.mark.full
@pytest.mark.parametrize("name", STATEMENTS)
def test_every_site_is_shifted(
    name: str, tampered_circuits: dict[str, Tampered], cases: dict[str, list[Statement]], coverage: Coverage
) -> None:
    circuit, statement = tampered_circuits[name], cases[name][0]
    inputs = statement.circuit_inputs()
    sites, free = circuit.sites(inputs), free_hints()
    accepted = [site for site in sites if any(circuit.accepts(inputs, site, shift) for shift in (1, -1))]
    assert {site.kind for site in accepted} <= free
    coverage.note(name, all_sites=[len(sites), len(sites)])


def test_every_template_of_the_sources_is_part_of_a_statement() -> None:
    """A template that no statement instantiates would be covered by nobody."""
    used = {template for name in STATEMENTS for template in templates_of(smallest(name))}
    assert used == set(parse(sources()).templates)
