# SPDX-License-Identifier: Apache-2.0
"""margin: positions of a file at a recording's last marks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

PUT, CALL = "BTC-13FEB26-47000-P", "BTC-17APR26-63000-C"


def positions(path: Path, *entries: tuple[object, object], market: str = "BTC-USD") -> Path:
    content = {"market": market, "positions": [{"instrument": name, "amount_e4": amount} for name, amount in entries]}
    path.write_text(json.dumps(content))
    return path


def test_a_short_account_needs_more_at_initial_than_at_maintenance(run: Any, recording: Path, tmp_path: Path) -> None:
    path = positions(tmp_path / "p.json", (PUT, -30_000), (CALL, -5_000))
    result = run("margin", recording, "--positions", path, "--json").json
    assert result["initial"]["required_cash_e6"] > result["maintenance"]["required_cash_e6"] > -result["value_e6"] > 0
    assert 0 <= result["initial"]["worst_row"] < 36
    assert result["solvency_circuit"] == "solvency_4"
    assert "maintenance" in run("margin", recording, "--positions", path).text


def test_margin_is_linear_in_the_amount_up_to_rounding(run: Any, recording: Path, tmp_path: Path) -> None:
    one, ten = (positions(tmp_path / f"{n}.json", (PUT, -n)) for n in (10_000, 100_000))
    small, large = (run("margin", recording, "--positions", path, "--json").json for path in (one, ten))
    assert abs(large["initial"]["required_cash_e6"] - 10 * small["initial"]["required_cash_e6"]) <= 10


def test_positions_of_one_contract_are_netted(run: Any, recording: Path, tmp_path: Path) -> None:
    whole = positions(tmp_path / "whole.json", (PUT, -3))
    split = positions(tmp_path / "split.json", (PUT, -5), (PUT, 2))
    assert run("margin", recording, "--positions", whole).text == run("margin", recording, "--positions", split).text


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("BTC-13FEB26-47001-P", 1)], "the strike is not listed"),
        ([("BTC-14FEB26-47000-P", 1)], "no usable slice in this recording (unknown_expiry)"),
        ([("BTC-31FEB26-47000-P", 1)], "unknown_instrument"),
        ([("BTC-PERPETUAL", 1)], "unknown_instrument"),
        ([("ETH-13FEB26-2000-P", 1)], "is not an option of BTC-USD"),
        ([("BTC-13FEB26-999999999999-P", 1)], "unknown_instrument"),
        ([(PUT, 0)], "must be non-zero"),
        ([(PUT, 1 << 28)], "below 2^28"),
        ([(PUT, -(1 << 200))], "below 2^28"),
        ([(PUT, 1), (PUT, -1)], "net to zero"),
        ([(PUT, 1.5)], "positions.0.amount_e4"),
        ([(PUT, "1")], "positions.0.amount_e4"),
        ([(7, 1)], "positions.0.instrument"),
        ([], "at least 1 item"),
    ],
)
def test_a_bad_position_is_named(
    run: Any, recording: Path, tmp_path: Path, entries: list[tuple[object, object]], words: str
) -> None:
    outcome = run("margin", recording, "--positions", positions(tmp_path / "p.json", *entries), "--json")
    assert outcome.code == 2
    assert outcome.json["error"] in {"ConfigError", "MarginError"}
    assert words in outcome.json["message"]


def test_more_positions_than_an_account_holds_are_refused(run: Any, recording: Path, tmp_path: Path) -> None:
    listed = (42, 44, 47, 49, 51, 54, 56, 59, 62, 65, 68, 71, 74, 78, 82, 86)
    entries = [(f"BTC-13FEB26-{strike}000-{side}", 1) for strike in listed for side in "CP"]
    entries.append((CALL, 1))
    outcome = run("margin", recording, "--positions", positions(tmp_path / "p.json", *entries), "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "MarginError")
    assert "at most 32" in outcome.json["message"]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff", b'{"market": "BTC-USD"}', b"[" * 200_000, b'{"market": 1, "positions": []}']
)
def test_a_malformed_positions_file_is_refused(run: Any, recording: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(content)
    outcome = run("margin", recording, "--positions", path, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert str(path) in outcome.json["message"]


def test_a_missing_positions_file_is_named(run: Any, recording: Path, tmp_path: Path) -> None:
    outcome = run("margin", recording, "--positions", tmp_path / "none.json", "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert "cannot be read" in outcome.json["message"]


def test_an_unknown_market_and_an_unknown_grid_are_refused(run: Any, recording: Path, tmp_path: Path) -> None:
    path = positions(tmp_path / "p.json", (PUT, 1), market="DOGE-USD")
    assert run("margin", recording, "--positions", path, "--json").json["error"] == "ConfigError"
    good = positions(tmp_path / "q.json", (PUT, 1))
    outcome = run("margin", recording, "--positions", good, "--grid", "nowhere", "--json")
    assert "must be one of" in outcome.json["message"]
