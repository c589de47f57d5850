# SPDX-License-Identifier: Apache-2.0
"""The client's parts: named reverts, the replay clock, readers that follow the chain."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector
from web3 import Web3

from oracle.chain.accounts import MarginAccounts, slices_tuple
from oracle.chain.auctions import Auctions, Bid
from oracle.chain.client import ChainClient, ReplayClock, wait_until
from oracle.chain.revert import RevertDecoder
from oracle.chain.slices import SliceReader, newest_integral, strikes_of
from oracle.errors import ChainError
from oracle.model.spot_integral import SpotIntegral
from oracle.node.epoch import ProvenEpoch
from tests.chain.market import CONTRACTS, GRIDS, Market, key, update_of

DECODER = RevertDecoder(CONTRACTS.errors())


def _error(signature: str, *values: object) -> bytes:
    types = signature[signature.index("(") + 1 : -1]
    return function_signature_to_4byte_selector(signature) + encode([t for t in types.split(",") if t], values)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (_error("SettlementTooEarly(uint64,uint256)", 5, 4), "SettlementTooEarly(5, 4)"),
        (_error("NoUpdates()"), "NoUpdates()"),
        (_error("DevelopmentKey(bytes32)", b"\1" * 32), "DevelopmentKey(0x" + "01" * 32 + ")"),
        (
            _error("InsufficientMargin(address,int256,int256)", "0x" + "22" * 20, -1, 7),
            "InsufficientMargin(0x" + "22" * 20 + ", -1, 7)",
        ),
        (_error("ValueTooWide(string,uint256,uint256)", "d", 9, 3), "ValueTooWide(d, 9, 3)"),
    ],
)
def test_a_revert_is_described_by_name_and_values(data: bytes, expected: str) -> None:
    assert DECODER.describe(data) == expected


def test_every_error_of_every_interface_is_known() -> None:
    names = {entry["name"] for entry in CONTRACTS.errors()}
    assert {"InvalidProof", "NotInField", "ValueTooWide", "WrongLength", "LnOutOfDomain", "NotInsolvent"} <= names
    assert len(names) > 60


@pytest.mark.parametrize("data", [bytes.fromhex("deadbeef"), b"\xde\xad\xbe\xef" + b"\0" * 64, b"\1"])
def test_an_unknown_selector_is_shown_in_hexadecimal(data: bytes) -> None:
    assert DECODER.describe(data) == f"revert 0x{data.hex()}"


def test_no_data_is_said_to_be_none() -> None:
    assert DECODER.describe(b"") == "revert without data"


@pytest.mark.parametrize(
    "data",
    [
        _error("SettlementTooEarly(uint64,uint256)", 5, 4)[:-1],
        function_signature_to_4byte_selector("SettlementTooEarly(uint64,uint256)") + b"\xff" * 96,
        function_signature_to_4byte_selector("ValueTooWide(string,uint256,uint256)") + b"\xff" * 96,
    ],
)
def test_malformed_values_of_a_known_error_are_shown_in_hexadecimal(data: bytes) -> None:
    assert DECODER.describe(data).endswith(f"(0x{data[4:].hex()})")


def _timestamp(market: Market) -> int:
    return int(market.anvil.web3.eth.get_block("latest")["timestamp"])


def test_the_replay_clock_stamps_blocks_with_event_time_and_never_goes_back(listed: Market) -> None:
    start = _timestamp(listed)
    clock, operator = ReplayClock(listed.anvil.web3), listed.client("operator")
    operator._clock = clock

    def stamp() -> int:
        operator.send("mint", listed.token.functions.mint(operator.address, 1))
        return _timestamp(listed)

    clock.advance((start + 500) * 1000 - 999)
    assert stamp() == start + 500
    assert stamp() == start + 501
    clock.advance((start + 100) * 1000)
    assert stamp() == start + 502
    clock.advance((start + 600) * 1000)
    assert stamp() == start + 600


def test_a_clock_that_the_node_refuses_is_a_chain_error() -> None:
    answers: dict[str, Any] = {"error": {"code": -32601, "message": "Method not found"}}
    node = SimpleNamespace(
        eth=SimpleNamespace(get_block=lambda _: {"timestamp": 1}),
        provider=SimpleNamespace(make_request=lambda *_: answers),
    )
    with pytest.raises(ChainError, match="Method not found"):
        ReplayClock(cast(Web3, node))()


def test_waiting_ends_with_a_chain_error_that_names_what_was_awaited() -> None:
    with pytest.raises(ChainError, match=r"the moon: not ready after 0\.01 s"):
        wait_until(lambda: False, 0.01, "the moon", 0.001)


def test_the_comparison_of_states_sees_one_cent(opened: Market) -> None:
    before = opened.facts()
    assert len(before) == 13
    opened.accounts("keeper").deposit(1)
    after = opened.facts()
    changed = {address for address in before if before[address] != after[address]}
    assert changed == {opened.deployment.margin_engine, opened.deployment.collateral}


def test_a_transaction_records_its_name_gas_and_block(listed: Market) -> None:
    operator = listed.client("operator")
    operator.records.clear()
    receipt = operator.send("mint", listed.token.functions.mint(operator.address, 1))
    (record,) = operator.records
    assert (record.name, record.gas, record.block) == ("mint", receipt["gasUsed"], receipt["blockNumber"])
    assert record.hash == receipt["transactionHash"].to_0x_hex()


class _Overtaken:
    """A call whose simulation was right when it was made."""

    def __init__(self, call: Any) -> None:
        self.build_transaction = call.build_transaction

    def estimate_gas(self, *_: object) -> int:
        return 3_000_000


def test_a_transaction_that_reverts_only_when_mined_is_named_too(opened: Market, calm: ProvenEpoch) -> None:
    updates = [update_of(expiry, bundle) for expiry, bundle in calm.proven]
    call = opened.oracle.functions.submit(calm.report.as_tuple(), b"".join(calm.signatures), updates)
    operator, before = opened.client("operator"), opened.facts()
    mined = operator.head()
    with pytest.raises(ChainError, match=r"overtaken: NothingNewer\("):
        ChainClient.send(operator, "overtaken", _Overtaken(call))
    assert operator.head() == mined + 1
    assert opened.facts() == before


def test_a_report_long_after_the_last_block_is_simulated_at_its_own_time(listed: Market, crash: ProvenEpoch) -> None:
    """The newest block may be older than the report by more than the contract's clock tolerance."""
    assert crash.fitted.snapshot.observed_at_ms > 1000 * _timestamp(listed) + 15_000
    listed.land(crash)
    assert set(listed.slices()) == {expiry for expiry, _ in crash.proven}


def test_a_slice_reader_reads_each_slice_once_and_keeps_the_newest(
    listed: Market, calm: ProvenEpoch, crash: ProvenEpoch
) -> None:
    reader = SliceReader(listed.client("keeper"), listed.deployment)
    assert reader.poll() == []
    listed.land(calm)
    found = reader.poll()
    assert [(s.expiry, s.epoch) for s in found] == [(w.expiry, calm.report.epoch) for w in calm.fitted.witnesses]
    assert [s.words for s in found] == [bundle.statement.d for bundle in calm.bundles]
    assert reader.poll() == []
    listed.land(crash)
    assert {s.epoch for s in reader.poll()} == {crash.report.epoch}
    assert {s.epoch for s in reader.latest.values()} == {crash.report.epoch}
    late = SliceReader(listed.client("keeper"), listed.deployment)
    assert len(late.poll()) == 4
    assert late.latest == reader.latest


def test_the_integral_of_the_newest_report_is_taken_up_again(
    listed: Market, calm: ProvenEpoch, crash: ProvenEpoch
) -> None:
    client = listed.client("keeper")
    assert newest_integral(client, listed.deployment) == SpotIntegral()
    listed.land(calm)
    listed.land(crash)
    report = crash.report
    expected = SpotIntegral(report.cumulative_spot_e2_ms, report.observed_at_ms)
    assert newest_integral(client, listed.deployment) == expected
    assert report.cumulative_spot_e2_ms > 0


def test_a_node_that_fails_midway_costs_the_reader_no_slice(
    opened: Market, crash: ProvenEpoch, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = opened.client("keeper")
    reader = SliceReader(client, opened.deployment)
    reader.poll()
    opened.land(crash)
    before = dict(reader.latest)

    def fail(_: bytes) -> bytes:
        raise ChainError("transaction: connection reset")

    with monkeypatch.context() as patched:
        patched.setattr(client, "calldata", fail)
        with pytest.raises(ChainError, match="connection reset"):
            reader.poll()
        assert reader.latest == before
    assert len(reader.poll()) == 2
    assert {s.epoch for s in reader.latest.values()} == {crash.report.epoch}


def test_a_transaction_that_the_node_does_not_serve_is_a_chain_error(listed: Market) -> None:
    with pytest.raises(ChainError, match="transaction 0x0101"):
        listed.client("keeper").calldata(b"\1" * 32)


@pytest.mark.parametrize("calldata", [b"", b"\xde\xad\xbe\xef", b"\xde\xad\xbe\xef" + b"\xff" * 64])
def test_a_slice_that_another_contract_relayed_leaves_no_older_one_in_its_place(
    opened: Market,
    crash: ProvenEpoch,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    calldata: bytes,
) -> None:
    """Its words are in no transaction's calldata; the words read before are no longer the stored ones."""
    client = opened.client("keeper")
    reader = SliceReader(client, opened.deployment)
    reader.poll()
    opened.land(crash)
    monkeypatch.setattr(client, "calldata", lambda _: calldata)
    with caplog.at_level(logging.WARNING):
        assert reader.poll() == []
    assert reader.latest == {}
    assert "not in the transaction's calldata" in caplog.text


@pytest.mark.parametrize("circuit", ["solvency_4", "slice_32", "slice_1_2_3", ""])
def test_a_circuit_that_proves_no_slice_is_a_chain_error(circuit: str) -> None:
    with pytest.raises(ChainError, match="not a slice circuit"):
        strikes_of(circuit)


def test_accounts_that_moved_since_the_last_look_are_a_chain_error(opened: Market) -> None:
    stale = MarginAccounts(opened.client("keeper"), opened.deployment, GRIDS)
    seller = key("seller").address
    with pytest.raises(ChainError, match="nonce 1 on-chain, 0 in its events; poll again"):
        stale.state(seller)
    stale.poll()
    assert stale.state(seller).nonce == 1
    assert stale.known() == sorted([seller, key("buyer").address])
    stale.poll()
    assert stale.state(seller).nonce == 1


def test_a_fresh_account_has_no_positions_and_no_cash(opened: Market) -> None:
    state = opened.accounts("keeper").state(key("nobody").address)
    assert (state.nonce, state.positions, state.cash_e6, state.locked) == (0, (), 0, False)


def test_another_grid_than_the_engines_is_a_chain_error(listed: Market, tmp_path: Path) -> None:
    flat = (GRIDS / "flat.json").read_text()
    (tmp_path / "flat.json").write_text(flat.replace("8500", "8400", 1))
    with pytest.raises(ChainError, match=r"grid flat: the rules' id 0x[0-9a-f]{64} is another grid's"):
        MarginAccounts(listed.client("keeper"), listed.deployment, tmp_path)


def test_words_of_a_missing_expiry_are_a_chain_error(opened: Market) -> None:
    positions = opened.accounts("keeper").state(key("seller").address).positions
    near = positions[0].expiry
    slices = {expiry: stored for expiry, stored in opened.slices().items() if expiry != near}
    with pytest.raises(ChainError, match=f"expiry {near}: no slice on-chain"):
        slices_tuple(slices, positions)
    words = slices_tuple(opened.slices(), positions, positions[1:])
    assert [expiry for expiry, *_ in words] == sorted({p.expiry for p in positions})


def test_a_call_that_reverts_is_named(opened: Market) -> None:
    keeper = opened.accounts("keeper")
    with pytest.raises(ChainError, match=rf"quote: NoAuction\({key('seller').address.lower()}\)"):
        Auctions(keeper).quote(keeper.state(key("seller").address), opened.slices(), Bid(1_000, 0, 0))


def test_an_account_without_ether_is_a_chain_error(listed: Market) -> None:
    poor = ChainClient(listed.anvil.rpc_url, key("poor"), CONTRACTS)
    with listed.unchanged(), pytest.raises(ChainError, match=r"mint: .*[Ii]nsufficient funds"):
        poor.send("mint", listed.token.functions.mint(poor.address, 1))


def test_what_a_state_commits_to_is_nonce_and_positions(opened: Market) -> None:
    state = opened.accounts("keeper").state(key("seller").address)
    for given, fits in ((state, True), (replace(state, nonce=state.nonce + 1), False)):
        call = opened.engine.functions.requireState(state.address, given.as_tuple())
        if fits:
            opened.client("keeper").call("state", call)
        else:
            with pytest.raises(ChainError, match="state: AccountStateMismatch"):
                opened.client("keeper").call("state", call)
