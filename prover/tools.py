# SPDX-License-Identifier: Apache-2.0
"""External programs: node and the npm packages of the repository."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from prover.errors import ToolMissing


def node_command(root: Path, package: str, script: str) -> list[str]:
    """Start of a command line that runs `script` of the npm `package` under `root`/node_modules. Raises ToolMissing."""
    node = shutil.which("node")
    if node is None:
        raise ToolMissing("node", "PATH", "not found: install Node.js and run `make setup`")
    path = root / "node_modules" / package / script
    if not path.is_file():
        raise ToolMissing(package, path, "not found: run `make setup`")
    return [node, str(path)]


def npm_version(root: Path, package: str) -> str:
    """Version of the npm `package` under `root`/node_modules. Raises ToolMissing."""
    path = root / "node_modules" / package / "package.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError) as error:
        raise ToolMissing(package, path, "not found: run `make setup`") from error
