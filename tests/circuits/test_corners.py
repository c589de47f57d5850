# SPDX-License-Identifier: Apache-2.0
"""Corners: one minute to two years, 5 to 500 % vol, strikes at both ends, no, least and largest sizes, none to all positions.

What the model accepts the circuit accepts with the same public signals; what the model refuses, it refuses by name.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from oracle.errors import RiskOracleError
from oracle.statements.slice import SliceSize
from oracle.statements.statement import Statement
from prover.errors import ConstraintViolated
from prover.r1cs import decode_witness
from tests.circuits import equality
from tests.circuits.corners import ROWS, account_corners, slice_corners
from tests.circuits.equality import presets, resident, smallest_presets

WHOLE = "ZKRISK_CASES" in os.environ
"""The table of solvencies in full under ``make test-circuits``, else every fifth."""
SMALLEST = {presets()[circuit_id][0]: circuit_id for circuit_id in smallest_presets()}


@dataclass(frozen=True)
class Attempt:
    """How to make one case's statement, and whether the circuit must refuse what the model accepts."""

    make: Callable[[], Statement]
    out_of_reach: Callable[[], bool] = bool


def _run(circuit_id: str, attempts: Iterable[Attempt]) -> Counter[str]:
    """Accepted cases, cases beyond the final check, and refused ones by the error's name."""
    equality.build(circuit_id)
    calculator, _ = resident(circuit_id)
    outcomes: Counter[str] = Counter()
    for attempt in attempts:
        try:
            statement = attempt.make()
        except RiskOracleError as refused:
            outcomes[type(refused).__name__] += 1
            continue
        try:
            witness = calculator.calculate(statement.circuit_inputs())
        except ConstraintViolated:
            assert attempt.out_of_reach()
            outcomes["out of reach"] += 1
            continue
        assert decode_witness(witness[: 4 * equality.WORD])[1:] == statement.publics
        assert not attempt.out_of_reach()
        outcomes["accepted"] += 1
    return outcomes


def test_slices_of_every_tenor_vol_and_place_of_strikes_have_the_models_signals() -> None:
    circuit_id = SMALLEST["slice"]
    sizes = presets()[circuit_id][1]
    size = SliceSize(sizes["knots"], sizes["strikes"])
    corners = list(slice_corners(size))
    outcomes = _run(circuit_id, [Attempt(partial(corner.statement, size)) for corner in corners])
    assert outcomes == {"accepted": len(corners)}


def test_solvencies_of_every_tenor_vol_strike_and_size_have_the_models_signals() -> None:
    circuit_id = SMALLEST["solvency"]
    slots = presets()[circuit_id][1]["positions"]
    corners = list(account_corners(slots))[:: 1 if WHOLE else 5]
    outcomes = _run(circuit_id, [Attempt(partial(corner.solvency, slots), corner.out_of_reach) for corner in corners])
    assert outcomes["accepted"] >= 0.9 * len(corners)
    assert outcomes.keys() <= {"accepted", "out of reach", "MarginError", "ShockedVolTooHigh"}


def test_insolvencies_of_every_tenor_vol_strike_and_size_have_the_models_signals() -> None:
    circuit_id = SMALLEST["insolvency"]
    slots = presets()[circuit_id][1]["positions"]
    attempts = [
        Attempt(partial(corner.insolvency, slots, row))
        for corner, row in zip(account_corners(slots), cycle(ROWS), strict=False)
    ]
    outcomes = _run(circuit_id, attempts)
    assert outcomes["accepted"] >= 0.9 * len(attempts)
    assert outcomes.keys() <= {"accepted", "MarginError", "ShockedVolTooHigh"}
