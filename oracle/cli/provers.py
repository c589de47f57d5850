# SPDX-License-Identifier: Apache-2.0
"""The prover that the settings ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from oracle.cli.settings import Settings
from prover.artifacts import ArtifactStore
from prover.jobs import Priority
from prover.nativelib import native_available
from prover.pool import ProverPool
from prover.prove import ProofSource
from prover.snarkjs import open_prover

URGENT_PREFIX = "insolvency_"
"""Circuits whose proofs overtake others: a liquidation waits for them."""


@contextmanager
def open_proofs(settings: Settings, registry: CollectorRegistry | None = None) -> Iterator[ProofSource]:
    """Proofs in this process, or in ``prover_workers`` others with metrics in ``registry``; by snarkjs where the compiled
    module is missing."""
    store = ArtifactStore(settings.artifacts)
    if settings.prover_workers == 0 or not native_available():
        yield open_prover(store, Path.cwd(), options=settings.engine_options())
        return
    urgent = {circuit: Priority.URGENT for circuit in store.circuits() if circuit.startswith(URGENT_PREFIX)}
    engine = settings.engine_options()
    with ProverPool(
        store, workers=settings.prover_workers, priorities=urgent, registry=registry, engine=engine
    ) as pool:
        yield pool
