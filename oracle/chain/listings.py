# SPDX-License-Identifier: Apache-2.0
"""Listed strikes of a market: registering and reading them."""

from __future__ import annotations

from collections.abc import Sequence

from eth_account.signers.local import LocalAccount

from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployment
from oracle.chain.report import Listing
from oracle.chain.timelock import Timelock, owner_call
from oracle.model.snapshot import ExpirySnapshot
from oracle.statements.statement import name_bytes32


def list_expiry(
    client: ChainClient,
    deployment: Deployment,
    expiry: ExpirySnapshot,
    tick_e2: int,
    publishers: Sequence[LocalAccount] = (),
) -> None:
    """Registers the strikes of one expiry, as a quorum of ``publishers`` signs them, without these as the owner does.

    Raises :class:`ChainError` where the contract refuses, or where the owner is a timelock that has to wait.
    """
    contract = client.contract("ListingRegistry", deployment.listing_registry)
    strikes = [quote.strike_ticks for quote in expiry.quotes]
    name = f"list {expiry.expiry}"
    if publishers:
        signers = client.contract("PublisherSet", deployment.publisher_set)
        version = int(client.call("setVersion", signers.functions.setVersion()))
        listing = Listing(deployment.market, expiry.expiry, tick_e2, tuple(strikes), version)
        relay_listing(client, deployment, listing, listing.sign(publishers))
        return
    arguments = (name_bytes32("market", deployment.market), expiry.expiry, tick_e2, strikes)
    owner = str(client.call("owner", contract.functions.owner()))
    if owner == client.address:
        client.send(name, contract.functions.addListing(*arguments))
        return
    proposal = Timelock(client, owner).propose(name, [owner_call(contract, "addListing", *arguments)])
    proposal.require_executed(name)


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
