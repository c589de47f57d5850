# SPDX-License-Identifier: Apache-2.0
"""The reject ledger forgets nothing silently."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

from oracle.stream.ledger import RejectLedger


def test_entries_carry_rule_subject_time_and_values_and_are_counted_by_rule() -> None:
    ledger = RejectLedger()
    entry = ledger.record("off_tick", "BTC-13FEB26-62000-C", 5, {"best_bid_price": Decimal("0.04105"), "age_ms": 3})
    ledger.record("stale", "x", 6, {})
    ledger.record("stale", "y", 7, {})
    assert ledger.counts == {"off_tick": 1, "stale": 2}
    assert json.loads(entry.to_json()) == {
        "rule": "off_tick",
        "subject": "BTC-13FEB26-62000-C",
        "at_us": "5",
        "values": {"age_ms": "3", "best_bid_price": "0.04105"},
    }


def test_the_export_is_one_json_line_per_entry(tmp_path: Path) -> None:
    ledger = RejectLedger()
    for at_us in range(3):
        ledger.record("stale", f"\ud800{at_us}\n", at_us, {"age_ms": at_us})
    ledger.export(tmp_path / "ledger.jsonl")
    lines = (tmp_path / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["at_us"] for line in lines] == ["0", "1", "2"]


def test_an_export_after_forgetting_says_how_many_entries_are_missing(tmp_path: Path) -> None:
    sink = io.StringIO()
    ledger = RejectLedger(sink, keep=2)
    for at_us in range(5):
        ledger.record("stale", "x", at_us, {})
    assert (ledger.total, ledger.forgotten, len(ledger.entries)) == (5, 3, 2)
    ledger.export(tmp_path / "ledger.jsonl")
    assert json.loads((tmp_path / "ledger.jsonl").read_text().splitlines()[0]) == {"forgotten": 3}
    assert len(sink.getvalue().splitlines()) == 5
