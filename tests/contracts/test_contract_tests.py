# SPDX-License-Identifier: Apache-2.0
"""What forge does not check of its own tests: error coverage and the age of the vectors."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ERROR = re.compile(r"^\s*error (\w+)\(", re.MULTILINE)


def test_every_error_of_every_contract_is_expected_by_a_forge_test() -> None:
    sources = [path for path in (ROOT / "contracts").rglob("*.sol") if path.parent.name != "generated"]
    declared = {name for path in sources for name in ERROR.findall(path.read_text())}
    tests = "\n".join(path.read_text() for path in (ROOT / "tests" / "contracts").glob("*.t.sol"))
    unexpected = sorted(name for name in declared if f"{name}.selector" not in tests)
    assert len(declared) > 60
    assert unexpected == []


def test_the_stored_vectors_are_those_that_the_generator_writes() -> None:
    contents = runpy.run_path(str(ROOT / "tests" / "contracts" / "make_vectors.py"))["contents"]()
    stale = [name for name, text in contents.items() if (ROOT / "tests" / "vectors" / name).read_text() != text]
    assert stale == [], "run python tests/contracts/make_vectors.py"
