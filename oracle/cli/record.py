# SPDX-License-Identifier: Apache-2.0
"""``zkrisk record``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli.output import EXIT_DEGRADED, JsonOption, command, replaced
from oracle.errors import ConfigError, VenueError
from oracle.node.markets import MARKETS
from oracle.stream.ledger import RejectLedger
from oracle.stream.live import DERIBIT_URL, LiveSource
from oracle.stream.recording import write_frames

CURRENCIES = tuple(market.currency for market in MARKETS)


def record(
    path: Annotated[Path, typer.Argument(help="Recording to write; .gz is compressed.")],
    seconds: Annotated[float, typer.Option(min=1, max=86_400, help="How long to record.")] = 60.0,
    currency: Annotated[list[str] | None, typer.Option(help="Currency; repeat for more. None: every market's.")] = None,
    url: Annotated[str, typer.Option(help="WebSocket address of the venue.")] = DERIBIT_URL,
    as_json: JsonOption = False,
) -> None:
    """Record the venue's raw frames: every option's ticker and the index. Exit status 1 where the connection was lost."""
    with command(as_json) as output:
        chosen = tuple(currency) if currency else CURRENCIES
        for name in chosen:
            if name not in CURRENCIES:
                raise ConfigError(f"currency = {name!r}: must be one of {', '.join(CURRENCIES)}")
        ledger = RejectLedger()
        with replaced(path) as fresh:
            frames = write_frames(fresh, LiveSource(url, chosen, seconds).frames(ledger), url)
            if frames == 0:
                raise VenueError(f"{url}: no frame came in {seconds:g} s; {ledger.total} connections failed")
        lost = ledger.counts.get("disconnected", 0)
        result = {"path": str(path), "url": url, "currencies": list(chosen), "frames": frames, "disconnected": lost}
        output.result(result, f"{frames} frames: {path}" + (f"; the connection was lost {lost} times" if lost else ""))
        if lost:
            raise typer.Exit(EXIT_DEGRADED)
