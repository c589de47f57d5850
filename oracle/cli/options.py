# SPDX-License-Identifier: Apache-2.0
"""Options and helpers that the commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from eth_account import Account
from eth_account.signers.local import LocalAccount

from oracle.chain.artifacts import ContractArtifacts
from oracle.chain.client import ChainClient, Clock
from oracle.cli.settings import Settings
from oracle.errors import ConfigError
from oracle.model.grid import Grid, load_grid

ArtifactsOption = Annotated[Path | None, typer.Option("--artifacts", help="Folder of circuit artefacts.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings file; none: zkrisk.toml if there is one.")
]
RpcOption = Annotated[str | None, typer.Option("--rpc", help="JSON-RPC address of the Ethereum node.")]
DeploymentOption = Annotated[
    Path | None, typer.Option("--deployment", help="Deployment file; none: deployments/<chain id>.json.")
]
NetworkOption = Annotated[
    str | None, typer.Option("--network", help="`local`, `sepolia` or one of the settings' networks.")
]
KeystoreOption = Annotated[Path | None, typer.Option("--keystore", help="Encrypted key that signs transactions.")]
PasswordOption = Annotated[
    Path | None, typer.Option("--password-file", help="File that holds the keystores' password.")
]
RecordingArgument = Annotated[Path, typer.Argument(help="Recording: raw frames or a stored chain.")]
MarketOption = Annotated[str | None, typer.Option("--market", help="Market, such as BTC-USD.")]

GRIDS = Path("circuits/grids")


def load_key(keystore: Path, password_file: Path) -> LocalAccount:
    """Opens a keystore. Raises :class:`ConfigError` naming the file and what is wrong with it."""
    for path in (keystore, password_file):
        if not path.is_file():
            raise ConfigError(f"key file {path} is missing; `zkrisk keys new` makes one")
    try:
        account: LocalAccount = Account.from_key(
            Account.decrypt(keystore.read_text(), password_file.read_text().strip())
        )
    except (ValueError, LookupError, TypeError, AttributeError, NotImplementedError, OSError) as error:
        raise ConfigError(f"keystore {keystore}: {type(error).__name__}: {error}") from error
    return account


def signer_of(settings: Settings) -> LocalAccount:
    """The key that signs transactions. Raises NotActivated where none is set."""
    keystore = settings.require("keystore", "--keystore")
    return load_key(keystore, settings.require("password_file", "--password-file"))


def connect(settings: Settings, account: LocalAccount, clock: Clock | None = None) -> ChainClient:
    """A client of the node and contracts in the settings. Raises :class:`ConfigError` where the chain is another one."""
    client = ChainClient(settings.rpc(), account, ContractArtifacts(settings.contracts), clock)
    chain_id = client.chain_id()
    if settings.chain_id not in (None, chain_id):
        raise ConfigError(f"chain_id = {settings.chain_id}: the node serves chain {chain_id}")
    named = settings.named_network()
    if named is not None and named.chain_id != chain_id:
        raise ConfigError(
            f"network = {settings.network!r}: is chain {named.chain_id}, the node serves chain {chain_id}"
        )
    return client


def grid_named(name: str) -> Grid:
    """A scenario grid. Raises :class:`ConfigError` for one that does not exist."""
    path = GRIDS / f"{name}.json"
    if not path.is_file():
        known = sorted(grid.stem for grid in GRIDS.glob("*.json"))
        raise ConfigError(f"grid = {name!r}: must be one of {known}")
    return load_grid(path)
