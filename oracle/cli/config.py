# SPDX-License-Identifier: Apache-2.0
"""``zkrisk init`` and ``zkrisk config``: the settings file, what is in force, the documentation of the schema."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from oracle.cli.options import ConfigOption, grid_named
from oracle.cli.output import JsonOption, OutputError, command, table
from oracle.cli.settings import FILE_NAME, load_settings
from oracle.cli.settings_page import settings_file, settings_page, toml_value, unit_of
from oracle.errors import ConfigError

app = typer.Typer(no_args_is_help=True, help="Settings.")


def init(
    path: Annotated[Path, typer.Argument(help="Settings file to write; never overwritten.")] = Path(FILE_NAME),
    as_json: JsonOption = False,
) -> None:
    """Write a settings file with every default, its unit, range and meaning."""
    with command(as_json) as output:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            raise ConfigError(f"{path} exists already and stays as it is; name another file or move it away") from None
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror}; name a folder that exists and can be written") from error
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(settings_file())
        except OSError as error:
            path.unlink(missing_ok=True)
            raise OutputError(f"{path}: {error.strerror}; nothing was written") from error
        output.result({"path": str(path)}, f"written: {path}")


@app.command()
def show(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show the settings in force."""
    with command(as_json) as output:
        settings = load_settings(config)
        shown = table("Settings", "setting", "value", "unit", left=3)
        fields = type(settings).model_fields
        for name, field in fields.items():
            value = getattr(settings, name)
            shown.add_row(name, "none" if value is None else toml_value(value), unit_of(field))
        output.result(settings.model_dump(mode="json"), shown)


@app.command()
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check every setting and that the files it names exist."""
    with command(as_json) as output:
        settings = load_settings(config)
        grid_named(settings.grid)
        for name in ("rpc_url_file", "keystore", "password_file"):
            _require_file(name, getattr(settings, name))
        for keystore in settings.publisher_keystores:
            _require_file("publisher_keystores", keystore)
        output.result({"valid": True}, "valid")


@app.command()
def docs() -> None:
    """Print the page docs/configuration.md from the schema."""
    typer.echo(settings_page(), nl=False)


def _require_file(name: str, path: Path | None) -> None:
    if path is not None and not path.is_file():
        raise ConfigError(f"{name} = {str(path)!r}: the file is missing; `zkrisk keys new` makes keystores")
