# SPDX-License-Identifier: Apache-2.0
"""The Poseidon template of the product gives the digests of circomlib's template and of the Python function."""

from __future__ import annotations

import random

import pytest

from oracle.registry.tables import POSEIDON_WIDTHS
from prover.field import SCALAR_MODULUS
from prover.poseidon import poseidon, poseidon_chain
from tests.circuits.support import Circuit, circuit_of, sources

ARITIES = [width - 1 for width in POSEIDON_WIDTHS]
CIRCOMLIB = (2, 5)
CHAINS = (5, 19, 32)


def _main() -> str:
    ours = "\n".join(
        f"    component ours_{n} = Poseidon({n}); for (var i = 0; i < {n}; i++) {{ ours_{n}.in[i] <== in[i]; }}"
        f" digest[{k}] <== ours_{n}.out;"
        for k, n in enumerate(ARITIES)
    )
    chains = "\n".join(
        f"    component chain_{n} = PoseidonChain({n}); for (var i = 0; i < {n}; i++) {{ chain_{n}.in[i] <== in[i]; }}"
        f" chained[{k}] <== chain_{n}.out;"
        for k, n in enumerate(CHAINS)
    )
    return (
        'pragma circom 2.1.6;\ninclude "lib/poseidon.circom";\n'
        f"template All() {{\n    signal input in[32];\n    signal output digest[{len(ARITIES)}];\n"
        f"    signal output chained[{len(CHAINS)}];\n{ours}\n{chains}\n}}\ncomponent main = All();\n"
    )


def _circomlib_main() -> str:
    body = "\n".join(
        f"    component theirs_{n} = Poseidon({n}); for (var i = 0; i < {n}; i++) {{ theirs_{n}.inputs[i] <== in[i]; }}"
        f" digest[{k}] <== theirs_{n}.out;"
        for k, n in enumerate(CIRCOMLIB)
    )
    return (
        'pragma circom 2.1.6;\ninclude "circomlib/circuits/poseidon.circom";\n'
        f"template All() {{\n    signal input in[16];\n    signal output digest[{len(CIRCOMLIB)}];\n{body}\n}}\n"
        "component main = All();\n"
    )


@pytest.fixture(scope="module")
def ours() -> Circuit:
    return circuit_of("poseidon", sources(), _main())


@pytest.fixture(scope="module")
def theirs() -> Circuit:
    return circuit_of("poseidon_circomlib", {}, _circomlib_main())


def vectors(size: int) -> list[list[int]]:
    draw = random.Random(size)
    return [[0] * size, [SCALAR_MODULUS - 1] * size, [draw.randrange(SCALAR_MODULUS) for _ in range(size)]]


def test_every_width_gives_the_digest_of_the_python_function(ours: Circuit) -> None:
    for values in vectors(32):
        wires = ours.wires({"in": values})
        for k, n in enumerate(ARITIES):
            assert ours.value(wires, f"digest[{k}]") == poseidon(values[:n])


def test_chains_of_the_product_give_the_digest_of_the_python_function(ours: Circuit) -> None:
    for values in vectors(32):
        wires = ours.wires({"in": values})
        for k, n in enumerate(CHAINS):
            assert ours.value(wires, f"chained[{k}]") == poseidon_chain(values[:n])


def test_circomlib_gives_the_same_digests(ours: Circuit, theirs: Circuit) -> None:
    for values in vectors(32):
        own, other = ours.wires({"in": values}), theirs.wires({"in": values[:16]})
        for k, n in enumerate(CIRCOMLIB):
            assert theirs.value(other, f"digest[{k}]") == ours.value(own, f"digest[{ARITIES.index(n)}]")


def test_a_width_without_constants_does_not_compile() -> None:
    main = 'pragma circom 2.1.6;\ninclude "lib/poseidon.circom";\ncomponent main = Poseidon(8);\n'
    assert 8 not in ARITIES
    with pytest.raises(RuntimeError, match="assert"):
        circuit_of("poseidon_8", sources(), main)
