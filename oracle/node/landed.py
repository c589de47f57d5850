# SPDX-License-Identifier: Apache-2.0
"""Slices as they landed on-chain, and a market of them as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oracle.model.account import PublishedSlice
from oracle.node.epoch import ProvenEpoch, SignedEpoch
from oracle.statements.slice import SliceWitness


def hex_bytes(raw: bytes) -> str:
    """Bytes as 0x and lower-case hexadecimal digits."""
    return "0x" + raw.hex()


@dataclass(frozen=True)
class LandedSlice:
    """One expiry as an epoch published it, ``proven`` or without a proof; ``rmse_vol_points`` and ``inside_share`` are its
    fit's, in floats."""

    market: str
    epoch: int
    observed_at_ms: int
    report_digest: bytes
    snapshot_root: bytes
    witness: SliceWitness
    rmse_vol_points: float
    inside_share: float
    proven: bool = True

    @property
    def expiry(self) -> int:
        """Unix seconds."""
        return self.witness.expiry

    @property
    def proof_id(self) -> str:
        """Name of the proof it landed with."""
        return f"slice-{self.market}-{self.expiry}-{self.epoch}"

    def published(self) -> PublishedSlice:
        """What the chain knows of it; the contract keeps whole seconds."""
        return self.witness.published(self.observed_at_ms // 1000)

    def to_json(self) -> dict[str, Any]:
        """Integers with their scale in the name, those beyond 2^53 as decimal strings."""
        values, density = self.witness.values, self.witness.density
        strikes = [
            {
                "strike_ticks": value.strike_ticks,
                "quoted": quote.quoted,
                "put": quote.put,
                "mid_half_ticks": quote.mid_half_ticks,
                "half_spread_half_ticks": quote.half_spread_half_ticks,
                "mark_e2": value.mark_e2,
                "total_vol_q32": value.total_vol_q32,
                "cdf_d1_q152": str(value.cdf_d1),
                "pdf_d1_q227": str(value.pdf_d1),
            }
            for quote, value in zip(self.witness.snapshot.quotes, values.strikes, strict=True)
        ]
        return {
            **self.reference_json(),
            "circuit": self.witness.size.circuit_id,
            "report_digest": hex_bytes(self.report_digest),
            "snapshot_root": hex_bytes(self.snapshot_root),
            "forward_q16": values.forward_q16,
            "fit_error_q16": values.fit_error_q16,
            "rmse_vol_points": self.rmse_vol_points,
            "inside_share": self.inside_share,
            "knots_ticks": list(density.knots_ticks),
            "density_q": [str(q) for q in density.density_q],
            "strikes": strikes,
        }

    def reference_json(self) -> dict[str, Any]:
        """Which slice it is: expiry, the epoch it landed in, when it was observed, its proof (null: it has none)."""
        return {
            "expiry": self.expiry,
            "epoch": self.epoch,
            "observed_at_ms": self.observed_at_ms,
            "proof_id": self.proof_id if self.proven else None,
        }


def landed_slices(epoch: SignedEpoch) -> list[LandedSlice]:
    """The slices that ``epoch`` published, in order of its updates."""
    snapshot, qualities = epoch.fitted.snapshot, epoch.fitted.surface.quality.expiries
    quality = {e.expiry: q for e, q in zip(snapshot.expiries, qualities, strict=True)}
    report = epoch.report
    digest, root = report.digest(), snapshot.root()
    return [
        LandedSlice(
            report.market,
            report.epoch,
            report.observed_at_ms,
            digest,
            root,
            update.witness,
            quality[update.witness.expiry].rmse_vol_points,
            quality[update.witness.expiry].inside_share,
            isinstance(epoch, ProvenEpoch),
        )
        for update in epoch.updates
    ]


def surface_json(epoch: SignedEpoch, landed: Sequence[LandedSlice]) -> dict[str, Any]:
    """A market at its newest epoch: every expiry as the chain holds it, whether proven in this epoch or an earlier one."""
    return {**_epoch_fields(epoch), "expiries": [slice_.to_json() for slice_ in landed]}


def epoch_json(epoch: SignedEpoch, landed: Sequence[LandedSlice]) -> dict[str, Any]:
    """A landed epoch and the slices that were proven in it."""
    return {**_epoch_fields(epoch), "proven": [slice_.reference_json() for slice_ in landed]}


def _epoch_fields(epoch: SignedEpoch) -> dict[str, Any]:
    snapshot = epoch.fitted.snapshot
    return {
        "market": snapshot.market,
        "epoch": snapshot.epoch,
        "observed_at_ms": snapshot.observed_at_ms,
        "spot_e2": snapshot.spot_e2,
        "tick_e2": snapshot.tick_e2,
        "rejected_count": snapshot.rejected_count,
    }
