# SPDX-License-Identifier: Apache-2.0
"""Health of any account of any market at the newest slices."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from web3 import Web3

from oracle.bots.margin import Health, MarginProver
from oracle.chain.accounts import MarginAccounts
from oracle.chain.slices import SliceReader
from prover.prove import ProofSource


class AccountHealth:
    """Callable (market, address); safe to call from several threads."""

    def __init__(self, accounts: Mapping[str, MarginAccounts], prover: ProofSource) -> None:
        self._accounts = accounts
        self._margin = {market: MarginProver(a, prover) for market, a in accounts.items()}
        self._readers = {market: SliceReader(a.client, a.deployment) for market, a in accounts.items()}
        self._lock = threading.Lock()

    def __call__(self, market: str, address: str) -> Health:
        """Raises ValueError for a malformed address, :class:`RiskOracleError` where the account cannot be valued."""
        checked = Web3.to_checksum_address(address)
        with self._lock:
            reader, accounts = self._readers[market], self._accounts[market]
            reader.poll()
            accounts.poll()
            return self._margin[market].health(accounts.state(checked), reader.latest)
