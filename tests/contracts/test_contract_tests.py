# SPDX-License-Identifier: Apache-2.0
"""What forge does not check of its own tests: error coverage and the age of the vectors."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "contracts"
FUNCTION = re.compile(r"^    function ((?:test|invariant)\w*)\((.*?)^    \}$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`((?:test|invariant)_?\w+)`")
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


def functions(pattern: str) -> dict[str, str]:
    """Tests and invariants of forge's files, each name with its body."""
    return {name: body for path in TESTS.glob(pattern) for name, body in FUNCTION.findall(path.read_text())}


def named(document: str) -> set[str]:
    """Names of tests and invariants in a document."""
    return set(NAMED.findall((ROOT / "docs" / document).read_text()))


def test_the_invariants_of_the_document_are_those_of_the_tests() -> None:
    invariants = {name for name in functions("*.t.sol") if name.startswith("invariant_")}
    campaigns = {name for name in invariants if name.startswith("invariant_all_of_")}
    assert len(campaigns) == 4
    assert named("invariants.md") == invariants - campaigns


def test_every_campaign_asserts_every_invariant_of_its_file() -> None:
    for path in TESTS.glob("*Invariants.t.sol"):
        found = functions(path.name)
        campaign = next(body for name, body in found.items() if name.startswith("invariant_all_of_"))
        for name in found:
            if name.startswith("invariant_") and not name.startswith("invariant_all_of_"):
                assert f"{name}();" in campaign, f"{path.name} asserts {name} in no campaign"


def test_the_campaigns_make_ten_thousand_calls_and_a_million_where_asked() -> None:
    settings = tomllib.loads((ROOT / "foundry.toml").read_text())
    campaigns = len(list(TESTS.glob("*Invariants.t.sol")))
    for profile, least in ((settings["invariant"], 10_000), (settings["profile"]["intense"]["invariant"], 1_000_000)):
        assert campaigns * profile["runs"] * profile["depth"] >= least
        assert profile["fail_on_revert"] is True


def test_every_attack_of_the_document_has_the_test_that_it_names() -> None:
    attacks = named("attacks.md")
    assert len(attacks) > 60
    assert sorted(attacks - set(functions("*.t.sol"))) == []


def test_every_test_of_an_attack_is_in_the_document() -> None:
    unnamed = set(functions("*Attacks.t.sol")) - named("attacks.md")
    assert sorted(unnamed) == ["test_the_engine_names_its_checker_and_what_it_asks"]
