# SPDX-License-Identifier: Apache-2.0
"""Runs slither on ``contracts`` of a root and fails on every finding of medium or high impact that is not triaged.

Runs in slither's own environment. ``slither.config.json`` of the root holds slither's settings; ``slither.triage.json``
lists (check, element, reason) of each accepted finding, and an entry that matches no finding fails too.
"""

import contextlib
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
FORGE = REPOSITORY / "node_modules/@foundry-rs/forge-linux-amd64/bin/forge"


def follow_import_aliases() -> None:
    """Slither looks ``import {X as Y}`` up as X and takes a struct X in scope for it: the declaration's id decides here."""
    parsing = importlib.import_module("slither.solc_parsing.expressions.expression_parsing")
    lookup = importlib.import_module("slither.solc_parsing.expressions.find_variable")
    original = parsing.find_variable

    def find_variable(name: str | None, context: Any, declaration: int | None = None, **options: Any) -> Any:
        scope = lookup._find_variable_init(context)[2]
        aliased = [c for c in scope.contracts.values() if name in scope.renaming and c.id == declaration]
        return (aliased[0], False) if aliased else original(name, context, declaration, **options)

    vars(parsing)["find_variable"] = find_variable


def qualified(element: dict[str, Any]) -> str:
    """Contract.function.variable of an element."""
    parent = element.get("type_specific_fields", {}).get("parent")
    outer = f"{qualified(parent)}." if parent and parent["type"] in ("contract", "function") else ""
    return f"{outer}{element['name']}"


def findings(root: Path) -> set[tuple[str, str]]:
    """(check, first element) of what slither finds; a failed build or analysis raises."""
    work = root / "build" / "slither"
    for old in ("out", "findings.json"):
        shutil.rmtree(work / old) if (work / old).is_dir() else (work / old).unlink(missing_ok=True)
    build = ["build", "--root", str(root), "--force", "--skip", "tests/**", "--build-info", "--quiet"]
    subprocess.run([FORGE, *build, "--out", work / "out", "--cache-path", work / "cache"], check=True)
    os.environ["PATH"] = f"{FORGE.parent}:{os.environ['PATH']}"
    os.chdir(root)
    sys.argv = ["slither", ".", "--foundry-ignore-compile", "--foundry-out-directory", "build/slither/out"]
    sys.argv += ["--json", "build/slither/findings.json"]
    follow_import_aliases()
    with contextlib.suppress(SystemExit):
        importlib.import_module("slither.__main__").main()
    report = json.loads((work / "findings.json").read_text())
    if not report["success"]:
        return {("slither", str(report["error"]))}
    return {(result["check"], qualified(result["elements"][0])) for result in report["results"].get("detectors", [])}


def main(root: Path) -> list[str]:
    """One line per finding without a triage entry and per entry without a finding."""
    triage = root / "slither.triage.json"
    accepted = {(e["check"], e["element"]) for e in json.loads(triage.read_text())} if triage.exists() else set()
    found = findings(root)
    lines = [f"finding: {check} in {element}" for check, element in sorted(found - accepted)]
    return lines + [f"triaged, not found: {check} in {element}" for check, element in sorted(accepted - found)]


if __name__ == "__main__":
    problems = main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else REPOSITORY)
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(1 if problems else 0)
