# SPDX-License-Identifier: Apache-2.0
"""The liquidator: watches accounts on the newest slices, proves insolvency, starts the auction and bids."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from oracle.bots.margin import Health, MarginProver
from oracle.chain.accounts import AccountState, MarginProof
from oracle.chain.slices import SliceReader
from oracle.errors import ChainError, RiskOracleError
from oracle.model.account import merge
from prover.errors import ProverError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiquidationResult:
    """A finished liquidation; ``price_e6`` is what was paid for the account, 1e-6 dollars."""

    account: str
    price_e6: int
    insolvency: MarginProof
    solvency: MarginProof


class Liquidator:
    """Follows one engine with one signer, whose own account takes liquidated positions over.

    ``discount_e4``: it bids once the price is at least this far (1e-4) below the account's equity, or the fund pays.
    """

    def __init__(self, margin: MarginProver, slices: SliceReader, discount_e4: int = 100) -> None:
        self._margin = margin
        self._accounts = margin.accounts
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
        """Liquidates every account that is insolvent now; one that fails is logged and tried again at the next step."""
        results = []
        for health in self.watch():
            if not health.insolvent or health.address == self._accounts.client.address:
                continue
            try:
                results.append(self.liquidate(health))
            except (RiskOracleError, ProverError) as error:
                log.warning("liquidation of %s: %s", health.address, error)
        return results

    def liquidate(self, health: Health) -> LiquidationResult:
        """Proves, starts the auction unless one runs, and bids.

        Raises :class:`ChainError` with the contract's named error, or where the price is not low enough yet.
        """
        state = self._accounts.state(health.address)
        slices = self._slices.latest
        insolvency = self._margin.insolvency(state, health.worst_row, slices)
        if not state.locked:
            self._accounts.start_auction(state, slices, health.worst_row, insolvency)
        return self._bid(state, insolvency)

    def _bid(self, state: AccountState, insolvency: MarginProof) -> LiquidationResult:
        slices = self._slices.latest
        equity, price, _ = self._accounts.quote(state, slices)
        if equity > 0 and price * 10_000 > equity * (10_000 - self._discount_e4):
            raise ChainError(f"price {price} is not {self._discount_e4} / 10^4 below the equity {equity} yet")
        own = self._accounts.state(self._accounts.client.address)
        resulting = merge(own.positions, state.positions)
        solvency = self._margin.solvency(own.address, own.nonce + 1, resulting, slices)
        paid = self._accounts.bid(state, own, slices, solvency, price)
        self._accounts.poll()
        log.info("liquidated %s at %d", state.address, paid)
        return LiquidationResult(state.address, paid, insolvency, solvency)
