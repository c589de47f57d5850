# SPDX-License-Identifier: Apache-2.0
"""What to deploy; refused before anything is sent where a rule is broken."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from web3 import Web3

from oracle.chain.deploy.feeds import FeedPlan
from oracle.chain.networks import MAIN_NETWORKS
from oracle.errors import ConfigError
from oracle.model.grid import Grid
from oracle.model.margin import MarginParams

LEAST_DELAY_S = 3600
"""Least delay of a timelock outside test chains: time to see what was scheduled and to leave or cancel it."""


Bits8 = Annotated[int, Field(ge=0, lt=1 << 8)]
Bits32 = Annotated[int, Field(ge=0, lt=1 << 32)]
Bits48 = Annotated[int, Field(ge=0, lt=1 << 48)]
DecaySeconds = Annotated[int, Field(ge=1, lt=1 << 16)]
Percent = Annotated[int, Field(ge=0, le=100)]
"""What the contracts' fields take."""


class MarketPlan(BaseModel):
    """A market to deploy, its margin rules and its feeds of single metrics."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    market: str
    grid: Grid
    initial: MarginParams
    maintenance_factor_e2: int
    feeds: tuple[FeedPlan, ...] = ()


class GovernancePlan(BaseModel):
    """Delay of the timelock, who proposes, who guards; None: the deployer."""

    model_config = ConfigDict(frozen=True)

    delay_s: int = 0
    proposers: tuple[str, ...] = ()
    guardian: str | None = None


class AuctionPlan(BaseModel):
    """The Settings struct of every auction, in its order and with its widths: amounts at 1e-6 dollars, factors at 1e-2.

    ``reward_fixed_e6`` and ``reward_per_gwei_e6`` a gwei of base fee go to whoever starts an auction, at most
    ``reward_cap_e6``; the fund pays them only for requirements of ``minimum_auction_e6`` or more, and adds at most
    ``bonus_cap_e6`` to a bid for an account without equity. Bids restore the maintenance factor plus ``buffer_e2``. A positive
    equity sells for ``start_price_e2`` of itself, falling to nothing in ``decay_s`` seconds.
    Raises ValueError for a field that does not fit; the contract refuses a fixed reward above the cap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reward_fixed_e6: Bits48 = 50 * 10**6
    reward_per_gwei_e6: Bits32 = 1_500_000
    reward_cap_e6: Bits48 = 150 * 10**6
    minimum_auction_e6: Bits48 = 500 * 10**6
    bonus_cap_e6: Bits48 = 1_000 * 10**6
    buffer_e2: Bits8 = 10
    decay_s: DecaySeconds = 1_200
    start_price_e2: Percent = 98

    def as_tuple(self) -> tuple[int, ...]:
        """The struct."""
        return tuple(self.model_dump().values())


class DeploymentPlan(BaseModel):
    """What to deploy. ``collateral`` None deploys a demonstration dollar (test chains only). ``label`` tells deployments of
    one deployer apart: equal plans with equal labels are one deployment."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    markets: list[MarketPlan]
    publishers: list[str]
    threshold: int
    circuits: list[str]
    test_chain: bool
    auction: AuctionPlan = AuctionPlan()
    collateral: str | None = None
    sequencer_feed: str | None = None
    governance: GovernancePlan = GovernancePlan()
    label: str = "zkrisk"

    def require_consistent(self, chain_id: int) -> None:
        """Raises :class:`ConfigError` for what is no address or not allowed on this chain."""
        if self.test_chain and chain_id in MAIN_NETWORKS:
            raise ConfigError(f"test_chain: chain {chain_id} is a main network: it cannot be declared a test chain")
        for field, address in self._addresses():
            if not Web3.is_checksum_address(address):
                raise ConfigError(f"{field} = {address!r}: must be an address with checksum")
        if self.test_chain:
            return
        if self.collateral is None:
            raise ConfigError(f"collateral: chain {chain_id} is no test chain, name a token")
        if self.governance.delay_s < LEAST_DELAY_S:
            delay = f"timelock_delay_s = {self.governance.delay_s}"
            raise ConfigError(f"{delay}: must be at least {LEAST_DELAY_S} on chain {chain_id}, which is no test chain")

    def _addresses(self) -> list[tuple[str, str]]:
        named = [("collateral", self.collateral), ("guardian", self.governance.guardian)]
        named.append(("sequencer_feed", self.sequencer_feed))
        found = [(field, address) for field, address in named if address is not None]
        found += [("publisher", publisher) for publisher in self.publishers]
        return found + [("proposer", proposer) for proposer in self.governance.proposers]
