# SPDX-License-Identifier: Apache-2.0
"""From one market snapshot to signed, proven slices: fit, integers, plan, report, statements, proofs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount

from oracle.chain.report import Report
from oracle.errors import SnapshotError
from oracle.model.snapshot import MarketSnapshot
from oracle.node.plan import Held, SliceUpdate, plan_updates
from oracle.statements.bundle import ProofBundle
from oracle.statements.native_slice import NativeSlice, native_slice
from oracle.statements.slice import SliceWitness, slice_statement
from oracle.surface.market import PRESETS, MarketFit, fit_market
from oracle.surface.moved import moved
from oracle.surface.surface import Surface
from prover.prove import ProofSource


@dataclass(frozen=True)
class FittedEpoch:
    """A market's usable expiries at one moment: the accepted snapshot of them, their fit and their witnesses."""

    snapshot: MarketSnapshot
    surface: Surface
    witnesses: tuple[SliceWitness, ...]


@dataclass(frozen=True)
class SignedEpoch:
    """What one epoch publishes, updates in order of expiry."""

    fitted: FittedEpoch
    report: Report
    signatures: tuple[bytes, ...]
    updates: tuple[SliceUpdate, ...]

    @property
    def opened(self) -> list[tuple[int, NativeSlice]]:
        """(expiry, slice without a proof) for the contract that checks them."""
        return [(u.witness.expiry, native_slice(u.witness, u.earlier, u.later)) for u in self.updates]


@dataclass(frozen=True)
class ProvenEpoch(SignedEpoch):
    """An epoch with its proofs; ``bundles`` one per update."""

    bundles: tuple[ProofBundle, ...]

    @property
    def proven(self) -> list[tuple[int, ProofBundle]]:
        """(expiry, proven slice) for the oracle contract."""
        return [(u.witness.expiry, bundle) for u, bundle in zip(self.updates, self.bundles, strict=True)]


def fit_epoch(fit: MarketFit) -> FittedEpoch:
    """Exact integers of a market's usable expiries; quotes that the fit refuses go out as not quoted.

    Raises SnapshotError where no expiry is usable, InvalidSlice where an expiry does not fit the statement.
    """
    if fit.surface is None or fit.size is None:
        reasons = "; ".join(f"{expiry}: {error}" for expiry, error in fit.refusals.items())
        raise SnapshotError(f"no usable expiry ({reasons})")
    size = fit.size
    accepted = fit.surface.accepted()
    witnesses = tuple(
        SliceWitness.build(size, density, expiry, accepted.tick_e2)
        for density, expiry in zip(fit.surface.slices, accepted.expiries, strict=True)
    )
    return FittedEpoch(accepted, fit.surface, witnesses)


def sign_epoch(
    snapshot: MarketSnapshot,
    held: Mapping[int, Held],
    publishers: Sequence[LocalAccount],
    set_version: int,
    unquoted: Mapping[int, Mapping[str, int]] | None = None,
    *,
    cumulative_spot_e2_ms: int,
) -> SignedEpoch:
    """Fits a snapshot and signs the expiries that moved or grew old: once an epoch, two reports of one would be equivocation.

    The size of the circuit never shrinks while slices are held, so that kept neighbours stay comparable. ``unquoted``: what
    the snapshot's builder removed, by expiry and rule. ``cumulative_spot_e2_ms``: integral of the spot as of the snapshot.

    Raises SnapshotError or SurfaceError from the fit, InvalidSlice or CalendarViolation from the model.
    """
    least = max((h.witness.size.knots for h in held.values()), default=0)
    presets = [size for size in PRESETS if size.knots >= least]
    fitted = fit_epoch(fit_market(snapshot, presets, unquoted))
    updates = tuple(plan_updates(fitted.witnesses, held, snapshot.observed_at_ms, _moved))
    witnesses = [update.witness for update in updates]
    report = Report.of(fitted.snapshot, witnesses, set_version, cumulative_spot_e2_ms)
    return SignedEpoch(fitted, report, tuple(report.sign(publishers)) if updates else (), updates)


def prove_signed(epoch: SignedEpoch, prover: ProofSource, workers: Executor) -> ProvenEpoch:
    """Proves what an epoch publishes. Raises CalendarViolation from the model, ProverError from the prover."""
    report, digest = epoch.report, epoch.report.digest()

    def prove(update: SliceUpdate) -> ProofBundle:
        statement = slice_statement(
            update.witness, report.market, report.epoch, digest, earlier=update.earlier, later=update.later
        )
        return ProofBundle(statement, prover.prove(statement.circuit_id, statement.circuit_inputs()))

    bundles = tuple(workers.map(prove, epoch.updates))
    return ProvenEpoch(epoch.fitted, epoch.report, epoch.signatures, epoch.updates, bundles)


def prove_epoch(
    snapshot: MarketSnapshot,
    held: Mapping[int, Held],
    publishers: Sequence[LocalAccount],
    set_version: int,
    prover: ProofSource,
    workers: Executor,
    unquoted: Mapping[int, Mapping[str, int]] | None = None,
    *,
    cumulative_spot_e2_ms: int,
) -> ProvenEpoch:
    """:func:`sign_epoch` and :func:`prove_signed`."""
    signed = sign_epoch(snapshot, held, publishers, set_version, unquoted, cumulative_spot_e2_ms=cumulative_spot_e2_ms)
    return prove_signed(signed, prover, workers)


def _moved(held: SliceWitness, fresh: SliceWitness) -> bool:
    return moved(held.density, held.snapshot, fresh.snapshot)


def hold(held: Mapping[int, Held], epoch: SignedEpoch) -> dict[int, Held]:
    """What the chain holds after an epoch landed; expired slices are dropped."""
    now_ms = epoch.report.observed_at_ms
    landed = {u.witness.expiry: Held(u.witness, now_ms) for u in epoch.updates}
    return {expiry: h for expiry, h in {**held, **landed}.items() if expiry * 1000 > now_ms}
