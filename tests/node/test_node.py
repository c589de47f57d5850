# SPDX-License-Identifier: Apache-2.0
"""The node on a real chain: it lands what it can, names and counts what it cannot, and goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import cast

import pytest

from oracle.node.node import BTC_USD, OracleNode, first_snapshot, market_snapshots
from oracle.node.state import NodeState
from oracle.statements.slice import SliceSize
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import Frame
from oracle.stream.simulator import simulate
from oracle.stream.simulator_config import SimulatorConfig
from prover.errors import ConstraintViolated
from prover.prove import Prover
from tests.chain.market import PUBLISHERS, Market
from tests.conftest import RECORDED

FAULTS = {"crossed_or_locked", "forward_out_of_band"}
TWO_ROUNDS = SimulatorConfig(calm_rounds=2, crash_rounds=0, inject_faults=True)


def _node(market: Market, prover: Prover | None = None) -> OracleNode:
    return OracleNode(
        BTC_USD,
        prover or market.prover,
        PUBLISHERS[:2],
        market.client("operator"),
        market.deployment,
        NodeState(BTC_USD.name),
        market.clock.advance,
    )


def _without_quotes(frames: Iterable[Frame], until_us: int, kept: int) -> Iterator[Frame]:
    """Frames in which only ``kept`` options of each expiry are quoted before ``until_us``."""
    seen: dict[str, set[str]] = {}
    for frame in frames:
        if frame.received_at_us < until_us and '"channel":"ticker.BTC-' in frame.text and "PERPETUAL" not in frame.text:
            name = frame.text.split('"channel":"ticker.')[1].split(".raw")[0]
            names = seen.setdefault(name.split("-")[1], set())
            if name not in names and len(names) == kept:
                continue
            names.add(name)
        yield frame


def test_malformed_and_crossed_quotes_are_in_the_ledger_and_the_epochs_land(listed: Market) -> None:
    node = _node(listed)
    landed = list(node.run(simulate(TWO_ROUNDS)))
    assert len(landed) == node.state.epochs == 2
    assert (node.state.failed_epochs, node.state.last_error) == (0, "")
    counts = node.ledger.counts
    assert counts.keys() >= FAULTS
    frame_rules = {entry.rule for entry in node.ledger.entries if "frame" in dict(entry.values)}
    assert len(frame_rules) >= 2
    assert all(counts[rule] >= 2 for rule in FAULTS)
    assert {stored.epoch for stored in listed.slices().values()} == {landed[-1].report.epoch}
    for epoch in landed:
        assert epoch.report.rejected_count >= len(FAULTS)
        quoted = [quote.quoted for expiry in epoch.snapshot.expiries for quote in expiry.quotes]
        assert not all(quoted)
        assert sum(quoted) > 24


def test_an_epoch_with_too_few_quotes_is_counted_and_the_next_one_lands(
    listed: Market, caplog: pytest.LogCaptureFixture
) -> None:
    node = _node(listed)
    first_round_us = 1000 * (TWO_ROUNDS.start_ms + 10_000)
    with caplog.at_level(logging.WARNING):
        landed = list(node.run(_without_quotes(simulate(TWO_ROUNDS), first_round_us, kept=4)))
    assert (node.state.epochs, node.state.failed_epochs) == (1, 1)
    failed = landed[0].report.epoch - 1
    assert node.state.last_error.startswith(f"epoch {failed}: TooFewQuotes: ")
    assert f"epoch {failed} of BTC-USD" in caplog.text
    assert {stored.epoch for stored in listed.slices().values()} == {landed[0].report.epoch}


def test_a_listed_strike_that_nobody_quotes_and_an_unlisted_one_do_not_stop_the_node(listed: Market) -> None:
    """Snapshots are of what the registry lists, whatever the venue shows."""
    config = replace(TWO_ROUNDS, calm_rounds=1, inject_faults=False)
    expiry, strikes = next(iter(config.strikes_usd.items()))
    missing = f"-{strikes[0]}-"
    more = replace(config, tenors_days=(30, 60, 90))
    assert len(more.strikes_usd) == 3
    node = _node(listed)
    (landed,) = node.run(frame for frame in simulate(more) if missing not in frame.text)
    assert [e.expiry for e in landed.snapshot.expiries] == list(config.expiries)
    quotes = next(e.quotes for e in landed.snapshot.expiries if e.expiry == expiry)
    assert [quote.strike_ticks for quote in quotes] == list(strikes)
    assert not quotes[0].quoted
    assert node.ledger.counts["unseen"] >= 1


def test_an_epoch_that_the_contract_refuses_is_counted_by_its_named_error(listed: Market) -> None:
    node = _node(listed)
    operator = listed.client("operator")
    addresses = [account.address for account in PUBLISHERS]
    operator.send("publishers", listed.oracle.functions.setPublishers(addresses, 2))
    assert list(node.run(simulate(replace(TWO_ROUNDS, calm_rounds=1)))) == []
    assert node.state.failed_epochs == 1
    assert "WrongSetVersion(1, 2)" in node.state.last_error
    assert listed.slices() == {}


class _FailingProver:
    """Finds no witness."""

    def prove(self, circuit: str, _: object) -> object:
        raise ConstraintViolated("circuit", circuit, "line 1")


def test_an_epoch_without_a_proof_is_counted_and_left_behind(listed: Market) -> None:
    node = _node(listed, cast(Prover, _FailingProver()))
    assert list(node.run(simulate(TWO_ROUNDS))) == []
    assert node.state.failed_epochs == 2
    assert "ConstraintViolated: circuit = slice_32_16" in node.state.last_error


def test_an_epoch_larger_than_the_circuit_is_counted_and_left_behind(listed: Market) -> None:
    node = _node(listed)
    node.market = replace(BTC_USD, size=SliceSize(32, 12))
    snapshot = next(market_snapshots(BTC_USD, simulate(RECORDED), RejectLedger()))
    with listed.unchanged(), ThreadPoolExecutor(1) as workers:
        assert node.land(snapshot, workers) is None
    assert "SurfaceError: expiry" in node.state.last_error


def test_a_recording_without_quotes_has_no_first_snapshot() -> None:
    assert first_snapshot(BTC_USD, [], RejectLedger()) is None
    ledger = RejectLedger()
    frames = (f for f in simulate(TWO_ROUNDS) if "BTC-" not in f.text)
    assert first_snapshot(BTC_USD, frames, ledger) is None
    assert ledger.counts["no_snapshot"] >= 1


def test_the_same_frames_give_the_same_report_on_every_node() -> None:
    roots = [[s.root() for s in market_snapshots(BTC_USD, simulate(TWO_ROUNDS), RejectLedger())] for _ in range(2)]
    assert roots[0] == roots[1]
    assert len(set(roots[0])) == 2
