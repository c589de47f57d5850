# SPDX-License-Identifier: Apache-2.0
"""One signer on one chain: sends transactions, waits for receipts, names what reverted, records gas."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from web3 import Web3
from web3.exceptions import ContractCustomError, ContractLogicError, TransactionNotFound, Web3Exception
from web3.types import Nonce, TxParams, TxReceipt

from oracle.chain.artifacts import ContractArtifacts
from oracle.chain.revert import RevertDecoder
from oracle.errors import ChainError

RECEIPT_TIMEOUT_S = 60
RECEIPT_POLL_S = 0.01


@dataclass(frozen=True)
class TransactionRecord:
    """One mined transaction."""

    name: str
    gas: int
    block: int
    hash: str


@dataclass(frozen=True)
class SignedCall:
    """A transaction that may be sent: the same nonce, so it is mined once however often it is sent."""

    name: str
    nonce: int
    hash: str
    raw: str


Clock = Callable[[], None]
"""Called before each transaction: a replay sets the next block's time here."""


class ChainClient:
    """Wraps a web3 connection and a local signer.

    Every refusal raises :class:`ChainError` with the contract's named error and values. Nothing is sent that fails in
    simulation on the pending block (its time, not the last one's); a transaction that reverts when it is mined is run
    again on its block for the error's name.
    """

    def __init__(
        self, rpc_url: str, signer: LocalAccount, artifacts: ContractArtifacts, clock: Clock | None = None
    ) -> None:
        self.web3 = Web3(Web3.HTTPProvider(rpc_url, request_kwargs={"timeout": 30}))
        self.signer = signer
        self.artifacts = artifacts
        self.records: list[TransactionRecord] = []
        self._clock = clock or (lambda: None)
        self._decoder = RevertDecoder(artifacts.errors())

    @property
    def address(self) -> str:
        """The signer's address."""
        return str(self.signer.address)

    def chain_id(self) -> int:
        """Chain id. Raises :class:`ChainError` where the node does not answer."""
        with self.named("chain id"):
            return int(self.web3.eth.chain_id)

    def head(self) -> int:
        """Number of the newest block. Raises :class:`ChainError` where the node does not answer."""
        with self.named("newest block"):
            return int(self.web3.eth.block_number)

    def logs(
        self, event: Any, first_block: int, last_block: int, filters: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """Logs of an event, both blocks included. Raises :class:`ChainError` where the node does not answer."""
        with self.named(f"logs of {event.event_name}"):
            return list(event.get_logs(from_block=first_block, to_block=last_block, argument_filters=filters))

    def calldata(self, transaction_hash: bytes) -> bytes:
        """Input of a mined transaction. Raises :class:`ChainError` where the node does not serve it."""
        with self.named(f"transaction 0x{transaction_hash.hex()}"):
            return bytes(self.web3.eth.get_transaction(Web3.to_hex(transaction_hash))["input"])

    def contract(self, name: str, address: str) -> Any:
        """A contract at an address. Raises :class:`ChainError` where there is no code, or no address."""
        with self.named(f"{name} at {address}"):
            checksummed = Web3.to_checksum_address(address)
            if not self.web3.eth.get_code(checksummed):
                raise ChainError(f"{name} at {address}: no contract code on chain {self.chain_id()}")
            return self.web3.eth.contract(address=checksummed, abi=self.artifacts.abi(name))

    def deploy(self, name: str, *arguments: Any) -> str:
        """Deploys a contract and returns its address."""
        factory = self.web3.eth.contract(abi=self.artifacts.abi(name), bytecode=self.artifacts.bytecode(name))
        with self.named(f"deploy {name}"):
            call = factory.constructor(*arguments)
        return str(self.send(f"deploy {name}", call)["contractAddress"])

    def send(self, name: str, call: Any) -> TxReceipt:
        """Simulates, signs, sends and waits. Raises :class:`ChainError` on a revert or where no receipt comes."""
        return self.deliver(self.sign(name, call))

    def sign(self, name: str, call: Any) -> SignedCall:
        """Simulates on the pending block and signs with the next nonce. Raises :class:`ChainError` on a revert."""
        self._clock()
        with self.named(name):
            sender: TxParams = {"from": self.signer.address}
            sender["gas"] = call.estimate_gas(sender, "pending")
            sender["nonce"] = Nonce(self.next_nonce())
            transaction: TxParams = call.build_transaction(sender)
            signed = self.signer.sign_transaction(transaction)  # type: ignore[arg-type]
        return SignedCall(name, int(sender["nonce"]), signed.hash.to_0x_hex(), signed.raw_transaction.to_0x_hex())

    def deliver(self, signed: SignedCall) -> TxReceipt:
        """Sends and waits. Raises :class:`ChainError` on a revert or where no receipt comes."""
        with self.named(signed.name):
            self.web3.eth.send_raw_transaction(HexStr(signed.raw))
        return self.receipt(signed)

    def receipt(self, signed: SignedCall) -> TxReceipt:
        """Waits for what was sent. Raises :class:`ChainError` on a revert or where no receipt comes."""
        name = signed.name
        with self.named(name):
            receipt = self.web3.eth.wait_for_transaction_receipt(HexStr(signed.hash), RECEIPT_TIMEOUT_S, RECEIPT_POLL_S)
            if receipt["status"] != 1:
                sent = self.web3.eth.get_transaction(HexStr(signed.hash))
                again: TxParams = {"from": sent["from"], "to": sent["to"], "data": sent["input"], "gas": sent["gas"]}
                self.web3.eth.call(again, receipt["blockNumber"])
        if receipt["status"] != 1:
            raise ChainError(f"{name}: transaction {signed.hash} reverted in block {receipt['blockNumber']}")
        self.records.append(TransactionRecord(name, int(receipt["gasUsed"]), int(receipt["blockNumber"]), signed.hash))
        return receipt

    def mined(self, signed: SignedCall) -> TxReceipt | None:
        """The receipt, None where there is none. Raises :class:`ChainError` where the node does not answer."""
        with self.named(signed.name):
            try:
                return self.web3.eth.get_transaction_receipt(HexStr(signed.hash))
            except TransactionNotFound:
                return None

    def is_pending(self, signed: SignedCall) -> bool:
        """Whether the node holds the transaction. Raises :class:`ChainError` where the node does not answer."""
        with self.named(signed.name):
            try:
                self.web3.eth.get_transaction(HexStr(signed.hash))
            except TransactionNotFound:
                return False
        return True

    def next_nonce(self) -> int:
        """Nonce of the signer's next transaction. Raises :class:`ChainError` where the node does not answer."""
        with self.named(f"nonce of {self.address}"):
            return int(self.web3.eth.get_transaction_count(self.signer.address))

    def code(self, address: str) -> bytes:
        """Code at an address, empty where there is none. Raises :class:`ChainError` where the node does not answer."""
        with self.named(f"code at {address}"):
            return bytes(self.web3.eth.get_code(Web3.to_checksum_address(address)))

    def call(self, name: str, call: Any) -> Any:
        """A read. Raises :class:`ChainError` with the named error on a revert."""
        with self.named(name):
            return call.call({"from": self.address})

    @contextmanager
    def named(self, name: str) -> Iterator[None]:
        """Turns what contracts, web3 and its transport raise into :class:`ChainError`."""
        try:
            yield
        except ContractLogicError as error:
            raise ChainError(f"{name}: {self._reason(error)}") from error
        except (Web3Exception, OSError, ValueError) as error:
            raise ChainError(f"{name}: {error}") from error

    def _reason(self, error: ContractLogicError) -> str:
        data = error.data
        if isinstance(error, ContractCustomError) or (isinstance(data, str) and data.startswith("0x")):
            return self._decoder.describe(bytes.fromhex(str(data).removeprefix("0x")))
        return str(error)


class ReplayClock:
    """Sets each block's time from event time on a development chain (``evm_setNextBlockTimestamp``).

    Block times must rise: within one event second every further block is one second later.
    """

    def __init__(self, web3: Web3) -> None:
        self._web3 = web3
        self._now_s = 0

    def advance(self, event_time_ms: int) -> None:
        """Event time only moves forward."""
        self._now_s = max(self._now_s, -(-event_time_ms // 1000))

    def __call__(self) -> None:
        """Stamps the next block."""
        try:
            latest = int(self._web3.eth.get_block("latest")["timestamp"])
            stamp = max(self._now_s, latest + 1)
            answer = self._web3.provider.make_request("evm_setNextBlockTimestamp", [stamp])  # type: ignore[arg-type]
        except (Web3Exception, OSError, ValueError) as error:
            raise ChainError(f"evm_setNextBlockTimestamp: {error}") from error
        if "error" in answer:
            raise ChainError(f"evm_setNextBlockTimestamp({stamp}): {answer['error']}")


def wait_until(ready: Callable[[], bool], timeout_s: float, what: str, pause_s: float = 0.02) -> None:
    """Polls ``ready``. Raises :class:`ChainError` naming ``what`` after ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            raise ChainError(f"{what}: not ready after {timeout_s} s")
        time.sleep(pause_s)
