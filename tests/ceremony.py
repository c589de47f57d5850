# SPDX-License-Identifier: Apache-2.0
"""The walkthrough of docs/ceremony.md, run as it stands: a real ceremony of two parties with beacon."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.ceremony import Ceremony

CIRCUIT = "insolvency_4"


def walk(root: Path, folder: Path) -> SimpleNamespace:
    """Folder and store after every command; `spoken`: what the commands said; `dev`: the development key beside it."""
    shutil.copytree(root / "build" / CIRCUIT, folder / "store" / CIRCUIT)
    dev = folder / "dev"
    shutil.copytree(root / "build" / CIRCUIT, dev)
    blocks = re.findall(r"```sh\n(.*?)```", (root / "docs" / "ceremony.md").read_text(), re.DOTALL)
    program = folder / "zkrisk"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from oracle.cli.main import app; app()' \"$@\"\n")
    program.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    places = {"PATH": path, "PYTHONPATH": str(root), "CEREMONY": str(folder), "ARTIFACTS": str(folder / "store")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=root,
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return SimpleNamespace(
        ceremony=Ceremony(folder / CIRCUIT),
        store=ArtifactStore(folder / "store"),
        dev=CircuitArtifact(CIRCUIT, dev),
        powers=folder / "powers.ptau",
        spoken=done.stdout,
    )
