# SPDX-License-Identifier: Apache-2.0
"""Jobs of a pool: what they carry, how they end, and which comes first."""

from __future__ import annotations

import heapq
import itertools
import time
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from enum import IntEnum
from threading import Condition
from typing import Literal

from prover.errors import DeadlineExceeded, PoolClosed, ProofCancelled, ProverError
from prover.proof import Proof
from prover.prove import Stage
from prover.witness import Inputs


class Priority(IntEnum):
    """Which jobs overtake which; among equals the first submitted goes first."""

    URGENT = 0
    ROUTINE = 1
    BACKGROUND = 2


class Job:
    """One proof to be made."""

    def __init__(self, circuit: str, inputs: Inputs, priority: Priority, deadline: float | None) -> None:
        """`deadline`: on the clock of `time.monotonic`, None for none."""
        self.circuit = circuit
        self.inputs = inputs
        self.priority = priority
        self.deadline = deadline
        self.stage: Stage | Literal["queue"] = "queue"
        self.future: Future[Proof] = Future()
        self._withdrawn = False

    def result(self, timeout_s: float | None = None) -> Proof:
        """The proof, once made. Raises the job's ProverError, or TimeoutError after `timeout_s`."""
        try:
            return self.future.result(timeout_s)
        except CancelledError as error:
            raise ProofCancelled("circuit", self.circuit, "withdrawn") from error

    def cancel(self) -> None:
        """Withdraw the job; one that runs is stopped within a moment, at the price of its worker's process."""
        self._withdrawn = True

    def check(self) -> None:
        """Raise ProofCancelled or DeadlineExceeded where nobody waits any more."""
        if self._withdrawn or self.future.cancelled():
            raise ProofCancelled("circuit", self.circuit, f"withdrawn in the stage {self.stage}")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise DeadlineExceeded("circuit", self.circuit, f"the deadline passed in the stage {self.stage}")

    def finish(self, proof: Proof) -> None:
        """End with a proof."""
        with suppress(InvalidStateError):
            self.future.set_result(proof)

    def fail(self, error: ProverError) -> None:
        """End with an error."""
        with suppress(InvalidStateError):
            self.future.set_exception(error)

    @property
    def outcome(self) -> str:
        """ "proof", or the name of the error; "none" while there is neither."""
        if not self.future.done():
            return "none"
        if self.future.cancelled():
            return ProofCancelled.__name__
        error = self.future.exception()
        return "proof" if error is None else type(error).__name__


class JobQueue:
    """Waiting jobs, most urgent first. Safe to use from several threads."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Job]] = []
        self._numbers = itertools.count()
        self._condition = Condition()
        self._closed = False

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, job: Job) -> None:
        """Add a job. Raises PoolClosed."""
        with self._condition:
            if self._closed:
                raise PoolClosed("circuit", job.circuit, "the pool takes no more jobs")
            heapq.heappush(self._heap, (job.priority, next(self._numbers), job))
            self._condition.notify()

    def take(self) -> Job | None:
        """The most urgent job, waiting for one; None once the queue is closed."""
        with self._condition:
            while not self._heap and not self._closed:
                self._condition.wait()
            return heapq.heappop(self._heap)[2] if self._heap else None

    def close(self) -> list[Job]:
        """Take no more jobs; those that waited."""
        with self._condition:
            self._closed = True
            waiting = [job for _, _, job in sorted(self._heap, key=lambda entry: entry[:2])]
            self._heap.clear()
            self._condition.notify_all()
            return waiting
