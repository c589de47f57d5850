# SPDX-License-Identifier: Apache-2.0
"""Gas as the Solidity tests measure it, as it is committed, and what the contracts were compiled with."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from oracle.chain.artifacts import CONTRACTS
from scripts.bench.circuit_sizes import BenchFailure

FORGE = Path("node_modules/@foundry-rs/forge-linux-amd64/bin/forge")
TESTS = Path("tests/contracts")
COMMITTED = TESTS / "gas"
FRESH = Path("build/bench/gas")
TIMEOUT_S = 1_800

Snapshots = dict[str, int]
"""``<file>/<key>`` to gas."""


@dataclass(frozen=True)
class Compiled:
    """Compiler, settings, and bytes of deployed code by contract."""

    solc: str
    hard_fork: str
    optimizer_runs: tuple[int, ...]
    sizes: Mapping[str, int]

    def told(self) -> str:
        """One line."""
        runs = ", ".join(map(str, self.optimizer_runs))
        return f"gas of whole transactions; hard fork {self.hard_fork}, optimizer runs {runs}, solc {self.solc}"


def measured(root: Path) -> Snapshots:
    """Runs every test file that takes a snapshot. Raises :class:`BenchFailure` where forge is missing or a test fails."""
    files = sorted(path.stem for path in (root / TESTS).glob("*.sol") if _measures(path))
    if not files or not (root / FORGE).is_file():
        raise BenchFailure("forge or its tests are missing: run `make setup`")
    shutil.rmtree(root / FRESH, ignore_errors=True)
    command = [str(FORGE), "test", "--match-path", f"{TESTS}/{{{','.join(files)}}}.sol"]
    environment = {**os.environ, "FOUNDRY_SNAPSHOTS": str(FRESH)}
    try:
        outcome = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise BenchFailure(f"forge takes more than {TIMEOUT_S} seconds") from late
    if outcome.returncode != 0:
        failed = [line for line in outcome.stdout.splitlines() if line.startswith(("[FAIL", "Error"))]
        raise BenchFailure("; ".join(failed) or outcome.stderr.strip() or "forge failed")
    return {
        key: gas
        for path in sorted((root / FRESH).glob("*.json"))
        for key, gas in parsed(path.stem, path.read_text()).items()
    }


def _measures(path: Path) -> bool:
    return re.search(r"vm\.snapshot(GasLastCall|Value)\(", path.read_text()) is not None


def parsed(name: str, text: str) -> Snapshots:
    """A snapshot file. Raises :class:`BenchFailure` for what is none."""
    try:
        return {f"{name}/{key}": int(gas) for key, gas in json.loads(text).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise BenchFailure(f"{name}.json is no snapshot: {error}") from error


def committed(root: Path) -> Snapshots:
    """What the last commit says. Raises :class:`BenchFailure` outside a repository."""
    names = _git(root, "ls-tree", "--name-only", "HEAD", f"{COMMITTED}/").split()
    found: Snapshots = {}
    for name in names:
        found |= parsed(Path(name).stem, _git(root, "show", f"HEAD:{name}"))
    return found


def _git(root: Path, *arguments: str) -> str:
    try:
        outcome = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BenchFailure(f"the committed snapshots cannot be read: {error}") from error
    return outcome.stdout


def drifted(found: Snapshots, expected: Snapshots) -> list[str]:
    """One line for every key that differs, saying by how much."""
    lines = []
    for key in sorted({*found, *expected}):
        now, before = found.get(key), expected.get(key)
        if now == before:
            continue
        if before is None:
            lines.append(f"{key}: {now:,}, not committed")
        elif now is None:
            lines.append(f"{key}: {before:,} committed, not measured")
        else:
            lines.append(f"{key}: {before:,} committed, {now:,} measured: {now - before:+,} ({now / before - 1:+.2%})")
    return lines


def compiled(root: Path, names: tuple[str, ...] = CONTRACTS) -> Compiled:
    """From forge's artefacts of what is deployed. Raises :class:`BenchFailure` where one is missing or they disagree."""
    sizes, solc, forks, runs = {}, set(), set(), set()
    for name in names:
        path = root / "build" / "contracts" / f"{name}.sol" / f"{name}.json"
        try:
            content = json.loads(path.read_text())
            settings = content["metadata"]["settings"]
            sizes[name] = len(content["deployedBytecode"]["object"].removeprefix("0x")) // 2
            solc.add(str(content["metadata"]["compiler"]["version"]))
            forks.add(str(settings["evmVersion"]))
            runs.add(int(settings["optimizer"]["runs"]))
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise BenchFailure(f"contract artefact {path}: {error!r}; run `make contracts`") from error
    if len(solc) != 1 or len(forks) != 1:
        raise BenchFailure(f"contracts of several compilers or hard forks: {sorted(solc)}, {sorted(forks)}")
    return Compiled(solc.pop(), forks.pop(), tuple(sorted(runs)), sizes)
