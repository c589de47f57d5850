# SPDX-License-Identifier: Apache-2.0
"""Runs the invariants of the contracts in foundry's profile ``intense``: calls, reverts, seconds and verdict per world.

``invariant_all_of_<world>`` asserts every named invariant of its world (docs/invariants.md) at once, so that no call is
counted twice. Fails where an invariant fails or fewer than a million calls were made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FORGE = ROOT / "node_modules/@foundry-rs/forge-linux-amd64/bin/forge"
FIGURES = ROOT / "build" / "bench" / "fuzz_contracts.json"
LEAST_CALLS = 1_000_000


def figures_of(suites: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Calls and reverts of each campaign of forge's JSON report, and what failed: (campaign, reason, calls that lead there)."""
    campaigns, failures = {}, []
    for suite in suites.values():
        for test, result in suite["test_results"].items():
            run = result["kind"].get("Invariant", {"calls": 0, "reverts": 0})
            campaigns[test.removesuffix("()")] = {"calls": run["calls"], "reverts": run["reverts"]}
            if result["status"] != "Success":
                failures.append([test, result["reason"], json.dumps(result["counterexample"])[:4000]])
    calls = sum(campaign["calls"] for campaign in campaigns.values())
    return {"calls": calls, "seconds": round(seconds), "campaigns": campaigns, "failures": failures}


def main() -> int:
    """Runs forge, prints and writes the figures."""
    started = time.monotonic()
    command = [str(FORGE), "test", "--match-path", "tests/contracts/*Invariants.t.sol"]
    command += ["--match-test", "invariant_all_of", "--json"]
    environment = os.environ | {"FOUNDRY_PROFILE": "intense"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    reports = [line for line in run.stdout.splitlines() if line.startswith('{"tests/')]
    if len(reports) != 1:
        sys.stderr.write(run.stdout[-4000:] + run.stderr[-4000:])
        return 1
    figures = figures_of(json.loads(reports[0]), time.monotonic() - started)
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    for name, campaign in sorted(figures["campaigns"].items()):
        sys.stdout.write(f"{name:36} {campaign['calls']:>9,} calls  {campaign['reverts']:>6,} reverts\n")
    sys.stdout.write(f"{'all':36} {figures['calls']:>9,} calls  {figures['seconds']:>6,} s\n")
    for failure in figures["failures"]:
        sys.stderr.write("\n".join(failure) + "\n")
    if figures["calls"] < LEAST_CALLS:
        sys.stderr.write(f"fewer than {LEAST_CALLS:,} calls\n")
    return 1 if figures["failures"] or figures["calls"] < LEAST_CALLS else 0


if __name__ == "__main__":
    sys.exit(main())
