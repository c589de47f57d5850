# SPDX-License-Identifier: Apache-2.0
"""The figures of the contracts' campaigns, from forge's report."""

from __future__ import annotations

from typing import Any

from scripts import fuzz_contracts
from scripts.mutate_contracts import FAULTS


def campaign(status: str, calls: int) -> dict[str, Any]:
    """One campaign in forge's report."""
    kind = {"Invariant": {"runs": 1, "calls": calls, "reverts": 0}}
    return {"status": status, "reason": "tombstone", "counterexample": None, "kind": kind}


def suites(*campaigns: dict[str, Any]) -> dict[str, Any]:
    """A report of suites with one campaign each."""
    return {f"suite {i}": {"test_results": {f"invariant_all_of_{i}()": c}} for i, c in enumerate(campaigns)}


def test_calls_of_all_campaigns_are_summed() -> None:
    figures = fuzz_contracts.figures_of(suites(campaign("Success", 600), campaign("Success", 500)), 1.4)
    assert (figures["calls"], figures["seconds"], figures["failures"]) == (1100, 1, [])


def test_a_failed_campaign_is_reported_with_its_reason() -> None:
    figures = fuzz_contracts.figures_of(suites(campaign("Failure", 3)), 1)
    assert figures["failures"] == [["invariant_all_of_0()", "tombstone", "null"]]


def test_every_world_has_faults_of_its_own() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    assert {fault.world for fault in FAULTS} == {"Margin", "Auction", "Oracle", "Registry"}
