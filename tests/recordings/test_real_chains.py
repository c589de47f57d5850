# SPDX-License-Identifier: Apache-2.0
"""Every stored option chain of a venue: each expiry with seven usable quotes becomes a slice that satisfies its circuit.

The folder is ``ZKRISK_CHAINS``, else ``../shared/data`` beside the checkout. What was found goes to ``build/bench/chains.json``.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from oracle.errors import TooFewQuotes
from oracle.model.snapshot import MarketSnapshot
from oracle.node.epoch import FittedEpoch, fit_epoch
from oracle.node.markets import MARKETS
from oracle.statements.slice import SliceSize, slice_statement
from oracle.statements.statement import Statement
from oracle.stream.epochs import snapshots
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording
from oracle.stream.snapshot import SnapshotBuilder
from oracle.surface.market import MarketFit, fit_market
from oracle.surface.quotes import usable_quotes
from prover.artifacts import ArtifactStore
from prover.prove import Prover
from prover.r1cs import decode_witness
from prover.witness import WitnessCalculator
from tests.circuits import equality
from tests.circuits.support import ROOT

FOLDER = Path(os.environ.get("ZKRISK_CHAINS", ROOT / ".." / "shared" / "data"))
RECORD = ROOT / "build" / "bench" / "chains.json"
LEAST_INSIDE, LEAST_QUOTES = 0.97, 7
PATTERNS = ("quantflow_2026/*.json", "quantflow_2026/*.json.gz", "deribit_ws_2021/DERIBIT.ws.*")
FILES = sorted(path for pattern in PATTERNS for path in FOLDER.glob(pattern))


@dataclass(frozen=True)
class Found:
    """One market of one file: its last snapshot, all of its expiries."""

    file: str
    market: str
    snapshots: int
    expiries: int
    refused_few_quotes: int
    circuit_id: str
    slices: int
    quotes: int
    inside_share: float
    rmse_vol_points: float
    witness_ms: float
    proof_ms: float


def _fits(path: Path) -> Iterator[tuple[MarketSnapshot, MarketFit]]:
    ledger = RejectLedger()
    builders = {m.name: SnapshotBuilder(m.name, m.currency, m.tick_e2, ledger=ledger) for m in MARKETS}
    for snapshot in snapshots(open_recording(path, ledger).events, *builders.values()):
        yield snapshot, fit_market(snapshot, unquoted=builders[snapshot.market].removed)


def _quoted(snapshot: MarketSnapshot) -> set[int]:
    """Expiries with at least seven quotes that the fit can use."""
    enough = set()
    for listed in snapshot.expiries:
        try:
            quotes, _ = usable_quotes(snapshot, listed)
        except TooFewQuotes:
            continue
        if len(quotes.strike_ticks) >= LEAST_QUOTES:
            enough.add(listed.expiry)
    return enough


def _statements(epoch: FittedEpoch) -> list[Statement]:
    """Of every slice, each with both neighbours claimed."""
    witnesses = epoch.witnesses
    return [
        slice_statement(
            witness,
            epoch.snapshot.market,
            epoch.snapshot.epoch,
            b"\0" * 32,
            witnesses[i - 1].density if i else None,
            witnesses[i + 1].density if i + 1 < len(witnesses) else None,
        )
        for i, witness in enumerate(witnesses)
    ]


def _satisfied(statements: list[Statement], size: SliceSize) -> float:
    """Mean milliseconds of a witness; every statement's public signals are the circuit's."""
    equality.build(size.circuit_id)
    calculator = WitnessCalculator.of(ArtifactStore(ROOT / "build").circuit(size.circuit_id))
    spent = 0.0
    for statement in statements:
        inputs, started = statement.circuit_inputs(), time.perf_counter()
        witness = calculator.calculate(inputs)
        spent += time.perf_counter() - started
        assert decode_witness(witness[: 4 * 32])[1:] == statement.publics
    return 1000 * spent / len(statements)


def _record(found: list[Found]) -> None:
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(RECORD.read_text()) if RECORD.is_file() else []
    names = {row.file for row in found}
    rows = [row for row in known if row["file"] not in names] + [asdict(row) for row in found]
    RECORD.write_text(json.dumps(sorted(rows, key=lambda row: (row["file"], row["market"])), indent=1) + "\n")


def _market(path: Path, taken: list[tuple[MarketSnapshot, MarketFit]], prover: Prover) -> Found:
    snapshot, fit = taken[-1]
    few = sum(isinstance(error, TooFewQuotes) for error in fit.refusals.values())
    assert len(fit.refusals) == few, "an expiry was refused for another reason"
    if fit.surface is None or fit.size is None:
        assert not _quoted(snapshot)
        return Found(path.name, snapshot.market, len(taken), len(snapshot.expiries), few, "", 0, 0, 0, 0, 0, 0)
    epoch = fit_epoch(fit)
    assert {witness.expiry for witness in epoch.witnesses} == _quoted(snapshot)
    statements = _statements(epoch)
    witness_ms = _satisfied(statements, fit.size)
    proof = prover.prove(fit.size.circuit_id, statements[len(statements) // 2].circuit_inputs())
    assert proof.timings is not None
    quality = fit.surface.quality
    return Found(
        path.name,
        snapshot.market,
        len(taken),
        len(snapshot.expiries),
        few,
        fit.size.circuit_id,
        len(statements),
        quality.market.quotes,
        quality.market.inside_share,
        quality.market.rmse_vol_points,
        witness_ms,
        proof.timings.prove_ms,
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_expiry_with_seven_usable_quotes_satisfies_its_circuit(path: Path) -> None:
    prover = Prover(ArtifactStore(ROOT / "build"))
    markets: dict[str, list[tuple[MarketSnapshot, MarketFit]]] = {}
    for snapshot, fit in _fits(path):
        markets.setdefault(snapshot.market, []).append((snapshot, fit))
    assert markets, "no market in the file"
    found = [_market(path, taken, prover) for taken in markets.values()]
    _record(found)
    for row in found:
        assert row.slices + row.refused_few_quotes == row.expiries
        if row.slices:
            assert row.inside_share >= LEAST_INSIDE


def test_the_stored_chains_are_there_and_some_have_slices() -> None:
    if not FOLDER.is_dir():
        pytest.skip("stored chains are not beside this checkout (../shared/data); set ZKRISK_CHAINS")
    assert len(FILES) >= 3
