# SPDX-License-Identifier: Apache-2.0
"""``zkrisk verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli.options import ArtifactsOption, ConfigOption
from oracle.cli.output import JsonOption, command
from oracle.cli.settings import load_settings
from oracle.errors import ConfigError, InvalidValue
from oracle.statements.bundle import ProofBundle
from prover.artifacts import ArtifactStore
from prover.nativelib import native_available
from prover.snarkjs import FALLBACK
from prover.verify import verify as verify_native
from prover.verify import verify_independent, verify_snarkjs

MAX_BRACKETS = 64
"""A proof document opens about a dozen. Bounded before parsing: the JSON scanner recurses in C, and py-ecc lifts Python's
recursion limit, so that deep nesting would end the process."""


def verify(
    proof: Annotated[Path, typer.Argument(help="Proof document, as /v1/proofs/{id} serves it.")],
    artifacts: ArtifactsOption = None,
    independent: Annotated[bool, typer.Option(help="Verify with py-ecc as well, a pairing of other origin.")] = False,
    snarkjs: Annotated[bool, typer.Option(help="Verify with snarkjs as well.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a proof: public signals follow from its data and domain, and the pairing equation holds."""
    with command(as_json) as output:
        settings = load_settings(config, artifacts=artifacts)
        try:
            text = proof.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"proof document {proof}: {error}") from error
        if text.count("[") + text.count("{") > MAX_BRACKETS:
            raise InvalidValue("proof document", text[:60], f"has more than {MAX_BRACKETS} arrays and objects")
        bundle = ProofBundle.from_json(text)
        bundle.require_bound()
        circuit = ArtifactStore(settings.artifacts).verifying(bundle.statement.circuit_id)
        key = circuit.verification_key()
        verify_native(bundle.proof, key)
        verifiers = ["default"]
        if independent:
            verify_independent(bundle.proof, key)
            verifiers.append("py-ecc")
        if snarkjs:
            verify_snarkjs(bundle.proof, key, Path.cwd())
            verifiers.append("snarkjs")
        result = {
            "valid": True,
            "circuit": circuit.circuit,
            "key_kind": circuit.manifest().key_kind,
            "verifiers": verifiers,
            "publics": bundle.proof.publics_to_snarkjs(),
        }
        output.result(result, f"valid {circuit.circuit} proof", *([] if native_available() else [FALLBACK]))
