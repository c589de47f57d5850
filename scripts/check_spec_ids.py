# SPDX-License-Identifier: Apache-2.0
"""Fails where an id such as [D-3] is used but not defined, or defined by two modules or in two places of docs/spec.

A definition starts its line in docs/spec or in a module's docstring under oracle: the id, then two spaces, or a left side
of at most 45 characters and one of ``= : < >``. In docs/spec a heading that holds the id, or the id in backticks, is one too.
"""

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

USE = re.compile(r"(?<![\w\])])\[([A-Z]-\d+)\]")
DEFINITION = re.compile(r"^ *\[([A-Z]-\d+)\](?:  | [^=:<>]{1,45}[=:<>])", re.MULTILINE)
MARKED = re.compile(r"^#+ .*\[([A-Z]-\d+)\]|`\[([A-Z]-\d+)\]`", re.MULTILINE)
FOLDERS = {"circuits": "circom", "contracts": "sol", "oracle": "py", "prover": "py", "tests": "py", "docs": "md"}


def violations(root: Path) -> list[str]:
    """One line per undefined id, per id with two definitions of a kind."""
    documents: dict[str, list[str]] = defaultdict(list)
    modules: dict[str, list[str]] = defaultdict(list)
    uses: dict[str, str] = {}
    for folder, suffix in FOLDERS.items():
        for path in sorted((root / folder).rglob(f"*.{suffix}")):
            if "fixtures" in path.parts:
                continue
            text, name = path.read_text(), str(path.relative_to(root))
            for match in USE.finditer(text):
                uses.setdefault(match[1], f"{name}:{text.count(chr(10), 0, match.start()) + 1}")
            if folder == "docs" and "spec" in path.parts:
                for match in [*DEFINITION.finditer(text), *MARKED.finditer(text)]:
                    documents[next(group for group in match.groups() if group)].append(name)
            elif folder == "oracle":
                for match in DEFINITION.finditer(ast.get_docstring(ast.parse(text)) or ""):
                    modules[match[1]].append(name)
    found = {key: f"{use}: [{key}] is not defined" for key, use in uses.items() if key not in {*documents, *modules}}
    for defined in (documents, modules):
        found |= {key: f"[{key}] is defined in {' and '.join(p)}" for key, p in defined.items() if len(p) > 1}
    return [line for _, line in sorted(found.items())]


if __name__ == "__main__":
    lines = violations(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(1 if lines else 0)
