# SPDX-License-Identifier: Apache-2.0
"""The liquidator on a real chain: it takes what is insolvent, leaves what is not, and survives what it cannot do."""

from __future__ import annotations

import logging

import pytest

from oracle.bots.liquidator import Liquidator
from oracle.bots.margin import Health, MarginProver
from oracle.chain.accounts import AccountState
from oracle.chain.slices import SliceReader
from oracle.errors import ChainError, InvalidValue, MarginError
from prover.errors import ConstraintViolated
from prover.proof import Proof
from prover.witness import Inputs
from tests.chain.market import Market, key


def _bot(market: Market, name: str = "keeper", discount_e4: int = 100) -> Liquidator:
    return Liquidator(market.margin(name), SliceReader(market.client(name), market.deployment), discount_e4)


def test_a_calm_market_has_nothing_to_liquidate(opened: Market) -> None:
    bot = _bot(opened)
    with opened.unchanged():
        assert bot.step() == []
        worst, *others = bot.watch()
    assert worst.address == key("seller").address
    assert [health.insolvent for health in (worst, *others)] == [False, False]
    assert worst.equity_e6 > worst.cash_e6 - worst.maintenance_cash_e6 > 0


def test_an_insolvent_account_is_restored_in_one_transaction_and_no_more(crashed: Market) -> None:
    bot = _bot(crashed)
    before = crashed.cash("seller", "keeper")
    (done,) = bot.step()
    assert done.account == key("seller").address
    assert 0 < done.fraction_e4 < 10_000
    assert done.insolvency is not None
    assert done.solvency is not None
    seller, keeper = crashed.cash("seller", "keeper")
    reward = before[0] + done.price_e6 - seller
    assert reward >= 50 * 10**6
    assert keeper == before[1] - done.price_e6 + reward
    assert crashed.conserved()
    assert done.insolvency.required_cash_e6 > before[0]
    assert done.solvency.required_cash_e6 <= keeper
    (health, *_) = bot.watch()
    assert not health.insolvent


def test_a_restored_account_is_released_at_the_next_step(crashed: Market) -> None:
    bot = _bot(crashed)
    assert len(bot.step()) == 1
    assert bot.watch()[0].locked
    assert bot.step() == []
    assert not bot.watch()[0].locked
    with crashed.unchanged():
        assert bot.step() == []


def test_a_price_that_is_not_low_enough_leaves_the_auction_running_until_it_is(
    crashed: Market, caplog: pytest.LogCaptureFixture
) -> None:
    bot = _bot(crashed, discount_e4=5_000)
    with caplog.at_level(logging.WARNING):
        assert bot.step() == []
    assert "is not 5000 / 10^4 below the equity" in caplog.text
    (health, *_) = bot.watch()
    assert health.locked
    head = int(crashed.anvil.web3.eth.get_block("latest")["timestamp"])
    crashed.clock.advance(1000 * (head + 590))
    crashed.client("operator").send("mint", crashed.token.functions.mint(key("operator").address, 1))
    (done,) = bot.step()
    assert done.account == key("seller").address
    assert done.insolvency is None


def test_a_keeper_without_cash_starts_the_auction_and_says_what_he_cannot_carry(
    crashed: Market, caplog: pytest.LogCaptureFixture
) -> None:
    bot = _bot(crashed, "stranger")
    with caplog.at_level(logging.WARNING):
        assert bot.step() == []
    assert "the bidder cannot carry" in caplog.text
    (done,) = _bot(crashed).step()
    assert done.account == key("seller").address
    assert crashed.cash("stranger")[0] >= 50 * 10**6


def test_a_liquidator_does_not_liquidate_itself(crashed: Market) -> None:
    bot = _bot(crashed, "seller")
    with crashed.unchanged():
        assert bot.step() == []
    assert bot.watch()[0].insolvent


class _Failing(MarginProver):
    """Fails for the seller's account in one method."""

    error: Exception = MarginError("never")

    def health(self, state: AccountState, slices: object) -> Health:
        if state.address == key("seller").address:
            raise self.error
        return super().health(state, slices)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error",
    [MarginError("no slice"), ChainError("poll again"), InvalidValue("mark_e2", -1, "must be positive")],
)
def test_an_account_that_cannot_be_valued_hides_no_other(
    crashed: Market, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    margin = _Failing(crashed.accounts("keeper"), crashed.prover)
    margin.error = error
    bot = Liquidator(margin, SliceReader(crashed.client("keeper"), crashed.deployment))
    with caplog.at_level(logging.WARNING):
        assert [health.address for health in bot.watch()] == [key("buyer").address]
    assert f"account {key('seller').address}: {error}" in caplog.text


def test_a_proof_that_fails_does_not_stop_the_liquidator(
    crashed: Market, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(circuit: str, _: Inputs) -> Proof:
        raise ConstraintViolated("circuit", circuit, "line 1")

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING), crashed.unchanged():
        patched.setattr(crashed.prover, "prove", refuse)
        assert _bot(crashed).step() == []
    assert "circuit = insolvency_4: line 1" in caplog.text


def test_health_needs_slices_of_every_expiry_and_an_empty_account_none(opened: Market) -> None:
    margin = opened.margin("keeper")
    seller = margin.accounts.state(key("seller").address)
    with pytest.raises(MarginError, match="no proven slice"):
        margin.health(seller, {})
    empty = margin.health(margin.accounts.state(key("keeper").address), {})
    assert (empty.equity_e6, empty.maintenance_cash_e6, empty.insolvent) == (empty.cash_e6, 0, False)


def test_health_is_worse_after_the_crash(opened: Market, crashed: Market) -> None:
    def health(market: Market) -> Health:
        margin = market.margin("keeper")
        return margin.health(margin.accounts.state(key("seller").address), market.slices())

    before, after = health(opened), health(crashed)
    assert before.cash_e6 == after.cash_e6
    assert before.equity_e6 > after.equity_e6
    assert before.maintenance_cash_e6 < before.cash_e6 < after.maintenance_cash_e6
    assert (before.insolvent, after.insolvent) == (False, True)
