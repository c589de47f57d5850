# SPDX-License-Identifier: Apache-2.0
"""The process of a pool's worker: keeps keys in memory and proves what comes through its pipe."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from prover.artifacts import ArtifactStore
from prover.engine import EngineOptions
from prover.errors import NativeFailure, ProverError
from prover.nativelib import native_available
from prover.proof import Proof
from prover.prove import Prover
from prover.witness import Inputs

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What a worker starts with.

    `threads`: native threads of a proof, None for one per core. `memory_limit_bytes`: address space that the process may
    take, None for no limit; the WebAssembly witness generator alone reserves several GiB of it. `engine`: how keys are prepared.
    """

    store: Path
    circuits: tuple[str, ...] = ()
    threads: int | None = None
    memory_limit_bytes: int | None = None
    engine: EngineOptions = field(default_factory=EngineOptions)


def run_worker(connection: Connection, options: WorkerOptions) -> None:
    """Serves until the pipe closes or None comes. Ctrl-C is the parent's business.

    Sends ("ready", None) once the keys are loaded, then per job ("stage", name) and one of ("proof", Proof) and ("error", a
    named error); an error before "ready" is that of loading the keys.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if options.threads is not None:
        os.environ["RAYON_NUM_THREADS"] = str(options.threads)
    if options.memory_limit_bytes is not None:
        native_available()  # loaded before the limit holds, so that want of memory does not look like a missing module
        resource.setrlimit(resource.RLIMIT_AS, (options.memory_limit_bytes, options.memory_limit_bytes))
    try:
        _serve(connection, options)
    except (EOFError, BrokenPipeError):
        return


def _serve(connection: Connection, options: WorkerOptions) -> None:
    resident = _answered(connection, partial(Prover, ArtifactStore(options.store), options.circuits, options.engine))
    if resident is None:
        return
    connection.send(("ready", None))
    while (job := connection.recv()) is not None:
        proof = _answered(connection, partial(_prove, connection, resident, *job))
        if proof is not None:
            connection.send(("proof", proof))


def _prove(connection: Connection, resident: Prover, circuit: str, inputs: Inputs) -> Proof:
    return resident.prove(circuit, inputs, lambda stage: connection.send(("stage", stage)))


def _answered(connection: Connection, work: Callable[[], T]) -> T | None:
    """What `work` returns; where it fails, None after its named error went through the pipe."""
    try:
        return work()
    except ProverError as error:
        connection.send(("error", error))
    except MemoryError:
        connection.send(("error", NativeFailure("worker", os.getpid(), "out of memory")))
    return None
