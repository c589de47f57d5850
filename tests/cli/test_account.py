# SPDX-License-Identifier: Apache-2.0
"""The signer's own account: amounts that are none, deposits and withdrawals."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.cli.account import amount_e6
from oracle.errors import ConfigError


@pytest.mark.parametrize(("dollars", "expected"), [("1", 1_000_000), ("0.000001", 1), ("1e3", 1_000_000_000)])
def test_an_amount_in_dollars_is_exact(dollars: str, expected: int) -> None:
    assert amount_e6(dollars) == expected


@pytest.mark.parametrize("dollars", ["", "one", "0", "-1", "0.0000001", "NaN", "Infinity", "1e400", "9223372036855"])
def test_what_is_no_amount_is_a_config_error(dollars: str) -> None:
    with pytest.raises(ConfigError, match="must be a positive amount"):
        amount_e6(dollars)


def test_what_is_deposited_can_be_withdrawn_and_no_more(run: Any, chain: Any) -> None:
    before = run("account", "show", "ETH-USD", *chain.signed, "--json").json["cash_e6"]
    done = run("account", "deposit", "ETH-USD", "100.5", "--mint", *chain.signed, "--json")
    assert (done.code, done.json["cash_e6"] - before) == (0, 100_500_000), done.text
    assert "100.50 USD" in run("account", "show", "ETH-USD", *chain.signed).text
    refused = run("account", "withdraw", "ETH-USD", "100.500001", *chain.signed, "--json")
    assert (refused.code, refused.json["error"]) == (2, "ChainError")
    paid = run("account", "withdraw", "ETH-USD", "100.5", *chain.signed, "--json")
    assert (paid.code, paid.json["cash_e6"], paid.json["positions"]) == (0, before, []), paid.text
    settled = run("account", "settle", "ETH-USD", *chain.signed, "--json")
    assert (settled.code, settled.json["cash_e6"]) == (0, before)
    assert run("account", "show", "SOL-USD", *chain.signed, "--json").json["error"] == "ConfigError"
