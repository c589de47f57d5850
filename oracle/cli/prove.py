# SPDX-License-Identifier: Apache-2.0
"""``zkrisk prove``: a proof document of one expiry of a recording's last snapshot, or of one strike of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from oracle.chain.report import Report
from oracle.cli.options import ArtifactsOption, ConfigOption, MarketOption, RecordingArgument
from oracle.cli.output import JsonOption, command, write_whole
from oracle.cli.recorded import Replay, parse_expiry_option
from oracle.cli.settings import load_settings
from oracle.errors import ConfigError
from oracle.node.epoch import FittedEpoch, fit_epoch
from oracle.node.plan import plan_updates
from oracle.statements.bundle import ProofBundle
from oracle.statements.option import option_statement
from oracle.statements.slice import slice_statement
from oracle.statements.statement import Statement
from oracle.stream.instrument import format_expiry
from prover.artifacts import ArtifactStore
from prover.snarkjs import open_prover

ORIGIN = 0
"""A snapshot alone is the origin of the spot's integral in its report."""


def slice_statements(epoch: FittedEpoch, set_version: int) -> dict[int, Statement]:
    """The statement of every expiry, each claiming the calendar condition to the one before, bound to the epoch's report."""
    snapshot = epoch.snapshot
    digest = Report.of(snapshot, epoch.witnesses, set_version, ORIGIN).digest()
    updates = plan_updates(epoch.witnesses, {}, snapshot.observed_at_ms, lambda _held, _fresh: True)
    return {
        u.witness.expiry: slice_statement(
            u.witness, snapshot.market, snapshot.epoch, digest, earlier=u.earlier, later=u.later
        )
        for u in updates
    }


def statement_of(epoch: FittedEpoch, set_version: int, expiry: int, strike_ticks: int | None) -> Statement | None:
    """The slice statement of an expiry, or the option statement of one strike of it; none for an expiry that was not fitted."""
    witness = next((w for w in epoch.witnesses if w.expiry == expiry), None)
    if witness is None or strike_ticks is None:
        return slice_statements(epoch, set_version).get(expiry)
    snapshot, forward_q16 = epoch.snapshot, witness.values.forward_q16
    digest = Report.of(snapshot, epoch.witnesses, set_version, ORIGIN).digest()
    return option_statement(witness.density, forward_q16, strike_ticks, snapshot.market, expiry, snapshot.epoch, digest)


def prove(
    recording: RecordingArgument,
    expiry: Annotated[str, typer.Option("--expiry", help="Expiry, as 27MAR26 or in Unix seconds.")],
    path: Annotated[Path, typer.Option("--output", help="Proof document to write.")],
    strike: Annotated[
        int | None,
        typer.Option(min=1, max=2**24 - 1, help="Prove the option at this strike instead, in ticks, listed or not."),
    ] = None,
    market: MarketOption = None,
    set_version: Annotated[int, typer.Option(min=1, max=2**32 - 1, help="Publisher set that the report names.")] = 1,
    artifacts: ArtifactsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a recording's last snapshot, prove the slice of one expiry, or one strike of it, and write the proof document."""
    with command(as_json) as output:
        settings = load_settings(config, artifacts=artifacts)
        wanted = parse_expiry_option(expiry)
        epoch = fit_epoch(Replay(recording).only(market).fit())
        statement = statement_of(epoch, set_version, wanted, strike)
        if statement is None:
            usable = [format_expiry(witness.expiry) for witness in epoch.witnesses]
            raise ConfigError(f"expiry = {expiry!r}: not usable in {epoch.snapshot.market}; usable: {usable}")
        prover = open_prover(ArtifactStore(settings.artifacts), Path.cwd(), options=settings.engine_options())
        proof = prover.prove(statement.circuit_id, statement.circuit_inputs())
        write_whole(path, json.dumps(ProofBundle(statement, proof).to_json(), indent=2) + "\n")
        timings = proof.timings
        result = {
            "market": epoch.snapshot.market,
            "epoch": epoch.snapshot.epoch,
            "expiry": wanted,
            "circuit": statement.circuit_id,
            "path": str(path),
            "size_bytes": proof.size_bytes,
            "witness_ms": timings.witness_ms if timings else None,
            "prove_ms": timings.prove_ms if timings else None,
            "verify_ms": timings.verify_ms if timings else None,
        }
        output.result(result, f"{statement.circuit_id} of {format_expiry(wanted)}: {path}")
