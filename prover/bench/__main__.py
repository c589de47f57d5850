# SPDX-License-Identifier: Apache-2.0
"""``python -m prover.bench``: times, key loading and memory of the engines; with ``--peers`` also rapidsnark."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from prover.bench.measure import measure
from prover.bench.workload import INPUTS
from prover.errors import ProverError


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Prints one table per circuit, then the same as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m prover.bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="rounds; the median counts")
    parser.add_argument("--threads", type=int, default=2, help="processors that every prover may use")
    parser.add_argument("--peers", action="store_true", help="compare with rapidsnark (needs go and g++)")
    parser.add_argument("--circuit", choices=sorted(INPUTS), action="append", help="repeat for each; none: both")
    arguments = parser.parse_args()
    # Before the compiled modules start their threads, whose number follows it.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.threads])
    os.environ["RAYON_NUM_THREADS"] = str(arguments.threads)
    results: dict[str, dict[str, dict[str, float]]] = {}
    try:
        for circuit in arguments.circuit or sorted(INPUTS):
            results[circuit] = rows = measure(circuit, Path.cwd(), arguments.runs, arguments.peers)
            _say(f"{circuit}, {arguments.threads} threads, {arguments.runs} rounds")
            for name, row in rows.items():
                _say(f"  {name:<14}" + "  ".join(f"{label} {value:.1f}" for label, value in row.items()))
    except ProverError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    _say(json.dumps({"threads": arguments.threads, "runs": arguments.runs, "circuits": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
