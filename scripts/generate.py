# SPDX-License-Identifier: Apache-2.0
"""Regenerates what follows from the registry; ``--check`` only compares and fails on a difference."""

import sys
from pathlib import Path

from oracle.registry.generate import compare, write

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    check = "--check" in sys.argv[1:]
    changed = compare(ROOT) if check else write(ROOT)
    for path in changed:
        print(f"{'stale' if check else 'written'}: {path}")
    sys.exit(1 if check and changed else 0)
