# SPDX-License-Identifier: Apache-2.0
"""What a user can get wrong: one line with the error's name on the terminal, exit status 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.bots.liquidator import LiquidationResult, Liquidator
from oracle.chain.anvil import free_port
from oracle.errors import ChainError
from tests.chain.market import Market, key
from tests.cli.support import Invoke, refused


def _signed(rpc: str, deployment: Path, keystore: Path, password: Path) -> list[object]:
    return ["--rpc", rpc, "--deployment", deployment, "--keystore", keystore, "--password-file", password]


def _node(*arguments: object, recording: Path, publisher: Path) -> list[object]:
    return [
        "node",
        *arguments,
        "--recording",
        recording,
        "--publisher-keystore",
        publisher,
        "--no-stay",
        "--api-port",
        0,
    ]


def test_a_new_key_is_never_written_over_another(invoke: Invoke, password: Path, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text("precious")
    refused(invoke("keys", "new", path, "--password-file", password), "ConfigError", "File exists")
    assert path.read_text() == "precious"


def test_a_missing_password_file_is_named(invoke: Invoke, tmp_path: Path) -> None:
    done = invoke("keys", "new", tmp_path / "key.json", "--password-file", tmp_path / "none")
    refused(done, "ConfigError", "none is missing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["--keystore", "--password-file", "--deployment"])
def test_a_missing_file_is_named(
    invoke: Invoke, listed: Market, deployment: Path, keystore: Path, password: Path, tmp_path: Path, missing: str
) -> None:
    arguments = _signed(listed.anvil.rpc_url, deployment, keystore, password)
    arguments[arguments.index(missing) + 1] = tmp_path / "nowhere"
    with listed.unchanged():
        refused(invoke("liquidator", *arguments, "--once"), "ConfigError", "nowhere")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b'{"crypto": {"kdf": "none"}, "version": 3}'])
def test_a_corrupt_keystore_is_named(
    invoke: Invoke, listed: Market, deployment: Path, password: Path, tmp_path: Path, content: bytes
) -> None:
    corrupt = tmp_path / "corrupt.json"
    corrupt.write_bytes(content)
    with listed.unchanged():
        done = invoke("liquidator", *_signed(listed.anvil.rpc_url, deployment, corrupt, password), "--once")
    refused(done, "ConfigError", f"keystore {corrupt}")


def test_a_wrong_password_is_named_and_not_shown(
    invoke: Invoke, listed: Market, deployment: Path, keystore: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("incorrect horse")
    done = invoke("liquidator", *_signed(listed.anvil.rpc_url, deployment, keystore, wrong), "--once")
    refused(done, "ConfigError", "MAC mismatch")
    assert "incorrect horse" not in done.output


def test_a_deployment_of_another_chain_is_named(
    invoke: Invoke, listed: Market, keystore: Path, password: Path, tmp_path: Path
) -> None:
    path = tmp_path / "other.json"
    listed.deployment.model_copy(update={"chain_id": 1}).save(path)
    done = invoke("liquidator", *_signed(listed.anvil.rpc_url, path, keystore, password), "--once")
    refused(done, "ConfigError", "chain_id = 1: the Ethereum node is on chain 31337")


def test_a_deployment_without_contracts_is_named(
    invoke: Invoke, listed: Market, keystore: Path, password: Path, recording: Path, tmp_path: Path
) -> None:
    path = tmp_path / "empty.json"
    listed.deployment.model_copy(update={"risk_oracle": key("nobody").address}).save(path)
    arguments = _signed(listed.anvil.rpc_url, path, keystore, password)
    with listed.unchanged():
        done = invoke(*_node(*arguments, recording=recording, publisher=keystore))
    refused(done, "ChainError", f"RiskOracle at {key('nobody').address}: no contract code on chain 31337")


@pytest.mark.parametrize("name", ["deploy", "list", "node", "liquidator"])
def test_an_unreachable_node_is_named_by_every_command(
    invoke: Invoke, deployment: Path, keystore: Path, password: Path, recording: Path, name: str
) -> None:
    arguments = _signed(f"http://127.0.0.1:{free_port()}", deployment, keystore, password)
    before = deployment.read_bytes()
    commands: dict[str, list[object]] = {
        "deploy": ["chain", "deploy", *arguments, "--publisher", key("operator").address],
        "list": ["chain", "list", *arguments, "--recording", recording],
        "node": _node(*arguments, "--replay-clock", recording=recording, publisher=keystore),
        "liquidator": ["liquidator", *arguments, "--once"],
    }
    refused(invoke(*commands[name]), "ChainError", "Connection refused")
    assert deployment.read_bytes() == before


def test_missing_contract_artefacts_are_named(
    invoke: Invoke, listed: Market, deployment: Path, keystore: Path, password: Path, tmp_path: Path
) -> None:
    arguments = [
        Path(a) if isinstance(a, Path) else a for a in _signed(listed.anvil.rpc_url, deployment, keystore, password)
    ]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("oracle.cli.options.CONTRACTS", tmp_path / "no contracts")
        done = invoke("liquidator", *arguments, "--once")
    refused(done, "ChainError", "run `make contracts`")


def test_missing_circuit_artefacts_are_named(
    invoke: Invoke, listed: Market, keystore: Path, password: Path, tmp_path: Path
) -> None:
    path = tmp_path / "new.json"
    arguments = _signed(listed.anvil.rpc_url, path, keystore, password)
    with listed.unchanged():
        done = invoke(
            "chain", "deploy", *arguments, "--publisher", key("operator").address, "--artifacts", tmp_path / "none"
        )
    refused(done, "ArtifactMissing", "slice_32_16")
    assert not path.exists()


def test_an_unknown_grid_is_named(
    invoke: Invoke, listed: Market, keystore: Path, password: Path, tmp_path: Path
) -> None:
    arguments = _signed(listed.anvil.rpc_url, tmp_path / "new.json", keystore, password)
    done = invoke("chain", "deploy", *arguments, "--publisher", key("operator").address, "--grid", "curved")
    refused(done, "ConfigError", "curved.json")


def test_a_publisher_that_is_no_address_is_named(
    invoke: Invoke, listed: Market, keystore: Path, password: Path, tmp_path: Path
) -> None:
    arguments = _signed(listed.anvil.rpc_url, tmp_path / "new.json", keystore, password)
    done = invoke("chain", "deploy", *arguments, "--publisher", "nobody")
    refused(done, "ConfigError", "publisher = 'nobody'")
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize("once", [True, False])
def test_a_liquidator_outlives_a_node_that_does_not_answer_unless_it_looks_once(
    invoke: Invoke,
    opened: Market,
    keystore: Path,
    password: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    once: bool,
) -> None:
    path, looks, pauses = tmp_path / "deployment.json", [], []
    opened.deployment.save(path)

    def step(_: Liquidator) -> list[LiquidationResult]:
        looks.append(1)
        if len(looks) == 1:
            raise ChainError("newest block: connection reset")
        return []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Liquidator, "step", step)
    monkeypatch.setattr("oracle.cli.node.time.sleep", sleep)
    arguments = _signed(opened.anvil.rpc_url, path, keystore, password)
    if once:
        refused(invoke("liquidator", *arguments, "--once"), "ChainError", "connection reset")
        assert (len(looks), pauses) == (1, [])
    else:
        done = invoke("liquidator", *arguments, "--interval-s", 3)
        assert (done.exit_code, len(looks), pauses) == (0, 2, [3.0, 3.0])
        assert "ended" in done.output


@pytest.mark.parametrize("name", ["node", "list"])
def test_a_missing_recording_is_named(
    invoke: Invoke, listed: Market, deployment: Path, keystore: Path, password: Path, tmp_path: Path, name: str
) -> None:
    arguments, missing = _signed(listed.anvil.rpc_url, deployment, keystore, password), tmp_path / "none.jsonl"
    commands: dict[str, list[object]] = {
        "node": _node(*arguments, recording=missing, publisher=keystore),
        "list": ["chain", "list", *arguments, "--recording", missing],
    }
    with listed.unchanged():
        done = invoke(*commands[name])
    assert done.exit_code == 2
    assert "ConfigError: " in done.output
    assert "none.jsonl" in done.output


@pytest.mark.parametrize("content", ["", "not a recording\n", "1768464000.0: {\n"])
def test_a_recording_without_a_snapshot_lists_nothing(
    invoke: Invoke, listed: Market, deployment: Path, keystore: Path, password: Path, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text(content)
    arguments = _signed(listed.anvil.rpc_url, deployment, keystore, password)
    with listed.unchanged():
        refused(invoke("chain", "list", *arguments, "--recording", path), "SnapshotError", "no snapshot of BTC-USD")


def test_a_recording_that_cannot_be_written_is_named(invoke: Invoke, tmp_path: Path) -> None:
    refused(invoke("simulate", tmp_path / "no folder" / "r.jsonl"), "ConfigError", "No such file")


def test_the_same_seed_writes_the_same_recording(invoke: Invoke, tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        done = invoke("simulate", tmp_path / f"{name}.jsonl.gz", "--seed", seed)
        assert done.exit_code == 0
    first, second, third = ((tmp_path / f"{name}.jsonl.gz").read_bytes() for name in "abc")
    assert first == second
    assert first != third
