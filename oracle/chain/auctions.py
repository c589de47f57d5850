# SPDX-License-Identifier: Apache-2.0
"""Liquidation auctions as one signer sees them: starting, quoting, bidding for a part of an account, ending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web3.logs import DISCARD

from oracle.chain.accounts import NO_PROOF, AccountState, MarginAccounts, MarginProof, slices_tuple
from oracle.chain.deploy import AuctionPlan
from oracle.chain.slices import StoredSlice
from oracle.model.auction import Moment


@dataclass(frozen=True)
class Bid:
    """A part of an account (1e-4), the row of the grid that bounds it, the highest price (1e-6; negative: to be paid)."""

    fraction_e4: int
    row: int
    max_price_e6: int

    def as_tuple(self) -> tuple[int, int, int]:
        """The Bid struct."""
        return (self.fraction_e4, self.row, self.max_price_e6)


@dataclass(frozen=True)
class Quote:
    """What a bid comes to: the account's equity, the cash that maintenance plus the buffer requires, price and rewards, 1e-6."""

    equity_e6: int
    bound_e6: int
    fraction_e4: int
    price_e6: int
    reward_e6: int


@dataclass(frozen=True)
class RunningAuction:
    """A running auction; ``clock_start`` in Unix seconds, 0 where there is none."""

    starter: str
    clock_start: int
    reward_e6: int
    insured: bool
    booked_e6: int
    ended_at: int


class Auctions:
    """The auction contract beside the accounts of its engine."""

    def __init__(self, accounts: MarginAccounts) -> None:
        self.accounts = accounts
        self.client = accounts.client
        self._contract = accounts.auction
        found = self.client.call("settings", self._contract.functions.settings())
        self.settings = AuctionPlan(**dict(zip(AuctionPlan.model_fields, found, strict=True)))

    def now(self) -> int:
        """Time of the newest block, Unix seconds."""
        return int(self.client.web3.eth.get_block("latest")["timestamp"])

    def moment(self, elapsed_s: int) -> Moment:
        """That long after the start of an auction's clock."""
        return Moment(elapsed_s, self.settings.decay_s, self.settings.start_price_e2)

    def of(self, address: str) -> RunningAuction:
        """The auction of an account."""
        return RunningAuction(*self.client.call("auctionOf", self._contract.functions.auctionOf(address)))

    def start(self, state: AccountState, slices: Mapping[int, StoredSlice], row: int, proof: MarginProof) -> None:
        """Starts the liquidation of an insolvent account."""
        words = slices_tuple(slices, state.positions)
        call = self._contract.functions.start(state.address, state.as_tuple(slices), words, row, proof.as_tuple())
        self.client.send("start auction", call)

    def start_native(self, state: AccountState, slices: Mapping[int, StoredSlice], row: int) -> None:
        """The same without a proof, where the rules allow it: beyond the margin that they ask of native statements."""
        words, version = slices_tuple(slices, state.positions), self.accounts.rules_version
        given = (state.address, state.as_tuple(slices), words, row, version)
        self.client.send("start auction natively", self._contract.functions.startNative(*given))

    def quote(self, state: AccountState, slices: Mapping[int, StoredSlice], bid: Bid) -> Quote:
        """What a bid comes to at the newest block."""
        words, version = slices_tuple(slices, state.positions), self.accounts.rules_version
        call = self._contract.functions.quote(state.address, state.as_tuple(slices), words, bid.as_tuple(), version)
        return Quote(*map(int, self.client.call("quote", call)))

    def bid(
        self,
        state: AccountState,
        bidder: AccountState,
        slices: Mapping[int, StoredSlice],
        bid: Bid,
        solvency: MarginProof | None,
        insolvency: MarginProof | None = None,
    ) -> int:
        """Takes a part of the account over and returns the price paid, in 1e-6; with ``insolvency`` starts the auction before.

        ``solvency`` is of the bidder's resulting account under nonce + 1, None where no positions are left. The price
        falls with the block's time.
        """
        words = slices_tuple(slices, state.positions, bidder.positions)
        shown = solvency.as_tuple() if solvency else (*NO_PROOF[:1], self.accounts.rules_version, *NO_PROOF[2:])
        given: tuple[Any, ...] = (state.address, state.as_tuple(slices), bidder.as_tuple(slices), words, bid.as_tuple())
        functions = self._contract.functions
        if insolvency is None:
            receipt = self.client.send("bid", functions.bid(*given, shown))
        else:
            receipt = self.client.send("start and bid", functions.startAndBid(*given, insolvency.as_tuple(), shown))
        (filled,) = self._contract.events.AuctionFilled.process_receipt(receipt, DISCARD)
        return int(filled["args"]["priceE6"])

    def end(self, state: AccountState, slices: Mapping[int, StoredSlice], proof: MarginProof | None) -> None:
        """Ends the auction of an account that is solvent at maintenance margin; None: without positions."""
        words = slices_tuple(slices, state.positions)
        shown = proof.as_tuple() if proof else NO_PROOF
        call = self._contract.functions.end(state.address, state.as_tuple(slices), words, shown)
        self.client.send("end auction", call)
