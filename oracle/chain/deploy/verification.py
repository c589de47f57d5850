# SPDX-License-Identifier: Apache-2.0
"""Whether the chain holds what a deployment file says: bytecode, owners, guardians, the timelock's roles, keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from hexbytes import HexBytes

from oracle.chain.client import ChainClient
from oracle.chain.deploy.circuits import CIRCUIT_STATES
from oracle.chain.deploy.create2 import create2_address, salt_of
from oracle.chain.deploy.file import ChainRecord, DeployedContract, Deployments
from oracle.chain.timelock import ADMIN, CANCELLER, EXECUTOR, PROPOSER
from oracle.statements.statement import name_bytes32

ZERO_ADDRESS = "0x" + "00" * 20
State = Literal["ok", "degraded", "unsafe"]


@dataclass(frozen=True)
class Finding:
    """One thing that was compared. degraded: it works less than deployed; unsafe: somebody may do what nobody should."""

    part: str
    state: State
    found: str


def verify_deployment(client: ChainClient, deployments: Deployments) -> list[Finding]:
    """Everything at the newest block. Raises :class:`ChainError` where the node does not answer."""
    record = deployments.record()
    first_block = min((deployment.from_block for deployment in deployments.markets), default=0)
    found: list[Finding] = []
    for contract in record.contracts:
        code = _code(client, record, contract)
        found.append(code)
        if code.found != MISSING:
            found += _roles(client, record, contract)
    if any(finding.found == MISSING for finding in found):
        return found
    found += _timelock(client, record, first_block)
    found += _registry(client, record)
    found += _wiring(client, deployments)
    return found


MISSING = "no contract code"


def _compared(part: str, found: object, expected: object, otherwise: State = "unsafe") -> Finding:
    if found == expected:
        return Finding(part, "ok", str(found))
    return Finding(part, otherwise, f"{found}, expected {expected}")


def _name(contract: DeployedContract) -> str:
    return contract.name if contract.market is None else f"{contract.name} {contract.market}"


def _code(client: ChainClient, record: ChainRecord, contract: DeployedContract) -> Finding:
    """The address fixes creation code and arguments; the code there is that of the local artefact but for immutables."""
    part = f"code of {_name(contract)}"
    found = client.code(contract.address)
    if not found:
        return Finding(part, "unsafe", MISSING)
    derived = create2_address(salt_of(record.label, contract.market), bytes(HexBytes(contract.init_code_hash)))
    if derived != contract.address:
        return Finding(part, "unsafe", f"{contract.address} does not follow from its creation code: {derived}")
    expected, immutables = client.artifacts.runtime(contract.name)
    masked = bytearray(found)
    for start, length in immutables:
        masked[start : start + length] = bytes(length)
    if bytes(masked) != expected:
        return Finding(part, "unsafe", f"{contract.address}: other bytecode than the compiled contract's")
    return Finding(part, "ok", contract.address)


def _roles(client: ChainClient, record: ChainRecord, contract: DeployedContract) -> Iterator[Finding]:
    made, name = client.contract(contract.name, contract.address), _name(contract)
    governance = record.governance
    if client.artifacts.has(contract.name, "transferOwnership"):
        owner = client.call("owner", made.functions.owner())
        yield _compared(f"owner of {name}", owner, governance.timelock)
        yield _compared(
            f"next owner of {name}", client.call("pendingOwner", made.functions.pendingOwner()), ZERO_ADDRESS
        )
    if client.artifacts.has(contract.name, "setGuardian"):
        yield _compared(
            f"guardian of {name}", client.call("guardian", made.functions.guardian()), governance.guardian, "degraded"
        )


def _timelock(client: ChainClient, record: ChainRecord, first_block: int) -> Iterator[Finding]:
    governance = record.governance
    timelock = client.contract("Timelock", governance.timelock)
    delay = int(client.call("getMinDelay", timelock.functions.getMinDelay()))
    yield _compared("delay of the timelock", delay, governance.delay_s, "degraded" if delay else "unsafe")
    held = _holders(client, timelock, first_block)
    proposers = set(governance.proposers)
    expected = {
        "admin": (ADMIN, {governance.timelock}),
        "proposer": (PROPOSER, proposers),
        "canceller": (CANCELLER, proposers | {governance.guardian}),
        "executor": (EXECUTOR, {ZERO_ADDRESS}),
    }
    for name, (role, accounts) in expected.items():
        yield _compared(f"{name}s of the timelock", sorted(held.get(role, set())), sorted(accounts))


def _holders(client: ChainClient, timelock: Any, first_block: int) -> dict[bytes, set[str]]:
    """Role to who holds it, from every grant and revocation."""
    head = client.head()
    logs = [
        (log["blockNumber"], log["logIndex"], event.event_name, log["args"])
        for event in (timelock.events.RoleGranted, timelock.events.RoleRevoked)
        for log in client.logs(event, first_block, head)
    ]
    held: dict[bytes, set[str]] = {}
    for _, _, name, args in sorted(logs, key=lambda log: log[:2]):
        accounts = held.setdefault(bytes(args["role"]), set())
        (accounts.add if name == "RoleGranted" else accounts.discard)(str(args["account"]))
    return held


def _registry(client: ChainClient, record: ChainRecord) -> Iterator[Finding]:
    (address,) = record.addresses("VerifierRegistry")
    functions = client.contract("VerifierRegistry", address).functions
    declared = bool(client.call("declaredTestChain", functions.declaredTestChain()))
    yield _compared("declared test chain", declared, record.test_chain)
    known = {name_bytes32("circuit_id", circuit): circuit for circuit in record.circuits}
    stored = [bytes(raw) for raw in client.call("circuitIds", functions.circuitIds())]
    for raw in sorted({*known, *stored}):
        circuit = known.get(raw, raw.rstrip(b"\0").decode("ascii", "replace"))
        part = f"key of {circuit}"
        _, ceremony, status, provenance = client.call("circuitOf", functions.circuitOf(raw))
        state, expected = CIRCUIT_STATES[int(status)], record.circuits.get(circuit)
        kind = "CEREMONY" if ceremony else "DEV"
        if state != "active":
            yield Finding(part, "degraded", state)
        elif not ceremony and not declared:
            yield Finding(part, "unsafe", "a DEV key on a chain that is no test chain")
        elif expected is None:
            yield Finding(part, "degraded", f"{kind}, not in the deployment file")
        else:
            yield _compared(part, f"{kind} 0x{bytes(provenance).hex()}", f"{kind} {expected}")


def _wiring(client: ChainClient, deployments: Deployments) -> Iterator[Finding]:
    record = deployments.record()
    (registry,) = record.addresses("VerifierRegistry")
    functions = client.contract("VerifierRegistry", registry).functions
    for watch in record.addresses("ContradictionWatch"):
        active = bool(client.call("isWatch", functions.isWatch(watch)))
        yield _compared("contradictions are watched for", active, True, "degraded")
    for deployment in deployments.markets:
        rules = client.contract("MarginRules", deployment.margin_rules).functions
        auction = str(client.call("auction", rules.auction()))
        yield _compared(f"auction of {deployment.market}", auction, deployment.liquidation_auction)
        for name, address in deployment.feeds.items():
            feed = client.contract("MetricFeed", address).functions
            found = str(client.call("description", feed.description()))
            yield _compared(f"feed of {deployment.market} {name}", found, f"{deployment.market} {name}")
