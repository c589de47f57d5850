# SPDX-License-Identifier: Apache-2.0
"""Contracts at addresses that follow from their code and constructor arguments (EIP-1014).

Deployed through the deterministic deployment proxy, which stands at one address on every chain: its input is salt and
creation code (https://github.com/Arachnid/deterministic-deployment-proxy).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3 import Web3
from web3.types import TxParams, Wei

from oracle.chain.client import ChainClient
from oracle.errors import ChainError

PROXY = Web3.to_checksum_address("0x4e59b44847b379578588920ca78fbf26c0b4956c")


@dataclass(frozen=True)
class Creation:
    """A contract to create. ``init_code``: creation bytecode and encoded constructor arguments."""

    name: str
    init_code: bytes
    salt: bytes
    market: str | None = None

    @property
    def init_code_hash(self) -> bytes:
        """keccak256 of the creation code."""
        return keccak(self.init_code)

    @property
    def address(self) -> str:
        """Where it stands."""
        return create2_address(self.salt, self.init_code_hash)


def salt_of(label: str, market: str | None) -> bytes:
    """Salt of a deployment's label, and of the market whose own the contract is: equal contracts of two markets differ."""
    return keccak(text=f"zkrisk deployment {label} {market or ''}")


def create2_address(salt: bytes, init_code_hash: bytes) -> str:
    """Address of a contract that the proxy creates."""
    packed = b"\xff" + bytes(HexBytes(PROXY)) + salt + init_code_hash
    return Web3.to_checksum_address(keccak(packed)[12:])


def creation(client: ChainClient, name: str, salt: bytes, *arguments: Any, market: str | None = None) -> Creation:
    """A contract with its constructor's arguments. Raises :class:`ChainError` for arguments that it does not take."""
    factory = client.web3.eth.contract(abi=client.artifacts.abi(name), bytecode=client.artifacts.bytecode(name))
    with client.named(f"deploy {name}"):
        data = factory.constructor(*arguments).data_in_transaction
    return Creation(name, bytes(HexBytes(data)), salt, market)


def require_proxy(client: ChainClient) -> None:
    """Raises :class:`ChainError` on a chain without the proxy."""
    if not client.code(PROXY):
        raise ChainError(f"chain {client.chain_id()}: the deterministic deployment proxy {PROXY} is missing")


@dataclass(frozen=True)
class ProxyCall:
    """The transaction that creates a contract, in the form of a contract's call."""

    client: ChainClient
    creation: Creation

    def estimate_gas(self, sender: TxParams, block: Any) -> int:
        """Gas of the creation. The proxy hides why a constructor reverts: it is asked first."""
        self.client.web3.eth.call({"from": sender["from"], "data": HexBytes(self.creation.init_code)}, block)
        return self.client.web3.eth.estimate_gas({**sender, **self._target()}, block)

    def build_transaction(self, sender: TxParams) -> TxParams:
        """The transaction with fees of the newest block."""
        eth = self.client.web3.eth
        tip = eth.max_priority_fee
        fee = Wei(2 * eth.get_block("latest")["baseFeePerGas"] + tip)
        fees: TxParams = {"maxFeePerGas": fee, "maxPriorityFeePerGas": tip}
        return {**sender, **self._target(), **fees, "chainId": eth.chain_id, "value": Wei(0)}

    def _target(self) -> TxParams:
        return {"to": PROXY, "data": HexBytes(self.creation.salt + self.creation.init_code)}
