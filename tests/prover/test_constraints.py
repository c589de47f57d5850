# SPDX-License-Identifier: Apache-2.0
"""Constraints by kind: bits, small coefficients, full ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.build import build_source
from prover.constraints import ConstraintKinds, count_kinds
from prover.field import SCALAR_MODULUS as R
from prover.r1cs import Constraint

BIT, OTHER, SCALE = 5, 6, 1 << 200
BITS: tuple[Constraint, ...] = (
    (((BIT, 1),), ((BIT, 1), (0, R - 1)), ()),
    (((BIT, R - 1),), ((BIT, 1), (0, R - 1)), ()),
    (((BIT, 1),), ((BIT, 1),), ((BIT, 1),)),
    (((BIT, SCALE), (0, R - SCALE)), ((BIT, 3),), ()),
)
SMALL: tuple[Constraint, ...] = (
    (((BIT, 1),), ((OTHER, 1), (0, R - 1)), ()),
    (((BIT, 1),), ((BIT, 1), (0, R - 2)), ()),
    (((BIT, 1),), ((BIT, 1),), ((BIT, 1), (0, 1))),
    ((), (), ((BIT, 1),)),
    (((BIT, (1 << 64) - 1),), ((OTHER, R - (1 << 64) + 1),), ((0, 1),)),
)
FULL: tuple[Constraint, ...] = (
    (((BIT, 1 << 64),), ((OTHER, 1),), ()),
    (((BIT, 1),), ((OTHER, R - (1 << 64)),), ()),
)


@pytest.mark.parametrize("constraint", BITS)
def test_a_wire_that_must_be_zero_or_one_is_a_bit_however_it_is_scaled(constraint: Constraint) -> None:
    assert count_kinds([constraint]) == ConstraintKinds(bit=1, small=0, full=0)


def test_other_constraints_go_by_the_size_of_their_coefficients() -> None:
    assert count_kinds(SMALL) == ConstraintKinds(bit=0, small=len(SMALL), full=0)
    assert count_kinds([*FULL, *BITS]) == ConstraintKinds(bit=len(BITS), small=0, full=len(FULL))


def test_a_build_records_the_kinds(artifact: CircuitArtifact) -> None:
    manifest = artifact.manifest()
    kinds = manifest.constraint_kinds
    assert kinds is not None
    # The highest of each factor's 16 bits is a sum of other wires.
    assert kinds.bit == 2 * 15
    assert kinds.bit + kinds.small + kinds.full == manifest.n_constraints


def test_a_manifest_without_kinds_receives_them_and_keeps_its_keys(
    artifact: CircuitArtifact, workshop: Path, root: Path, store: ArtifactStore
) -> None:
    before = artifact.manifest_path.read_text(encoding="utf-8")
    document = json.loads(before)
    del document["constraint_kinds"]
    artifact.manifest_path.write_text(json.dumps(document), encoding="utf-8")
    assert artifact.require_intact().constraint_kinds is None
    build_source("small", workshop / "small.circom", root, store)
    assert artifact.manifest_path.read_text(encoding="utf-8") == before
    assert artifact.require_intact().constraint_kinds is not None
