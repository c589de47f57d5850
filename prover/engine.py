# SPDX-License-Identifier: Apache-2.0
"""Which arithmetic proves, and how much memory it may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from prover.artifacts import CircuitArtifact, Manifest
from prover.nativelib import require_native, translated

if TYPE_CHECKING:
    from zkrisk_native import Key

Engine = Literal["auto", "vector", "portable"]
"""vector: AVX-512 IFMA with a table of multiples of every base. portable: any processor, no tables. auto: the fastest that
the processor has. The proofs are the same but for their random blinding."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How proving keys are prepared.

    The vector engine keeps its tables in the file `tables` beside the key, about eleven times the key's size, and maps
    it into memory; where the file is missing, damaged or of another key it is written anew. `lean` makes tables of a
    quarter of that size, for proofs that take about a fifth longer.
    """

    engine: Engine = "auto"
    lean: bool = False

    def load_key(self, artifact: CircuitArtifact, manifest: Manifest) -> Key:
        """The resident proving key of `artifact`, whose key file has the hash of `manifest`.

        Raises CorruptKey for a malformed key, NativeFailure for a processor without the engine asked for.
        """
        tables = (artifact.tables(self.lean), bytes.fromhex(manifest.zkey_sha256))
        with translated("zkey", artifact.zkey):
            key: Key = require_native().Key.load(artifact.zkey, engine=self.engine, lean=self.lean, tables=tables)
        return key
