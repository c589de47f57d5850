# SPDX-License-Identifier: Apache-2.0
"""``make bench-prove``: the prover beside rapidsnark, snarkrs and snarkjs; ``python -m scripts.bench.prove --help``.

Writes ``build/bench/prove.json`` ({"figures": {key: number}}) and prints each figure beside its aim. A figure that cannot be
measured is left out and its reason printed. Exits with 0 where aims are missed, unless ``--strict`` is given.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from prover.bench.peers import PEERS, RAPIDSNARK, SNARKRS
from prover.bench.workload import ratio
from scripts.bench.aims import Aim, Figures, show, write
from scripts.bench.circuit_sizes import BenchFailure

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "build" / "bench" / "prove.json"
TIMEOUT_S = 900
RUNS = 9
LEAST_RUNS = 7

Measured = Mapping[str, Any]

least, most = partial(Aim, at_most=False), partial(Aim, at_most=True)
FX = "63.6k bit-heavy constraints, 2 threads"
INPUTS = "ms from inputs to verified proof"
AIMS: Mapping[str, Aim] = {
    "fx_vs_rapidsnark": least(5.0, f"times as fast as rapidsnark: {FX}", moonshot=7),
    "fx_vs_snarkrs": least(3.5, f"as snarkrs: {FX}"),
    "fx_vs_snarkjs": least(35, f"as snarkjs started anew: {FX}"),
    "ff_vs_rapidsnark": least(5.0, "as rapidsnark: 63.5k constraints, full-size witness", moonshot=6.5),
    "fx_vs_rapidsnark_1t": least(4.5, "as rapidsnark: bit-heavy, one thread"),
    "insolvency_16_ms": most(16, INPUTS, moonshot=8),
    "solvency_16_36_ms": most(95, f"{INPUTS}, 36 scenarios", moonshot=60),
    "slice_48_32_ms": most(100, f"{INPUTS}, both calendars", moonshot=60),
    "insolvency_per_second": least(80, "16 positions, different accounts, 2 cores", moonshot=180),
    "portable_vs_rapidsnark": least(1.2, f"portable engine, as rapidsnark: {FX}", moonshot=2),
    "key_load_ms": most(100, "a resident key of 2^16 with tables at hand"),
    "table_build_s": most(4, "its tables made and written, once", moonshot=1.5),
    "dev_key_s": most(3, "a development key of 2^16", moonshot=1),
    "rss_full_mb": most(600, "peak memory of a process with one key of 2^16"),
    "rss_lean_mb": most(250, "the same in lean mode"),
}


def ratios(race: Measured, named: Mapping[str, tuple[str, str]]) -> Figures:
    """Of each (reference, contender) that took part: how many times the reference's time is the contender's."""
    times = race["times_ms"]
    pairs = {key: pair for key, pair in named.items() if set(pair) <= set(times)}
    return {key: ratio(times, reference, contender) for key, (reference, contender) in pairs.items()}


def race_figures(fx: Measured | None, ff: Measured | None, fx_single: Measured | None) -> Figures:
    """Figures of the races; our contender is the fastest engine that the processor has."""
    figures: Figures = {}
    if fx is not None:
        own = fx["own"]
        against = {f"fx_vs_{peer}": (peer, own) for peer in PEERS}
        figures |= ratios(fx, {**against, "portable_vs_rapidsnark": (RAPIDSNARK, "portable")})
    if ff is not None:
        figures |= ratios(ff, {"ff_vs_rapidsnark": (RAPIDSNARK, ff["own"])})
    if fx_single is not None:
        figures |= ratios(fx_single, {"fx_vs_rapidsnark_1t": (RAPIDSNARK, fx_single["own"])})
    return figures


def resource_figures(measured: Measured | None) -> Figures:
    """Keys, tables and memory; those of the vector engine are left out where the processor lacks it."""
    if measured is None:
        return {}
    wanted = {
        "key_load_ms": ("vector", "key_load_ms"),
        "table_build_s": ("vector", "table_build_s"),
        "rss_full_mb": ("vector", "peak_mb"),
        "rss_lean_mb": ("vector, lean", "peak_mb"),
    }
    engines = measured["engines"]
    found = {key: engines[engine][label] for key, (engine, label) in wanted.items() if engine in engines}
    return {**found, "dev_key_s": measured["dev_key_s"]}


def statement_figures(measured: Measured | None) -> Figures:
    """Latencies, and the best of the ways to prove many."""
    if measured is None:
        return {}
    return {**measured["latencies_ms"], "insolvency_per_second": max(measured["rates"].values())}


def run_part(console: Console, title: str, module: str, *arguments: str, option: str = "--output") -> Measured | None:
    """What a process of its own measures, None where it fails: its reason is printed."""
    console.rule(title, align="left")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "measured.json")
        command = [sys.executable, "-m", module, *arguments, *([option] if option else []), str(output)]
        try:
            outcome = subprocess.run(command, cwd=ROOT, timeout=TIMEOUT_S, check=False)
            if outcome.returncode != 0:
                raise BenchFailure(f"ended with status {outcome.returncode}")
            measured: Measured = json.loads(output.read_text())
        except (BenchFailure, OSError, ValueError, subprocess.TimeoutExpired) as failure:
            console.print(f"not measured: {title}: {failure}", markup=False)
            return None
    return measured


def machine() -> str:
    """Processor, cores, vector instructions, load."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").is_file() else ""
    fields = dict(line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line)
    named = {name.strip(): value.strip() for name, value in fields.items()}
    family = f"family {named.get('cpu family', '?')}, model {named.get('model', '?')}"
    vectors = "AVX-512 IFMA" if "avx512ifma" in named.get("flags", "").split() else "no AVX-512 IFMA"
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return f"{named.get('model name', 'unknown processor')} ({family}), {cores} cores, {vectors}, load {load:.2f}"


def measure(console: Console, runs: int) -> Figures:
    """All figures that can be measured here."""
    bench = "prover.bench"
    peers = [argument for peer in PEERS for argument in ("--peer", peer)]
    rounds = ["--runs", str(runs)]
    fx = run_part(console, "fx, all provers in turn", bench, "fx", *rounds, *peers)
    some = ["--peer", RAPIDSNARK, "--peer", SNARKRS]
    ff = run_part(console, "ff, all but snarkjs", bench, "ff", *rounds, *some)
    single = run_part(console, "fx, one thread", bench, "fx", *rounds, "--threads", "1", "--peer", RAPIDSNARK)
    resources = run_part(console, "keys, tables, memory", bench, "ff", "--resources")
    statements = run_part(console, "statements", "scripts.bench.statement_times", option="")
    return {**race_figures(fx, ff, single), **resource_figures(resources), **statement_figures(statements)}


def main(arguments: list[str] | None = None) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=RUNS, help="rounds of each race (default %(default)s)")
    parser.add_argument("--strict", action="store_true", help="fail where an aim is missed")
    options = parser.parse_args(arguments)
    if options.runs < LEAST_RUNS:
        parser.error(f"a median of fewer than {LEAST_RUNS} rounds says little")
    console = Console(width=140)
    before = machine()
    console.print(before, markup=False, highlight=False)
    measured = measure(console, options.runs)
    figures = {key: round(measured[key], 3) for key in AIMS if key in measured}
    write(figures, OUTPUT)
    console.print(before, markup=False, highlight=False)
    missed = show(figures, AIMS, console)
    return 1 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
