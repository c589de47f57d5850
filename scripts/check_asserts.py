# SPDX-License-Identifier: Apache-2.0
"""Fails on an ``assert`` in the packages: product code raises named errors, also under ``python -O``."""

import ast
import sys
from pathlib import Path


def violations(root: Path) -> list[str]:
    """One line per assert statement or raised AssertionError in oracle and prover."""
    found = []
    for path in sorted([*root.glob("oracle/**/*.py"), *root.glob("prover/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assert) or (isinstance(node, ast.Raise) and "AssertionError" in ast.dump(node)):
                found.append(f"{path.relative_to(root)}:{node.lineno}: assert in product code")
    return found


if __name__ == "__main__":
    lines = violations(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(1 if lines else 0)
