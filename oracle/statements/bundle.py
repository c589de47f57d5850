# SPDX-License-Identifier: Apache-2.0
"""A proof with everything needed to verify it: data vector, domain and the proof itself, as one JSON document."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from oracle.errors import InvalidValue
from oracle.statements.layout import SliceHeader
from oracle.statements.option import OPTION, read_option
from oracle.statements.slice_runs import SliceRuns
from oracle.statements.statement import Statement
from prover.errors import InvalidProof
from prover.proof import Proof


@dataclass(frozen=True)
class ProofBundle:
    """One proven statement."""

    statement: Statement
    proof: Proof

    def to_json(self) -> dict[str, Any]:
        """Integers as decimal strings, the proof as snarkjs writes it."""
        return {
            "circuit": self.statement.circuit_id,
            "domain": "0x" + self.statement.domain.hex(),
            "d": [str(value) for value in self.statement.d],
            "publics": self.proof.publics_to_snarkjs(),
            "proof": self.proof.to_snarkjs(),
        }

    @classmethod
    def from_json(cls, text: str) -> ProofBundle:
        """Reads a document. Raises :class:`InvalidValue` or InvalidProof naming what is malformed."""
        try:
            raw = json.loads(text)
            circuit, domain = str(raw["circuit"]), bytes.fromhex(str(raw["domain"]).removeprefix("0x"))
            values = tuple(int(value) for value in raw["d"])
            proof, publics = raw["proof"], raw["publics"]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidValue(
                "proof document", text[:60], f"needs circuit, domain, d, publics and proof: {error}"
            ) from error
        return cls(Statement(circuit, values, {}, domain), Proof.from_snarkjs(circuit, proof, publics))

    def require_bound(self) -> None:
        """Raises InvalidProof unless the public signals are those of the data vector and the domain.

        Raises :class:`InvalidValue` for a slice with bits outside the fields of its elements and for an option with an
        element at its width: their circuits rely on the verifier to refuse them (docs/spec/statement.md, section Uniqueness
        of the split).
        """
        if self.statement.circuit_id.startswith(f"{OPTION}_"):
            read_option(self.statement.d)
        expected = self.statement.publics
        if list(self.proof.publics) != expected:
            raise InvalidProof("publics", list(self.proof.publics), f"must be {expected} for this data and domain")
        slots = re.fullmatch(r"slice_\d+_(\d+)", self.statement.circuit_id)
        if slots:
            SliceRuns.unpack(self.statement.d, int(slots[1]))
            SliceHeader.unpack(self.statement.d[0])
