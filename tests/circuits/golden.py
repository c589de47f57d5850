# SPDX-License-Identifier: Apache-2.0
"""Golden vectors of every statement, from the generators of random cases; the format is in tests/vectors/README.md."""

from __future__ import annotations

from typing import Any

from prover.challenge import challenge, evaluate
from prover.poseidon import poseidon_chain
from tests.circuits.equality import presets, smallest_presets
from tests.circuits.generators import GENERATORS

SMALL_CASES, OTHER_CASES, EXPECTED = 4, 1, 80
FIRST_SEED = 20_261_121


def case_of(circuit_id: str, seed: int) -> dict[str, Any]:
    """One case: everything that a reader needs to replay it without the generator."""
    template, sizes = presets()[circuit_id]
    case = GENERATORS[template](sizes, seed)
    statement, inner = case.statement, list(case.inner.items())
    digest, y, z = statement.publics
    return {
        "circuit_id": circuit_id,
        "seed": seed,
        "domain": statement.domain,
        "inputs": statement.inputs,
        "data": list(statement.d),
        "digest": digest,
        "y": y,
        "z": z,
        "expected": dict(inner[:EXPECTED] + inner[-EXPECTED:]),
    }


def golden() -> dict[str, dict[str, Any]]:
    """File name to content: one file a template, every preset in it."""
    smallest, files = smallest_presets(), {}
    for template in GENERATORS:
        ids = [circuit_id for circuit_id, (name, _) in presets().items() if name == template]
        counts = {circuit_id: SMALL_CASES if circuit_id in smallest else OTHER_CASES for circuit_id in ids}
        cases = [case_of(circuit_id, FIRST_SEED + i) for circuit_id, count in counts.items() for i in range(count)]
        files[f"statement_{template}.json"] = {
            "statement": template,
            "circuit_ids": [case["circuit_id"] for case in cases],
            "cases": cases,
        }
    return files


def signals_of(domain: bytes, data: list[int]) -> list[int]:
    """[digest, y, z] of a data vector, as a verifier computes them."""
    digest = poseidon_chain(data)
    z = challenge(domain, data, digest)
    return [digest, evaluate(data, z), z]
