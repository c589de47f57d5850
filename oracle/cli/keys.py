# SPDX-License-Identifier: Apache-2.0
"""``zkrisk keys``: encrypted keys."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from eth_account import Account

from oracle.cli.options import ConfigOption, PasswordOption
from oracle.cli.output import JsonOption, OutputError, command
from oracle.cli.settings import load_settings
from oracle.errors import ConfigError

app = typer.Typer(no_args_is_help=True, help="Encrypted keys.")


@app.command()
def new(
    path: Annotated[Path, typer.Argument(help="Where to write the keystore; never overwritten.")],
    password_file: PasswordOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key, write its keystore readable by the owner only and print its address."""
    with command(as_json) as output:
        settings = load_settings(config, password_file=password_file)
        secret: Path = settings.require("password_file", "--password-file")
        if not secret.is_file():
            raise ConfigError(f"password file {secret} is missing: write a password into it")
        password = secret.read_text().strip()
        if not password:
            raise ConfigError(f"password file {secret} is empty: write a password into it")
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise ConfigError(f"keystore {path}: {error.strerror}; nothing was overwritten") from error
        account = Account.create()
        try:
            with os.fdopen(handle, "w") as file:
                file.write(json.dumps(account.encrypt(password)))
        except OSError as error:
            path.unlink(missing_ok=True)
            raise OutputError(f"keystore {path}: {error.strerror}; nothing was written") from error
        output.result({"address": account.address, "path": str(path)}, str(account.address))


@app.callback()
def keys() -> None:
    """Encrypted keys."""
