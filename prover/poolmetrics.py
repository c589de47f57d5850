# SPDX-License-Identifier: Apache-2.0
"""Prometheus metrics of a pool."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from prover.jobs import Job

_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class PoolMetrics:
    """What a pool counts; one pool to a registry."""

    def __init__(self, registry: CollectorRegistry, waiting: Callable[[], int]) -> None:
        self.jobs = Counter(
            "zkrisk_pool_jobs", "Ended jobs by outcome: proof or named error", ["circuit", "outcome"], registry=registry
        )
        self.seconds = Histogram(
            "zkrisk_pool_job_seconds",
            "Time of a job with its worker",
            ["circuit"],
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self.crashes = Counter("zkrisk_pool_crashes", "Worker processes that ended unasked", registry=registry)
        self.running = Gauge("zkrisk_pool_running", "Jobs with a worker", registry=registry)
        Gauge("zkrisk_pool_waiting", "Jobs that wait for a worker", registry=registry).set_function(waiting)

    @contextmanager
    def measured(self, job: Job) -> Iterator[None]:
        """Counts one job from its start with a worker to its end."""
        started = time.perf_counter()
        self.running.inc()
        try:
            yield
        finally:
            self.running.dec()
            self.seconds.labels(job.circuit).observe(time.perf_counter() - started)
            self.jobs.labels(job.circuit, job.outcome).inc()
