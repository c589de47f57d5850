# SPDX-License-Identifier: Apache-2.0
"""Health of an account by market and address, as the read API asks for it: always at the newest slices and positions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from oracle.bots.health import AccountHealth
from oracle.node.epoch import ProvenEpoch
from oracle.node.markets import BTC_USD
from tests.chain.market import Market, key


def _health(market: Market) -> AccountHealth:
    return AccountHealth({BTC_USD.name: market.accounts("keeper")}, market.prover)


def test_health_follows_new_slices_and_new_cash(opened: Market, crash: ProvenEpoch) -> None:
    health, seller = _health(opened), key("seller").address
    before = health(BTC_USD.name, seller)
    assert not before.insolvent
    assert before.cash_e6 == opened.cash("seller")[0]
    opened.land(crash)
    after = health(BTC_USD.name, seller)
    assert after.insolvent
    assert after.equity_e6 < before.equity_e6
    opened.accounts("seller").deposit(10**12)
    rescued = health(BTC_USD.name, seller)
    assert rescued.cash_e6 == before.cash_e6 + 10**12
    assert not rescued.insolvent


def test_health_is_that_of_the_liquidators_prover(crashed: Market) -> None:
    margin = crashed.margin("keeper")
    expected = margin.health(margin.accounts.state(key("seller").address), crashed.slices())
    assert _health(crashed)(BTC_USD.name, key("seller").address.lower()) == expected


def test_several_threads_see_the_same_health(crashed: Market) -> None:
    health, seller = _health(crashed), key("seller").address
    with ThreadPoolExecutor(4) as workers:
        found = list(workers.map(lambda _: health(BTC_USD.name, seller), range(8)))
    assert found == [health(BTC_USD.name, seller)] * 8


@pytest.mark.parametrize("address", ["", "0x12", "nobody", "0x" + "zz" * 20])
def test_what_is_no_address_is_a_value_error(opened: Market, address: str) -> None:
    with pytest.raises(ValueError, match=r"Unknown format|when sending a str"):
        _health(opened)(BTC_USD.name, address)
