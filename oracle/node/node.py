# SPDX-License-Identifier: Apache-2.0
"""The oracle node: events in, proven slices on-chain out. Time is an event: the venue's clock drives everything."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from eth_account.signers.local import LocalAccount

from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployments
from oracle.chain.listings import list_expiry, listed_strikes
from oracle.chain.native_slices import NativeSlices
from oracle.chain.slices import newest_integral, submit
from oracle.errors import ConfigError, RiskOracleError
from oracle.model.snapshot import MarketSnapshot
from oracle.node.epoch import SignedEpoch, hold, prove_signed, sign_epoch
from oracle.node.markets import Market
from oracle.node.plan import Held
from oracle.node.state import NodeState
from oracle.stream.epochs import snapshots
from oracle.stream.events import Event
from oracle.stream.ledger import RejectLedger
from oracle.stream.snapshot import SnapshotBuilder
from oracle.surface.market import fit_market
from prover.errors import ProofCancelled, ProverError
from prover.prove import ProofSource

log = logging.getLogger(__name__)

WORKERS = 2


class OracleNode:
    """The loop over one or more markets: ingest, fit, sign, prove, submit.

    An epoch that cannot be fitted, proven or landed is counted, logged and left behind; the next one starts afresh. Where it
    cannot be proven, or the chain takes no such proof, and the owner allows it, its slices land without proofs and serve
    liquidations alone. A node without prover can list strikes but not land epochs.
    """

    def __init__(
        self,
        markets: Sequence[Market],
        prover: ProofSource | None,
        publishers: Sequence[LocalAccount],
        client: ChainClient,
        deployments: Deployments,
        state: NodeState,
        on_event_time: Callable[[int], None] | None = None,
    ) -> None:
        self.state = state
        self.ledger = RejectLedger()
        self.builders = {
            market.name: SnapshotBuilder(market.name, market.currency, market.tick_e2, ledger=self.ledger)
            for market in markets
        }
        self._held: dict[str, dict[int, Held]] = {market.name: {} for market in markets}
        self._prover = prover
        self._publishers = publishers
        self._client = client
        self._deployments = deployments
        self._on_event_time = on_event_time or (lambda _: None)
        for deployment in deployments.markets:
            deployment.require_chain(client)
        publisher_set = client.contract("PublisherSet", deployments.markets[0].publisher_set)
        self._set_version = int(client.call("setVersion", publisher_set.functions.setVersion()))
        self._integrals = {market.name: newest_integral(client, deployments.of(market.name)) for market in markets}

    def snapshots(self, events: Iterable[Event]) -> Iterator[MarketSnapshot]:
        """Every market's snapshots, one per epoch of event time, of what is listed on-chain (nothing yet: all seen)."""
        for market, builder in self.builders.items():
            builder.set_listings(listed_strikes(self._client, self._deployments.of(market)) or None)
        for snapshot in snapshots(events, *self.builders.values()):
            self._on_event_time(snapshot.observed_at_ms)
            yield snapshot

    def list_strikes(self, snapshot: MarketSnapshot) -> list[int]:
        """Lists the strikes of a snapshot's usable expiries and returns the expiries; later snapshots cover these.

        An expiry that is listed already keeps its strikes.
        """
        deployment = self._deployments.of(snapshot.market)
        surface = fit_market(snapshot).surface
        listed = listed_strikes(self._client, deployment)
        for expiry in surface.snapshot.expiries if surface else ():
            if expiry.expiry not in listed:
                list_expiry(self._client, deployment, expiry, snapshot.tick_e2, self._publishers)
                listed[expiry.expiry] = [quote.strike_ticks for quote in expiry.quotes]
        self.builders[snapshot.market].set_listings(listed)
        return sorted(listed)

    def run(self, events: Iterable[Event]) -> Iterator[SignedEpoch]:
        """Consumes events until they end; yields every epoch that landed on-chain or found nothing to prove."""
        with ThreadPoolExecutor(WORKERS) as workers:
            for snapshot in self.snapshots(events):
                landed = self.land(snapshot, workers)
                if landed is not None:
                    yield landed

    def land(self, snapshot: MarketSnapshot, workers: ThreadPoolExecutor) -> SignedEpoch | None:
        """Proves what moved in one snapshot and submits it; None where that failed (see :attr:`NodeState.last_error`)."""
        held = self._held[snapshot.market]
        integral = self._integrals[snapshot.market].at(snapshot.spot_e2, snapshot.observed_at_ms)
        self._integrals[snapshot.market] = integral
        if self._prover is None:
            raise ConfigError("this node has no prover")
        try:
            removed = self.builders[snapshot.market].removed
            signed = sign_epoch(
                snapshot,
                held,
                self._publishers,
                self._set_version,
                removed,
                cumulative_spot_e2_ms=integral.cumulative_e2_ms,
            )
            epoch = self._submit(signed, self._prover, workers)
        except (RiskOracleError, ProverError) as error:
            log.warning("epoch %d of %s: %s", snapshot.epoch, snapshot.market, error)
            self.state.fail(f"epoch {snapshot.epoch} of {snapshot.market}: {type(error).__name__}: {error}")
            return None
        self._held[snapshot.market] = hold(held, epoch)
        self.state.publish(epoch)
        log.info("epoch %d of %s: %d slices landed", snapshot.epoch, snapshot.market, len(epoch.updates))
        return epoch

    def _submit(self, signed: SignedEpoch, prover: ProofSource, workers: ThreadPoolExecutor) -> SignedEpoch:
        """The epoch as it landed: proven, or where that cannot be and the chain allows it, without proofs."""
        if not signed.updates:
            return signed
        deployment = self._deployments.of(signed.report.market)
        native = NativeSlices(self._client, deployment)
        allowed = native.allowed()
        circuits = {update.witness.size.circuit_id for update in signed.updates}
        reason: object = "the chain takes no such proof"
        if not allowed or all(map(native.takes_proofs, circuits)):
            try:
                proven = prove_signed(signed, prover, workers)
            except ProverError as error:
                if isinstance(error, ProofCancelled) or not allowed:
                    raise
                reason = error
            else:
                slices = [(expiry, bundle.statement, bundle.proof) for expiry, bundle in proven.proven]
                submit(self._client, deployment, signed.report, signed.signatures, slices)
                return proven
        log.warning("epoch %d of %s lands without proofs: %s", signed.report.epoch, signed.report.market, reason)
        native.submit(signed.report, signed.signatures, signed.opened)
        return signed
