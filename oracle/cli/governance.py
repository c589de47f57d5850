# SPDX-License-Identifier: Apache-2.0
"""``zkrisk chain halt`` for a guardian, at once; ``zkrisk chain resume`` for a proposer, through the timelock."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployments
from oracle.chain.deploy.circuits import CIRCUIT_STATES
from oracle.chain.timelock import OwnerCall, Timelock, owner_call
from oracle.cli.deployments import Signed, signed_command
from oracle.cli.output import EXIT_DEGRADED
from oracle.errors import ConfigError
from oracle.statements.statement import name_bytes32


class Halt(StrEnum):
    """What can be halted: a market's slices, opening in a market, every circuit until resumed, one circuit for good, slices
    without proofs."""

    MARKET = "market"
    OPENING = "opening"
    CIRCUITS = "circuits"
    CIRCUIT = "circuit"
    NATIVE_SLICES = "native-slices"


WhatArgument = Annotated[
    Halt, typer.Argument(help="market, opening (of a market), circuits (all), circuit (one) or native-slices.")
]
NameArgument = Annotated[str | None, typer.Argument(help="Name of the market or circuit.")]


@signed_command
def halt(signed: Signed, what: WhatArgument, name: NameArgument = None) -> None:
    """Reduce risk at once, as guardian. A removed circuit never returns."""
    client = signed.client
    contract_name, address, function, arguments = _halting(what, name, signed.deployments)
    call = client.contract(contract_name, address).functions[function](*arguments)
    title = f"halt {what}{f' {name}' if name else ''}"
    client.send(title, call)
    signed.output.result({"done": title, "transaction": client.records[-1].hash}, f"{title}: done")


@signed_command
def resume(signed: Signed, what: WhatArgument, name: NameArgument = None) -> None:
    """Undo a halt through the timelock: schedules it, and executes it once it is due. Exit status 1 while it waits."""
    title = f"resume {what}{f' {name}' if name else ''}"
    call = _resuming(signed.client, what, name, signed.deployments)
    proposal = Timelock(signed.client, signed.deployments.record().governance.timelock).propose(title, [call])
    when = "done" if proposal.executed else f"scheduled, due at {proposal.ready_at}: run the command again then"
    result = {"operation": proposal.operation, "executed": proposal.executed, "ready_at": proposal.ready_at}
    signed.output.result(result, f"{title}: {when}")
    if not proposal.executed:
        raise typer.Exit(EXIT_DEGRADED)


def _named(what: Halt, name: str | None) -> str:
    if name is None:
        raise ConfigError(f"{what}: needs a name: a market for market and opening, a circuit for circuit")
    return name


def _halting(what: Halt, name: str | None, deployments: Deployments) -> tuple[str, str, str, tuple[bytes, ...]]:
    """Contract, address, function and arguments of a halt."""
    first = deployments.markets[0]
    if what is Halt.CIRCUITS:
        return "VerifierRegistry", first.verifier_registry, "stop", ()
    if what is Halt.CIRCUIT:
        circuit = name_bytes32("circuit_id", _named(what, name))
        return "VerifierRegistry", first.verifier_registry, "remove", (circuit,)
    if what is Halt.NATIVE_SLICES:
        return "SliceFallback", first.slice_fallback, "stopNative", ()
    market = deployments.of(_named(what, name))
    if what is Halt.OPENING:
        return "MarginRules", market.margin_rules, "pauseOpening", ()
    return "RiskOracle", market.risk_oracle, "halt", (name_bytes32("market", market.market),)


def _resuming(client: ChainClient, what: Halt, name: str | None, deployments: Deployments) -> OwnerCall:
    """The owner's call that undoes a halt. Raises :class:`ConfigError` for a removed circuit and where nothing is stopped."""
    first = deployments.markets[0]
    if what is Halt.CIRCUIT:
        raise ConfigError("circuit: a removed circuit never returns: register a new one under another id")
    if what is Halt.CIRCUITS:
        registry = client.contract("VerifierRegistry", first.verifier_registry)
        functions = registry.functions
        ids = [bytes(raw) for raw in client.call("circuitIds", functions.circuitIds())]
        states = {raw: CIRCUIT_STATES[client.call("circuitOf", functions.circuitOf(raw))[2]] for raw in ids}
        stopped = [raw for raw, state in states.items() if state == "stopped"]
        if not stopped:
            raise ConfigError("circuits: none is stopped")
        return owner_call(registry, "resume", stopped)
    if what is Halt.NATIVE_SLICES:
        return owner_call(client.contract("SliceFallback", first.slice_fallback), "setNativeSlices", True)
    market = deployments.of(_named(what, name))
    if what is Halt.OPENING:
        return owner_call(client.contract("MarginRules", market.margin_rules), "resumeOpening")
    oracle = client.contract("RiskOracle", market.risk_oracle)
    return owner_call(oracle, "resume", name_bytes32("market", market.market))
