# SPDX-License-Identifier: Apache-2.0
"""The circuits of the product, slices of simulated markets and random accounts: each made once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from oracle.model.density import DensitySlice
from oracle.model.insolvency import worst_row
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.slice import SliceSize, SliceWitness, slice_statement
from oracle.statements.solvency import solvency_statement
from oracle.statements.statement import Statement
from oracle.stream.deribit import parse_frame
from oracle.stream.epochs import snapshots
from oracle.stream.feed import read_events
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import RecordingReader
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.snapshot import SnapshotBuilder
from oracle.stream.venue_listing import SimulatedCurrency
from oracle.surface.surface import fit_surface
from prover.artifacts import ArtifactStore
from prover.build import build_source
from prover.r1cs import R1cs, read_symbols
from prover.witness import WitnessCalculator
from tests.circuits.accounts import GRID, Account, random_account
from tests.circuits.support import DOMAIN, ROOT, Circuit, Product

SIZE = SliceSize(32, 16)
MARKETS = (
    SimulatorConfig(),
    SimulatorConfig(
        seed=2,
        currencies=(SimulatedCurrency(tenors_days=(30, 60, 120), strikes_per_expiry=12),),
        calm_rounds=1,
        crash_rounds=2,
    ),
    SimulatorConfig(
        seed=3,
        currencies=(SimulatedCurrency(currency="ETH", spot_usd=3000.0, tenors_days=(14, 40)),),
        calm_rounds=1,
    ),
)


@dataclass(frozen=True)
class Case:
    """One expiry of a simulated market with its statement and claimed neighbours."""

    witness: SliceWitness
    market: str
    epoch: int
    earlier: DensitySlice | None
    later: DensitySlice | None
    statement: Statement

    def again(self, witness: SliceWitness | None = None) -> Statement:
        """The statement of a changed witness."""
        return slice_statement(witness or self.witness, self.market, self.epoch, DOMAIN, self.earlier, self.later)


@dataclass(frozen=True)
class MarginCase:
    """An account, the row (insolvency) and the statement at the model's bound."""

    account: Account
    row: int | None
    bound: int

    def statement(self, beyond: int = 0, cash: int | None = None) -> Statement:
        """The statement with the bound moved by ``beyond`` units towards the prover, or at ``cash``."""
        a = self.account
        if self.row is None:
            bound = self.bound - beyond if cash is None else cash
            return solvency_statement(4, a.positions, GRID, a.params, DOMAIN, bound)
        bound = self.bound + beyond if cash is None else cash
        return insolvency_statement(4, a.positions, GRID, self.row, a.params, DOMAIN, bound)


def _product(circuit_id: str) -> Product:
    main = ROOT / "circuits" / "generated" / f"{circuit_id}.circom"
    artifact = build_source(circuit_id, main, ROOT, ArtifactStore.locate(ROOT / "build"))
    circuit = Circuit(circuit_id, WitnessCalculator(circuit_id, artifact.wasm), read_symbols(artifact.sym))
    return Product(circuit, R1cs.load(artifact.r1cs))


@pytest.fixture(scope="session")
def slice_product() -> Product:
    return _product("slice_32_16")


@pytest.fixture(scope="session")
def solvency_product() -> Product:
    return _product("solvency_4")


@pytest.fixture(scope="session")
def insolvency_product() -> Product:
    return _product("insolvency_4")


@pytest.fixture(scope="session")
def option_product() -> Product:
    return _product("option_32")


@pytest.fixture(scope="session")
def products(
    slice_product: Product, solvency_product: Product, insolvency_product: Product, option_product: Product
) -> dict[str, Product]:
    """One of each statement by circuit id."""
    return {p.circuit.name: p for p in (slice_product, solvency_product, insolvency_product, option_product)}


def _cases(folder: Path, config: SimulatorConfig) -> list[Case]:
    path = folder / f"{config.seed}.jsonl"
    write_recording(path, config)
    ledger = RejectLedger()
    builder = SnapshotBuilder(f"{config.currencies[0].currency}-USD", config.currencies[0].currency, ledger=ledger)
    events = read_events(RecordingReader(path, ledger), "deribit", parse_frame, ledger)
    cases = []
    for snapshot in snapshots(events, builder):
        fitted = fit_surface(snapshot)
        built = [
            SliceWitness.build(SIZE, density, expiry, snapshot.tick_e2)
            for density, expiry in zip(fitted.slices, snapshot.expiries, strict=True)
        ]
        for i, witness in enumerate(built):
            # every second epoch claims nothing, the others both neighbours where there are any
            claims = snapshot.epoch % 2 == 0
            earlier = built[i - 1].density if claims and i else None
            later = built[i + 1].density if claims and i + 1 < len(built) else None
            statement = slice_statement(witness, snapshot.market, snapshot.epoch, DOMAIN, earlier, later)
            cases.append(Case(witness, snapshot.market, snapshot.epoch, earlier, later, statement))
    return cases


@pytest.fixture(scope="session")
def slices(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Expiries of three markets, calm and after the crash, with and without calendar claims."""
    folder = tmp_path_factory.mktemp("markets")
    return [case for config in MARKETS for case in _cases(folder, config)]


@pytest.fixture(scope="session")
def claimed(slices: list[Case]) -> Case:
    """One slice with a claim against both neighbours."""
    return next(case for case in slices if case.earlier and case.later)


def margin_case(seed: int, upper: bool) -> MarginCase:
    """Account ``seed`` at the model's bound; insolvency in its worst row."""
    account = random_account(seed, upper)
    if not upper:
        row, bound = worst_row(account.positions, GRID, account.params)
        return MarginCase(account, row, bound)
    case = MarginCase(account, None, 0)
    probe = solvency_statement(4, account.positions, GRID, account.params, DOMAIN)
    return replace(case, bound=probe.inputs["required_cash_e6"] - (1 << 63))


@pytest.fixture(scope="session")
def solvencies() -> list[MarginCase]:
    return [margin_case(seed, True) for seed in range(25)]


@pytest.fixture(scope="session")
def insolvencies() -> list[MarginCase]:
    return [margin_case(seed, False) for seed in range(25)]
