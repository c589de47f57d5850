# SPDX-License-Identifier: Apache-2.0
"""What a running node shows: the newest surface, proofs, counts. Written by the loop, read by the API."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from oracle.node.epoch import ProvenEpoch
from oracle.statements.bundle import ProofBundle

KEPT_PROOFS = 256


@dataclass
class NodeState:
    """Thread-safe view of a node; proofs are kept up to KEPT_PROOFS, the oldest leave first."""

    markets: tuple[str, ...]
    epochs: int = 0
    failed_epochs: int = 0
    last_error: str = ""
    _surfaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    _proofs: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_proof(self, name: str, bundle: ProofBundle) -> None:
        """Keeps a proof under its name, e.g. ``slice-BTC-USD-1776412800-12``."""
        timings = bundle.proof.timings
        shown = {"id": name, **bundle.to_json()}
        if timings is not None:
            shown["timings_ms"] = {
                "witness": timings.witness_ms,
                "prove": timings.prove_ms,
                "verify": timings.verify_ms,
            }
        with self._lock:
            self._proofs[name] = shown
            while len(self._proofs) > KEPT_PROOFS:
                self._proofs.popitem(last=False)

    def publish(self, epoch: ProvenEpoch) -> None:
        """Makes an epoch the newest one."""
        surface = surface_json(epoch)
        with self._lock:
            self._surfaces[epoch.fitted.snapshot.market] = surface
            self.epochs += 1
        for expiry, bundle in epoch.proven:
            self.add_proof(f"slice-{epoch.report.market}-{expiry}-{epoch.report.epoch}", bundle)

    def fail(self, reason: str) -> None:
        """Counts an epoch that could not be published."""
        with self._lock:
            self.failed_epochs += 1
            self.last_error = reason

    def surface(self, market: str) -> dict[str, Any] | None:
        """A market's newest surface, None before its first epoch."""
        with self._lock:
            return self._surfaces.get(market)

    def proofs(self) -> list[dict[str, Any]]:
        """Names and circuits of the kept proofs, newest first."""
        with self._lock:
            return [{"id": p["id"], "circuit": p["circuit"]} for p in reversed(self._proofs.values())]

    def proof(self, name: str) -> dict[str, Any] | None:
        """One proof document."""
        with self._lock:
            return self._proofs.get(name)


def surface_json(epoch: ProvenEpoch) -> dict[str, Any]:
    """The integers of an epoch as JSON with their scale in the name, large ones as strings.

    ``proven``: whether the expiry was proven in this epoch; where not, the chain holds an earlier slice of it.
    """
    expiries = []
    fitted = epoch.fitted
    updated = {update.witness.expiry for update in epoch.updates}
    for expiry, witness, quality in zip(
        fitted.snapshot.expiries, fitted.witnesses, fitted.surface.quality.expiries, strict=True
    ):
        values = witness.values
        strikes = [
            {
                "strike_ticks": value.strike_ticks,
                "quoted": quote.quoted,
                "put": quote.put,
                "mid_half_ticks": quote.mid_half_ticks,
                "half_spread_half_ticks": quote.half_spread_half_ticks,
                "mark_e2": value.mark_e2,
                "total_vol_q32": value.total_vol_q32,
                "cdf_d1_q197": str(value.cdf_d1),
                "pdf_d1_q202": str(value.pdf_d1),
            }
            for quote, value in zip(expiry.quotes, values.strikes, strict=True)
        ]
        expiries.append(
            {
                "expiry": expiry.expiry,
                "proven": expiry.expiry in updated,
                "forward_q16": values.forward_q16,
                "fit_error_q16": values.fit_error_q16,
                "rmse_vol_points": quality.rmse_vol_points,
                "inside_share": quality.inside_share,
                "knots_ticks": list(witness.density.knots_ticks),
                "density_q": [str(q) for q in witness.density.density_q],
                "strikes": strikes,
            }
        )
    snapshot = fitted.snapshot
    return {
        "market": snapshot.market,
        "epoch": snapshot.epoch,
        "observed_at_ms": snapshot.observed_at_ms,
        "spot_e2": snapshot.spot_e2,
        "tick_e2": snapshot.tick_e2,
        "rejected_count": snapshot.rejected_count,
        "snapshot_root": "0x" + snapshot.root().hex(),
        "report_digest": "0x" + epoch.report.digest().hex(),
        "expiries": expiries,
    }
