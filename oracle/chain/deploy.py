# SPDX-License-Identifier: Apache-2.0
"""Deploys the contracts and registers verification keys, listings and margin rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from web3 import Web3

from oracle.chain.client import ChainClient
from oracle.chain.report import Listing
from oracle.errors import ChainError, ConfigError
from oracle.model.grid import Grid
from oracle.model.margin import MarginParams
from oracle.model.snapshot import ExpirySnapshot
from oracle.statements.statement import name_bytes32
from prover.artifacts import ArtifactStore, CircuitArtifact, sha256_of
from prover.vkey import VerificationKey

TEST_CHAINS = frozenset({31337})
"""Chains that may be declared test chains: development keys are refused everywhere else."""


NO_SEQUENCER_FEED = "0x" + "00" * 20
"""Of a chain that is no rollup."""

NO_CONFIDENCE_LIMIT = 0xFFFF
"""Whatever the oracle's confidence, initial margin asks nothing for it."""

UNLIMITED = (0, 0, 0, 0, (1 << 32) - 1, (1 << 64) - 1)
"""The Limits struct: no fees, no caps on positions and open interest."""


REWARD_PER_GWEI_E6 = 1_500_000
"""What the starter of an auction gets a gwei of base fee: half a million gas at 3,000 dollars a coin."""

REWARD_FOR_GAS_CAP_E6 = 100 * 10**6
"""The most he gets above the fixed reward."""

BONUS_CAP_E6 = 1_000 * 10**6
"""The most the insurance fund adds to a bid for an account without equity."""

BUFFER_E2 = 10
"""Liquidations restore the maintenance factor plus this."""


class Deployment(BaseModel):
    """Where one market's contracts live; markets of one deployment share all but rules, checker, engine and auction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain_id: int
    market: str
    collateral: str
    verifier_registry: str
    publisher_set: str
    listing_registry: str
    risk_oracle: str
    margin_rules: str
    native_margin: str
    margin_checker: str
    margin_engine: str
    liquidation_auction: str
    grid: str
    from_block: int

    def require_chain(self, client: ChainClient) -> None:
        """Raises :class:`ConfigError` where the client is connected to another chain."""
        found = client.chain_id()
        if found != self.chain_id:
            raise ConfigError(f"deployment: chain_id = {self.chain_id}: the Ethereum node is on chain {found}")


class Deployments(BaseModel):
    """What ``zkrisk chain deploy`` writes and what a node, a liquidator and an integrator read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    markets: tuple[Deployment, ...]

    def of(self, market: str) -> Deployment:
        """One market's contracts. Raises :class:`ConfigError` for a market that is not deployed."""
        for deployment in self.markets:
            if deployment.market == market:
                return deployment
        raise ConfigError(f"market {market!r} is not deployed; deployed: {[d.market for d in self.markets]}")

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


class MarketPlan(BaseModel):
    """A market to deploy and its margin rules."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    market: str
    grid: Grid
    initial: MarginParams
    maintenance_factor_e2: int


class DeploymentPlan(BaseModel):
    """What to deploy. ``collateral`` None deploys a demonstration dollar (test chains only)."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    markets: list[MarketPlan]
    publishers: list[str]
    threshold: int
    keeper_reward_e6: int
    minimum_auction_e6: int
    circuits: list[str]
    collateral: str | None = None


def verification_key_words(key: VerificationKey) -> list[int]:
    """The 22 words the registry stores: alpha1, beta2, gamma2, delta2 (c1 before c0), IC0 to IC3."""
    words = list(key.alpha_g1)
    for x, y in (key.beta_g2, key.gamma_g2, key.delta_g2):
        words += [x[1], x[0], y[1], y[0]]
    for point in key.ic:
        words += list(point)
    if len(words) != 22:
        raise ChainError(f"a verification key with {key.n_public} public signals: statements have 3")
    return words


def require_keys_for_chain(artifacts: Iterable[CircuitArtifact], chain_id: int) -> None:
    """Raises DevelopmentKey for a DEV key on a chain that is not a test chain."""
    if chain_id in TEST_CHAINS:
        return
    for artifact in artifacts:
        artifact.require_ceremony_key(chain_id)


def deploy(client: ChainClient, plan: DeploymentPlan, store: ArtifactStore) -> Deployments:
    """Deploys everything with the client as admin.

    Raises DevelopmentKey for DEV keys outside the test chains, :class:`ConfigError` for what is no address, both before
    anything is sent; :class:`ChainError` where a contract refuses.
    """
    chain_id = client.chain_id()
    artifacts = [store.circuit(circuit) for circuit in plan.circuits]
    require_keys_for_chain(artifacts, chain_id)
    for field, address in [("collateral", plan.collateral), *(("publisher", p) for p in plan.publishers)]:
        if address is not None and not Web3.is_checksum_address(address):
            raise ConfigError(f"{field} = {address!r}: must be an address with checksum")
    test_chain = chain_id in TEST_CHAINS
    if plan.collateral is None and not test_chain:
        raise ConfigError(f"collateral: chain {chain_id} is no test chain, name a token")
    from_block = client.head()
    collateral = plan.collateral or client.deploy("DemoDollar")
    registry = client.deploy("VerifierRegistry", client.address, test_chain)
    ascending = sorted(plan.publishers, key=lambda address: int(address, 16))
    publishers = client.deploy("PublisherSet", client.address, ascending, plan.threshold)
    listings = client.deploy("ListingRegistry", client.address, publishers)
    oracle = client.deploy("RiskOracle", client.address, registry, listings, publishers, NO_SEQUENCER_FEED)
    native = client.deploy("NativeMargin")
    register_circuits(client, registry, artifacts)
    deployed = []
    for market in plan.markets:
        name = name_bytes32("market", market.market)
        rules = client.deploy("MarginRules", client.address, client.address, _params(market), UNLIMITED)
        checker = client.deploy("MarginChecker", oracle, registry, native, rules, name)
        engine = client.deploy("MarginEngine", collateral, checker, rules)
        auction = client.deploy("LiquidationAuction", client.address, engine, _auction_settings(plan))
        client.send("set auction", client.contract("MarginRules", rules).functions.setAuction(auction))
        deployed.append(
            Deployment(
                chain_id=chain_id,
                market=market.market,
                collateral=collateral,
                verifier_registry=registry,
                publisher_set=publishers,
                listing_registry=listings,
                risk_oracle=oracle,
                margin_rules=rules,
                native_margin=native,
                margin_checker=checker,
                margin_engine=engine,
                liquidation_auction=auction,
                grid=market.grid.name,
                from_block=from_block,
            )
        )
    return Deployments(markets=tuple(deployed))


def _auction_settings(plan: DeploymentPlan) -> tuple[int, int, int, int, int, int]:
    """The Settings struct of an auction."""
    fixed = plan.keeper_reward_e6
    return (
        fixed,
        REWARD_PER_GWEI_E6,
        fixed + REWARD_FOR_GAS_CAP_E6,
        plan.minimum_auction_e6,
        BONUS_CAP_E6,
        BUFFER_E2,
    )


def _params(plan: MarketPlan) -> tuple[list[int], tuple[int, ...], int, int, int, int, int, int]:
    """The MarginParams struct: no haircut, no confidence add-on."""
    return (
        plan.grid.words(),
        plan.grid.vol_rule.as_tuple(),
        plan.initial.factor_e2,
        plan.maintenance_factor_e2,
        plan.initial.short_rate_e5,
        plan.initial.perpetual_rate_e5,
        0,
        NO_CONFIDENCE_LIMIT,
    )


def register_circuits(client: ChainClient, registry: str, artifacts: Sequence[CircuitArtifact]) -> None:
    """Adds verification keys; the provenance hash is the SHA-256 of the manifest."""
    contract = client.contract("VerifierRegistry", registry)
    for artifact in artifacts:
        manifest = artifact.manifest()
        words = verification_key_words(artifact.verification_key())
        provenance = bytes.fromhex(sha256_of(artifact.manifest_path))
        circuit = name_bytes32("circuit_id", artifact.circuit)
        call = contract.functions.add(circuit, words, provenance, manifest.key_kind == "CEREMONY")
        client.send(f"register {artifact.circuit}", call)


def list_expiry(client: ChainClient, deployment: Deployment, expiry: ExpirySnapshot, tick_e2: int) -> None:
    """Registers the strikes of one expiry; the contract computes their logarithms."""
    contract = client.contract("ListingRegistry", deployment.listing_registry)
    strikes = [quote.strike_ticks for quote in expiry.quotes]
    market = name_bytes32("market", deployment.market)
    client.send(f"list {expiry.expiry}", contract.functions.addListing(market, expiry.expiry, tick_e2, strikes))


def relay_listing(client: ChainClient, deployment: Deployment, listing: Listing, signatures: Sequence[bytes]) -> None:
    """Registers a listing that the publishers signed; anyone may. Raises :class:`ChainError` where it is refused."""
    contract = client.contract("ListingRegistry", deployment.listing_registry)
    call = contract.functions.relayListing(*listing.as_tuple(), b"".join(signatures))
    client.send(f"relay listing {listing.expiry}", call)


def listed_strikes(client: ChainClient, deployment: Deployment) -> dict[int, list[int]]:
    """Expiry to listed strikes in ticks, from the registry's events."""
    contract = client.contract("ListingRegistry", deployment.listing_registry)
    market = name_bytes32("market", deployment.market)
    logs = client.logs(contract.events.ListingAdded, deployment.from_block, client.head(), {"market": market})
    return {int(log["args"]["expiry"]): list(log["args"]["strikes"]) for log in logs}
