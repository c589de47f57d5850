# SPDX-License-Identifier: Apache-2.0
"""Slices that must not land: each is refused by name, in the simulation and on-chain, and no stored word changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.chain.slices import strikes_of
from oracle.errors import CalendarViolation, InvalidSlice
from oracle.model.density import DensitySlice
from oracle.node.epoch import ProvenEpoch
from oracle.node.markets import BTC_USD
from oracle.statements.bundle import ProofBundle
from oracle.statements.layout import SliceQuotes, SliceSpreads
from oracle.statements.slice import slice_statement
from oracle.statements.slice_runs import FIRST_RUN, before_listing
from oracle.statements.statement import name_bytes32
from prover.errors import ConstraintViolated
from prover.field import BASE_MODULUS, SCALAR_MODULUS
from prover.poseidon import poseidon_chain
from tests.chain.market import PUBLISHERS, Market, RecallingProver, key, update_of

CIRCUIT_STRIKES = 16
LENGTH = before_listing(CIRCUIT_STRIKES)
NO_NEIGHBOUR, PROVEN = 0, 1
DIGESTS = range(1, 5)
WITH_ZEROS = {*range(9, 17)}
"""Results: elements with bits between their fields."""


def _words(bundle: ProofBundle) -> list[int]:
    """The elements of a data vector that an update carries."""
    return list(bundle.statement.d[:LENGTH])


def _updates(epoch: ProvenEpoch) -> list[tuple[object, ...]]:
    return [update_of(expiry, bundle) for expiry, bundle in epoch.proven]


@pytest.mark.parametrize("word", range(8))
def test_a_slice_proof_with_one_byte_changed_is_an_invalid_proof(listed: Market, calm: ProvenEpoch, word: int) -> None:
    expiry, bundle = calm.proven[0]
    proof = list(bundle.proof.to_calldata())
    proof[word] ^= 0x01
    with listed.refused("InvalidProof"):
        listed.send_updates(calm, [update_of(expiry, bundle, proof=proof)])


def test_a_proof_coordinate_above_the_base_field_is_an_invalid_proof(listed: Market, calm: ProvenEpoch) -> None:
    expiry, bundle = calm.proven[0]
    proof = list(bundle.proof.to_calldata())
    proof[0] += BASE_MODULUS
    with listed.refused("InvalidProof"):
        listed.send_updates(calm, [update_of(expiry, bundle, proof=proof)])


@pytest.mark.parametrize("index", range(LENGTH))
def test_a_data_element_plus_r_is_not_in_the_field_or_outside_its_fields(
    listed: Market, calm: ProvenEpoch, index: int
) -> None:
    expiry, bundle = calm.proven[0]
    d = _words(bundle)
    assert len(d) == LENGTH == 17
    d[index] += SCALAR_MODULUS
    with listed.refused(
        "NotInField" if index in DIGESTS else "BitsOutsideFields" if index in WITH_ZEROS else "ValueTooWide"
    ):
        listed.send_updates(calm, [update_of(expiry, bundle, words=d)])


def test_a_digest_plus_r_is_not_in_the_field(listed: Market, calm: ProvenEpoch) -> None:
    expiry, bundle = calm.proven[0]
    digest = bundle.statement.digest + SCALAR_MODULUS
    with listed.refused("NotInField"):
        listed.send_updates(calm, [update_of(expiry, bundle, digest=digest)])


def test_a_report_signed_by_a_stranger_is_an_unknown_signer(listed: Market, calm: ProvenEpoch) -> None:
    signatures = calm.report.sign([key("stranger"), key("another stranger")])
    with listed.refused("UnknownSigner"):
        listed.send_updates(calm, _updates(calm), signatures)


def test_a_stranger_beside_a_publisher_is_an_unknown_signer(listed: Market, calm: ProvenEpoch) -> None:
    with listed.refused("UnknownSigner"):
        listed.send_updates(calm, _updates(calm), calm.report.sign([PUBLISHERS[0], PUBLISHERS[1], key("stranger")]))


def test_too_few_signatures_are_below_the_threshold(listed: Market, calm: ProvenEpoch) -> None:
    with listed.refused("BelowThreshold"):
        listed.send_updates(calm, _updates(calm), calm.signatures[:1])


def test_one_publisher_twice_is_not_ascending(listed: Market, calm: ProvenEpoch) -> None:
    with listed.refused("SignersNotAscending"):
        listed.send_updates(calm, _updates(calm), [calm.signatures[0]] * 2)


def test_a_report_changed_after_signing_is_an_unknown_signer(listed: Market, calm: ProvenEpoch) -> None:
    changed = replace(calm, report=replace(calm.report, spot_e2=calm.report.spot_e2 + 1))
    with listed.refused("UnknownSigner"):
        listed.send_updates(changed, _updates(calm))


def test_a_report_of_another_publisher_set_is_a_wrong_set_version(listed: Market, calm: ProvenEpoch) -> None:
    report = replace(calm.report, set_version=2)
    with listed.refused("WrongSetVersion"):
        listed.send_updates(replace(calm, report=report), _updates(calm), report.sign(PUBLISHERS))


def test_a_replayed_epoch_is_not_newer(listed: Market, calm: ProvenEpoch) -> None:
    listed.land(calm)
    with listed.refused("NothingNewer"):
        listed.land(calm)


def test_an_older_epoch_after_a_newer_one_is_not_newer(crashed: Market, calm: ProvenEpoch) -> None:
    with crashed.refused("NothingNewer"):
        crashed.land(calm)


def test_a_tampered_quote_is_a_quotes_mismatch(listed: Market, calm: ProvenEpoch) -> None:
    expiry, bundle = calm.proven[0]
    d = _words(bundle)
    d[FIRST_RUN] ^= 1
    with listed.refused("QuotesMismatch"):
        listed.send_updates(calm, [update_of(expiry, bundle, words=d)])


def test_a_tampered_mark_is_an_invalid_proof_even_with_its_own_digest(listed: Market, calm: ProvenEpoch) -> None:
    expiry, bundle = calm.proven[0]
    d = list(bundle.statement.d)
    slots = strikes_of(bundle.statement.circuit_id)
    d[FIRST_RUN + SliceQuotes.elements(slots) + SliceSpreads.elements(slots)] ^= 1
    with listed.refused("InvalidProof"):
        listed.send_updates(calm, [update_of(expiry, bundle, words=d[:LENGTH], digest=poseidon_chain(d))])


def test_the_proof_of_another_slice_does_not_land(listed: Market, calm: ProvenEpoch) -> None:
    (near, bundle), (_, other) = calm.proven
    with listed.refused("InvalidProof"):
        listed.send_updates(calm, [update_of(near, bundle, proof=list(other.proof.to_calldata()))])


def test_the_proof_of_another_epoch_does_not_land(listed: Market, calm: ProvenEpoch, crash: ProvenEpoch) -> None:
    (near, bundle), (_, other) = calm.proven[0], crash.proven[0]
    with listed.refused("InvalidProof"):
        listed.send_updates(calm, [update_of(near, bundle, proof=list(other.proof.to_calldata()))])


def test_a_slice_under_another_expiry_does_not_land(listed: Market, calm: ProvenEpoch) -> None:
    (_, bundle), (far, _) = calm.proven
    with listed.refused("ForwardMismatch"):
        listed.send_updates(calm, [update_of(far, bundle)])


def test_a_claim_against_a_neighbour_that_is_not_stored_is_an_unknown_neighbour(
    listed: Market, calm: ProvenEpoch
) -> None:
    with listed.refused("UnknownNeighbour"):
        listed.send_updates(calm, _updates(calm)[1:])


def test_a_claim_against_an_older_slice_of_the_neighbour_is_an_unknown_neighbour(
    opened: Market, crash: ProvenEpoch
) -> None:
    with opened.refused("UnknownNeighbour"):
        opened.send_updates(crash, _updates(crash)[1:])


def test_a_report_from_the_future_is_refused(listed: Market, calm: ProvenEpoch) -> None:
    ahead = replace(calm.report, observed_at_ms=calm.report.observed_at_ms + 3_600_000)
    with listed.refused("ReportFromFuture"):
        listed.send_updates(replace(calm, report=ahead), _updates(calm), ahead.sign(PUBLISHERS))


@pytest.mark.parametrize("word", range(8))
@pytest.mark.parametrize("update", range(2))
def test_one_changed_proof_fails_the_batch_and_nothing_of_it_is_stored(
    listed: Market, calm: ProvenEpoch, update: int, word: int
) -> None:
    updates = _updates(calm)
    expiry, bundle = calm.proven[update]
    proof = list(bundle.proof.to_calldata())
    proof[word] ^= 0x01
    updates[update] = update_of(expiry, bundle, proof=proof)
    with listed.refused("InvalidBatch"):
        listed.send_updates(calm, updates)
    assert listed.slices() == {}


def test_two_proofs_exchanged_within_a_batch_do_not_land(listed: Market, calm: ProvenEpoch) -> None:
    (near, first), (far, second) = calm.proven
    updates = [
        update_of(near, first, proof=list(second.proof.to_calldata())),
        update_of(far, second, proof=list(first.proof.to_calldata())),
    ]
    with listed.refused("InvalidBatch"):
        listed.send_updates(calm, updates)


@pytest.mark.parametrize("order", [(1, 0), (0, 0), (0, 1, 1)])
def test_updates_that_are_not_ascending_by_expiry_are_refused(
    listed: Market, calm: ProvenEpoch, order: tuple[int, ...]
) -> None:
    updates = _updates(calm)
    with listed.refused("UpdatesNotAscending"):
        listed.send_updates(calm, [updates[i] for i in order])


def test_no_update_at_all_is_refused(listed: Market, calm: ProvenEpoch) -> None:
    with listed.refused("NoUpdates"):
        listed.send_updates(calm, [])


def test_a_newer_epoch_that_was_observed_before_the_stored_one_is_refused(opened: Market, calm: ProvenEpoch) -> None:
    before = replace(
        calm.report, epoch=calm.report.epoch + 1, observed_at_ms=calm.report.observed_at_ms // 1000 * 1000 - 1
    )
    with opened.refused("ObservedBeforeStored"):
        opened.send_updates(replace(calm, report=before), _updates(calm), before.sign(PUBLISHERS))


def test_a_listing_with_more_strikes_than_the_circuit_has_slots_is_too_long(listed: Market, calm: ProvenEpoch) -> None:
    expiry, bundle = calm.proven[0]
    quoted = calm.fitted.snapshot.expiries[0].quotes
    assert len(quoted) == CIRCUIT_STRIKES
    longer = [*(quote.strike_ticks for quote in quoted), quoted[-1].strike_ticks + 1]
    registry = listed.client("operator").contract("ListingRegistry", listed.deployment.listing_registry)
    market = name_bytes32("market", BTC_USD.name)
    listed.govern(registry, "addListing", market, expiry + 1, BTC_USD.tick_e2, longer)
    attested = replace(calm.report.expiries[0], expiry=expiry + 1)
    report = replace(calm.report, expiries=(attested,))
    with listed.refused("ListingTooLong"):
        listed.send_updates(replace(calm, report=report), [update_of(expiry + 1, bundle)], report.sign(PUBLISHERS))


def test_a_claim_added_within_the_epoch_completes_the_pair_and_nothing_else(
    listed: Market, calm: ProvenEpoch, recalling: RecallingProver
) -> None:
    """Neighbour claims are no part of the stored words: both vectors are the slice's."""
    fresh, liquidate_only = 1, 2
    market = name_bytes32("market", BTC_USD.name)
    (near, near_bundle), (far, far_bundle) = calm.proven
    witness = calm.fitted.witnesses[1]
    unclaimed = slice_statement(witness, BTC_USD.name, calm.report.epoch, calm.report.digest())
    alone = ProofBundle(unclaimed, recalling.prove(unclaimed.circuit_id, unclaimed.circuit_inputs()))
    listed.send_updates(calm, [update_of(near, near_bundle), update_of(far, alone)])
    states = [listed.oracle.functions.stateOf(market, expiry).call() for expiry in (near, far)]
    assert states == [liquidate_only, liquidate_only]
    before = listed.slices()
    stored = listed.oracle.functions.sliceOf(market, far).call()
    listed.send_updates(calm, [update_of(far, far_bundle)])
    states = [listed.oracle.functions.stateOf(market, expiry).call() for expiry in (near, far)]
    assert states == [fresh, fresh]
    assert listed.slices() == before
    completed = listed.oracle.functions.sliceOf(market, far).call()
    assert completed[:8] == stored[:8]
    assert tuple(completed[8:10]) == (PROVEN, NO_NEIGHBOUR)
    assert unclaimed.d != far_bundle.statement.d
    for again in (alone, far_bundle):
        with listed.refused("NothingNewer"):
            listed.send_updates(calm, [update_of(far, again)])


def test_a_density_below_zero_is_an_invalid_slice(calm: ProvenEpoch) -> None:
    density = calm.fitted.witnesses[0].density
    nodes = (*density.density_q[:5], -1, *density.density_q[6:])
    with pytest.raises(InvalidSlice, match="density -1 at knot"):
        DensitySlice(density.knots_ticks, nodes)


def test_a_density_of_more_than_one_is_an_invalid_slice(calm: ProvenEpoch) -> None:
    density = calm.fitted.witnesses[0].density
    with pytest.raises(InvalidSlice, match="exceeds one"):
        DensitySlice(density.knots_ticks, tuple(2 * q for q in density.density_q))


def test_a_slice_below_its_earlier_neighbour_is_a_calendar_violation(calm: ProvenEpoch) -> None:
    near, far = calm.fitted.witnesses
    with pytest.raises(CalendarViolation, match="no calendar certificate"):
        slice_statement(near, BTC_USD.name, calm.report.epoch, calm.report.digest(), earlier=far.density)


@pytest.mark.parametrize(("signal", "change"), [("density_q", 1), ("mark_e2", 1), ("total_vol_q32", 1 << 20)])
def test_a_forged_slice_has_no_proof_though_the_model_is_bypassed(
    calm: ProvenEpoch, recalling: RecallingProver, signal: str, change: int
) -> None:
    near, far = calm.fitted.witnesses
    statement = slice_statement(far, BTC_USD.name, calm.report.epoch, calm.report.digest(), earlier=near.density)
    inputs = statement.circuit_inputs()
    honest = inputs[signal]
    forged = [*honest[:4], honest[4] + change, *honest[5:]]
    with pytest.raises(ConstraintViolated):
        recalling.prove(statement.circuit_id, {**inputs, signal: forged, "z": statement.z + 1})
