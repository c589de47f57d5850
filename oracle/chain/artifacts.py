# SPDX-License-Identifier: Apache-2.0
"""ABI and bytecode of the contracts, as forge wrote them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from oracle.errors import ChainError

PACKAGED = Path(__file__).with_name("packaged")
"""ABI and bytecode that a wheel carries; not there in a source tree."""

CONTRACTS = (
    "DemoDollar",
    "Timelock",
    "VerifierRegistry",
    "PublisherSet",
    "ListingRegistry",
    "RiskOracle",
    "OracleReader",
    "PullOracle",
    "MetricFeed",
    "NativeMargin",
    "Poseidon",
    "NativeSlice",
    "SliceFallback",
    "MarginRules",
    "MarginChecker",
    "MarginEngine",
    "LiquidationAuction",
    "ContradictionWatch",
)


class ContractArtifacts:
    """Reads ``<folder>/<Name>.sol/<Name>.json``, where that does not exist the same in the installed package.

    Raises :class:`ChainError` naming the file where one is missing or malformed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def abi(self, name: str) -> list[dict[str, Any]]:
        """ABI of one contract."""
        abi: list[dict[str, Any]] = self._content(name)["abi"]
        return abi

    def bytecode(self, name: str) -> str:
        """Creation bytecode of one contract."""
        return str(self._content(name)["bytecode"]["object"])

    def runtime(self, name: str) -> tuple[bytes, list[tuple[int, int]]]:
        """Deployed bytecode of one contract, immutables zero, and where they are: first byte and length."""
        deployed = self._content(name)["deployedBytecode"]
        places = [
            (int(place["start"]), int(place["length"]))
            for found in deployed["immutableReferences"].values()
            for place in found
        ]
        return bytes.fromhex(deployed["object"].removeprefix("0x")), places

    def has(self, name: str, function: str) -> bool:
        """Whether the contract has a function of this name."""
        return any(entry["type"] == "function" and entry["name"] == function for entry in self.abi(name))

    def errors(self) -> list[dict[str, Any]]:
        """Custom errors of all contracts, each signature once."""
        found: dict[str, dict[str, Any]] = {}
        for name in CONTRACTS:
            for entry in self.abi(name):
                if entry["type"] == "error":
                    found[entry["name"] + str([i["type"] for i in entry["inputs"]])] = entry
        return list(found.values())

    def _content(self, name: str) -> dict[str, Any]:
        own, packaged = (folder / f"{name}.sol" / f"{name}.json" for folder in (self._folder, PACKAGED))
        return read_artifact(packaged if packaged.is_file() and not own.is_file() else own)


@cache
def read_artifact(path: Path) -> dict[str, Any]:
    """ABI and bytecode in one of forge's files, nothing else. Raises :class:`ChainError`."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
        deployed = content["deployedBytecode"]
        return {
            "abi": list(content["abi"]),
            "bytecode": {"object": str(content["bytecode"]["object"])},
            "deployedBytecode": {
                "object": str(deployed["object"]),
                "immutableReferences": dict(deployed.get("immutableReferences", {})),
            },
        }
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ChainError(f"contract artefact {path}: {error!r}; run `make contracts`") from error
