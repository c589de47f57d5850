# SPDX-License-Identifier: Apache-2.0
"""simulate, replay, surface, greeks: recordings in, numbers out."""

from __future__ import annotations

import errno
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from oracle.cli.recorded import Replay
from oracle.cli.tables import print_venue_greeks
from oracle.cli.venue_greeks import compare_greeks


def test_simulate_is_repeatable(run: Any, tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"
    assert run("simulate", first, "--small", "--seed", 7, "--json").json["frames"] > 100
    run("simulate", second, "--small", "--seed", 7)
    assert first.read_bytes() == second.read_bytes()


def test_simulate_on_a_full_disk_leaves_the_old_recording(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("old")

    def full(fresh: Path, _config: object) -> int:
        fresh.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("oracle.cli.replay.write_recording", full)
    outcome = run("simulate", path, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "OutputError")
    assert [item.name for item in tmp_path.iterdir()] == ["a.jsonl"]
    assert path.read_text() == "old"


def test_simulate_refuses_a_negative_seed(run: Any, tmp_path: Path) -> None:
    assert run("simulate", tmp_path / "a.jsonl", "--seed", "-1").code == 2
    assert not list(tmp_path.iterdir())


def test_a_recording_that_cannot_be_written_is_named(run: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = run("simulate", tmp_path / "file" / "r.jsonl", "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "OutputError")


def test_replay_counts_every_epoch(run: Any, recording: Path) -> None:
    result = run("replay", recording, "--json").json
    assert result["format"] == "raw_frames"
    assert [row["quoted"] for row in result["snapshots"]] == [32] * 4
    assert len({row["snapshot_root"] for row in result["snapshots"]}) == 4
    assert "BTC-USD" in run("replay", recording).text


@pytest.mark.parametrize("content", [b"", b"not a recording\n", b"\x1f\x8b\x08\x00torn", b'{"a": '])
@pytest.mark.parametrize("name", ["replay", "surface", "greeks"])
def test_what_is_no_recording_is_a_named_error(run: Any, tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "bad.gz"
    path.write_bytes(content)
    outcome = run(name, path, "--json")
    assert outcome.code == 2
    assert outcome.json["error"] in {"SnapshotError", "InvalidFrame"}


def test_a_missing_recording_is_named(run: Any, tmp_path: Path) -> None:
    outcome = run("replay", tmp_path / "none", "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert str(tmp_path / "none") in outcome.json["message"]


def test_surface_gives_the_fit_of_every_expiry(run: Any, recording: Path) -> None:
    (market,) = run("surface", recording, "--json").json["markets"]
    assert (market["market"], market["circuit"]) == ("BTC-USD", "slice_32_16")
    for row in market["expiries"]:
        assert (row["strikes"], row["quotes"], row["inside_share"]) == (16, 16, 1.0)
        assert row["rmse_vol_points"] < 0.2
    assert market["population"]["quotes"] == 32
    assert "13FEB26" in run("surface", recording).text


def test_surface_names_the_rule_of_every_refused_expiry(run: Any, venue_recording: Path) -> None:
    outcome = run("surface", venue_recording, "--json")
    assert outcome.code == 1
    for market in outcome.json["markets"]:
        assert market["expiries"] == []
        assert {refusal["rule"] for refusal in market["refusals"]} == {"too_few_quotes"}


@pytest.mark.parametrize("name", ["surface", "greeks"])
def test_an_unknown_market_is_refused(run: Any, recording: Path, name: str) -> None:
    outcome = run(name, recording, "--market", "DOGE-USD", "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert "['BTC-USD', 'ETH-USD']" in outcome.json["message"]


def test_a_market_without_frames_has_no_snapshot(run: Any, recording: Path) -> None:
    outcome = run("surface", recording, "--market", "ETH-USD", "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "SnapshotError")


def test_greeks_of_every_strike_are_those_of_the_proven_integers(run: Any, recording: Path) -> None:
    result = run("greeks", recording, "--expiry", "17apr26", "--json").json
    (expiry,) = result["markets"][0]["expiries"]
    deltas = [row["delta"] for row in expiry["strikes"]]
    assert len(deltas) == 16
    assert deltas == sorted(deltas, reverse=True)
    for row in expiry["strikes"]:
        assert int(row["cdf_d1_q152"]) / 2**152 == row["delta"]
        assert row["gamma"] > 0 > row["theta"]
    assert "vega" in run("greeks", recording).text


@pytest.mark.parametrize("expiry", ["1JAN30", "0", "-5", "99999999999", "99999999999999999999", "soon", "31FEB26"])
def test_greeks_of_an_unknown_expiry_are_refused(run: Any, recording: Path, expiry: str) -> None:
    outcome = run("greeks", recording, "--expiry", expiry, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert expiry in outcome.json["message"]


def test_the_venues_own_greeks_agree_with_black_76(run: Any, venue_recording: Path) -> None:
    outcome = run("greeks", venue_recording, "--json")
    assert outcome.code == 1
    venue = outcome.json["venue"]
    assert venue["count"] == 10
    for name, limit in (("delta", 1e-5), ("gamma", 1e-5), ("vega", 0.002), ("theta", 0.04)):
        assert venue["largest_difference"][name] < limit


def test_a_ticker_without_volatility_is_skipped_and_not_compared(recording: Path) -> None:
    quotes = Replay(recording).newest_quotes()
    compared = compare_greeks(quotes)
    assert (compared.count, compared.skipped) == (len(quotes), 0)
    assert compare_greeks([]).table().row_count == 4


def test_the_demonstration_shows_the_venues_greeks_of_a_recording(venue_recording: Path) -> None:
    console = Console(file=StringIO(), width=100)
    print_venue_greeks(console, venue_recording)
    shown = console.file.getvalue() if isinstance(console.file, StringIO) else ""
    assert "10 options" in shown
    assert all(name in shown for name in ("delta", "gamma", "vega", "theta"))


def test_the_demonstration_names_a_missing_recording(run: Any, tmp_path: Path) -> None:
    missing = tmp_path / "none"
    outcome = run("demo", "--no-stay", "--recording", missing, "--artifacts", tmp_path, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert str(missing) in outcome.json["message"]
