# SPDX-License-Identifier: Apache-2.0
"""Fails on a hint (``<--``) of a circuit that no comment explains.

Explained: a comment on its line, one on the line above the hints it stands among, or a numbered step that names the signal.
"""

import re
import sys
from pathlib import Path

HINT = re.compile(r"(\w+)(?:\[[^\]]*\])* <-- ")
STEP = re.compile(r"^\s*// \d+\. ")


def violations(root: Path) -> list[str]:
    """One line per hint without an explanation."""
    found = []
    for path in sorted((root / "circuits").rglob("*.circom")):
        lines = path.read_text().splitlines()
        steps = " ".join(line for line in lines if STEP.match(line))
        for number, line in enumerate(lines):
            match = HINT.search(line.partition("//")[0])
            if match is None:
                continue
            above = number - 1
            while above >= 0 and HINT.search(lines[above]):
                above -= 1
            explained = "//" in line or lines[above].lstrip().startswith("//")
            if not explained and re.search(rf"\b{match[1]}\b", steps) is None:
                found.append(f"{path.relative_to(root)}: hint {match[1]} is not explained")
    return found


if __name__ == "__main__":
    lines = violations(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(1 if lines else 0)
