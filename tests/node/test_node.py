# SPDX-License-Identifier: Apache-2.0
"""The node on a real chain: it lands what it can, names and counts what it cannot, and goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import cast

import pytest

from oracle.chain.deploy import Deployments
from oracle.chain.listings import listed_strikes
from oracle.errors import ConfigError
from oracle.model.snapshot import MarketSnapshot
from oracle.node.epoch import ProvenEpoch, SignedEpoch
from oracle.node.markets import BTC_USD
from oracle.node.node import OracleNode
from oracle.node.plan import REFRESH_MS
from oracle.node.state import NodeState
from oracle.statements.statement import name_bytes32
from oracle.stream.deribit import VENUE, parse_frame
from oracle.stream.epochs import snapshots
from oracle.stream.events import Event
from oracle.stream.feed import read_events
from oracle.stream.instrument import format_expiry
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import Frame
from oracle.stream.simulator import simulate
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.snapshot import SnapshotBuilder
from prover.errors import ConstraintViolated
from prover.prove import Prover
from tests.chain.market import PUBLISHERS, Market

FAULTS = {"crossed_or_locked", "forward_out_of_band"}
TWO_ROUNDS = replace(SimulatorConfig.small(inject_faults=True), calm_rounds=2, crash_rounds=0)
ONE_ROUND = replace(TWO_ROUNDS, calm_rounds=1, inject_faults=False)
FIRST_ROUND_US = 1000 * (TWO_ROUNDS.start_ms + 10_000)
(BITCOIN,) = TWO_ROUNDS.currencies


def _node(market: Market, prover: Prover | None = None) -> OracleNode:
    return OracleNode(
        [BTC_USD],
        prover or market.prover,
        PUBLISHERS[:2],
        market.client("operator"),
        market.deployments,
        NodeState((BTC_USD.name,)),
        market.clock.advance,
    )


def _events(frames: Iterable[Frame], ledger: RejectLedger) -> Iterator[Event]:
    return read_events(frames, VENUE, parse_frame, ledger)


def _run(node: OracleNode, frames: Iterable[Frame]) -> list[SignedEpoch]:
    return list(node.run(_events(frames, node.ledger)))


def _without_quotes(frames: Iterable[Frame], until_us: int, kept: int, expiry: str = "BTC-") -> Iterator[Frame]:
    """Frames in which only ``kept`` options of each expiry (or of the one named) are quoted before ``until_us``."""
    seen: dict[str, set[str]] = {}
    for frame in frames:
        if expiry not in frame.text:
            yield frame
            continue
        if frame.received_at_us < until_us and '"channel":"ticker.BTC-' in frame.text and "PERPETUAL" not in frame.text:
            name = frame.text.split('"channel":"ticker.')[1].split(".raw")[0]
            names = seen.setdefault(name.split("-")[1], set())
            if name not in names and len(names) == kept:
                continue
            names.add(name)
        yield frame


def test_malformed_and_crossed_quotes_are_in_the_ledger_and_the_epochs_land(listed: Market) -> None:
    node = _node(listed)
    landed = _run(node, simulate(TWO_ROUNDS))
    assert len(landed) == node.state.epochs == 2
    assert (node.state.failed_epochs, node.state.last_error) == (0, "")
    counts = node.ledger.counts
    assert counts.keys() >= FAULTS
    frame_rules = {entry.rule for entry in node.ledger.entries if "frame" in dict(entry.values)}
    assert len(frame_rules) >= 2
    assert all(counts[rule] >= 2 for rule in FAULTS)
    proven = {update.witness.expiry: epoch.report.epoch for epoch in landed for update in epoch.updates}
    assert {expiry: stored.epoch for expiry, stored in listed.slices().items()} == proven
    assert len(landed[0].updates) == len(proven) == 2
    for epoch in landed:
        assert epoch.report.rejected_count >= len(FAULTS)
        quoted = [quote.quoted for expiry in epoch.fitted.snapshot.expiries for quote in expiry.quotes]
        assert not all(quoted)
        assert sum(quoted) > 24


def test_an_epoch_with_too_few_quotes_is_counted_and_the_next_one_lands(
    listed: Market, caplog: pytest.LogCaptureFixture
) -> None:
    node = _node(listed)
    with caplog.at_level(logging.WARNING):
        landed = _run(node, _without_quotes(simulate(TWO_ROUNDS), FIRST_ROUND_US, kept=4))
    assert (node.state.epochs, node.state.failed_epochs) == (1, 1)
    failed = landed[0].report.epoch - 1
    assert node.state.last_error.startswith(f"epoch {failed} of BTC-USD: SnapshotError: no usable expiry (")
    for expiry in BITCOIN.expiries(TWO_ROUNDS.start_ms):
        assert f"{expiry}: expiry {expiry}: " in node.state.last_error
    assert f"epoch {failed} of BTC-USD" in caplog.text
    assert {stored.epoch for stored in listed.slices().values()} == {landed[0].report.epoch}


def test_a_listed_strike_that_nobody_quotes_and_an_unlisted_one_do_not_stop_the_node(listed: Market) -> None:
    """Snapshots are of what the registry lists, whatever the venue shows."""
    expiry, strikes = next(iter(BITCOIN.strikes_usd(ONE_ROUND.start_ms).items()))
    missing = f"-{strikes[0]}-"
    more = replace(ONE_ROUND, currencies=(replace(BITCOIN, tenors_days=(30, 60, 90)),))
    assert len(more.currencies[0].expiries(more.start_ms)) == 3
    node = _node(listed)
    (landed,) = _run(node, (frame for frame in simulate(more) if missing not in frame.text))
    expiries = landed.fitted.snapshot.expiries
    assert [e.expiry for e in expiries] == list(BITCOIN.expiries(ONE_ROUND.start_ms))
    quotes = next(e.quotes for e in expiries if e.expiry == expiry)
    assert [quote.strike_ticks for quote in quotes] == list(strikes)
    assert not quotes[0].quoted
    assert node.ledger.counts["unseen"] >= 1


def test_an_epoch_that_the_contract_refuses_is_counted_by_its_named_error(listed: Market) -> None:
    node = _node(listed)
    listed.govern(listed.publisher_set, "setPublishers", sorted((a.address for a in PUBLISHERS), key=str.lower), 2)
    assert _run(node, simulate(replace(TWO_ROUNDS, calm_rounds=1))) == []
    assert node.state.failed_epochs == 1
    assert "WrongSetVersion(1, 2)" in node.state.last_error
    assert listed.slices() == {}


class _FailingProver:
    """Finds no witness."""

    def prove(self, circuit: str, _: object) -> object:
        raise ConstraintViolated("circuit", circuit, "line 1")


def test_an_epoch_without_a_proof_is_counted_and_left_behind(listed: Market) -> None:
    node = _node(listed, cast(Prover, _FailingProver()))
    assert _run(node, simulate(TWO_ROUNDS)) == []
    assert node.state.failed_epochs == 2
    assert "ConstraintViolated: circuit = slice_32_16" in node.state.last_error


def _allow_native_slices(market: Market) -> None:
    fallback = market.client("operator").contract("SliceFallback", market.deployment.slice_fallback)
    market.govern(fallback, "setNativeSlices", True)


def _natives(market: Market) -> list[bool]:
    """Of every stored slice, whether it landed without a proof."""
    name = name_bytes32("market", market.deployment.market)
    return [market.oracle.functions.sliceOf(name, expiry).call()[-1] for expiry in market.slices()]


def test_an_epoch_that_cannot_be_proven_lands_without_proofs_where_the_owner_allows_it(listed: Market) -> None:
    _allow_native_slices(listed)
    node = _node(listed, cast(Prover, _FailingProver()))
    epochs = _run(node, simulate(TWO_ROUNDS))
    assert len(epochs) == 2
    assert not any(isinstance(epoch, ProvenEpoch) for epoch in epochs)
    assert (node.state.failed_epochs, node.state.last_error) == (0, "")
    assert _natives(listed) == [True, True]
    surface = node.state.surface(BTC_USD.name)
    assert surface is not None
    assert [expiry["proof_id"] for expiry in surface["expiries"]] == [None, None]
    assert node.state.proofs() == []


def test_with_slice_circuits_stopped_an_epoch_lands_without_proofs_and_the_next_one_proven_again(
    listed: Market,
) -> None:
    operator = listed.client("operator")
    registry = operator.contract("VerifierRegistry", listed.deployment.verifier_registry)
    operator.send("stop", registry.functions.stop())
    _allow_native_slices(listed)
    node = _node(listed)
    snapshot = _first_snapshot(simulate(ONE_ROUND), RejectLedger())
    assert snapshot is not None
    with ThreadPoolExecutor(2) as workers:
        node.land(snapshot, workers)
        assert _natives(listed) == [True, True]
        stopped = [bytes(raw) for raw in registry.functions.circuitIds().call()]
        listed.govern(registry, "resume", stopped)
        aged = replace(snapshot, epoch=snapshot.epoch + 1, observed_at_ms=snapshot.observed_at_ms + REFRESH_MS)
        listed.clock.advance(aged.observed_at_ms)
        assert isinstance(node.land(aged, workers), ProvenEpoch)
    assert _natives(listed) == [False, False]


def _first_snapshot(frames: Iterable[Frame], ledger: RejectLedger) -> MarketSnapshot | None:
    builder = SnapshotBuilder(BTC_USD.name, BTC_USD.currency, BTC_USD.tick_e2, ledger=ledger)
    return next(snapshots(_events(frames, ledger), builder), None)


def test_an_epoch_of_a_circuit_that_is_not_registered_is_counted_by_its_named_error(deployed: Market) -> None:
    """The size of the circuit follows the listing: twenty strikes need a larger one than is registered here."""
    wide = replace(ONE_ROUND, currencies=(replace(BITCOIN, tenors_days=(30,), strikes_per_expiry=20),))
    node = _node(deployed)
    snapshot = _first_snapshot(simulate(wide), RejectLedger())
    assert snapshot is not None
    assert node.list_strikes(snapshot) == [e.expiry for e in snapshot.expiries]
    before = deployed.facts()
    with ThreadPoolExecutor(1) as workers:
        assert node.land(snapshot, workers) is None
    assert deployed.facts() == before
    assert deployed.slices() == {}
    assert "UnknownCircuit(0x" + b"slice_48_32".hex() in node.state.last_error


def test_strikes_are_listed_once_and_later_snapshots_cover_them(deployed: Market) -> None:
    node = _node(deployed)
    snapshot = _first_snapshot(simulate(ONE_ROUND), RejectLedger())
    assert snapshot is not None
    expected = BITCOIN.listings(ONE_ROUND.start_ms, BTC_USD.tick_e2)
    assert node.list_strikes(snapshot) == sorted(expected)
    assert {
        k: tuple(v) for k, v in listed_strikes(deployed.client("operator"), deployed.deployment).items()
    } == expected
    near, far = snapshot.expiries
    fewer = replace(snapshot, expiries=(replace(near, quotes=near.quotes[1:]), far))
    with deployed.unchanged():
        assert node.list_strikes(fewer) == sorted(expected)


def test_an_expiry_with_too_few_quotes_does_not_stop_the_others(listed: Market) -> None:
    node = _node(listed)
    near, far = BITCOIN.expiries(TWO_ROUNDS.start_ms)
    name = format_expiry(near)
    landed = _run(node, _without_quotes(simulate(TWO_ROUNDS), FIRST_ROUND_US, kept=4, expiry=f"BTC-{name}-"))
    assert (node.state.epochs, node.state.failed_epochs) == (2, 0)
    first, second = ([update.witness.expiry for update in epoch.updates] for epoch in landed)
    assert first == [far]
    assert near in second
    assert sorted(listed.slices()) == [near, far]


def test_an_epoch_in_which_nothing_moved_sends_nothing_and_is_counted(listed: Market) -> None:
    node = _node(listed)
    snapshot = _first_snapshot(simulate(ONE_ROUND), RejectLedger())
    assert snapshot is not None
    with ThreadPoolExecutor(2) as workers:
        first = node.land(snapshot, workers)
        assert first is not None
        assert len(first.updates) == 2
        again = replace(snapshot, epoch=snapshot.epoch + 1, observed_at_ms=snapshot.observed_at_ms + 10_000)
        with listed.unchanged():
            second = node.land(again, workers)
    assert second is not None
    assert (second.updates, second.signatures) == ((), ())
    assert (node.state.epochs, node.state.slices, node.state.failed_epochs) == (2, 2, 0)


def test_a_node_without_a_prover_lists_but_lands_nothing(listed: Market) -> None:
    node = OracleNode([BTC_USD], None, [], listed.client("operator"), listed.deployments, NodeState((BTC_USD.name,)))
    snapshot = _first_snapshot(simulate(ONE_ROUND), RejectLedger())
    assert snapshot is not None
    with ThreadPoolExecutor(1) as workers, pytest.raises(ConfigError, match="this node has no prover"):
        node.land(snapshot, workers)


def test_a_deployment_on_another_chain_is_refused_at_the_start(listed: Market) -> None:
    elsewhere = listed.deployment.model_copy(update={"chain_id": 1})
    with pytest.raises(ConfigError, match="the Ethereum node is on chain 31337"):
        OracleNode(
            [BTC_USD],
            None,
            [],
            listed.client("operator"),
            Deployments(markets=(elsewhere,)),
            NodeState((BTC_USD.name,)),
        )


def test_a_recording_without_quotes_has_no_first_snapshot() -> None:
    assert _first_snapshot([], RejectLedger()) is None
    ledger = RejectLedger()
    frames = (f for f in simulate(TWO_ROUNDS) if "BTC-" not in f.text)
    assert _first_snapshot(frames, ledger) is None
    assert ledger.counts["no_snapshot"] >= 1


def test_the_same_frames_give_the_same_report_on_every_node() -> None:
    roots = []
    for _ in range(2):
        ledger = RejectLedger()
        builder = SnapshotBuilder(BTC_USD.name, BTC_USD.currency, BTC_USD.tick_e2, ledger=ledger)
        roots.append([snapshot.root() for snapshot in snapshots(_events(simulate(TWO_ROUNDS), ledger), builder)])
    assert roots[0] == roots[1]
    assert len(set(roots[0])) == 2
