# SPDX-License-Identifier: Apache-2.0
"""The liquidator: watches accounts on the newest slices, proves insolvency, starts auctions, bids for parts, and releases."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from oracle.bots.bidding import BidPlan, Offer, plan_bid
from oracle.bots.margin import Health, MarginProver
from oracle.chain.accounts import AccountState, MarginProof
from oracle.chain.auctions import Auctions
from oracle.chain.slices import SliceReader
from oracle.errors import ChainError, RiskOracleError
from prover.errors import ProverError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiquidationResult:
    """A bid that went through: the part of the account (1e-4) and what was paid for it, 1e-6 dollars.

    ``insolvency`` is None where the auction ran already, ``solvency`` where the bidder has no positions left.
    """

    account: str
    fraction_e4: int
    price_e6: int
    insolvency: MarginProof | None
    solvency: MarginProof | None

    @property
    def proofs(self) -> list[MarginProof]:
        """What was proven for it."""
        return [proof for proof in (self.insolvency, self.solvency) if proof is not None]


class Liquidator:
    """Follows one engine with one signer, whose own account takes parts of liquidated accounts over.

    ``discount_e4``: it bids once the price is at least this far (1e-4) below the equity taken, or there is none.
    """

    def __init__(self, margin: MarginProver, slices: SliceReader, discount_e4: int = 100) -> None:
        self._margin = margin
        self._accounts = margin.accounts
        self._auctions = Auctions(margin.accounts)
        self._slices = slices
        self._discount_e4 = discount_e4

    def poll(self) -> None:
        """Brings slices and positions up to the newest block."""
        self._slices.poll()
        self._accounts.poll()

    def watch(self) -> list[Health]:
        """Health of every account with positions, the worst first. An account that cannot be valued is logged."""
        self.poll()
        found = []
        for address in self._accounts.known():
            try:
                state = self._accounts.state(address)
                if state.positions:
                    found.append(self._margin.health(state, self._slices.latest))
            except (RiskOracleError, ProverError) as error:
                log.warning("account %s: %s", address, error)
        return sorted(found, key=lambda h: h.cash_e6 - h.maintenance_cash_e6)

    def step(self) -> list[LiquidationResult]:
        """Bids for every account that is insolvent now and frees those that are solvent again; one that fails is logged and
        tried again at the next step."""
        results = []
        for health in self.watch():
            if health.address == self._accounts.client.address:
                continue
            try:
                if health.insolvent:
                    results.append(self.liquidate(health))
                elif health.locked:
                    self.release(health)
            except (RiskOracleError, ProverError) as error:
                log.warning("liquidation of %s: %s", health.address, error)
        return results

    def liquidate(self, health: Health) -> LiquidationResult:
        """Proves and bids, in one transaction with the start where no auction runs.

        Where it cannot bid yet it starts the auction all the same. Raises :class:`ChainError` with the contract's named
        error, where the price is not low enough yet, or where nothing can be bid for.
        """
        state, slices = self._accounts.state(health.address), self._slices.latest
        running = self._auctions.of(state.address)
        elapsed = max(0, self._auctions.now() - running.clock_start) if state.locked else 0
        insolvency = None if state.locked else self._margin.insolvency(state, health.worst_row, slices)
        own = self._accounts.state(self._accounts.client.address)
        try:
            plan = self._plan(health, state, own, elapsed)
        except ChainError:
            if insolvency is not None:
                self._auctions.start(state, slices, health.worst_row, insolvency)
            raise
        solvency = self._margin.solvency(own.address, own.nonce + 1, plan.resulting, slices) if plan.resulting else None
        paid = self._auctions.bid(state, own, slices, plan.bid, solvency, insolvency)
        self._accounts.poll()
        log.info("took %d / 10^4 of %s at %d", plan.bid.fraction_e4, state.address, paid)
        return LiquidationResult(state.address, plan.bid.fraction_e4, paid, insolvency, solvency)

    def release(self, health: Health) -> None:
        """Ends the auction of an account that is solvent at maintenance margin again.

        Raises :class:`ChainError` where its cash does not suffice for a proof.
        """
        state, slices, params = self._accounts.state(health.address), self._slices.latest, self._accounts.maintenance
        required = self._margin.required_e6(state.positions, slices, params)
        if health.cash_e6 < required:
            raise ChainError(f"account {state.address}: cash {health.cash_e6} is below {required} that a proof needs")
        proof = self._margin.solvency(state.address, state.nonce, state.positions, slices, params)
        self._auctions.end(state, slices, proof)
        log.info("released %s", state.address)

    def _plan(self, health: Health, state: AccountState, own: AccountState, elapsed_s: int) -> BidPlan:
        moment = self._auctions.moment(elapsed_s)
        if health.equity_e6 > 0 and moment.discount_e4 < self._discount_e4:
            raise ChainError(f"the price is not {self._discount_e4} / 10^4 below the equity {health.equity_e6} yet")
        _, owed = self._accounts.perpetual(state) or (0, 0)
        offer = Offer(state, state.cash_e6 - owed, health.worst_row, moment)
        return plan_bid(self._margin, own, offer, self._slices.latest, self._auctions.settings.buffer_e2)
