# SPDX-License-Identifier: Apache-2.0
"""From one snapshot to signed, proven slices: fit, integers, report, statements, proofs."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount

from oracle.chain.report import Report
from oracle.model.snapshot import MarketSnapshot
from oracle.statements.bundle import ProofBundle
from oracle.statements.slice import SliceSize, SliceWitness, slice_statement
from oracle.surface.surface import Surface, fit_surface
from prover.prove import Prover


@dataclass(frozen=True)
class ProvenEpoch:
    """Everything one epoch publishes; ``bundles`` one per expiry of the report, in order."""

    snapshot: MarketSnapshot
    surface: Surface
    witnesses: tuple[SliceWitness, ...]
    report: Report
    signatures: tuple[bytes, ...]
    bundles: tuple[ProofBundle, ...]

    @property
    def updates(self) -> list[tuple[int, ProofBundle]]:
        """(expiry, proven slice) for the oracle contract."""
        return [(w.expiry, bundle) for w, bundle in zip(self.witnesses, self.bundles, strict=True)]


def prove_epoch(
    snapshot: MarketSnapshot,
    size: SliceSize,
    publishers: Sequence[LocalAccount],
    set_version: int,
    prover: Prover,
    workers: Executor,
) -> ProvenEpoch:
    """Fits, signs and proves one snapshot; quotes that the fit refuses go out as not quoted.

    Each adjacent pair's calendar condition is claimed once, by the later slice. Raises TooFewQuotes or SurfaceError from the
    fit, InvalidSlice or CalendarViolation from the model, ProverError from the prover.
    """
    surface = fit_surface(snapshot, max_knots=size.knots, listed_slots=size.strikes)
    accepted = surface.accepted()
    witnesses = tuple(
        SliceWitness.build(size, density, expiry, accepted.tick_e2)
        for density, expiry in zip(surface.slices, accepted.expiries, strict=True)
    )
    report = Report.of(accepted, witnesses, set_version)
    signatures = tuple(report.sign(publishers))
    digest = report.digest()

    def prove(index: int) -> ProofBundle:
        earlier = witnesses[index - 1].density if index else None
        statement = slice_statement(witnesses[index], accepted.market, accepted.epoch, digest, earlier=earlier)
        return ProofBundle(statement, prover.prove(statement.circuit_id, statement.circuit_inputs()))

    bundles = tuple(workers.map(prove, range(len(witnesses))))
    return ProvenEpoch(accepted, surface, witnesses, report, signatures, bundles)
