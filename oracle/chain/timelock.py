# SPDX-License-Identifier: Apache-2.0
"""The timelock that owns every contract: what it does is scheduled, waits, and is executed by anyone.

An operation is known by its calls and a salt that follows from its name, so that the same command schedules it, and
executes it once it is due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak
from hexbytes import HexBytes

from oracle.chain.client import ChainClient
from oracle.errors import ChainError

NO_PREDECESSOR = b"\0" * 32
ADMIN = b"\0" * 32
PROPOSER, CANCELLER, EXECUTOR = (keccak(text=f"{role}_ROLE") for role in ("PROPOSER", "CANCELLER", "EXECUTOR"))
"""Roles of OpenZeppelin's TimelockController; the admin grants and revokes every role."""
UNSET, WAITING, READY, DONE = range(4)
"""`TimelockController.OperationState`."""


@dataclass(frozen=True)
class OwnerCall:
    """A call that only the owner may make."""

    target: str
    data: bytes


@dataclass(frozen=True)
class Proposal:
    """An operation of the timelock; ``ready_at`` in Unix seconds."""

    operation: str
    executed: bool
    ready_at: int

    def require_executed(self, name: str) -> None:
        """Raises :class:`ChainError` naming when to run again where the operation has to wait."""
        if not self.executed:
            raise ChainError(f"{name}: scheduled, due at {self.ready_at} (Unix seconds): run the command again then")


Send = Callable[[str, Any], object]


def owner_call(contract: Any, function: str, *arguments: Any) -> OwnerCall:
    """A call of a contract's function."""
    return OwnerCall(contract.address, bytes(HexBytes(contract.encode_abi(function, args=list(arguments)))))


class Timelock:
    """A timelock as one signer uses it; ``send`` sends a named transaction."""

    def __init__(self, client: ChainClient, address: str, send: Send | None = None) -> None:
        self.client = client
        self.contract = client.contract("Timelock", address)
        self._send = send or client.send

    def delay_s(self) -> int:
        """Seconds between scheduling and executing."""
        return int(self.client.call("getMinDelay", self.contract.functions.getMinDelay()))

    def propose(self, name: str, calls: Sequence[OwnerCall]) -> Proposal:
        """Schedules the calls, or executes them where they are due. Raises :class:`ChainError` for who may not schedule."""
        functions = self.contract.functions
        batch = ([c.target for c in calls], [0] * len(calls), [c.data for c in calls], NO_PREDECESSOR)
        salt, operation, state = self._next(name, batch)
        if state == UNSET:
            self._send(f"schedule {name}", functions.scheduleBatch(*batch, salt, self.delay_s()))
            state = self._state(operation)
        if state == READY:
            self._send(f"execute {name}", functions.executeBatch(*batch, salt))
        ready_at = int(self.client.call("getTimestamp", functions.getTimestamp(operation)))
        return Proposal("0x" + operation.hex(), state == READY, ready_at)

    def _next(self, name: str, batch: tuple[Any, ...]) -> tuple[bytes, bytes, int]:
        """Salt, id and state of the first operation of this name that is not done."""
        repetition = 0
        while True:
            salt = keccak(text=f"{name} {repetition}")
            call = self.contract.functions.hashOperationBatch(*batch, salt)
            operation = bytes(self.client.call("hashOperationBatch", call))
            state = self._state(operation)
            if state != DONE:
                return salt, operation, state
            repetition += 1

    def _state(self, operation: bytes) -> int:
        return int(self.client.call("getOperationState", self.contract.functions.getOperationState(operation)))
