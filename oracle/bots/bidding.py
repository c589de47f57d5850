# SPDX-License-Identifier: Apache-2.0
"""What a liquidator bids for: the largest part of an account that the auction sells and that its own account can carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from oracle.bots.margin import MarginProver
from oracle.chain.accounts import AccountState
from oracle.chain.auctions import Bid
from oracle.chain.slices import StoredSlice
from oracle.errors import ChainError
from oracle.model.account import Position, merge
from oracle.model.auction import LEAST_FRACTION_E4, WHOLE_E4, Moment, largest_fraction_e4, price_e6
from oracle.model.ledger import counted_cash_e6, part

FACTOR_LIMIT_E2 = 255


@dataclass(frozen=True)
class BidPlan:
    """A bid and the positions that the bidder has after it."""

    bid: Bid
    resulting: tuple[Position, ...]


@dataclass(frozen=True)
class Offer:
    """An account for sale: its state, cash after funding, the row that bounds a bid and the moment of the auction."""

    state: AccountState
    cash_e6: int
    row: int
    moment: Moment


def plan_bid(
    margin: MarginProver, own: AccountState, offer: Offer, slices: Mapping[int, StoredSlice], buffer_e2: int
) -> BidPlan:
    """The largest part that restores maintenance plus the buffer at most and leaves the bidder solvent.

    Raises :class:`ChainError` where there is nothing to restore, or the bidder cannot carry the least part.
    """
    accounts, positions = margin.accounts, offer.state.positions
    factor = min(accounts.maintenance.factor_e2 + buffer_e2, FACTOR_LIMIT_E2)
    bound = margin.short_below_e6(positions, slices, offer.row, replace(accounts.maintenance, factor_e2=factor))
    equity = offer.cash_e6 + margin.value_e6(positions, slices)
    largest = largest_fraction_e4(bound, offer.cash_e6, equity, offer.moment)
    if largest == 0:
        raise ChainError(f"account {offer.state.address}: cash {offer.cash_e6} covers {bound}, nothing to restore")
    least, fraction = min(largest, LEAST_FRACTION_E4), largest
    _, owed = accounts.perpetual(own) or (0, 0)
    while True:
        taken = positions if fraction == WHOLE_E4 else part(positions, fraction)
        price = price_e6(margin.value_e6(taken, slices), offer.cash_e6, fraction, offer.moment)
        resulting = merge(own.positions, taken)
        counted = counted_cash_e6(own.cash_e6 - owed - price, accounts.haircut_e4)
        if taken and counted >= margin.required_e6(resulting, slices, accounts.initial):
            return BidPlan(Bid(fraction, offer.row, price), resulting)
        if fraction == least or not taken:
            raise ChainError(f"account {offer.state.address}: the bidder cannot carry {fraction} / 10^4 of it")
        fraction = max(least, fraction // 2)
