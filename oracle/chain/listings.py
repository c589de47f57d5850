# SPDX-License-Identifier: Apache-2.0
"""Listed strikes of a market: registering and reading them."""

from __future__ import annotations

from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployment
from oracle.model.snapshot import ExpirySnapshot
from oracle.statements.statement import name_bytes32


def list_expiry(client: ChainClient, deployment: Deployment, expiry: ExpirySnapshot, tick_e2: int) -> None:
    """Registers the strikes of one expiry; the contract computes their logarithms."""
    contract = client.contract("ListingRegistry", deployment.listing_registry)
    strikes = [quote.strike_ticks for quote in expiry.quotes]
    market = name_bytes32("market", deployment.market)
    client.send(f"list {expiry.expiry}", contract.functions.addListing(market, expiry.expiry, tick_e2, strikes))


def listed_strikes(client: ChainClient, deployment: Deployment) -> dict[int, list[int]]:
    """Expiry to listed strikes in ticks, from the registry's events."""
    contract = client.contract("ListingRegistry", deployment.listing_registry)
    market = name_bytes32("market", deployment.market)
    logs = client.logs(contract.events.ListingAdded, deployment.from_block, client.head(), {"market": market})
    return {int(log["args"]["expiry"]): list(log["args"]["strikes"]) for log in logs}
