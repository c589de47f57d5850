# SPDX-License-Identifier: Apache-2.0
"""``make bench-circuits``: sizes, errors, slack and coverage against their aims; ``python -m scripts.bench.circuits --help``.

Writes ``build/bench/circuits.json`` ({"figures": {key: number}}), prints each figure beside its aim and exits with 1 where
one is missed or could not be measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

from prover.errors import ProverError
from scripts.bench.aims import Aim, Figures, show, write
from scripts.bench.circuit_sizes import (
    OPTION_CORE,
    BenchFailure,
    part_constraints,
    preset_constraints,
    slice_alone,
)
from scripts.bench.pricing_error import corner_options, largest_errors, random_options, sampled_errors, shortest_options

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "build" / "bench" / "circuits.json"
COVERAGE = ROOT / "build" / "soundness" / "coverage.json"
POINTS, ACCOUNTS = 40_000, 200


SIZE = "constraints at --O2"
ERROR = "at the k and v it is given, T 1 h to 2 y, vol 5 to 500 %, K/F 0.05 to 20"
AIMS: Mapping[str, Aim] = {
    "option_core": Aim(260, f"{SIZE}: price and Greeks of one option from k and v"),
    "slice_48_32_alone": Aim(37_000, f"{SIZE}: the slice without both calendar parts"),
    "slice_48_32": Aim(62_000, f"{SIZE}: with both neighbours"),
    "insolvency_4": Aim(2_100, SIZE),
    "insolvency_16": Aim(6_300, SIZE),
    "insolvency_32": Aim(11_800, SIZE),
    "solvency_4_36": Aim(22_000, f"{SIZE}, 36 scenarios"),
    "solvency_8_36": Aim(32_000, f"{SIZE}, 36 scenarios"),
    "solvency_16_36": Aim(52_000, f"{SIZE}, 36 scenarios"),
    "max_error_delta": Aim(2e-10, f"absolute; {ERROR}"),
    "max_error_price": Aim(2e-10, f"of max(F, K); {ERROR}"),
    "max_error_gamma": Aim(1e-9, f"of its peak over strikes; {ERROR}"),
    "max_error_vega": Aim(1e-9, f"of its peak over strikes; {ERROR}"),
    "max_error_theta": Aim(1e-9, f"of its peak over strikes; {ERROR}"),
    "bound_slack_median": Aim(4e-6, "of weighted gross notional, margin bound against the exact requirement"),
    "bound_slack_max": Aim(1.2e-5, "of weighted gross notional, margin bound against the exact requirement"),
    "hints_covered": Aim(1, "share of hints that a test shifts", exact=True),
    "outputs_covered": Aim(1, "share of outputs that a test pins", exact=True),
}

Part = Callable[[], Figures]


def _slice_alone() -> int:
    call = json.loads((ROOT / "circuits" / "presets.json").read_text())["slice_48_32"]["call"]
    source = (ROOT / "circuits" / "slice.circom").read_text()
    return part_constraints(ROOT, "slice_48_32_alone", slice_alone(source, call))


def size_parts() -> list[Part]:
    """One part a size, so that a missing preset costs no other figure."""
    presets = {name: name for name in ("slice_48_32", "insolvency_4", "insolvency_16", "insolvency_32")}
    presets |= {f"solvency_{positions}_36": f"solvency_{positions}" for positions in (4, 8, 16)}

    def preset(key: str, circuit_id: str) -> Figures:
        return {key: preset_constraints(ROOT, circuit_id)}

    return [
        lambda: {"option_core": part_constraints(ROOT, "option_core", OPTION_CORE)},
        lambda: {"slice_48_32_alone": _slice_alone()},
        *(partial(preset, key, circuit_id) for key, circuit_id in presets.items()),
    ]


def errors(points: int) -> Figures:
    """Largest errors over ``points`` random options, as many of the shortest, and the grid of corners."""
    found = largest_errors(corner_options())
    for source in (random_options, shortest_options):
        found = found.joined(sampled_errors(source, points))
    density = dict.fromkeys(("gamma", "vega", "theta"), found.pdf)
    return {
        f"max_error_{name}": value for name, value in {"delta": found.delta, "price": found.price, **density}.items()
    }


def slack(accounts: int) -> Figures:
    """Slack of the margin bounds over random accounts."""
    try:
        module: Any = import_module("scripts.bench.margin_slack")
    except ModuleNotFoundError as missing:
        raise BenchFailure(str(missing)) from missing
    figures: Figures = module.figures(accounts)
    return figures


def coverage() -> Figures:
    """What the soundness suite has covered in its last run."""
    if not COVERAGE.is_file():
        raise BenchFailure(f"{COVERAGE.relative_to(ROOT)} is missing: run the soundness suite first")
    found = json.loads(COVERAGE.read_text())
    return {key: float(found[key]) for key in ("hints_covered", "outputs_covered")}


def measure(parts: list[Part], console: Console) -> Figures:
    """The figures of all parts; a part that fails says why and leaves its figures out."""
    figures: Figures = {}
    for part in parts:
        try:
            figures |= part()
        except (BenchFailure, ProverError) as failure:
            console.print(f"not measured: {failure}", markup=False)
    return figures


def main(arguments: list[str] | None = None) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=POINTS, help="random options per source (default %(default)s)")
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="random accounts (default %(default)s)")
    options = parser.parse_args(arguments)
    console = Console(width=160)
    parts: list[Part] = [
        *size_parts(),
        lambda: errors(options.points),
        lambda: slack(options.accounts),
        coverage,
    ]
    figures = measure(parts, console)
    write(figures, OUTPUT)
    return 1 if show(figures, AIMS, console) else 0


if __name__ == "__main__":
    sys.exit(main())
