# SPDX-License-Identifier: Apache-2.0
"""Proofs in processes of their own: what one job breaks, another does not feel.

Each worker is a spawned process that keeps its keys in memory, and a thread here that feeds it the most urgent job. A
worker that dies, by a fault, for want of memory or by a stranger's hand, is replaced; its job is tried once more.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterable, Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pickle import PickleError
from threading import Lock, Thread
from typing import Any

from prometheus_client import CollectorRegistry

from prover.artifacts import ArtifactStore
from prover.engine import EngineOptions
from prover.errors import DeadlineExceeded, ProofCancelled, WorkerCrashed
from prover.jobs import Job, JobQueue, Priority
from prover.poolmetrics import PoolMetrics
from prover.proof import Proof
from prover.witness import Inputs
from prover.worker import WorkerOptions, run_worker

ATTEMPTS = 2
"""Times that a job is handed to a worker before a crash is reported."""

_POLL_S = 0.02
_GRACE_S = 5.0


class ProverPool:
    """Proves in `workers` processes. Safe to use from several threads; a context manager that closes itself."""

    def __init__(
        self,
        store: ArtifactStore,
        circuits: Iterable[str] = (),
        workers: int = 1,
        threads: int | None = None,
        memory_limit_bytes: int | None = None,
        registry: CollectorRegistry | None = None,
        priorities: Mapping[str, Priority] | None = None,
        engine: EngineOptions | None = None,
    ) -> None:
        """Start the workers; each loads the keys of `circuits` at once, others at their first proof.

        `threads`, `memory_limit_bytes`, `engine`: of each worker, see `WorkerOptions`. `registry`: where metrics are told. `priorities`:
        those of circuits whose jobs name none. What is wrong with a key is raised by the jobs.
        """
        self._options = WorkerOptions(
            store.path, tuple(circuits), threads, memory_limit_bytes, engine or EngineOptions()
        )
        self._priorities = dict(priorities or {})
        self._queue = JobQueue()
        self.metrics = PoolMetrics(registry or CollectorRegistry(), self._queue.__len__)
        self._workers = [_Worker(self._options, self._queue, self.metrics) for _ in range(max(1, workers))]

    def submit(
        self, circuit: str, inputs: Inputs, priority: Priority | None = None, deadline_s: float | None = None
    ) -> Job:
        """A job at the end of those of its priority; `deadline_s`: seconds from now in which its proof must be made.

        Raises PoolClosed. The job's `result` raises what `Prover.prove` would, DeadlineExceeded, ProofCancelled or
        WorkerCrashed.
        """
        deadline = None if deadline_s is None else time.monotonic() + deadline_s
        chosen = self._priorities.get(circuit, Priority.ROUTINE) if priority is None else priority
        job = Job(circuit, inputs, chosen, deadline)
        self._queue.put(job)
        return job

    def prove(
        self, circuit: str, inputs: Inputs, priority: Priority | None = None, deadline_s: float | None = None
    ) -> Proof:
        """`submit` and wait for the proof. Raises as the job's `result` does."""
        return self.submit(circuit, inputs, priority, deadline_s).result()

    async def prove_async(
        self, circuit: str, inputs: Inputs, priority: Priority | None = None, deadline_s: float | None = None
    ) -> Proof:
        """`prove`, the event loop stays free; a cancelled task withdraws the job."""
        job = self.submit(circuit, inputs, priority, deadline_s)
        try:
            return await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            job.cancel()
            raise

    def processes(self) -> list[int]:
        """Ids of the living worker processes."""
        return [pid for worker in self._workers if (pid := worker.pid) is not None]

    def close(self) -> None:
        """Withdraw what waits, let what runs end, end the workers. Idempotent."""
        for job in self._queue.close():
            job.fail(ProofCancelled("circuit", job.circuit, "the pool was closed"))
        for worker in self._workers:
            worker.join()

    def __enter__(self) -> ProverPool:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class _Worker:
    """One process, and the thread that feeds it."""

    def __init__(self, options: WorkerOptions, queue: JobQueue, metrics: PoolMetrics) -> None:
        self._options = options
        self._queue = queue
        self._metrics = metrics
        self._lock = Lock()
        self._process: BaseProcess | None = None
        self._ready = False
        self._connection: Connection | None = None
        self._thread = Thread(target=self._feed, name="zkrisk-pool", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Id of the living process."""
        with self._lock:
            return self._process.pid if self._process is not None and self._process.is_alive() else None

    def join(self) -> None:
        """Wait until the thread and its process have ended."""
        self._thread.join()

    def _feed(self) -> None:
        if self._options.circuits:
            self._start()
        while (job := self._queue.take()) is not None:
            with self._metrics.measured(job):
                self._work(job)
        self._end(_GRACE_S)

    def _work(self, job: Job) -> None:
        """Bring one job to its end: proof or named error."""
        for attempt in range(ATTEMPTS):
            try:
                self._attempt(job)
                return
            except (EOFError, OSError, PickleError) as error:
                code = self._kill()
                self._metrics.crashes.inc()
                if attempt + 1 == ATTEMPTS:
                    rule = f"the worker's process ended {ATTEMPTS} times, last with status {code}; the inputs are kept"
                    failure = WorkerCrashed("circuit", job.circuit, rule, job.inputs)
                    failure.__cause__ = error
                    job.fail(failure)
            except (DeadlineExceeded, ProofCancelled) as error:
                self._kill()
                job.fail(error)
                return

    def _attempt(self, job: Job) -> None:
        """One try. Raises EOFError or OSError where the process dies, DeadlineExceeded, ProofCancelled."""
        job.check()
        connection = self._connection
        if connection is None or self.pid is None:
            self._kill()
            connection = self._start()
        if not self._ready:
            kind, content = self._receive(connection, job)
            if kind == "error":
                self._kill()
                job.fail(content)
                return
            self._ready = True
        connection.send((job.circuit, dict(job.inputs)))
        while True:
            kind, content = self._receive(connection, job)
            if kind == "stage":
                job.stage = content
            elif kind == "proof":
                job.finish(content)
                return
            else:
                job.fail(content)
                return

    def _receive(self, connection: Connection, job: Job) -> tuple[str, Any]:
        """The next message of the process. Raises as `_attempt` does."""
        while not connection.poll(_POLL_S):
            job.check()
        message: tuple[str, Any] = connection.recv()
        return message

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=run_worker, args=(theirs, self._options), name="zkrisk-worker", daemon=True)
        process.start()
        theirs.close()
        with self._lock:
            self._process, self._connection, self._ready = process, ours, False
        return ours

    def _kill(self) -> int | None:
        """End the process at once; its exit status, None where there is no process."""
        return self._end(grace_s=0.0)

    def _end(self, grace_s: float) -> int | None:
        with self._lock:
            process, connection = self._process, self._connection
            self._process = self._connection = None
        if process is None or connection is None:
            return None
        connection.close()
        process.join(grace_s)
        if process.is_alive():
            process.kill()
            process.join()
        code = process.exitcode
        process.close()
        return code
