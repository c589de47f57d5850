# SPDX-License-Identifier: Apache-2.0
"""The commands that talk to a chain: the path of a node, and everything a user can get wrong."""

from __future__ import annotations

import errno
import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from web3.exceptions import Web3RPCError

from oracle.bots.liquidator import LiquidationResult, Liquidator
from oracle.chain.anvil import free_port
from oracle.chain.deploy import Deployments
from oracle.cli.node import JsonLines
from oracle.cli.secrets import Redaction, keep_secret, redacted
from oracle.cli.status import status_exit_code
from oracle.errors import ChainError

NOBODY = "0x" + "00" * 19 + "01"
OPERATOR = Account.from_key("0x" + "42" * 32).address


def replaced_option(options: list[object], name: str, value: object) -> list[object]:
    changed = list(options)
    changed[changed.index(name) + 1] = value
    return changed


def refused(outcome: Any, name: str, text: str) -> None:
    assert outcome.code == 2, outcome.text
    assert outcome.json["error"] == name
    assert text in outcome.json["message"]


def test_from_deployment_to_a_landed_epoch(
    run: Any, chain: Any, recording: Path, secrets: Path, artifacts: Path
) -> None:
    read, height, file = chain.signed[:4], chain.height(), chain.deployment.read_bytes()
    again = ["chain", "deploy", *chain.signed, "--publisher", OPERATOR, "--artifacts", artifacts]
    assert run(*again, "--json").json["sent"] == 0
    assert (chain.height(), chain.deployment.read_bytes()) == (height, file)
    before = run("chain", "status", *read, "--json")
    assert (before.code, [market["slices"] for market in before.json["markets"]]) == (0, [[], []])
    assert "BTC-USD, 0 expiries listed, no report yet" in run("chain", "status", *read).text
    assert {circuit["key_kind"] for circuit in before.json["circuits"]} == {"DEV"}
    listed = run("chain", "list", *chain.signed, "--recording", recording, "--json").json["listed"]
    assert len(listed["BTC-USD"]) == 2
    options = ["--recording", recording, "--publisher-keystore", secrets / "operator.json", "--artifacts", artifacts]
    node = run("node", *chain.signed, *options, "--replay-clock", "--no-stay", "--api-port", 0, "--json")
    assert (node.code, node.json["epochs"], node.json["failed_epochs"]) == (0, 4, 0), node.text
    after = run("chain", "status", *read, "--json").json
    (btc,) = (market for market in after["markets"] if market["market"] == "BTC-USD")
    assert [row["expiry"] for row in btc["slices"]] == listed["BTC-USD"]
    # The recording ends in a crash: a vol past its limit leaves its slice to liquidation alone, as age does on a slow machine.
    usable = [row["age_s"] <= after["max_age_s"] and not row["vol_moved"] for row in btc["slices"]]
    assert [row["state"] == "fresh" for row in btc["slices"]] == usable
    assert {row["state"] for row in btc["slices"]} <= {"fresh", "liquidate_only"}
    assert all(row["age_s"] >= 0 for row in btc["slices"])
    assert btc["slices"][1]["calendar_earlier"] == "proven"
    assert "BTC-USD" in run("chain", "status", *read).text
    watched = run("liquidator", *chain.signed, "--artifacts", artifacts, "--once", "--json")
    assert (watched.code, watched.json) == (0, {"liquidated": []})


def test_options_come_from_the_settings_file(run: Any, chain: Any, tmp_path: Path) -> None:
    path = tmp_path / "z.toml"
    path.write_text(f"rpc_url = '{chain.anvil.rpc_url}'\ndeployment = '{chain.deployment}'\nchain_id = 31337\n")
    assert run("chain", "status", "--config", path, "--json").json["chain_id"] == 31337
    path.write_text(path.read_text().replace("31337", "1"))
    refused(
        run("chain", "status", "--config", path, "--json"), "ConfigError", "chain_id = 1: the node serves chain 31337"
    )


def test_the_exit_status_is_the_worst_of_findings_halts_and_slices() -> None:
    fresh = {"state": "fresh", "halted": False, "opening_paused": False, "slices": [{"state": "fresh"}]}
    status = {"findings": [{"state": "ok"}], "markets": [fresh]}
    assert status_exit_code(status) == 0
    assert status_exit_code({**status, "markets": [{**fresh, "state": "none", "slices": []}]}) == 0
    assert status_exit_code({**status, "findings": [{"state": "degraded"}]}) == 1
    assert status_exit_code({**status, "findings": [{"state": "degraded"}, {"state": "unsafe"}]}) == 2
    for market in (
        {**fresh, "halted": True},
        {**fresh, "opening_paused": True},
        {**fresh, "slices": []},
        {**fresh, "slices": [{"state": "stale"}]},
    ):
        assert status_exit_code({**status, "markets": [fresh, market]}) == 1


@pytest.mark.parametrize("name", ["status", "list", "node", "liquidator", "deploy"])
def test_what_the_settings_do_not_switch_on_is_not_activated(
    run: Any, name: str, tmp_path: Path, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "z.toml"
    empty.write_text("")
    commands: dict[str, list[object]] = {
        "status": ["chain", "status"],
        "list": ["chain", "list", "--recording", recording],
        "node": ["node", "--recording", recording],
        "liquidator": ["liquidator", "--once"],
        "deploy": ["chain", "deploy", "--publisher", NOBODY],
    }
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("oracle.cli.options.GRIDS", Path(__file__).resolve().parents[2] / "circuits" / "grids")
    outcome = run(*commands[name], "--config", empty, "--json")
    assert (outcome.code, outcome.json["error"], outcome.json["exit_code"]) == (3, "NotActivated", 3)
    assert any(remedy in outcome.json["message"] for remedy in ("zkrisk chain deploy", "add it to zkrisk.toml"))


@pytest.mark.parametrize("missing", ["--keystore", "--password-file", "--deployment"])
def test_a_missing_file_is_named(run: Any, chain: Any, tmp_path: Path, missing: str) -> None:
    height = chain.height()
    options = replaced_option(chain.signed, missing, tmp_path / "nowhere")
    refused(run("liquidator", *options, "--once", "--json"), "ConfigError", "nowhere")
    assert chain.height() == height


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b'{"crypto": {"kdf": "none"}, "version": 3}'])
def test_a_corrupt_keystore_is_named(run: Any, chain: Any, tmp_path: Path, content: bytes) -> None:
    corrupt = tmp_path / "corrupt.json"
    corrupt.write_bytes(content)
    options = replaced_option(chain.signed, "--keystore", corrupt)
    refused(run("liquidator", *options, "--once", "--json"), "ConfigError", f"keystore {corrupt}")


def test_a_wrong_password_is_named_and_not_shown(run: Any, chain: Any, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("incorrect horse")
    outcome = run("liquidator", *replaced_option(chain.signed, "--password-file", wrong), "--once", "--json")
    refused(outcome, "ConfigError", "MAC mismatch")
    assert "incorrect horse" not in outcome.text


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"markets": []}', b'{"markets": [{}]}'])
def test_a_malformed_deployment_is_named(run: Any, chain: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    options = replaced_option(chain.signed[:4], "--deployment", path)
    refused(run("chain", "status", *options, "--json"), "ConfigError", f"deployment {path}")


def test_a_deployment_of_another_chain_is_named(run: Any, chain: Any, tmp_path: Path) -> None:
    content = json.loads(chain.deployment.read_text())
    for market in content["markets"]:
        market["chain_id"] = 1
    path = tmp_path / "other.json"
    path.write_text(json.dumps(content))
    options = replaced_option(chain.signed[:4], "--deployment", path)
    refused(
        run("chain", "status", *options, "--json"), "ConfigError", "chain_id = 1: the Ethereum node is on chain 31337"
    )


def test_a_deployment_without_contracts_is_named(run: Any, chain: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text(
        chain.deployment.read_text().replace(Deployments.load(chain.deployment).markets[0].risk_oracle, NOBODY)
    )
    options = replaced_option(chain.signed[:4], "--deployment", path)
    refused(run("chain", "status", *options, "--json"), "ChainError", "no contract code on chain 31337")


@pytest.mark.parametrize("name", ["deploy", "list", "node", "liquidator", "status"])
def test_an_unreachable_node_is_named_by_every_command(
    run: Any, chain: Any, recording: Path, secrets: Path, name: str
) -> None:
    signed = replaced_option(chain.signed, "--rpc", f"http://127.0.0.1:{free_port()}")
    publisher = ["--publisher-keystore", secrets / "operator.json", "--no-stay", "--api-port", 0]
    commands: dict[str, list[object]] = {
        "deploy": ["chain", "deploy", *signed, "--publisher", NOBODY],
        "list": ["chain", "list", *signed, "--recording", recording],
        "node": ["node", *signed, "--recording", recording, "--replay-clock", *publisher],
        "liquidator": ["liquidator", *signed, "--once"],
        "status": ["chain", "status", *signed[:4]],
    }
    before = chain.deployment.read_bytes()
    refused(run(*commands[name], "--json"), "ChainError", "Connection refused")
    assert chain.deployment.read_bytes() == before


def test_a_node_that_fails_while_status_reads_is_a_chain_error(
    run: Any, chain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise Web3RPCError("too many requests")

    monkeypatch.setattr("oracle.cli.status._circuits", broken)
    refused(run("chain", "status", *chain.signed[:4], "--json"), "ChainError", "too many requests")


def test_a_port_in_use_is_named(run: Any, chain: Any, recording: Path, secrets: Path, artifacts: Path) -> None:
    port = chain.anvil.rpc_url.rpartition(":")[2]
    options = ["--recording", recording, "--publisher-keystore", secrets / "operator.json", "--artifacts", artifacts]
    outcome = run("node", *chain.signed, *options, "--no-stay", "--api-port", port, "--json")
    assert outcome.code == 2, outcome.text
    assert outcome.json["error"] in {"ConfigError", "ChainError"}
    assert port in outcome.json["message"]


@pytest.mark.parametrize("as_json", [True, False])
def test_an_address_kept_in_a_file_is_not_shown(run: Any, chain: Any, tmp_path: Path, as_json: bool) -> None:
    secret, path = tmp_path / "rpc", tmp_path / "z.toml"
    secret.write_text(f"http://127.0.0.1:{free_port()}/v3/0123456789abcdef?token=fedcba\n")
    path.write_text(f"rpc_url_file = '{secret}'\n")
    options = ["--config", path, *chain.signed[2:], "--once", *(["--json"] if as_json else [])]
    outcome = run("liquidator", *options)
    assert outcome.code == 2
    assert "Connection refused" in outcome.text
    assert "(hidden)" in outcome.text
    assert not any(part in outcome.text for part in ("0123456789abcdef", "fedcba"))


def test_logs_are_redacted_and_one_object_a_line() -> None:
    keep_secret("https://example.org/v3/aabbccdd")
    record = logging.LogRecord("zkrisk", logging.WARNING, "", 0, "url: %s", ("/v3/aabbccdd",), None)
    assert Redaction().filter(record)
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["logger"], line["message"]) == ("warning", "zkrisk", "url: (hidden)")
    keep_secret("http://127.0.0.1:8545/key")
    assert redacted("build/key.json") == "build/key.json"


def test_missing_contracts_and_circuits_are_named(
    run: Any, chain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    height = chain.height()
    deploy = ["chain", "deploy", *chain.signed, "--publisher", NOBODY, "--json"]
    refused(run(*deploy, "--artifacts", tmp_path), "ArtifactMissing", "run `make circuits`")
    monkeypatch.setenv("ZKRISK_CONTRACTS", str(tmp_path))
    refused(run(*deploy), "ChainError", "run `make contracts`")
    assert chain.height() == height


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--grid", "curved", "grid = 'curved': must be one of"),
        ("--publisher", "nobody", "publishers.0 = 'nobody'"),
        ("--threshold", 0, "threshold = 0"),
        ("--threshold", 2, "threshold must not be above the number of publishers"),
        ("--reward-fixed-e6", -1, "reward_fixed_e6 = -1"),
        ("--minimum-auction-e6", 1 << 48, "minimum_auction_e6 = 281474976710656"),
        ("--collateral", "0x", "collateral = '0x'"),
    ],
)
def test_a_bad_option_of_a_deployment_is_named(
    run: Any, chain: Any, tmp_path: Path, option: str, value: object, words: str
) -> None:
    height, path = chain.height(), tmp_path / "new.json"
    options = replaced_option(chain.signed, "--deployment", path)
    publisher: list[object] = [] if option == "--publisher" else ["--publisher", NOBODY]
    refused(run("chain", "deploy", *options, *publisher, option, value, "--json"), "ConfigError", words)
    assert (chain.height(), path.exists()) == (height, False)


def test_a_deployment_on_a_full_disk_keeps_the_old_file_and_shows_the_new_one(
    run: Any, chain: Any, artifacts: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = json.loads(chain.deployment.read_text())
    content["chain"]["circuits"].popitem()
    path = tmp_path / "deployment.json"
    path.write_text(json.dumps(content))
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("oracle.cli.output.os.replace", full)
    options = replaced_option(chain.signed, "--deployment", path)
    deploy = ["chain", "deploy", *options, "--publisher", OPERATOR, "--artifacts", artifacts, "--json"]
    refused(run(*deploy), "OutputError", "No space left on device")
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("content", ["", "not a recording\n", "1768464000.0: {\n"])
def test_a_recording_without_a_snapshot_lists_nothing(run: Any, chain: Any, tmp_path: Path, content: str) -> None:
    height, path = chain.height(), tmp_path / "empty.jsonl"
    path.write_text(content)
    refused(run("chain", "list", *chain.signed, "--recording", path, "--json"), "SnapshotError", "no snapshot")
    assert chain.height() == height


@pytest.mark.parametrize("name", ["node", "list"])
def test_a_missing_recording_is_named(run: Any, chain: Any, secrets: Path, tmp_path: Path, name: str) -> None:
    height, missing = chain.height(), tmp_path / "none.jsonl"
    publisher = ["--publisher-keystore", secrets / "operator.json", "--no-stay", "--api-port", 0]
    commands: dict[str, list[object]] = {
        "node": ["node", *chain.signed, "--recording", missing, *publisher],
        "list": ["chain", "list", *chain.signed, "--recording", missing],
    }
    refused(run(*commands[name], "--json"), "ConfigError", "none.jsonl")
    assert chain.height() == height


@pytest.mark.parametrize("once", [True, False])
def test_a_liquidator_outlives_a_node_that_does_not_answer_unless_it_looks_once(
    run: Any, chain: Any, artifacts: Path, monkeypatch: pytest.MonkeyPatch, once: bool
) -> None:
    looks: list[int] = []
    pauses: list[float] = []

    def step(_: Liquidator) -> list[LiquidationResult]:
        looks.append(1)
        if len(looks) == 1:
            raise ChainError("newest block: connection reset")
        return [LiquidationResult(NOBODY, 10_000, -5, None, None)] if len(looks) == 3 else []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Liquidator, "step", step)
    monkeypatch.setattr("oracle.cli.node.time.sleep", sleep)
    watch = ["liquidator", *chain.signed, "--artifacts", artifacts, "--json"]
    if once:
        refused(run(*watch, "--once"), "ChainError", "connection reset")
        assert (len(looks), pauses) == (1, [])
    else:
        assert run(*watch, "--interval-s", 3).json == {"liquidated": [{"account": NOBODY, "price_e6": -5}]}
        assert pauses == [3.0, 3.0]
