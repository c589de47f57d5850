# SPDX-License-Identifier: Apache-2.0
"""``zkrisk keys``: encrypted keys."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from eth_account import Account
from rich.console import Console

from oracle.cli.options import PasswordOption, named_errors
from oracle.errors import ConfigError

app = typer.Typer(no_args_is_help=True, help="Encrypted keys.")


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="Where to write the keystore; never overwritten.")],
    password_file: PasswordOption,
) -> None:
    """Make a key, write its keystore readable by the owner only and print its address."""
    console = Console()
    with named_errors(console):
        if not password_file.is_file():
            raise ConfigError(f"password file {password_file} is missing")
        account = Account.create()
        content = json.dumps(account.encrypt(password_file.read_text().strip()))
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise ConfigError(f"keystore {path}: {error.strerror}") from error
        with os.fdopen(handle, "w") as file:
            file.write(content)
        typer.echo(account.address)


@app.callback()
def keys() -> None:
    """Encrypted keys."""
