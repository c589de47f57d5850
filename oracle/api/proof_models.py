# SPDX-License-Identifier: Apache-2.0
"""Documents about proofs, circuits and the node itself."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from oracle.api.market_models import REFERENCE_EXAMPLE, Decimal, Hex32, SliceReference, example
from prover.constraints import ConstraintKinds

_WORD = "0x" + "0" * 63 + "1"
_SUMMARY: dict[str, Any] = {
    "id": "slice-BTC-USD-1769760000-7",
    "circuit": "slice_32_16",
    "market": "BTC-USD",
}


class ProofSummary(BaseModel):
    """A kept proof."""

    model_config = example(**_SUMMARY)

    id: str = Field(description="<statement>-<market>-..., as under /v1/proofs/{id}")
    circuit: str = Field(description="Circuit id")
    market: str | None = Field(description="Market it is about")


class ProofPage(BaseModel):
    """Kept proofs, newest first."""

    model_config = example(proofs=[_SUMMARY], next_before=_SUMMARY["id"])

    proofs: list[ProofSummary]
    next_before: str | None = Field(description="Value of ``before`` for the next page, null on the last")


class SnarkjsProof(BaseModel):
    """The object of snarkjs' proof.json."""

    pi_a: list[Decimal] = Field(min_length=3, max_length=3)
    pi_b: list[list[Decimal]] = Field(min_length=3, max_length=3)
    pi_c: list[Decimal] = Field(min_length=3, max_length=3)
    protocol: Literal["groth16"]
    curve: Literal["bn128"]


class StageTimesMs(BaseModel):
    """Wall-clock milliseconds of the stages that made a proof."""

    witness: float
    prove: float
    verify: float


class ProofDocument(ProofSummary):
    """Everything needed to verify one proof: derive z from domain and d, compare publics, check the pairing."""

    model_config = example(
        **_SUMMARY,
        domain="0x" + "07" * 32,
        d=["1", "2"],
        publics=["11", "12", "13"],
        proof={
            "pi_a": ["1", "2", "1"],
            "pi_b": [["1", "2"], ["3", "4"], ["1", "0"]],
            "pi_c": ["1", "2", "1"],
            "protocol": "groth16",
            "curve": "bn128",
        },
        calldata=[_WORD] * 8,
        timings_ms={"witness": 31.0, "prove": 190.0, "verify": 2.0},
    )

    domain: Hex32 = Field(description="32 bytes that bind the proof to its report or account")
    d: list[Decimal] = Field(description="Data vector, field elements")
    publics: list[Decimal] = Field(description="Public signals digest, y, z", min_length=3, max_length=3)
    proof: SnarkjsProof = Field(description="Groth16 proof over BN254 as snarkjs writes it")
    calldata: list[Hex32] = Field(
        description="uint256[8] of the EVM: a.x, a.y, b.x.c1, b.x.c0, b.y.c1, b.y.c0, c.x, c.y",
        min_length=8,
        max_length=8,
    )
    timings_ms: StageTimesMs | None = Field(description="How long it took, null where unknown")


_CIRCUIT: dict[str, Any] = {
    "circuit": "solvency_4",
    "n_constraints": 20_090,
    "constraint_kinds": {"bit": 12_000, "small": 2_090, "full": 6_000},
    "n_wires": 20_000,
    "public_signals": ["digest", "y", "z"],
    "key_kind": "DEV",
    "source_sha256": "0" * 64,
    "r1cs_sha256": "1" * 64,
    "wasm_sha256": "2" * 64,
    "vkey_sha256": "3" * 64,
    "zkey_sha256": "4" * 64,
    "tools": {"circom2": "0.2.23"},
}


class CircuitSummary(BaseModel):
    """A circuit's manifest; hashes are lower-case SHA-256."""

    model_config = example(**_CIRCUIT)

    circuit: str = Field(description="Circuit id")
    n_constraints: int = Field(description="R1CS constraints")
    constraint_kinds: ConstraintKinds | None = Field(
        description="The same by kind, null where an older build did not count"
    )
    n_wires: int = Field(description="Wires, the constant included")
    public_signals: list[str] = Field(description="Public signals in their order")
    key_kind: Literal["DEV", "CEREMONY"] = Field(description="DEV: its maker could forge proofs")
    source_sha256: str = Field(description="Of the circom sources")
    r1cs_sha256: str = Field(description="Of the constraint system")
    wasm_sha256: str = Field(description="Of the witness generator")
    vkey_sha256: str = Field(description="Of vkey.json")
    zkey_sha256: str = Field(description="Of the proving key")
    tools: dict[str, str] = Field(description="What it was made with")


class CircuitList(BaseModel):
    """The circuits whose proofs the node makes."""

    model_config = example(circuits=[_CIRCUIT])

    circuits: list[CircuitSummary]


class CircuitDocument(CircuitSummary):
    """A circuit with its verification key."""

    model_config = example(**_CIRCUIT, verification_key={"protocol": "groth16", "curve": "bn128", "nPublic": 3})

    verification_key: dict[str, Any] = Field(description="snarkjs' vkey.json, the hash is vkey_sha256")


class EpochDocument(BaseModel):
    """One landed epoch, as /v1/stream sends it."""

    model_config = example(
        market="BTC-USD",
        epoch=7,
        observed_at_ms=1_768_464_040_000,
        spot_e2=9_500_000,
        tick_e2=100,
        rejected_count=3,
        proven=[REFERENCE_EXAMPLE],
    )

    market: str
    epoch: int
    observed_at_ms: int = Field(description="The venue's clock, Unix milliseconds")
    spot_e2: int = Field(description="Spot index, cents")
    tick_e2: int = Field(description="One strike tick, cents")
    rejected_count: int = Field(description="Refused quotes and expiries of the snapshot")
    proven: list[SliceReference] = Field(description="Slices that landed with it; the others did not move")


class Live(BaseModel):
    """The process answers."""

    model_config = example(live=True)

    live: Literal[True]


class Ready(BaseModel):
    """Whether an epoch has landed on-chain."""

    model_config = example(ready=True, epochs=12, failed_epochs=0, last_error="")

    ready: bool
    epochs: int = Field(description="Epochs landed since the start")
    failed_epochs: int = Field(description="Epochs that could not be published")
    last_error: str = Field(description="Why the last of them failed, empty where none did")
