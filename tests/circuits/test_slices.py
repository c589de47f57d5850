# SPDX-License-Identifier: Apache-2.0
"""Slices of simulated markets: every published number is the same in the circuit and in the model."""

from __future__ import annotations

import pytest

from oracle.model.black76 import black76
from oracle.model.slice import squared_error
from oracle.statements.slice import knots_digest
from prover.poseidon import poseidon_chain
from tests.circuits.conftest import SIZE, Case
from tests.circuits.support import Product, signed
from tests.soundness.statements import whole


def test_the_markets_give_twenty_slices_calm_and_crash_with_and_without_claims(slices: list[Case]) -> None:
    assert len(slices) >= 20
    claims = {(case.earlier is not None, case.later is not None) for case in slices}
    assert claims == {(False, False), (True, False), (False, True), (True, True)}
    assert {case.market for case in slices} == {"BTC-USD", "ETH-USD"}
    assert {len(case.witness.values.strikes) for case in slices} >= {12, 16}


def test_publics_of_every_slice_are_those_of_the_statement(slice_product: Product, slices: list[Case]) -> None:
    for case in slices:
        wires = slice_product.wires(case.statement)
        assert wires[1:4] == case.statement.publics
        for i, strike in enumerate(case.witness.values.strikes):
            core = black76(strike.ln_strike_q48 - case.witness.values.ln_forward_q48, strike.total_vol_q32)
            assert signed(slice_product.circuit.value(wires, f"strike[{i}].black.d1")) == core.d1_q34
            assert slice_product.circuit.value(wires, f"strike[{i}].black.cdf_d2") == core.cdf_d2


def test_every_inner_number_of_a_slice_is_that_of_the_model(slices: list[Case]) -> None:
    circuit = whole("slice_32_16").circuit
    for case in slices:
        wires = circuit.wires(case.statement.circuit_inputs())

        def value(signal: str, wires: list[int] = wires) -> int:
            return circuit.value(wires, signal)

        own, values = case.witness.density, case.witness.values
        for j in range(SIZE.knots):
            assert value(f"own.knots_ticks[{j}]") == own.knots_ticks[j]
            assert value(f"own.survival_q53[{j}]") == own.survival_q53[j]
            assert value(f"own.call_q53[{j}]") == own.call_q53[j]
        assert value("own.mean_q53") == own.mean_q53
        assert value("own.digest") == knots_digest(own) == case.statement.d[1]
        squares = sum(value(f"strike[{i}].squared_error") for i in range(SIZE.strikes))
        assert squares == squared_error(own, case.witness.snapshot)
        words = [value(f"strike[{i}].{word}") for i in range(SIZE.strikes) for word in ("cdf_d1", "pdf_d1")]
        assert words == case.witness.greeks_words
        assert poseidon_chain(words) == case.statement.d[4]
        used = [(s.cdf_d1, s.pdf_d1) for s in values.strikes]
        assert list(zip(words[0::2], words[1::2], strict=True))[: len(used)] == used
        for side, neighbour in enumerate((case.earlier, case.later)):
            expected = knots_digest(neighbour) if neighbour else 0
            assert value(f"neighbours.claimed_digest[{side}]") == case.statement.d[2 + side] == expected


@pytest.mark.parametrize("signal", ["digest", "y"])
def test_another_challenge_keeps_the_digest_and_moves_y(slice_product: Product, claimed: Case, signal: str) -> None:
    inputs = claimed.statement.circuit_inputs()
    other = slice_product.circuit.wires({**inputs, "z": inputs["z"] + 1})
    honest = slice_product.wires(claimed.statement)
    same = slice_product.circuit.value(other, signal) == slice_product.circuit.value(honest, signal)
    assert same is (signal == "digest")
