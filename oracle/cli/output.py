# SPDX-License-Identifier: Apache-2.0
"""What every command shares: one JSON object or text on standard output, named errors, exit codes, whole files."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table

from oracle.cli.secrets import redacted
from oracle.cli.settings import NotActivated
from oracle.errors import ConfigError, RiskOracleError
from prover.errors import ProverError

EXIT_DEGRADED, EXIT_UNSAFE, EXIT_NOT_ACTIVATED = 1, 2, 3
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


class OutputError(RiskOracleError):
    """A file that cannot be written; what was there before is unchanged."""


class Output:
    """Where a command's result goes. ``console`` is standard error with ``--json``, else standard output."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(stderr=as_json, highlight=False)

    def result(self, result: Mapping[str, Any], *shown: RenderableType) -> None:
        """The command's result: the object, or what is shown of it in a terminal."""
        if self.as_json:
            typer.echo(redacted(json.dumps(result)))
            return
        for renderable in shown:
            if isinstance(renderable, str):
                self.console.print(redacted(renderable), soft_wrap=True, markup=False)
            else:
                self.console.print(renderable)


@contextmanager
def command(as_json: bool = False) -> Iterator[Output]:
    """Turns named errors and unreadable files into one line (or object) and exit status 2, 3 for what is not activated."""
    output = Output(as_json)
    try:
        yield output
    except (RiskOracleError, ProverError, OSError) as error:
        code = EXIT_NOT_ACTIVATED if isinstance(error, NotActivated) else EXIT_UNSAFE
        name = ConfigError.__name__ if isinstance(error, OSError) else type(error).__name__
        named: dict[str, Any] = {"error": name, "message": redacted(str(error)), "exit_code": code}
        for part in ("field", "value", "rule"):
            if hasattr(error, part):
                named[part] = redacted(str(getattr(error, part)))
        if as_json:
            typer.echo(json.dumps(named))
        else:
            output.console.print(f"[red]{name}[/]:", end=" ")
            output.console.print(named["message"], soft_wrap=True, markup=False)
        raise typer.Exit(code) from error


def table(title: str, *columns: str, left: int = 1) -> Table:
    """A table whose columns after the first ``left`` are numbers."""
    made = Table(title=title, box=SIMPLE_HEAD, pad_edge=False, title_justify="left")
    for index, column in enumerate(columns):
        made.add_column(column, justify="left" if index < left else "right", overflow="fold")
    return made


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of ``path`` once everything is written.

    Raises :class:`OutputError` where that fails: a file that was there before stays as it was.
    """
    fresh: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=path.name, dir=path.parent)
        os.close(handle)
        fresh = Path(name)
        yield fresh
        fresh.chmod(0o644)
        os.replace(fresh, path)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror or error}; nothing was replaced") from error
    finally:
        if fresh is not None:
            fresh.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Writes a text file, all of it or nothing. Raises :class:`OutputError`."""
    with replaced(path) as fresh, fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
