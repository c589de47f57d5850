# SPDX-License-Identifier: Apache-2.0
"""Markets the node serves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Market:
    """A market: its name on-chain, the venue's currency, the strike tick in 1e-2 USD."""

    name: str
    currency: str
    tick_e2: int


BTC_USD = Market("BTC-USD", "BTC", 100)
ETH_USD = Market("ETH-USD", "ETH", 5)
MARKETS = (BTC_USD, ETH_USD)
