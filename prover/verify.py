# SPDX-License-Identifier: Apache-2.0
"""Three verifiers of the same statement: the compiled one, a pure-Python one, and snarkjs as the reference.

All of them refuse by raising InvalidProof, so that a refusal cannot be overlooked.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from prover.errors import CorruptKey, InvalidProof, ToolMissing
from prover.field import SCALAR_MODULUS
from prover.nativelib import native_available, require_native, translated
from prover.proof import G1, G2, Proof
from prover.tools import node_command
from prover.vkey import VerificationKey

_PAIRING_RULE = "the pairing equation does not hold"
_SNARKJS_TIMEOUT_S = 120


def verify(proof: Proof, vkey: VerificationKey) -> None:
    """Check `proof` against `vkey` (milliseconds; about a second without the compiled module).

    Raises InvalidProof for a wrong number of public signals, a point off its curve or subgroup, or a false proof;
    CorruptKey for an unsafe key.
    """
    if not native_available():
        verify_independent(proof, vkey)
        return
    _require_count(proof, vkey)
    with translated("proof", proof.circuit):
        holds = require_native().verify(vkey.text, list(proof.publics), proof.a, proof.b, proof.c)
    if not holds:
        raise InvalidProof("proof", proof.circuit, _PAIRING_RULE)


def verify_batch(proofs: Sequence[Proof], vkey: VerificationKey) -> None:
    """`verify` of many proofs of one circuit at once, about three times faster than one by one from ten on.

    Their equations are combined with random 128-bit coefficients: a false proof goes unseen with a chance of 2^-128.
    Raises InvalidProof naming the first false proof by its index, else as `verify` does. No proofs are no failure.
    """
    for proof in proofs:
        _require_count(proof, vkey)
    if proofs and native_available():
        claims = [(list(proof.publics), proof.a, proof.b, proof.c) for proof in proofs]
        with translated("proofs", len(proofs)):
            if require_native().verify_batch(vkey.text, claims):
                return
    for index, proof in enumerate(proofs):
        try:
            verify(proof, vkey)
        except InvalidProof as error:
            raise InvalidProof(f"proofs[{index}]", error.value, error.rule) from error


def verify_independent(proof: Proof, vkey: VerificationKey) -> None:
    """`verify` by py-ecc alone: no code in common with the prover. About a second. Raises as `verify` does."""
    bn128: Any = import_module("py_ecc.optimized_bn128")
    _require_count(proof, vkey)
    a, c, alpha = (_to_g1(bn128, name, point) for name, point in _g1_points(proof, vkey))
    b, beta, gamma, delta = (_to_g2(bn128, name, point) for name, point in _g2_points(proof, vkey))
    ic = [_to_g1(bn128, f"IC[{index}]", point) for index, point in enumerate(vkey.ic)]
    total = ic[0]
    for signal, point in zip(proof.publics, ic[1:], strict=True):
        total = bn128.add(total, bn128.multiply(point, signal))
    product = bn128.FQ12.one()
    for g2, g1 in ((b, bn128.neg(a)), (beta, alpha), (gamma, total), (delta, c)):
        product *= bn128.pairing(g2, g1, final_exponentiate=False)
    if bn128.final_exponentiate(product) != bn128.FQ12.one():
        raise InvalidProof("proof", proof.circuit, _PAIRING_RULE)


def verify_snarkjs(proof: Proof, vkey: VerificationKey, root: Path) -> None:
    """`verify` by snarkjs from `root`/node_modules, in a subprocess. Raises InvalidProof or ToolMissing."""
    command = node_command(root, "snarkjs", "build/cli.cjs")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("vkey.json", "public.json", "proof.json")]
        texts = (vkey.text, json.dumps(proof.publics_to_snarkjs()), json.dumps(proof.to_snarkjs()))
        for path, text in zip(files, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        arguments = [*command, "groth16", "verify", *map(str, files)]
        try:
            outcome = subprocess.run(arguments, capture_output=True, text=True, timeout=_SNARKJS_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise ToolMissing("snarkjs", _SNARKJS_TIMEOUT_S, "does not answer in time (seconds)") from error
    if outcome.returncode != 0 or "OK!" not in outcome.stdout:
        raise InvalidProof("proof", proof.circuit, f"snarkjs: {outcome.stdout.strip() or outcome.stderr.strip()}")


def _require_count(proof: Proof, vkey: VerificationKey) -> None:
    if len(proof.publics) != vkey.n_public:
        raise InvalidProof("publics", len(proof.publics), f"the key expects {vkey.n_public} public signals")


def _g1_points(proof: Proof, vkey: VerificationKey) -> tuple[tuple[str, G1], ...]:
    return ("a", proof.a), ("c", proof.c), ("vk_alpha_1", vkey.alpha_g1)


def _g2_points(proof: Proof, vkey: VerificationKey) -> tuple[tuple[str, G2], ...]:
    return (
        ("b", proof.b),
        ("vk_beta_2", vkey.beta_g2),
        ("vk_gamma_2", vkey.gamma_g2),
        ("vk_delta_2", vkey.delta_g2),
    )


def _refusal(name: str, value: object, rule: str) -> InvalidProof | CorruptKey:
    return (InvalidProof if name in ("a", "b", "c") else CorruptKey)(name, value, rule)


def _to_g1(bn128: Any, name: str, point: G1) -> Any:
    projective = (bn128.FQ(point[0]), bn128.FQ(point[1]), bn128.FQ.one())
    if not bn128.is_on_curve(projective, bn128.b):
        raise _refusal(name, point, "is not on the curve")
    return projective


def _to_g2(bn128: Any, name: str, point: G2) -> Any:
    projective = (bn128.FQ2(list(point[0])), bn128.FQ2(list(point[1])), bn128.FQ2.one())
    if not bn128.is_on_curve(projective, bn128.b2):
        raise _refusal(name, point, "is not on the curve")
    if not bn128.is_inf(bn128.multiply(projective, SCALAR_MODULUS)):
        raise _refusal(name, point, "is not in the subgroup of order r")
    return projective
