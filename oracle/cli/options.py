# SPDX-License-Identifier: Apache-2.0
"""Options and helpers that the commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from eth_account import Account
from eth_account.signers.local import LocalAccount
from rich.console import Console
from rich.markup import escape

from oracle.chain.artifacts import ContractArtifacts
from oracle.chain.client import ChainClient, Clock
from oracle.chain.deploy import Deployment
from oracle.errors import ConfigError, RiskOracleError
from prover.errors import ProverError

ArtifactsOption = Annotated[Path | None, typer.Option("--artifacts", help="Folder of circuit artefacts.")]
RpcOption = Annotated[str, typer.Option("--rpc", help="JSON-RPC address of the Ethereum node.")]
DeploymentOption = Annotated[Path, typer.Option("--deployment", help="Deployment file of `zkrisk chain deploy`.")]
KeystoreOption = Annotated[Path, typer.Option("--keystore", help="Encrypted key that signs transactions.")]
PasswordOption = Annotated[Path, typer.Option("--password-file", help="File that holds the keystores' password.")]

EXIT_DEGRADED, EXIT_UNSAFE = 1, 2
GRIDS = Path("circuits/grids")
CONTRACTS = Path("build/contracts")


def load_key(keystore: Path, password_file: Path) -> LocalAccount:
    """Opens a keystore. Raises :class:`ConfigError` naming the file and what is wrong with it."""
    for path in (keystore, password_file):
        if not path.is_file():
            raise ConfigError(f"key file {path} is missing; `zkrisk keys new` makes one")
    try:
        account: LocalAccount = Account.from_key(
            Account.decrypt(keystore.read_text(), password_file.read_text().strip())
        )
    except (ValueError, LookupError, TypeError, AttributeError, NotImplementedError) as error:
        raise ConfigError(f"keystore {keystore}: {error}") from error
    return account


def connect(rpc: str, account: LocalAccount, clock: Clock | None = None) -> ChainClient:
    """A client of the contracts built in this folder."""
    return ChainClient(rpc, account, ContractArtifacts(CONTRACTS), clock)


def load_deployment(path: Path, client: ChainClient) -> Deployment:
    """A deployment file of the client's chain. Raises :class:`ConfigError` naming the file or the chain."""
    deployment = Deployment.load(path)
    deployment.require_chain(client)
    return deployment


@contextmanager
def named_errors(console: Console) -> Iterator[None]:
    """Turns named errors, and files that cannot be opened, into one red line and exit status 2."""
    try:
        yield
    except (RiskOracleError, ProverError, OSError) as error:
        name = ConfigError.__name__ if isinstance(error, OSError) else type(error).__name__
        console.print(f"[red]{name}[/]: {escape(str(error))}", soft_wrap=True, highlight=False)
        raise typer.Exit(EXIT_UNSAFE) from error
