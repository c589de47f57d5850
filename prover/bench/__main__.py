# SPDX-License-Identifier: Apache-2.0
"""``python -m prover.bench``: one circuit's proofs timed beside other provers, or what its key takes (`--resources`)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from statistics import median
from typing import Any

from prover.bench.measure import FULL, PORTABLE, measure_dev_key, measure_resources, measure_times
from prover.bench.peers import PEERS
from prover.bench.workload import INPUTS, ratio
from prover.errors import ProverError


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _absent(name: str, reason: str) -> None:
    _say(f"{name} does not take part: {reason}")


def _times(circuit: str, runs: int, peers: list[str]) -> dict[str, Any]:
    times = measure_times(circuit, Path.cwd(), runs, peers, _absent)
    own = FULL if FULL in times else PORTABLE
    medians = {name: median(values) for name, values in times.items()}
    for name, value in medians.items():
        _say(f"  {name:<14}{value:10.1f} ms{ratio(times, name, own):8.2f} times {own}")
    return {"median_ms": medians, "times_ms": times, "own": own}


def _resources(circuit: str) -> dict[str, Any]:
    rows = measure_resources(circuit, Path.cwd(), _absent)
    for name, row in rows.items():
        _say(f"  {name:<14}" + "  ".join(f"{label} {value:.1f}" for label, value in row.items()))
    dev_key_s = measure_dev_key(Path.cwd())
    _say(f"  development key {dev_key_s:.2f} s")
    return {"engines": rows, "dev_key_s": dev_key_s}


def main() -> int:
    """Prints what is measured, and writes it as JSON to `--output`."""
    parser = argparse.ArgumentParser(prog="python -m prover.bench", description=__doc__)
    parser.add_argument("circuit", choices=sorted(INPUTS))
    parser.add_argument("--runs", type=int, default=9, help="rounds; the median counts")
    parser.add_argument("--threads", type=int, default=2, help="processors that every prover may use")
    parser.add_argument("--peer", choices=PEERS, action="append", default=[], help="repeat for each")
    parser.add_argument("--resources", action="store_true", help="key, tables and memory in the place of proofs")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    arguments = parser.parse_args()
    # Before the compiled modules start their threads, whose number follows it.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.threads])
    os.environ["RAYON_NUM_THREADS"] = str(arguments.threads)
    _say(f"{arguments.circuit}, {arguments.threads} threads")
    try:
        circuit, runs = arguments.circuit, arguments.runs
        result = _resources(circuit) if arguments.resources else _times(circuit, runs, arguments.peer)
    except ProverError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    if arguments.output is not None:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(result) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
