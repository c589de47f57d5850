# SPDX-License-Identifier: Apache-2.0
"""Many proofs at once: made from several threads, verified together."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest

from prover.errors import InvalidProof, ProofCancelled
from prover.field import SCALAR_MODULUS
from prover.poseidon import poseidon
from prover.proof import Proof
from prover.prove import Prover, Stage
from prover.verify import verify, verify_batch
from prover.vkey import VerificationKey
from prover.witness import Inputs


@pytest.fixture(scope="module")
def proofs(prover: Prover) -> list[Proof]:
    """Two hundred proofs from four threads."""
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(lambda a: prover.prove("small", {"factors": [a, 3], "z": 9}), range(200)))


def test_two_hundred_proofs_from_four_threads_all_verify(proofs: Sequence[Proof], vkey: VerificationKey) -> None:
    for a, proof in enumerate(proofs):
        assert proof.publics == (poseidon([a, 3 * a]), a + 27 * a, 9)
        verify(proof, vkey)
    verify_batch(proofs, vkey)


def test_one_false_proof_among_many_is_named(proofs: Sequence[Proof], vkey: VerificationKey) -> None:
    digest, y, z = proofs[17].publics
    false = replace(proofs[17], publics=(digest, (y + 1) % SCALAR_MODULUS, z))
    with pytest.raises(InvalidProof, match=r"proofs\[17\]"):
        verify_batch([*proofs[:17], false, *proofs[18:]], vkey)


def test_two_false_proofs_whose_errors_cancel_are_refused(proofs: Sequence[Proof], vkey: VerificationKey) -> None:
    first, second = proofs[0], proofs[1]
    swapped = [replace(first, c=second.c), replace(second, c=first.c)]
    with pytest.raises(InvalidProof, match=r"proofs\[0\]"):
        verify_batch(swapped, vkey)


def test_a_proof_with_a_point_off_its_curve_or_a_wrong_count_is_refused_in_a_batch(
    proofs: Sequence[Proof], vkey: VerificationKey
) -> None:
    off_curve = replace(proofs[0], a=(proofs[0].a[0], proofs[0].a[1] + 1))
    with pytest.raises(InvalidProof):
        verify_batch([proofs[1], off_curve], vkey)
    with pytest.raises(InvalidProof, match="3 public signals"):
        verify_batch([proofs[1], replace(proofs[0], publics=(1, 2))], vkey)


def test_a_batch_is_verified_without_the_compiled_module(
    monkeypatch: pytest.MonkeyPatch, proofs: Sequence[Proof], vkey: VerificationKey
) -> None:
    monkeypatch.setitem(sys.modules, "zkrisk_native", None)
    verify_batch(proofs[:1], vkey)
    with pytest.raises(InvalidProof, match=r"proofs\[0\]"):
        verify_batch([replace(proofs[0], c=proofs[1].c)], vkey)


def test_a_caller_hears_of_every_stage_in_order(prover: Prover, inputs: Inputs) -> None:
    heard: list[Stage] = []
    prover.prove("small", inputs, heard.append)
    assert heard == ["keys", "witness", "proof"]


@pytest.mark.parametrize("last", ["keys", "witness"])
def test_work_withdrawn_in_a_stage_ends_before_the_next(prover: Prover, inputs: Inputs, last: Stage) -> None:
    cancelled, heard = Event(), list[Stage]()

    def progress(stage: Stage) -> None:
        heard.append(stage)
        if stage == last:
            cancelled.set()

    with pytest.raises(ProofCancelled):
        prover.prove("small", inputs, progress, cancelled)
    assert heard[-1] == last
