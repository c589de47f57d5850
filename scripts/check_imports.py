# SPDX-License-Identifier: Apache-2.0
"""Fails where an import goes against the layers: prover <- oracle; inside oracle from the model outwards to the edges."""

import ast
import sys
from pathlib import Path

LAYERS = [
    {"errors"},
    {"model"},
    {"registry", "analytics", "surface", "statements", "stream"},
    {"chain"},
    {"node"},
    {"api", "bots"},
    {"cli"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


def _imported(node: ast.Import | ast.ImportFrom, parts: tuple[str, ...]) -> list[str]:
    """Full dotted names that an import statement of the file ``parts`` may load."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = [*parts[: len(parts) - node.level]] if node.level else []
    module = ".".join([*base, *([node.module] if node.module else [])])
    return [f"{module}.{alias.name}" for alias in node.names]


def violations(root: Path) -> list[str]:
    """One line per import that points outwards, or from prover into oracle."""
    found = []
    for path in sorted([*root.glob("prover/**/*.py"), *root.glob("oracle/**/*.py")]):
        package, *rest = path.relative_to(root).parts
        own = rest[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            names = _imported(node, path.relative_to(root).parts)
            for target in (name.split(".") for name in names if name.split(".")[0] == "oracle"):
                outward = package == "oracle" and len(target) > 1 and RANK.get(target[1], 99) > RANK.get(own, 99)
                if package == "prover" or outward:
                    found.append(f"{path.relative_to(root)}:{node.lineno}: {own} must not import {'.'.join(target)}")
    return found


if __name__ == "__main__":
    lines = violations(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(1 if lines else 0)
