# SPDX-License-Identifier: Apache-2.0
"""Groth16 proofs and their two encodings: the JSON of snarkjs and the words of the EVM."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prover.errors import InvalidProof
from prover.field import BASE_MODULUS, ELEMENT_BYTES, require_signals

G1 = tuple[int, int]
"""Affine (x, y), each in [0, q)."""

G2 = tuple[tuple[int, int], tuple[int, int]]
"""Affine ((x.c0, x.c1), (y.c0, y.c1)) over Fq[i] / (i^2 + 1), each in [0, q)."""

CALLDATA_WORDS = 8
"""uint256 words of a proof: a (2), b (4), c (2)."""


MAX_JSON_LENGTH = 1 << 20
MAX_BRACKETS = 64
"""Bounds of JSON that others wrote, before it is parsed: the scanner recurses, and deep nesting would end the process."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Wall-clock milliseconds of the steps that made a proof; `stages_ms` splits proving and verifying further.

    Stages may overlap: the vector engine forms the sums with the witness beside the stages that lead to the quotient's.
    """

    witness_ms: float
    prove_ms: float
    verify_ms: float
    stages_ms: tuple[tuple[str, float], ...] = ()

    @property
    def total_ms(self) -> float:
        """Milliseconds of all steps."""
        return self.witness_ms + self.prove_ms + self.verify_ms


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that `publics` satisfy `circuit`; the curve points are only known to be in range, not to verify.

    Raises InvalidProof for a coordinate that is no integer in [0, q), SignalOutOfField for a public signal that is no
    integer in [0, r). Equality leaves the timings out. A proof is no identity: anyone can rerandomise it.
    """

    circuit: str
    a: G1
    b: G2
    c: G1
    publics: tuple[int, ...]
    timings: Timings | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for index, word in enumerate(self.to_calldata()):
            if type(word) is not int or not 0 <= word < BASE_MODULUS:
                raise InvalidProof(f"calldata[{index}]", word, "a coordinate must be an integer in [0, q)")
        require_signals("publics", self.publics)

    @property
    def size_bytes(self) -> int:
        """Bytes of the proof in calldata, public signals not counted."""
        return CALLDATA_WORDS * ELEMENT_BYTES

    def to_calldata(self) -> tuple[int, ...]:
        """uint256[8]: a.x, a.y, b.x.c1, b.x.c0, b.y.c1, b.y.c0, c.x, c.y, the order of the EIP-197 precompile."""
        (b_x, b_y) = self.b
        return (*self.a, b_x[1], b_x[0], b_y[1], b_y[0], *self.c)

    @classmethod
    def from_calldata(cls, circuit: str, words: Sequence[int], publics: Sequence[int]) -> Proof:
        """Inverse of `to_calldata`. Raises InvalidProof or SignalOutOfField."""
        if len(words) != CALLDATA_WORDS:
            raise InvalidProof("calldata", len(words), f"must have {CALLDATA_WORDS} words")
        a_x, a_y, b_x1, b_x0, b_y1, b_y0, c_x, c_y = words
        return cls(circuit, (a_x, a_y), ((b_x0, b_x1), (b_y0, b_y1)), (c_x, c_y), tuple(publics))

    def to_snarkjs(self) -> dict[str, Any]:
        """The object of snarkjs' proof.json, integers as decimal strings."""
        return {
            "pi_a": [*map(str, self.a), "1"],
            "pi_b": [[*map(str, self.b[0])], [*map(str, self.b[1])], ["1", "0"]],
            "pi_c": [*map(str, self.c), "1"],
            "protocol": "groth16",
            "curve": "bn128",
        }

    def publics_to_snarkjs(self) -> list[str]:
        """The array of snarkjs' public.json."""
        return [str(signal) for signal in self.publics]

    @classmethod
    def from_snarkjs(cls, circuit: str, proof: object, publics: object) -> Proof:
        """Inverse of `to_snarkjs` and `publics_to_snarkjs`, from parsed JSON.

        Raises InvalidProof for another shape, a non-canonical decimal string, or a point at infinity.
        """
        if not isinstance(proof, dict):
            raise InvalidProof("proof", type(proof).__name__, "must be a JSON object")
        for name, expected in (("protocol", "groth16"), ("curve", "bn128")):
            if proof.get(name) != expected:
                raise InvalidProof(name, proof.get(name), f"must be {expected}")
        if not isinstance(publics, list):
            raise InvalidProof("publics", type(publics).__name__, "must be a JSON array")
        signals = tuple(_decimal(f"publics[{index}]", text) for index, text in enumerate(publics))
        a, b, c = (proof.get(name) for name in ("pi_a", "pi_b", "pi_c"))
        b_x, b_y, b_z = _items("pi_b", b, 3)
        if b_z != ["1", "0"]:
            raise InvalidProof("pi_b[2]", b_z, 'must be ["1", "0"]')
        return cls(circuit, _g1("pi_a", a), (_pair("pi_b[0]", b_x), _pair("pi_b[1]", b_y)), _g1("pi_c", c), signals)

    @classmethod
    def from_json(cls, circuit: str, proof_json: str, public_json: str) -> Proof:
        """From the texts of proof.json and public.json. Raises InvalidProof or SignalOutOfField."""
        for name, text in (("proof", proof_json), ("publics", public_json)):
            if len(text) > MAX_JSON_LENGTH or text.count("[") + text.count("{") > MAX_BRACKETS:
                rule = f"must have at most {MAX_JSON_LENGTH} characters, {MAX_BRACKETS} arrays and objects"
                raise InvalidProof(name, text[:60], rule)
        try:
            proof, publics = json.loads(proof_json), json.loads(public_json)
        except ValueError as error:
            raise InvalidProof("proof", circuit, f"is not JSON: {error}") from error
        return cls.from_snarkjs(circuit, proof, publics)


def _items(name: str, value: object, count: int) -> list[object]:
    if not isinstance(value, list) or len(value) != count:
        raise InvalidProof(name, value, f"must be an array of {count}")
    return value


def _decimal(name: str, text: object) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 78:
        raise InvalidProof(name, text, "must be a decimal string below 2^256")
    if text != "0" and text.startswith("0"):
        raise InvalidProof(name, text, "must have no leading zero")
    return int(text)


def _pair(name: str, value: object) -> tuple[int, int]:
    first, second = _items(name, value, 2)
    return _decimal(f"{name}[0]", first), _decimal(f"{name}[1]", second)


def _g1(name: str, value: object) -> G1:
    x, y, z = _items(name, value, 3)
    if z != "1":
        raise InvalidProof(f"{name}[2]", z, 'must be "1"')
    return _pair(name, [x, y])
