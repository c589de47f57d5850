# SPDX-License-Identifier: Apache-2.0
"""Fails where circom, Python and Solidity disagree with the registry on files, public signals or fields and their order."""

import json
import re
import sys
from pathlib import Path

SIGNALS = ["z", "digest", "y"]
"""As declared in a circuit: an input, then the outputs; circom puts outputs first, so the public signals are digest, y, z."""
RETURNED = {
    "contracts/libraries/Challenge.sol": "return [digest, y, z];",
    "oracle/statements/statement.py": "return [self.digest, evaluate(self.d, self.z), self.z]",
}
HOMES = ["circuits/{0}.circom", "oracle/model/{0}.py", "oracle/statements/{0}.py", "contracts/statements/{1}.sol"]


def text_of(path: Path) -> str:
    """A file's text; empty where it is missing."""
    return path.read_text() if path.is_file() else ""


def fields_in(root: Path, statement: str, element: str) -> dict[str, list[str]]:
    """Language to the field names of one element's record, in the order of the generated file."""
    name, part = statement.capitalize(), element.capitalize()
    circom = text_of(root / f"circuits/generated/{statement}_data.circom").partition(f"template {name}{part}()")[2]
    python = text_of(root / "oracle/statements/layout.py").partition(f"class {name}{part}(Record)")[2]
    solidity = text_of(root / f"contracts/generated/{name}Layout.sol").partition(f"struct {part}Record {{")[2]
    struct = re.findall(r"u?int256 (\w+);", solidity.partition("}")[0])
    return {
        "circom": re.findall(r"signal input (\w+);", circom.partition("\n}")[0]),
        "Python": re.findall(r'\("(\w+)", \d+,', python.partition("PER_ELEMENT")[0]),
        "Solidity": [re.sub(r"([A-Z])", r"_\1", field).lower() for field in struct],
    }


def violations(root: Path) -> list[str]:
    """One line per missing file, wrong order of signals and differing record."""
    found: list[str] = []
    for statement, body in json.loads((root / "circuits/statements.json").read_text()).items():
        homes = [home.format(statement, statement.capitalize()) for home in HOMES]
        found += [f"{home}: missing" for home in homes if not (root / home).is_file()]
        main = text_of(root / homes[0]).partition(f"template {statement.capitalize()}(")[2]
        signals = re.findall(r"^ +signal (?:input|output) (z|digest|y);", main, re.MULTILINE)
        if signals != SIGNALS:
            found.append(f"{homes[0]}: public signals are {signals}")
        for element in (e for e in body["elements"] if "fields" in e):
            expected = [field["name"] for field in element["fields"] if "name" in field]
            for language, names in fields_in(root, statement, element["name"]).items():
                # an opaque element enters its circuit whole
                if names != ([] if language == "circom" and element.get("opaque") else expected):
                    found.append(f"{statement}.{element['name']}: {language} has {names}, the registry {expected}")
    wrong = [path for path, order in RETURNED.items() if order not in text_of(root / path)]
    return found + [f"{path}: the public signals are not digest, y, z" for path in wrong]


if __name__ == "__main__":
    lines = violations(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(1 if lines else 0)
