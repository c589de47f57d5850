# SPDX-License-Identifier: Apache-2.0
"""What the chain holds: block, publishers, circuits with their kind of key, slices with state and age."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from web3.exceptions import Web3Exception

from oracle.chain.client import ChainClient
from oracle.chain.deploy import TEST_CHAINS, Deployment, Deployments
from oracle.cli.output import EXIT_DEGRADED, EXIT_UNSAFE, table
from oracle.errors import ChainError
from oracle.statements.statement import name_bytes32
from oracle.stream.instrument import format_expiry

STATES = ("none", "fresh", "liquidate_only", "stale", "halted")
CALENDAR = ("no_neighbour", "proven", "unproven")


def chain_status(client: ChainClient, deployments: Deployments) -> dict[str, Any]:
    """Reads everything at the newest block; live expiries only. Raises :class:`ChainError`."""
    try:
        return _read(client, deployments)
    except (Web3Exception, OSError) as error:
        raise ChainError(f"no answer from the Ethereum node: {error}") from error


def _read(client: ChainClient, deployments: Deployments) -> dict[str, Any]:
    block = client.web3.eth.get_block("latest")
    now = int(block["timestamp"])
    first = deployments.markets[0]
    oracle = client.contract("RiskOracle", first.risk_oracle)
    limits = client.call("limits", oracle.functions.limits())
    functions = client.contract("PublisherSet", first.publisher_set).functions
    return {
        "chain_id": client.chain_id(),
        "test_chain": client.chain_id() in TEST_CHAINS,
        "block": int(block["number"]),
        "timestamp": now,
        "risk_oracle": first.risk_oracle,
        "publishers": list(client.call("publishers", functions.publishers())),
        "threshold": int(client.call("threshold", functions.threshold())),
        "set_version": int(client.call("setVersion", functions.setVersion())),
        "max_age_s": int(limits[0]),
        "liquidation_max_age_s": int(limits[1]),
        "circuits": _circuits(client, first),
        "markets": [_market(client, deployment, oracle, now) for deployment in deployments.markets],
    }


def _circuits(client: ChainClient, deployment: Deployment) -> list[dict[str, Any]]:
    registry = client.contract("VerifierRegistry", deployment.verifier_registry)
    logs = registry.events.CircuitAdded.get_logs(from_block=deployment.from_block)
    found = []
    for raw in (bytes(log["args"]["circuitId"]) for log in logs):
        _, ceremony, removed, provenance = client.call("circuitOf", registry.functions.circuitOf(raw))
        found.append(
            {
                "circuit": raw.rstrip(b"\0").decode("ascii", "replace"),
                "key_kind": "CEREMONY" if ceremony else "DEV",
                "removed": bool(removed),
                "provenance": "0x" + bytes(provenance).hex(),
            }
        )
    return sorted(found, key=lambda circuit: str(circuit["circuit"]))


def _market(client: ChainClient, deployment: Deployment, oracle: Any, now: int) -> dict[str, Any]:
    market = name_bytes32("market", deployment.market)
    logs = oracle.events.SliceStored.get_logs(from_block=deployment.from_block, argument_filters={"market": market})
    slices = []
    for expiry in sorted({int(log["args"]["expiry"]) for log in logs}):
        if expiry <= now:
            continue
        stored = client.call("sliceOf", oracle.functions.sliceOf(market, expiry))
        _, epoch, _, forward_q16, _, outside, quoted, vol_moved, earlier, later, _, _ = stored
        (facts,) = client.call("sliceFacts", oracle.functions.sliceFacts(market, [expiry]))
        observed_at, state = facts[2], facts[5]
        slices.append(
            {
                "expiry": expiry,
                "name": format_expiry(expiry),
                "state": STATES[int(state)],
                "age_s": now - int(observed_at),
                "epoch": int(epoch),
                "observed_at": int(observed_at),
                "forward_q16": int(forward_q16),
                "outside": int(outside),
                "quoted": int(quoted),
                "vol_moved": bool(vol_moved),
                "calendar_earlier": CALENDAR[int(earlier)],
                "calendar_later": CALENDAR[int(later)],
            }
        )
    facts = client.call("marketFacts", oracle.functions.marketFacts(market))
    state = STATES[int(facts[-1])]
    return {"market": deployment.market, "halted": state == "halted", "state": state, "slices": slices}


def status_exit_code(status: dict[str, Any]) -> int:
    """2 with a usable development key off the test chains, 1 where a market has no slice or one that is not fresh, else 0."""
    usable = [circuit for circuit in status["circuits"] if not circuit["removed"]]
    if not status["test_chain"] and any(circuit["key_kind"] == "DEV" for circuit in usable):
        return EXIT_UNSAFE
    for market in status["markets"]:
        if market["halted"] or not market["slices"] or any(s["state"] != "fresh" for s in market["slices"]):
            return EXIT_DEGRADED
    return 0


def status_tables(status: dict[str, Any]) -> list[RenderableType]:
    """The status for a terminal."""
    kinds = ", ".join(f"{c['circuit']} {c['key_kind']}{' removed' if c['removed'] else ''}" for c in status["circuits"])
    shown: list[RenderableType] = [
        f"chain {status['chain_id']}, block {status['block']}, time {status['timestamp']}",
        f"publishers {status['threshold']} of {len(status['publishers'])}: {', '.join(status['publishers'])}",
        f"circuits: {kinds or 'none'}",
    ]
    for market in status["markets"]:
        title = f"{market['market']}{', halted' if market['halted'] else ''}"
        slices = table(title, "expiry", "state", "calendar before", "calendar after", "age, s", "epoch", left=4)
        for s in market["slices"]:
            words = (s["name"], s["state"], s["calendar_earlier"], s["calendar_later"])
            slices.add_row(*words, str(s["age_s"]), str(s["epoch"]))
        shown.append(slices)
    return shown
