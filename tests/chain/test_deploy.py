# SPDX-License-Identifier: Apache-2.0
"""Deployments: development keys stay on declared test chains, wrong files and nodes are named, slices are facts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from oracle.chain.accounts import MarginAccounts
from oracle.chain.anvil import Anvil, free_port
from oracle.chain.artifacts import ContractArtifacts
from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployment, Deployments, deploy, register_circuits, require_keys_for_chain
from oracle.chain.listings import list_expiry, listed_strikes, relay_listing
from oracle.chain.report import Listing
from oracle.chain.slices import SliceReader, submit
from oracle.errors import ChainError, ConfigError
from oracle.node.epoch import ProvenEpoch
from oracle.node.markets import BTC_USD
from prover.artifacts import ArtifactStore
from prover.errors import ArtifactMissing, DevelopmentKey
from tests.chain.market import CIRCUITS, CONTRACTS, GRIDS, PUBLISHERS, ROOT, Market, key, plan_of

MAINNET, SEPOLIA = 1, 11_155_111
START = 1_768_464_000
NAMES = ["BTC-USD", "ETH-USD"]


@pytest.fixture(scope="module")
def mainnet() -> Iterator[ChainClient]:
    """A chain with the id of Ethereum's main net, which is no declared test chain."""
    with Anvil(ROOT, START, chain_id=MAINNET) as anvil:
        anvil.fund(key("another operator"))
        yield ChainClient(anvil.rpc_url, key("another operator"), CONTRACTS)


@pytest.fixture(scope="module")
def sepolia() -> Iterator[ChainClient]:
    """A chain with the id of a public test network."""
    with Anvil(ROOT, START, chain_id=SEPOLIA) as anvil:
        anvil.fund(key("another operator"))
        yield ChainClient(anvil.rpc_url, key("another operator"), CONTRACTS)


def test_development_keys_are_refused_off_the_test_chain_before_anything_is_sent(
    mainnet: ChainClient, built: ArtifactStore
) -> None:
    before = mainnet.head()
    with pytest.raises(DevelopmentKey, match="chain_id = 1"):
        deploy(mainnet, plan_of(NAMES, CIRCUITS, test_chain=False), built)
    assert mainnet.head() == before
    with pytest.raises(DevelopmentKey, match="solvency_4: a DEV key"):
        require_keys_for_chain([built.circuit("solvency_4")], MAINNET, test_chain=False)


def test_a_main_network_declared_a_test_chain_is_refused_before_anything_is_sent(
    mainnet: ChainClient, built: ArtifactStore
) -> None:
    before = mainnet.head()
    with pytest.raises(ConfigError, match="chain 1 is a main network"):
        deploy(mainnet, plan_of(NAMES, CIRCUITS), built)
    assert mainnet.head() == before


def test_a_demonstration_dollar_is_refused_off_the_test_chain(mainnet: ChainClient, built: ArtifactStore) -> None:
    before = mainnet.head()
    with pytest.raises(ConfigError, match="chain 1 is no test chain"):
        deploy(mainnet, plan_of(NAMES, [], test_chain=False), built)
    assert mainnet.head() == before


def test_a_registry_of_no_test_chain_refuses_a_development_key_itself(
    mainnet: ChainClient, built: ArtifactStore
) -> None:
    registry = mainnet.deploy("VerifierRegistry", mainnet.address, False)
    with pytest.raises(ChainError, match=r"register slice_32_16: DevelopmentKey\(0x736c696365"):
        register_circuits(mainnet, registry, [built.circuit("slice_32_16")])


def test_one_proof_lands_on_two_chains(
    sepolia: ChainClient, listed: Market, calm: ProvenEpoch, built: ArtifactStore
) -> None:
    """Slices are facts: neither report nor proof names a chain or a contract."""
    listed.land(calm)
    plan = plan_of(["BTC-USD"], ["slice_32_16"])
    other = deploy(sepolia, plan, built).of("BTC-USD")
    for expiry in calm.fitted.snapshot.expiries:
        list_expiry(sepolia, other, expiry, calm.fitted.snapshot.tick_e2, PUBLISHERS)
    sepolia.web3.provider.make_request("evm_setNextBlockTimestamp", [START + 11])  # type: ignore[arg-type]
    proven = [(expiry, bundle.statement, bundle.proof) for expiry, bundle in calm.proven]
    submit(sepolia, other, calm.report, calm.signatures, proven)
    reader = SliceReader(sepolia, other)
    reader.poll()
    assert reader.latest == listed.slices()
    assert other.risk_oracle != listed.deployment.risk_oracle


def test_listed_strikes_are_those_of_the_registry(listed: Market, calm: ProvenEpoch) -> None:
    expected = {e.expiry: [quote.strike_ticks for quote in e.quotes] for e in calm.fitted.snapshot.expiries}
    assert listed_strikes(listed.client("operator"), listed.deployment) == expected


def test_an_expiry_is_listed_once_by_the_publishers_quorum_or_by_the_owner(listed: Market, calm: ProvenEpoch) -> None:
    expiry, operator = calm.fitted.snapshot.expiries[0], listed.client("operator")
    with listed.refused("ListingExists"):
        list_expiry(operator, listed.deployment, expiry, 100, PUBLISHERS)
    later = replace(expiry, expiry=expiry.expiry + 1)
    with listed.refused("AccessControlUnauthorizedAccount"):
        list_expiry(listed.client("stranger"), listed.deployment, later, 100)
    with listed.refused("BelowThreshold"):
        list_expiry(listed.client("stranger"), listed.deployment, later, 100, PUBLISHERS[:1])
    list_expiry(listed.client("stranger"), listed.deployment, later, 100, PUBLISHERS[:2])
    list_expiry(operator, listed.deployment, replace(expiry, expiry=expiry.expiry + 2), 100)
    assert {expiry.expiry + 1, expiry.expiry + 2} <= set(listed_strikes(operator, listed.deployment))


def test_a_stranger_relays_the_listing_that_the_quorum_signed_and_no_other(listed: Market, calm: ProvenEpoch) -> None:
    expiry = calm.fitted.snapshot.expiries[-1].expiry + 7
    listing = Listing(BTC_USD.name, expiry, 100, (40_000, 50_000), 1)
    changed = replace(listing, strikes=(40_000, 50_001))
    with listed.refused("UnknownSigner"):
        relay_listing(listed.client("stranger"), listed.deployment, changed, listing.sign(PUBLISHERS[:2]))
    with listed.refused("BelowThreshold"):
        relay_listing(listed.client("stranger"), listed.deployment, listing, listing.sign(PUBLISHERS[:1]))
    relay_listing(listed.client("stranger"), listed.deployment, listing, listing.sign(PUBLISHERS[:2]))
    assert listed_strikes(listed.client("stranger"), listed.deployment)[expiry] == [40_000, 50_000]


@pytest.mark.parametrize("address", ["nobody", "0x123", "", key("publisher 1").address.lower()])
@pytest.mark.parametrize("field", ["publisher", "collateral"])
def test_what_is_no_address_is_a_config_error_before_anything_is_sent(
    listed: Market, built: ArtifactStore, field: str, address: str
) -> None:
    changed = {"publishers": [PUBLISHERS[0].address, address]} if field == "publisher" else {"collateral": address}
    plan = plan_of(NAMES, CIRCUITS).model_copy(update=changed)
    with listed.unchanged(), pytest.raises(ConfigError, match=f"{field} = '{address}': must be an address"):
        deploy(listed.client("operator"), plan, built)


def test_an_impossible_threshold_is_an_invalid_publisher_set(listed: Market, built: ArtifactStore) -> None:
    plan = plan_of(NAMES, CIRCUITS).model_copy(update={"threshold": 4})
    with pytest.raises(ChainError, match=r"deploy PublisherSet: InvalidPublisherSet\(3, 4\)"):
        deploy(listed.client("operator"), plan, built)


def test_a_deployment_file_comes_back_as_it_was_saved(listed: Market, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "deployment.json"
    two = Deployments(
        markets=(listed.deployment, listed.deployment.model_copy(update={"market": "ETH-USD", "grid": "deribit"}))
    )
    two.save(path)
    assert Deployments.load(path) == two
    assert Deployments.load(path).of("ETH-USD").grid == "deribit"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff\xfe", b'{"markets": [], "surprise": 1}', b'{"markets": [{"chain_id": 1}]}']
)
def test_a_malformed_deployment_file_is_a_config_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deployment.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"deployment .*deployment\.json"):
        Deployments.load(path)


def test_a_missing_deployment_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        Deployments.load(tmp_path / "none.json")


def test_a_deployment_of_another_chain_is_a_config_error(listed: Market) -> None:
    other = listed.deployment.model_copy(update={"chain_id": MAINNET})
    with pytest.raises(ConfigError, match="the Ethereum node is on chain 31337"):
        other.require_chain(listed.client("operator"))
    with pytest.raises(ConfigError, match="the Ethereum node is on chain 31337"):
        MarginAccounts(listed.client("operator"), other, GRIDS)
    listed.deployment.require_chain(listed.client("operator"))


def test_markets_of_one_deployment_share_all_but_what_margin_needs(listed: Market, built: ArtifactStore) -> None:
    made = deploy(listed.client("operator"), plan_of(NAMES, []), built)
    assert [deployment.market for deployment in made.markets] == NAMES
    bitcoin, ether = (made.of(name) for name in NAMES)
    own = {"market", "margin_rules", "margin_checker", "margin_engine", "liquidation_auction"}
    differing = {name for name in Deployment.model_fields if getattr(bitcoin, name) != getattr(ether, name)}
    assert differing == own
    for market in (bitcoin, ether):
        rules = listed.client("operator").contract("MarginRules", market.margin_rules)
        assert rules.functions.auction().call() == market.liquidation_auction
    with pytest.raises(ConfigError, match=r"market 'SOL-USD' is not deployed; deployed: \['BTC-USD', 'ETH-USD'\]"):
        made.of("SOL-USD")


@pytest.mark.parametrize("address", [key("nobody").address, "0x12", "not an address"])
def test_an_address_without_a_contract_is_a_chain_error(listed: Market, address: str) -> None:
    wrong = listed.deployment.model_copy(update={"margin_engine": address})
    with pytest.raises(ChainError, match=f"MarginEngine at {address}"):
        MarginAccounts(listed.client("operator"), wrong, GRIDS)


def test_missing_contract_artefacts_are_a_chain_error_that_says_what_to_run(listed: Market, tmp_path: Path) -> None:
    with pytest.raises(ChainError, match=r"DemoDollar\.json.*run `make contracts`"):
        ChainClient(listed.anvil.rpc_url, key("operator"), ContractArtifacts(tmp_path))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"abi": [], "bytecode": {}}'])
def test_malformed_contract_artefacts_are_a_chain_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "DemoDollar.sol" / "DemoDollar.json"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(ChainError, match=r"contract artefact .*DemoDollar\.json"):
        ContractArtifacts(tmp_path).errors()


def test_missing_circuit_artefacts_are_named(listed: Market, tmp_path: Path) -> None:
    before = listed.client("operator").head()
    with pytest.raises(ArtifactMissing, match="slice_32_16"):
        deploy(listed.client("operator"), plan_of(NAMES, CIRCUITS), ArtifactStore(tmp_path))
    assert listed.client("operator").head() == before


def _use(rpc_url: str, deployment: Deployment) -> None:
    client = ChainClient(rpc_url, key("operator"), CONTRACTS)
    with pytest.raises(ChainError, match="chain id: "):
        client.chain_id()
    with pytest.raises(ChainError, match="newest block: "):
        client.head()
    with pytest.raises(ChainError, match="RiskOracle at "):
        SliceReader(client, deployment)
    with pytest.raises(ChainError, match="chain id: "):
        MarginAccounts(client, deployment, GRIDS)
    with pytest.raises(ChainError, match="deploy DemoDollar: "):
        client.deploy("DemoDollar")


def test_an_unreachable_node_is_a_chain_error_wherever_it_is_asked(listed: Market) -> None:
    _use(f"http://127.0.0.1:{free_port()}", listed.deployment)


class _NoNode(BaseHTTPRequestHandler):
    answer = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.mark.parametrize(
    "answer",
    [b"<html>a web server</html>", b"[]", b"null", json.dumps({"jsonrpc": "2.0", "id": 0, "result": "0xzz"}).encode()],
)
def test_a_node_that_answers_nonsense_is_a_chain_error(listed: Market, answer: bytes) -> None:
    handler = type("Handler", (_NoNode,), {"answer": answer})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            _use(f"http://127.0.0.1:{server.server_port}", listed.deployment)
        finally:
            server.shutdown()
            thread.join()


def test_anvil_that_cannot_start_is_a_chain_error(listed: Market, tmp_path: Path) -> None:
    with pytest.raises(ChainError, match="run `make setup`"), Anvil(tmp_path, START):
        pass
    taken = int(listed.anvil.rpc_url.rsplit(":", 1)[1])
    with pytest.raises(ChainError, match=f"port {taken}"), Anvil(ROOT, START, port=taken):
        pass
