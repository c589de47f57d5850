# SPDX-License-Identifier: Apache-2.0
"""Fails where a tracked text names a path of one machine or a package registry's host: check_paths.py [FILE...].

Cargo.lock names the public crate index by design of its format; the broken fixtures of the lints are not the product.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATTERNS = [
    r"(?<![\w.~-])/(?:home|root|work|tmp|Users|mnt)/\w",
    r"[A-Z]:\\\\?Users",
    r"registry\.npmjs\.\w+|registry\.yarnpkg\.\w+|pypi\.\w+/|pythonhosted\.\w+|(?:static\.|index\.)crates\.io",
    r"--(?:extra-)?index-url[ =]\S+://|^registry ?= ?\S",
]
FORBIDDEN = re.compile("|".join(PATTERNS), re.MULTILINE)
EXCLUDED = ("Cargo.lock", "tests/lint/fixtures/", "scripts/check_paths.py")


def tracked() -> list[Path]:
    """Tracked regular files, without the excluded ones."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listing.split("\0") if name and not name.startswith(EXCLUDED)]
    return [ROOT / name for name in names if (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def violations(paths: list[Path]) -> list[str]:
    """One line per forbidden text; binary files hold none."""
    found = []
    for path in paths:
        text = path.read_bytes().decode(errors="replace")
        for match in FORBIDDEN.finditer(text):
            found.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}")
    return found


if __name__ == "__main__":
    lines = violations([Path(argument) for argument in sys.argv[1:]] or tracked())
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(1 if lines else 0)
