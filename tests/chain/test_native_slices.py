# SPDX-License-Identifier: Apache-2.0
"""Slices without proofs on a real chain: what proofs show passes, what is false does not, liquidations need no prover."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.chain.auctions import Auctions
from oracle.chain.native_slices import NativeSlices
from oracle.cli.status import STATES
from oracle.errors import ChainError
from oracle.node.epoch import ProvenEpoch
from oracle.statements.slice import GREEKS_DIGEST
from oracle.statements.slice_runs import before_results
from oracle.statements.statement import name_bytes32
from tests.chain.market import Market, key

MARGIN_E2 = 5


def _native(market: Market) -> NativeSlices:
    return NativeSlices(market.client("operator"), market.deployment)


def _allow(market: Market) -> None:
    operator = market.client("operator")
    fallback = operator.contract("SliceFallback", market.deployment.slice_fallback)
    rules = operator.contract("MarginRules", market.deployment.margin_rules)
    market.govern(fallback, "setNativeSlices", True)
    market.govern(rules, "setNativeMargin", MARGIN_E2)


def _stop_circuits(market: Market) -> None:
    operator = market.client("operator")
    registry = operator.contract("VerifierRegistry", market.deployment.verifier_registry)
    operator.send("stop", registry.functions.stop())


def _states(market: Market) -> dict[int, tuple[str, bool]]:
    """State of every stored expiry, and whether it came without a proof."""
    name, functions = name_bytes32("market", market.deployment.market), market.oracle.functions
    return {
        expiry: (STATES[functions.stateOf(name, expiry).call()], functions.sliceOf(name, expiry).call()[-1])
        for expiry in market.slices()
    }


def test_what_is_proven_passes_without_a_proof_too_and_a_cent_more_does_not(listed: Market, calm: ProvenEpoch) -> None:
    native = _native(listed)
    listed.land(calm)
    assert len(calm.opened) == len(calm.bundles) > 1
    for (_, opened), bundle in zip(calm.opened, calm.bundles, strict=True):
        proven = list(bundle.statement.d)
        proven[GREEKS_DIGEST] = 0
        assert list(opened.d) == proven
        native.check(opened)
        words = list(opened.d)
        words[before_results(opened.size.strikes)] += 1
        with pytest.raises(ChainError, match=r"check slice_native_32_16: MarkOffLaw\("):
            native.check(replace(opened, d=tuple(words)))


def test_with_slice_circuits_stopped_native_slices_land_and_a_liquidation_starts_on_them(
    opened: Market, crash: ProvenEpoch
) -> None:
    _stop_circuits(opened)
    with opened.refused("StoppedCircuit"):
        opened.land(crash)
    native = _native(opened)
    for _, opening in crash.opened:
        native.check(opening)
    with opened.refused("UncheckedSlice"):
        native.submit(crash.report, crash.signatures, crash.opened)
    _allow(opened)
    sent = len(opened.client("operator").records)
    native.submit(crash.report, crash.signatures, crash.opened)
    assert [record.name for record in opened.client("operator").records[sent:]] == ["submit native slices"]
    assert _states(opened) == {expiry: ("liquidate_only", True) for expiry, _ in crash.opened}
    keeper, slices = opened.margin("keeper"), opened.slices()
    assert {expiry: stored.words for expiry, stored in slices.items()} == {
        expiry: opening.d for expiry, opening in crash.opened
    }
    state = keeper.accounts.state(key("seller").address)
    auctions = Auctions(keeper.accounts)
    auctions.start_native(state, slices, keeper.health(state, slices).worst_row)
    assert auctions.of(state.address).clock_start > 0
    keeper.accounts.poll()
    assert keeper.accounts.state(state.address).locked


def test_a_proven_slice_replaces_a_native_one_of_its_own_epoch(listed: Market, calm: ProvenEpoch) -> None:
    _allow(listed)
    listed.clock.advance(calm.report.observed_at_ms)
    _native(listed).submit(calm.report, calm.signatures, calm.opened)
    assert set(_states(listed).values()) == {("liquidate_only", True)}
    listed.land(calm)
    assert set(_states(listed).values()) == {("fresh", False)}
