# SPDX-License-Identifier: Apache-2.0
"""The deployment file: what stands where, who governs it, and what every contract was made of."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from oracle.chain.client import ChainClient
from oracle.errors import ConfigError


class Deployment(BaseModel):
    """Where one market's contracts live; markets of one deployment share all but rules, checker,
    engine, auction and feeds. ``feeds``: name of a metric to its `MetricFeed`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain_id: int
    market: str
    collateral: str
    verifier_registry: str
    publisher_set: str
    listing_registry: str
    risk_oracle: str
    slice_fallback: str
    oracle_reader: str
    pull_oracle: str
    margin_rules: str
    native_margin: str
    margin_checker: str
    margin_engine: str
    liquidation_auction: str
    feeds: dict[str, str] = {}
    grid: str
    from_block: int

    def require_chain(self, client: ChainClient) -> None:
        """Raises :class:`ConfigError` where the client is connected to another chain."""
        found = client.chain_id()
        if found != self.chain_id:
            raise ConfigError(f"deployment: chain_id = {self.chain_id}: the Ethereum node is on chain {found}")


class DeployedContract(BaseModel):
    """A contract of a deployment. Its address follows from `init_code_hash`: keccak256 of code and constructor arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    address: str
    init_code_hash: str
    market: str | None = None


class Governance(BaseModel):
    """Who may do what: proposers schedule through the timelock after `delay_s` seconds, the guardian reduces risk at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timelock: str
    delay_s: int
    proposers: tuple[str, ...]
    guardian: str
    deployer: str


class ChainRecord(BaseModel):
    """All contracts of a deployment, its governance, and circuit id to provenance hash of each registered key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain_id: int
    test_chain: bool
    label: str
    governance: Governance
    contracts: tuple[DeployedContract, ...]
    circuits: dict[str, str]

    def addresses(self, name: str) -> list[str]:
        """Addresses of every contract of one name, in order of deployment."""
        return [contract.address for contract in self.contracts if contract.name == name]


class Deployments(BaseModel):
    """What ``zkrisk chain deploy`` writes and what a node, a liquidator and an integrator read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    markets: tuple[Deployment, ...]
    chain: ChainRecord | None = None

    def of(self, market: str) -> Deployment:
        """One market's contracts. Raises :class:`ConfigError` for a market that is not deployed."""
        for deployment in self.markets:
            if deployment.market == market:
                return deployment
        raise ConfigError(f"market {market!r} is not deployed; deployed: {[d.market for d in self.markets]}")

    def record(self) -> ChainRecord:
        """What was deployed. Raises :class:`ConfigError` for a file that names markets alone."""
        if self.chain is None:
            raise ConfigError("deployment: holds no record of contracts and governance: deploy again")
        return self.chain

    def with_feeds_of(self, before: Deployments) -> Deployments:
        """The same with the feeds that stood ``before`` and are not named any more, where that is the same deployment."""
        if (
            self.chain is None
            or before.chain is None
            or self.chain.governance.timelock != before.chain.governance.timelock
        ):
            return self
        feeds = {deployment.market: deployment.feeds for deployment in before.markets}
        markets = tuple(m.model_copy(update={"feeds": {**feeds.get(m.market, {}), **m.feeds}}) for m in self.markets)
        kept = {address for m in markets for address in m.feeds.values()}
        known = {contract.address for contract in self.chain.contracts}
        old = tuple(c for c in before.chain.contracts if c.address in kept and c.address not in known)
        chain = self.chain.model_copy(update={"contracts": self.chain.contracts + old})
        return Deployments(markets=markets, chain=chain)

    @classmethod
    def load(cls, path: Path) -> Deployments:
        """Reads a deployment file. Raises :class:`ConfigError` naming the file and the rule."""
        try:
            return cls.model_validate_json(path.read_text())
        except (OSError, ValueError) as error:
            raise ConfigError(f"deployment {path}: {error}") from error

    def save(self, path: Path) -> None:
        """Writes the deployment file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=2) + "\n")
