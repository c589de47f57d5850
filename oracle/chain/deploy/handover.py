# SPDX-License-Identifier: Apache-2.0
"""From the deployer to the timelock: guardians, ownership, delay, and no role left with the deployer that is not planned."""

from __future__ import annotations

from typing import Any

from oracle.chain.client import ChainClient
from oracle.chain.deploy.blueprint import Blueprint
from oracle.chain.deploy.journal import Journal
from oracle.chain.deploy.plan import GovernancePlan
from oracle.chain.timelock import ADMIN, CANCELLER, PROPOSER, OwnerCall, Timelock, owner_call


class Handover:
    """The owned contracts of a blueprint, as the deployer leaves them."""

    def __init__(self, client: ChainClient, plan: GovernancePlan, blueprint: Blueprint, journal: Journal) -> None:
        self.client = client
        self.plan = plan
        self.journal = journal
        self.timelock = Timelock(client, blueprint.timelock.address, self._send)
        made = [(one.name, client.contract(one.name, one.address)) for one in blueprint.all()]
        self.owned = [pair for pair in made if client.artifacts.has(pair[0], "transferOwnership")]
        self.guarded = [pair for pair in made if client.artifacts.has(pair[0], "setGuardian")]

    def as_owner(self, name: str, contract: Any, function: str, *arguments: Any) -> None:
        """Calls as the owner: directly before the handover, through the timelock after it.

        Raises :class:`ChainError` naming when to run again where the timelock has to wait.
        """
        if self._owner(contract) == self.client.address:
            self._send(name, contract.functions[function](*arguments))
            return
        self._propose(name, [owner_call(contract, function, *arguments)])

    def run(self) -> None:
        """Everything that is not done."""
        self._guard()
        for name, contract in self.owned:
            if self._owner(contract) == self.client.address and self._pending_owner(contract) != self._address:
                self._send(f"offer {name}", contract.functions.transferOwnership(self._address))
        calls = [owner_call(c, "acceptOwnership") for _, c in self.owned if self._owner(c) != self._address]
        if self.timelock.delay_s() != self.plan.delay_s:
            calls.append(owner_call(self.timelock.contract, "updateDelay", self.plan.delay_s))
        if calls:
            self._propose("handover", calls)
        self._leave()

    def _guard(self) -> None:
        guardian = self.plan.guardian or self.client.address
        for name, contract in self.guarded:
            if self.client.call("guardian", contract.functions.guardian()) != guardian:
                self.as_owner(f"guard {name}", contract, "setGuardian", guardian)
        if not self._has(CANCELLER, guardian):
            self._send("let guardian cancel", self.timelock.contract.functions.grantRole(CANCELLER, guardian))

    def _leave(self) -> None:
        """The admin role last: it is what the deployer could take every other role with."""
        own, functions = self.client.address, self.timelock.contract.functions
        kept = own in self.plan.proposers or not self.plan.proposers
        left = [] if kept else [("PROPOSER", PROPOSER)]
        left += [] if kept or own == self.plan.guardian else [("CANCELLER", CANCELLER)]
        for name, role in [*left, ("ADMIN", ADMIN)]:
            if self._has(role, own):
                self._send(f"renounce {name}", functions.renounceRole(role, own))

    def _propose(self, name: str, calls: list[OwnerCall]) -> None:
        self.timelock.propose(name, calls).require_executed(name)

    def _send(self, name: str, call: Any) -> None:
        self.journal.send(self.client, name, call)

    @property
    def _address(self) -> str:
        return str(self.timelock.contract.address)

    def _owner(self, contract: Any) -> str:
        return str(self.client.call("owner", contract.functions.owner()))

    def _pending_owner(self, contract: Any) -> str:
        return str(self.client.call("pendingOwner", contract.functions.pendingOwner()))

    def _has(self, role: bytes, account: str) -> bool:
        return bool(self.client.call("hasRole", self.timelock.contract.functions.hasRole(role, account)))
