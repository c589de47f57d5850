# SPDX-License-Identifier: Apache-2.0
"""Groth16 verification keys in the JSON of snarkjs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.errors import ArtifactMissing, CorruptKey
from prover.field import BASE_MODULUS
from prover.proof import G1, G2, MAX_JSON_LENGTH

MAX_BRACKETS = 256
"""Arrays and objects of a key: two dozen and one for each public signal. Bounded since the JSON scanner recurses."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """Points of a verification key, coordinates in [0, q); `ic` has one point more than there are public signals.

    `text` is the JSON that the key was read from. Curve and subgroup are checked where the key is used.
    """

    alpha_g1: G1
    beta_g2: G2
    gamma_g2: G2
    delta_g2: G2
    ic: tuple[G1, ...]
    text: str

    @property
    def n_public(self) -> int:
        """Public signals of the circuit."""
        return len(self.ic) - 1

    @classmethod
    def from_json(cls, text: str) -> VerificationKey:
        """From the text of a vkey.json.

        Raises CorruptKey for another shape, a coordinate that is not in [0, q), a point at infinity, or gamma = delta
        (the mark of a key without a second phase: anyone can forge proofs for it).
        """
        if len(text) > MAX_JSON_LENGTH or text.count("[") + text.count("{") > MAX_BRACKETS:
            rule = f"must have at most {MAX_JSON_LENGTH} characters, {MAX_BRACKETS} arrays and objects"
            raise CorruptKey("vkey", text[:60], rule)
        try:
            document = json.loads(text)
            kind = (document["protocol"], document["curve"])
            ic = tuple(_g1(point) for point in document["IC"])
            key = cls(
                _g1(document["vk_alpha_1"]),
                _g2(document["vk_beta_2"]),
                _g2(document["vk_gamma_2"]),
                _g2(document["vk_delta_2"]),
                ic,
                text,
            )
            n_public = document["nPublic"]
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptKey("vkey", repr(error), "is not a verification key of snarkjs") from error
        if kind != ("groth16", "bn128"):
            raise CorruptKey("vkey", kind, "must be groth16 over bn128")
        if n_public != key.n_public or not ic:
            raise CorruptKey("IC", len(ic), f"must have nPublic + 1 points, nPublic = {n_public}")
        if key.gamma_g2 == key.delta_g2:
            raise CorruptKey("vk_delta_2", "vk_gamma_2", "gamma and delta must differ")
        return key

    @classmethod
    def load(cls, path: Path) -> VerificationKey:
        """From a file. Raises ArtifactMissing or CorruptKey."""
        try:
            with path.open("rb") as file:
                text = file.read(MAX_JSON_LENGTH + 1).decode("utf-8")
        except OSError as error:
            raise ArtifactMissing("vkey", path, "cannot be read") from error
        except UnicodeDecodeError as error:
            raise CorruptKey("vkey", path, "is not UTF-8") from error
        return cls.from_json(text)


def _coordinate(text: Any) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit():
        raise ValueError(f"{text!r} is no decimal string")
    value = int(text)
    if value >= BASE_MODULUS:
        raise ValueError(f"{value} is not below q")
    return value


def _pair(pair: Any) -> tuple[int, int]:
    first, second = pair
    return _coordinate(first), _coordinate(second)


def _g1(point: Any) -> G1:
    x, y, z = point
    if z != "1":
        raise ValueError(f"{point!r} is not affine")
    return _pair((x, y))


def _g2(point: Any) -> G2:
    x, y, z = point
    if list(z) != ["1", "0"]:
        raise ValueError(f"{point!r} is not affine")
    return _pair(x), _pair(y)
