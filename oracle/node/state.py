# SPDX-License-Identifier: Apache-2.0
"""What a running node shows: landed slices, epochs, proofs, counts. Written by the loop, read by the API."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.model.account import PublishedSlice
from oracle.node.epoch import ProvenEpoch, SignedEpoch
from oracle.node.landed import LandedSlice, epoch_json, hex_bytes, landed_slices, surface_json
from oracle.statements.bundle import ProofBundle

KEPT_PROOFS = 256
KEPT_EVENTS = 1024


@dataclass(frozen=True)
class EpochEvent:
    """One landed epoch: ``sequence`` counts all landed epochs from 1, ``name`` is ``<market>-<epoch>``."""

    sequence: int
    name: str
    market: str
    body: dict[str, Any]


@dataclass
class StageTimes:
    """Proofs of one circuit since the start, and milliseconds spent in each stage."""

    proofs: int = 0
    stages_ms: Counter[str] = field(default_factory=Counter)


@dataclass
class NodeState:
    """Thread-safe view of a node; the oldest proofs and epochs leave first, proofs of live slices never.

    ``refusals``: refused frames, quotes and expiries by rule, as the node's ledger counts them.
    """

    markets: tuple[str, ...]
    kept_proofs: int = KEPT_PROOFS
    kept_events: int = KEPT_EVENTS
    epochs: int = 0
    failed_epochs: int = 0
    slices: int = 0
    last_error: str = ""
    refusals: Callable[[], Mapping[str, int]] = dict
    _surfaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    _landed: dict[str, dict[int, LandedSlice]] = field(default_factory=dict)
    _proofs: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    _events: deque[EpochEvent] = field(default_factory=deque)
    _times: dict[str, StageTimes] = field(default_factory=dict)
    _listeners: set[Callable[[], None]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_proof(self, name: str, bundle: ProofBundle) -> None:
        """Keeps a proof under its name ``<statement>-<market>-...``, e.g. ``slice-BTC-USD-1776412800-12``."""
        with self._lock:
            self._keep(name, bundle)
            self._forget()

    def publish(self, epoch: SignedEpoch) -> None:
        """Makes an epoch the newest one and wakes the listeners."""
        market, now_ms = epoch.report.market, epoch.report.observed_at_ms
        fresh = landed_slices(epoch)
        with self._lock:
            live = {**self._landed.get(market, {}), **{landed.expiry: landed for landed in fresh}}
            held = {expiry: live[expiry] for expiry in sorted(live) if expiry * 1000 > now_ms}
            self._landed[market] = held
            self._surfaces[market] = surface_json(epoch, list(held.values()))
            self.epochs += 1
            self.slices += len(fresh)
            name = f"{market}-{epoch.report.epoch}"
            self._events.append(EpochEvent(self.epochs, name, market, epoch_json(epoch, fresh)))
            bundles = epoch.bundles if isinstance(epoch, ProvenEpoch) else ()
            for landed, bundle in zip(fresh if bundles else (), bundles, strict=True):
                self._keep(landed.proof_id, bundle)
            self._forget()
            listeners = tuple(self._listeners)
        for wake in listeners:
            wake()

    def fail(self, reason: str) -> None:
        """Counts an epoch that could not be published."""
        with self._lock:
            self.failed_epochs += 1
            self.last_error = reason

    def surface(self, market: str) -> dict[str, Any] | None:
        """A market's landed slices at its newest epoch, None before its first epoch."""
        with self._lock:
            return self._surfaces.get(market)

    def landed(self, market: str) -> tuple[LandedSlice, ...]:
        """The slices of a market that landed and have not expired, in order of expiry."""
        with self._lock:
            return tuple(self._landed.get(market, {}).values())

    def published(self, market: str) -> dict[int, PublishedSlice]:
        """What the chain knows of :meth:`landed`, by expiry."""
        return {landed.expiry: landed.published() for landed in self.landed(market)}

    def proofs(self) -> list[dict[str, Any]]:
        """The kept proof documents, newest first."""
        with self._lock:
            return list(reversed(self._proofs.values()))

    def proof(self, name: str) -> dict[str, Any] | None:
        """One proof document."""
        with self._lock:
            return self._proofs.get(name)

    def times(self) -> dict[str, StageTimes]:
        """Proofs and their stage times by circuit."""
        with self._lock:
            return {circuit: StageTimes(t.proofs, Counter(t.stages_ms)) for circuit, t in self._times.items()}

    def events_after(self, sequence: int) -> tuple[list[EpochEvent], bool]:
        """Landed epochs after ``sequence``, oldest first, and whether any between are no longer kept."""
        with self._lock:
            found = [event for event in self._events if event.sequence > sequence]
        return found, bool(found) and found[0].sequence > sequence + 1

    def sequence_of(self, name: str) -> int | None:
        """The newest sequence of a kept epoch by name, None where it is not kept."""
        with self._lock:
            return next((event.sequence for event in reversed(self._events) if event.name == name), None)

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls ``wake`` from the node's thread after each landed epoch until the returned function is called."""
        with self._lock:
            self._listeners.add(wake)

        def end() -> None:
            with self._lock:
                self._listeners.discard(wake)

        return end

    def _keep(self, name: str, bundle: ProofBundle) -> None:
        timings, circuit = bundle.proof.timings, bundle.statement.circuit_id
        document = {
            "id": name,
            "market": self._market_of(name),
            **bundle.to_json(),
            "calldata": [hex_bytes(word.to_bytes(32, "big")) for word in bundle.proof.to_calldata()],
            "timings_ms": None,
        }
        if timings is not None:
            stages = {"witness": timings.witness_ms, "prove": timings.prove_ms, "verify": timings.verify_ms}
            document["timings_ms"] = stages
            times = self._times.setdefault(circuit, StageTimes())
            times.proofs += 1
            times.stages_ms.update(stages)
        self._proofs[name] = document
        self._proofs.move_to_end(name)

    def _forget(self) -> None:
        while len(self._events) > self.kept_events:
            self._events.popleft()
        excess = len(self._proofs) - self.kept_proofs
        if excess > 0:
            live = {landed.proof_id for held in self._landed.values() for landed in held.values()}
            for name in [name for name in self._proofs if name not in live][:excess]:
                del self._proofs[name]

    def _market_of(self, name: str) -> str | None:
        _, _, rest = name.partition("-")
        return next((market for market in self.markets if rest.startswith(f"{market}-")), None)
