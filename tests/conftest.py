# SPDX-License-Identifier: Apache-2.0
"""What the tests of chain, node, bots, API and commands share: keys in memory, one recording, two proven epochs, markets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from oracle.chain.anvil import Anvil
from oracle.model.spot_integral import SpotIntegral
from oracle.node.epoch import ProvenEpoch, hold, prove_epoch
from oracle.node.markets import BTC_USD
from oracle.stream.epochs import snapshots
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.snapshot import SnapshotBuilder
from prover.artifacts import ArtifactStore
from tests.ceremony import walk
from tests.chain.market import PUBLISHERS, ROOT, Market, RecallingProver

RECORDED = SimulatorConfig.small(inject_faults=True)
DEPLOYMENT_S = 120
"""Block time before the recording starts: a deployment's transactions take a second each."""


@pytest.fixture(scope="session")
def built() -> ArtifactStore:
    """The product's circuits with their development keys."""
    return ArtifactStore(ROOT / "build")


@pytest.fixture(scope="session")
def recalling(built: ArtifactStore) -> RecallingProver:
    """The product's prover, keys loaded once, each statement proven once."""
    return RecallingProver(built)


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated session with malformed frames and crossed quotes: three calm rounds, then a crash."""
    path = tmp_path_factory.mktemp("recording") / "crash.jsonl.gz"
    write_recording(path, RECORDED)
    return path


@pytest.fixture(scope="session")
def epochs(recording: Path, recalling: RecallingProver) -> tuple[ProvenEpoch, ProvenEpoch]:
    """The first calm epoch and the one after the crash, signed and proven."""
    ledger = RejectLedger()
    builder = SnapshotBuilder(BTC_USD.name, BTC_USD.currency, BTC_USD.tick_e2, ledger=ledger)
    first, *_, last = snapshots(open_recording(recording, ledger).events, builder)
    with ThreadPoolExecutor(2) as workers:
        begin = SpotIntegral().at(first.spot_e2, first.observed_at_ms)
        end = begin.at(last.spot_e2, last.observed_at_ms).cumulative_e2_ms
        calm = prove_epoch(first, {}, PUBLISHERS, 1, recalling, workers, cumulative_spot_e2_ms=0)
        crash = prove_epoch(last, hold({}, calm), PUBLISHERS, 1, recalling, workers, cumulative_spot_e2_ms=end)
    return calm, crash


@pytest.fixture(scope="session")
def markets(
    built: ArtifactStore, recalling: RecallingProver, epochs: tuple[ProvenEpoch, ProvenEpoch]
) -> Iterator[Callable[[str], Market]]:
    """A market per stage, each on a chain of its own, in its first state whenever it is asked for."""
    calm, crash = epochs
    made: dict[str, Market] = {}
    with ExitStack() as stack:

        def market(stage: str) -> Market:
            if stage not in made:
                first_second = RECORDED.start_ms // 1000 - DEPLOYMENT_S
                built_up = Market(stack.enter_context(Anvil(ROOT, first_second)), built, recalling)
                built_up.clock.advance(RECORDED.start_ms)
                built_up.clock()
                built_up.anvil.web3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
                if stage != "deployed":
                    built_up.list_strikes(calm)
                if stage in ("opened", "crashed"):
                    built_up.land(calm)
                    built_up.open(calm)
                if stage == "crashed":
                    built_up.land(crash)
                built_up.save()
                made[stage] = built_up
            made[stage].restore()
            return made[stage]

        yield market


@pytest.fixture
def deployed(markets: Callable[[str], Market]) -> Market:
    """Contracts alone."""
    return markets("deployed")


@pytest.fixture
def listed(markets: Callable[[str], Market]) -> Market:
    """Contracts and listings, no slice yet."""
    return markets("listed")


@pytest.fixture
def opened(markets: Callable[[str], Market]) -> Market:
    """The calm epoch's slices; the seller has written options to the buyer."""
    return markets("opened")


@pytest.fixture
def crashed(markets: Callable[[str], Market]) -> Market:
    """The crash epoch's slices: the seller is insolvent at maintenance margin."""
    return markets("crashed")


@pytest.fixture(scope="session")
def calm(epochs: tuple[ProvenEpoch, ProvenEpoch]) -> ProvenEpoch:
    """The first calm epoch."""
    return epochs[0]


@pytest.fixture(scope="session")
def crash(epochs: tuple[ProvenEpoch, ProvenEpoch]) -> ProvenEpoch:
    """The epoch after the crash."""
    return epochs[1]


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A real ceremony of two parties for the smallest circuit."""
    return walk(ROOT, tmp_path_factory.mktemp("ceremony"))
