# SPDX-License-Identifier: Apache-2.0
"""Errors of the proving layer, one tree.

ProverError
├── NativeMissing             the compiled module zkrisk_native is not installed
├── ToolMissing               node, circom2 or snarkjs is not installed
├── CompilationFailed         circom2 refuses a circuit
├── ArtifactMissing           a circuit has no (complete) artefact in the store
├── CorruptArtifact           a manifest or an artefact file cannot be read as what it claims to be
│   └── CorruptKey            a proving or verification key is not the one of the manifest, or is malformed
├── DevelopmentKey            a development key is used where a ceremony key is required
├── CeremonyKeyPresent        a build would replace a key of a ceremony by a development key
├── CeremonyRefused           a step of a ceremony is out of order, or a file of it is not the one of the transcript
├── ArtifactUnwritable        an artefact cannot be written; the old one stays
├── SignalOutOfField          a signal is not an integer in [0, r)
├── UnknownSignal             an input signal is missing, unknown or has the wrong number of elements
├── ConstraintViolated        the inputs do not satisfy the circuit
├── InvalidWitness            a witness file or vector is malformed
├── InvalidProof              a proof is malformed, out of range or does not verify
├── ProofCancelled            a job was withdrawn before its proof was made
├── DeadlineExceeded          a job's time was over before its proof was made
├── WorkerCrashed             the process of a job ended, twice; the error keeps the inputs
├── PoolClosed                a pool that has been closed gets a job
└── PoseidonArity             a Poseidon block has fewer than 1 or more than 16 inputs
"""

from __future__ import annotations


class ProverError(Exception):
    """Root of the tree. Carries the `field` at fault, its `value` and the `rule` that it breaks."""

    def __init__(self, field: str, value: object, rule: str) -> None:
        super().__init__(field, value, rule)
        self.field = field
        self.value = value
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.field} = {self.value}: {self.rule}"


class NativeMissing(ProverError):
    """The compiled module `zkrisk_native` cannot be imported: reading and verifying work, proving does not."""


class NativeFailure(ProverError):
    """The compiled module fails for a reason of its own (memory, an unreadable file, a defect)."""


class ToolMissing(ProverError):
    """An external tool (node, circom2, snarkjs) is not installed."""


class CompilationFailed(ProverError):
    """circom2 refuses a circuit; the rule carries the compiler's own words."""


class ArtifactMissing(ProverError):
    """A file of a circuit's artefact does not exist."""


class ArtifactUnwritable(ProverError):
    """An artefact cannot be written (a full disk, a folder without rights); what was there before is unchanged."""


class CorruptArtifact(ProverError):
    """A file of an artefact is not what its manifest or its format says."""


class CorruptKey(CorruptArtifact):
    """A proving or verification key differs from its manifest, or is malformed."""


class DevelopmentKey(ProverError):
    """A development key, whose maker could forge proofs, is used where a ceremony key is required."""


class CeremonyKeyPresent(ProverError):
    """A build would replace a key of a ceremony by a development key."""


class CeremonyRefused(ProverError):
    """A step of a ceremony is out of order, or one of its files is not the one that the transcript names."""


class SignalOutOfField(ProverError):
    """A signal is not an integer in [0, r)."""


class UnknownSignal(ProverError):
    """An input signal is missing, unknown to the circuit, or has the wrong number of elements."""


class ConstraintViolated(ProverError):
    """The inputs do not satisfy the circuit: there is nothing to prove."""


class InvalidWitness(ProverError):
    """A witness is malformed: wrong length, wrong field, or an element outside [0, r)."""


class InvalidProof(ProverError):
    """A proof is malformed, has a value out of range, or does not verify."""


class ProofCancelled(ProverError):
    """A job was withdrawn before its proof was made."""


class DeadlineExceeded(ProverError):
    """A job's time was over before its proof was made."""


class WorkerCrashed(ProverError):
    """The process that worked on a job ended, and so did the one of the second try. `inputs` are those of the job."""

    def __init__(self, field: str, value: object, rule: str, inputs: object = None) -> None:
        super().__init__(field, value, rule)
        self.inputs = inputs


class PoolClosed(ProverError):
    """A pool that has been closed gets a job."""


class PoseidonArity(ProverError):
    """A Poseidon permutation takes 1 to 16 inputs."""


class MalformedDomain(ProverError):
    """The domain separator of a challenge is not 32 bytes."""
