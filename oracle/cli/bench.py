# SPDX-License-Identifier: Apache-2.0
"""``zkrisk bench``: medians of fit, witness, proof and verification of every built circuit on simulated quotes."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from oracle.cli.options import ArtifactsOption, ConfigOption, grid_named
from oracle.cli.output import JsonOption, command, table
from oracle.cli.prove import slice_statements
from oracle.cli.recorded import Observed, Replay
from oracle.cli.settings import Settings, load_settings
from oracle.errors import ConfigError
from oracle.model.account import Position, PublishedSlice, margin_positions
from oracle.model.insolvency import worst_row
from oracle.model.margin import MarginParams
from oracle.node.epoch import FittedEpoch, fit_epoch
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.option import OPTION, option_statement
from oracle.statements.slice import SliceSize
from oracle.statements.solvency import solvency_statement
from oracle.statements.statement import Statement
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig
from oracle.surface.market import fit_market
from prover.artifacts import ArtifactStore
from prover.prove import Prover

_UNBOUND = b"\0" * 32


def simulated_market() -> Observed:
    """The last snapshot of one simulated market with two expiries."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "market.jsonl.gz")
        write_recording(path, SimulatorConfig.small())
        return Replay(path).only(None)


class Workload:
    """Statements of every circuit about one simulated market; ``fit_ms`` of the last slice asked for."""

    def __init__(self, settings: Settings) -> None:
        self.observed = simulated_market()
        self.fit_ms: float | None = None
        self._grid = grid_named(settings.grid)
        self._initial = MarginParams(settings.initial_factor_e2, 0, 0)
        self._maintenance = MarginParams(settings.maintenance_factor_e2, 0, 0)

    def statement(self, circuit: str) -> Statement:
        """A provable statement of ``circuit``. Raises :class:`ConfigError` for a circuit of no known kind."""
        kind, _, size = circuit.partition("_")
        try:
            sizes = [int(part) for part in size.split("_")]
        except ValueError:
            sizes = []
        if kind == "slice" and len(sizes) == 2:
            return self._slice(SliceSize(*sizes))
        if kind in ("solvency", "insolvency") and len(sizes) == 1:
            self.fit_ms = None
            return self._account(kind, sizes[0])
        if kind == OPTION and len(sizes) == 1:
            self.fit_ms = None
            return self._option(sizes[0])
        raise ConfigError(f"circuit = {circuit!r}: must be a slice, option, solvency or insolvency circuit")

    def _slice(self, size: SliceSize) -> Statement:
        started = time.perf_counter()
        fit = fit_market(self.observed.snapshot, (size,))
        self.fit_ms = 1e3 * (time.perf_counter() - started)
        statements = slice_statements(fit_epoch(fit), 1)
        return statements[max(statements)]

    def _option(self, knots: int) -> Statement:
        """The strike next above the forward, on a tick."""
        epoch = fit_epoch(self.observed.fit())
        witness, snapshot = epoch.witnesses[-1], epoch.snapshot
        forward_q16 = witness.values.forward_q16
        density, strike = witness.density.padded(knots), (forward_q16 >> 16) + 1
        return option_statement(density, forward_q16, strike, snapshot.market, witness.expiry, snapshot.epoch, _UNBOUND)

    def _account(self, kind: str, slots: int) -> Statement:
        epoch = fit_epoch(self.observed.fit())
        positions, published = _short_options(epoch, slots), _published(epoch)
        rows = margin_positions(positions, published, self._grid, upper=kind == "solvency")
        if kind == "solvency":
            return solvency_statement(slots, rows, self._grid, self._initial, _UNBOUND)
        row, _ = worst_row(rows, self._grid, self._maintenance)
        return insolvency_statement(slots, rows, self._grid, row, self._maintenance, _UNBOUND)


def _published(epoch: FittedEpoch) -> dict[int, PublishedSlice]:
    return {w.expiry: w.published(epoch.snapshot.observed_at_ms // 1000) for w in epoch.witnesses}


def _short_options(epoch: FittedEpoch, count: int) -> list[Position]:
    strikes = [(w.expiry, value.strike_ticks) for w in epoch.witnesses for value in w.values.strikes]
    return [Position(*strike, put, -10_000) for strike in strikes for put in (False, True)][:count]


def bench(
    circuit: Annotated[
        list[str] | None, typer.Option(help="Circuit to time; repeat for each; none: all built.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, max=1000, help="Runs of each; the median counts.")] = 5,
    artifacts: ArtifactsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Time fit, witness, proof and verification of every built circuit, keys resident."""
    with command(as_json) as output:
        settings = load_settings(config, artifacts=artifacts)
        store = ArtifactStore(settings.artifacts)
        built = store.circuits()
        unknown = sorted(set(circuit or []) - set(built))
        if unknown or not built:
            raise ConfigError(f"circuit = {unknown}: not built; built: {built}; `zkrisk circuits build` builds all")
        workload, prover = Workload(settings), Prover(store, options=settings.engine_options())
        rows = [_time(workload, prover, name, runs) for name in (circuit or built)]
        shown = table(f"Median of {runs}, milliseconds", "circuit", "constraints", "fit", "witness", "prove", "verify")
        for row in rows:
            times = (row[name] for name in ("fit_ms", "witness_ms", "prove_ms", "verify_ms"))
            cells = ("" if value is None else f"{value:.1f}" for value in times)
            shown.add_row(row["circuit"], f"{row['n_constraints']:,}", *cells)
        output.result({"runs": runs, "circuits": rows}, shown)


def _time(workload: Workload, prover: Prover, circuit: str, runs: int) -> dict[str, Any]:
    manifest = prover.load(circuit)
    samples: dict[str, list[float]] = {"fit_ms": [], "witness_ms": [], "prove_ms": [], "verify_ms": []}
    for _ in range(runs):
        statement = workload.statement(circuit)
        if workload.fit_ms is not None:
            samples["fit_ms"].append(workload.fit_ms)
        timings = prover.prove(circuit, statement.circuit_inputs()).timings
        for name in ("witness_ms", "prove_ms", "verify_ms"):
            samples[name].append(getattr(timings, name))
    medians = {name: median(values) if values else None for name, values in samples.items()}
    return {"circuit": circuit, "n_constraints": manifest.n_constraints, **medians}
