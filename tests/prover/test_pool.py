# SPDX-License-Identifier: Apache-2.0
"""Proofs in worker processes: order, deadlines, withdrawal, crashes, want of memory, clean end.

A worker that has been stopped (SIGSTOP) stands for one that works for long.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.errors import (
    ArtifactMissing,
    ConstraintViolated,
    DeadlineExceeded,
    NativeFailure,
    PoolClosed,
    ProofCancelled,
    WorkerCrashed,
)
from prover.jobs import Job, Priority
from prover.pool import ProverPool
from prover.proof import Proof
from prover.verify import verify
from prover.vkey import VerificationKey
from prover.witness import Inputs

WAIT_S = 60


@pytest.fixture(scope="module")
def pool(store: ArtifactStore, artifact: CircuitArtifact, inputs: Inputs) -> Iterator[ProverPool]:
    """One worker with the small circuit resident, which has proven once."""
    with ProverPool(store, [artifact.circuit], threads=1) as opened:
        opened.submit("small", inputs).result(WAIT_S)
        yield opened


def _until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture
def stopped(pool: ProverPool, inputs: Inputs) -> Iterator[tuple[int, Job]]:
    """The worker's process, stopped, and the job that it holds."""
    pool.prove("small", inputs)
    (pid,) = pool.processes()
    os.kill(pid, signal.SIGSTOP)
    job = pool.submit("small", inputs)
    _until(lambda: pool.metrics.running._value.get() == 1)
    yield pid, job
    if pid in pool.processes():
        os.kill(pid, signal.SIGCONT)


def test_a_pool_proves(pool: ProverPool, inputs: Inputs, proof: Proof, vkey: VerificationKey) -> None:
    made = pool.prove("small", inputs, deadline_s=WAIT_S)
    verify(made, vkey)
    assert made.publics == proof.publics
    assert made.timings is not None


def test_what_is_wrong_with_the_inputs_is_named_as_in_the_same_process(pool: ProverPool) -> None:
    with pytest.raises(ConstraintViolated, match="ToBits"):
        pool.prove("small", {"factors": [1 << 16, 1], "z": 7})
    with pytest.raises(ArtifactMissing):
        pool.prove("slice_0_0", {})


def test_an_urgent_job_overtakes_routine_ones(pool: ProverPool, stopped: tuple[int, Job], inputs: Inputs) -> None:
    pid, held = stopped
    ended: list[str] = []
    held.future.add_done_callback(lambda _: ended.append("held"))
    priorities = (Priority.BACKGROUND, Priority.ROUTINE, Priority.URGENT)
    jobs = [pool.submit("small", inputs, priority) for priority in priorities]
    for job in jobs:
        job.future.add_done_callback(partial(lambda name, _: ended.append(name), job.priority.name))
    os.kill(pid, signal.SIGCONT)
    for job in jobs:
        job.result(WAIT_S)
    assert ended == ["held", "URGENT", "ROUTINE", "BACKGROUND"]


def test_a_job_past_its_deadline_raises_deadline_exceeded_and_the_next_one_is_proven(
    pool: ProverPool, stopped: tuple[int, Job], inputs: Inputs
) -> None:
    pid, held = stopped
    held.deadline = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        held.result(WAIT_S)
    assert pool.submit("small", inputs).result(WAIT_S)
    assert pid not in pool.processes()


def test_a_waiting_job_past_its_deadline_never_reaches_a_worker(
    pool: ProverPool, stopped: tuple[int, Job], inputs: Inputs
) -> None:
    pid, _held = stopped
    late = pool.submit("small", inputs, deadline_s=0.0)
    os.kill(pid, signal.SIGCONT)
    with pytest.raises(DeadlineExceeded, match="stage queue"):
        late.result(WAIT_S)


def test_a_running_job_that_is_withdrawn_raises_proof_cancelled(
    pool: ProverPool, stopped: tuple[int, Job], inputs: Inputs
) -> None:
    stopped[1].cancel()
    with pytest.raises(ProofCancelled):
        stopped[1].result(WAIT_S)
    assert pool.submit("small", inputs).result(WAIT_S)


def test_a_cancelled_task_withdraws_its_job(pool: ProverPool, stopped: tuple[int, Job], inputs: Inputs) -> None:
    pid, _held = stopped

    async def scenario() -> None:
        await asyncio.wait_for(pool.prove_async("small", inputs), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(scenario())
    os.kill(pid, signal.SIGCONT)
    assert pool.submit("small", inputs).result(WAIT_S)


def test_a_job_whose_worker_is_killed_is_proven_by_the_next_one(pool: ProverPool, stopped: tuple[int, Job]) -> None:
    pid, held = stopped
    crashes = pool.metrics.crashes._value.get()
    os.kill(pid, signal.SIGKILL)
    assert held.result(WAIT_S)
    assert pool.metrics.crashes._value.get() == crashes + 1


def test_a_job_that_loses_two_workers_raises_worker_crashed_with_its_inputs(
    pool: ProverPool, stopped: tuple[int, Job], inputs: Inputs
) -> None:
    _pid, held = stopped

    def killed() -> bool:
        for pid in pool.processes():
            os.kill(pid, signal.SIGKILL)
        return held.future.done()

    _until(killed)
    with pytest.raises(WorkerCrashed) as caught:
        held.result()
    assert caught.value.inputs == inputs
    assert pool.submit("small", inputs).result(WAIT_S)


def test_a_worker_out_of_memory_fails_its_job_by_name_and_the_pool_closes(
    store: ArtifactStore, artifact: CircuitArtifact, inputs: Inputs
) -> None:
    with ProverPool(store, memory_limit_bytes=16 << 20, threads=1) as starved:
        job = starved.submit(artifact.circuit, inputs)
        with pytest.raises((NativeFailure, WorkerCrashed)):
            job.result(WAIT_S)
    assert starved.processes() == []


def test_a_key_that_cannot_be_loaded_fails_the_job_by_name(store: ArtifactStore, inputs: Inputs) -> None:
    with ProverPool(store, ["absent"]) as pool, pytest.raises(ArtifactMissing):
        pool.submit("small", inputs).result(WAIT_S)


def test_closing_withdraws_what_waits_ends_what_runs_and_leaves_no_process(
    store: ArtifactStore, artifact: CircuitArtifact, inputs: Inputs, vkey: VerificationKey
) -> None:
    registry = CollectorRegistry()
    with ProverPool(store, workers=2, threads=1, registry=registry) as pool:
        jobs = [pool.submit(artifact.circuit, inputs) for _ in range(40)]
        jobs[0].result(WAIT_S)
        pids = pool.processes()
    outcomes = [job.outcome for job in jobs]
    assert set(outcomes) == {"proof", "ProofCancelled"}
    for job in jobs:
        if job.outcome == "proof":
            verify(job.result(), vkey)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with pytest.raises(PoolClosed):
        pool.submit("small", inputs)
    pool.close()
    text = generate_latest(registry).decode()
    proven = outcomes.count("proof")
    assert f'zkrisk_pool_jobs_total{{circuit="small",outcome="proof"}} {proven}.0' in text
    assert "zkrisk_pool_waiting 0.0" in text
