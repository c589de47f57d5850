# SPDX-License-Identifier: Apache-2.0
"""``zkrisk simulate`` and ``zkrisk replay``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli.options import RecordingArgument
from oracle.cli.output import JsonOption, command, replaced, table
from oracle.cli.recorded import Replay
from oracle.errors import SnapshotError
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig


def simulate(
    path: Annotated[Path, typer.Argument(help="Recording to write; .gz is compressed.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed: the same one gives the same bytes.")] = 1,
    small: Annotated[bool, typer.Option(help="One market with two expiries.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a simulated recording in Deribit's frame format: a calm market, then a crash."""
    with command(as_json) as output:
        config = SimulatorConfig.small(seed) if small else SimulatorConfig.full(seed)
        with replaced(path) as fresh:
            frames = write_recording(fresh, config)
        output.result({"path": str(path), "seed": seed, "frames": frames}, f"{frames} frames: {path}")


def replay(recording: RecordingArgument, as_json: JsonOption = False) -> None:
    """Replay a recording into snapshots, without fit or chain: what each epoch holds and what was refused."""
    with command(as_json) as output:
        source = Replay(recording)
        rows = []
        for observed in source.observed():
            snapshot = observed.snapshot
            quotes = [quote for expiry in snapshot.expiries for quote in expiry.quotes]
            rows.append(
                {
                    "market": snapshot.market,
                    "epoch": snapshot.epoch,
                    "observed_at_ms": snapshot.observed_at_ms,
                    "spot_e2": snapshot.spot_e2,
                    "expiries": len(snapshot.expiries),
                    "listed": len(quotes),
                    "quoted": sum(quote.quoted for quote in quotes),
                    "rejected_count": snapshot.rejected_count,
                    "snapshot_root": "0x" + snapshot.root().hex(),
                }
            )
        if not rows or source.recording is None:
            raise SnapshotError(f"{recording}: no snapshot; refused: {source.ledger.counts}")
        epochs = table("Snapshots", "market", "epoch", "spot, USD", "expiries", "listed", "quoted", "refused")
        for row in rows:
            spot = f"{int(str(row['spot_e2'])) / 100:,.2f}"
            cells = (row["market"], row["epoch"], spot, row["expiries"], row["listed"], row["quoted"])
            epochs.add_row(*map(str, cells), str(row["rejected_count"]))
        ledger = table("Reject ledger", "rule", "refused")
        for rule, count in source.ledger.counts.items():
            ledger.add_row(rule, f"{count:,}")
        result = {
            "recording": str(recording),
            "format": str(source.recording.format),
            "index_stated": source.recording.index_stated,
            "snapshots": rows,
            "refused": source.ledger.counts,
            "late": source.late.total,
        }
        output.result(result, epochs, ledger, f"{source.late.total} late events")
