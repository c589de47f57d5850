# SPDX-License-Identifier: Apache-2.0
"""The oracle node: frames in, proven slices on-chain out. Time is an event: the venue's clock drives everything."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount

from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployment, listed_strikes
from oracle.chain.slices import submit
from oracle.errors import RiskOracleError
from oracle.model.snapshot import MarketSnapshot
from oracle.node.epoch import ProvenEpoch, prove_epoch
from oracle.node.state import NodeState
from oracle.statements.slice import SliceSize
from oracle.stream.deribit import parse_frame
from oracle.stream.epochs import snapshots
from oracle.stream.feed import read_events
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import Frame
from oracle.stream.snapshot import Listings, SnapshotBuilder
from prover.errors import ProverError
from prover.prove import Prover

log = logging.getLogger(__name__)

VENUE = "deribit"
WORKERS = 2


@dataclass(frozen=True)
class Market:
    """A market the node serves: its name on-chain, the venue's currency, the strike tick in 1e-2 USD, the slice preset."""

    name: str
    currency: str
    tick_e2: int
    size: SliceSize


BTC_USD = Market("BTC-USD", "BTC", 100, SliceSize(32, 16))


def market_snapshots(
    market: Market, frames: Iterable[Frame], ledger: RejectLedger, listings: Listings | None = None
) -> Iterator[MarketSnapshot]:
    """A market's snapshots, one per epoch of event time, of the listed strikes (None: of every strike seen).

    What is refused goes to the ledger.
    """
    builder = SnapshotBuilder(market.name, market.currency, market.tick_e2, listings, ledger=ledger)
    return snapshots(read_events(frames, VENUE, parse_frame, ledger), builder)


def first_snapshot(market: Market, frames: Iterable[Frame], ledger: RejectLedger) -> MarketSnapshot | None:
    """The first snapshot of a recording, None where there is none."""
    return next(market_snapshots(market, frames, ledger), None)


class OracleNode:
    """One market's loop: ingest, fit, sign, prove, submit.

    An epoch that cannot be fitted, proven or landed is counted, logged and left behind; the next one starts afresh.
    """

    def __init__(
        self,
        market: Market,
        prover: Prover,
        publishers: Sequence[LocalAccount],
        client: ChainClient,
        deployment: Deployment,
        state: NodeState,
        on_event_time: Callable[[int], None] | None = None,
    ) -> None:
        self.market = market
        self.state = state
        self.ledger = RejectLedger()
        self._prover = prover
        self._publishers = publishers
        self._client = client
        self._deployment = deployment
        self._on_event_time = on_event_time or (lambda _: None)
        oracle = client.contract("RiskOracle", deployment.risk_oracle)
        self._set_version = int(client.call("setVersion", oracle.functions.setVersion()))

    def snapshots(self, frames: Iterable[Frame]) -> Iterator[MarketSnapshot]:
        """The market's snapshots, one per epoch of event time, of what is listed on-chain (nothing yet: all seen)."""
        listings = listed_strikes(self._client, self._deployment) or None
        for snapshot in market_snapshots(self.market, frames, self.ledger, listings):
            self._on_event_time(snapshot.observed_at_ms)
            yield snapshot

    def run(self, frames: Iterable[Frame]) -> Iterator[ProvenEpoch]:
        """Consumes frames until they end; yields every epoch that landed on-chain."""
        with ThreadPoolExecutor(WORKERS) as workers:
            for snapshot in self.snapshots(frames):
                landed = self.land(snapshot, workers)
                if landed is not None:
                    yield landed

    def land(self, snapshot: MarketSnapshot, workers: ThreadPoolExecutor) -> ProvenEpoch | None:
        """Proves one snapshot and submits it; None where that failed (see :attr:`NodeState.last_error`)."""
        try:
            epoch = prove_epoch(snapshot, self.market.size, self._publishers, self._set_version, self._prover, workers)
            proven = [(expiry, bundle.statement, bundle.proof) for expiry, bundle in epoch.updates]
            submit(self._client, self._deployment, epoch.report, epoch.signatures, proven)
        except (RiskOracleError, ProverError) as error:
            log.warning("epoch %d of %s: %s", snapshot.epoch, snapshot.market, error)
            self.state.fail(f"epoch {snapshot.epoch}: {type(error).__name__}: {error}")
            return None
        self.state.publish(epoch)
        log.info("epoch %d of %s landed with %d slices", snapshot.epoch, snapshot.market, len(proven))
        return epoch
