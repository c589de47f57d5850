# SPDX-License-Identifier: Apache-2.0
"""What the chain holds: block, publishers, circuits with their kind of key, slices with state and age."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import RenderableType
from web3.exceptions import Web3Exception

from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployment, Deployments
from oracle.chain.deploy.circuits import CIRCUIT_STATES
from oracle.chain.deploy.verification import verify_deployment
from oracle.chain.listings import listed_strikes
from oracle.chain.native_slices import NativeSlices
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
        "test_chain": _declared_test_chain(client, first),
        "block": int(block["number"]),
        "timestamp": now,
        "risk_oracle": first.risk_oracle,
        "publishers": list(client.call("publishers", functions.publishers())),
        "threshold": int(client.call("threshold", functions.threshold())),
        "set_version": int(client.call("setVersion", functions.setVersion())),
        "max_age_s": int(limits[0]),
        "liquidation_max_age_s": int(limits[1]),
        "circuits": _circuits(client, first),
        "native_slices": NativeSlices(client, first).allowed(),
        "findings": [asdict(finding) for finding in verify_deployment(client, deployments)],
        "markets": [_market(client, deployment, oracle, now) for deployment in deployments.markets],
    }


def _declared_test_chain(client: ChainClient, deployment: Deployment) -> bool:
    functions = client.contract("VerifierRegistry", deployment.verifier_registry).functions
    return bool(client.call("declaredTestChain", functions.declaredTestChain()))


def _circuits(client: ChainClient, deployment: Deployment) -> list[dict[str, Any]]:
    registry = client.contract("VerifierRegistry", deployment.verifier_registry)
    found = []
    for raw in map(bytes, client.call("circuitIds", registry.functions.circuitIds())):
        _, ceremony, status, provenance = client.call("circuitOf", registry.functions.circuitOf(raw))
        found.append(
            {
                "circuit": raw.rstrip(b"\0").decode("ascii", "replace"),
                "key_kind": "CEREMONY" if ceremony else "DEV",
                "status": CIRCUIT_STATES[int(status)],
                "provenance": "0x" + bytes(provenance).hex(),
            }
        )
    return sorted(found, key=lambda circuit: str(circuit["circuit"]))


def _market(client: ChainClient, deployment: Deployment, oracle: Any, now: int) -> dict[str, Any]:
    market = name_bytes32("market", deployment.market)
    logs = oracle.events.SliceStored.get_logs(from_block=deployment.from_block, argument_filters={"market": market})
    slices: list[dict[str, Any]] = []
    for expiry in sorted({int(log["args"]["expiry"]) for log in logs}):
        if expiry <= now:
            continue
        stored = client.call("sliceOf", oracle.functions.sliceOf(market, expiry))
        _, epoch, _, forward_q16, _, outside, quoted, vol_moved, earlier, later, _, _, native = stored
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
                "native": bool(native),
                "calendar_earlier": CALENDAR[int(earlier)],
                "calendar_later": CALENDAR[int(later)],
            }
        )
    facts = client.call("marketFacts", oracle.functions.marketFacts(market))
    state = STATES[int(facts[-1])]
    halts = oracle.events.HaltSet.get_logs(from_block=deployment.from_block, argument_filters={"market": market})
    halted = bool(halts) and bool(halts[-1]["args"]["halted"])
    listed = sorted(expiry for expiry in listed_strikes(client, deployment) if expiry > now)
    return {
        "market": deployment.market,
        "halted": halted,
        "opening_paused": _opening_paused(client, deployment),
        "state": state,
        "listed": listed,
        "newest_age_s": min((int(s["age_s"]) for s in slices), default=None),
        "slices": slices,
    }


def _opening_paused(client: ChainClient, deployment: Deployment) -> bool:
    rules = client.contract("MarginRules", deployment.margin_rules).functions
    return bool(client.call("terms", rules.terms(client.call("activeVersion", rules.activeVersion())))[2])


def status_exit_code(status: dict[str, Any]) -> int:
    """2 where code, a role or a key is not the deployed one, 1 where something is halted, removed or not fresh, else 0.

    A market that has had no report yet waits for its first: that is not degraded.
    """
    states = {finding["state"] for finding in status["findings"]}
    if "unsafe" in states:
        return EXIT_UNSAFE
    if "degraded" in states:
        return EXIT_DEGRADED
    for market in status["markets"]:
        started = market["state"] != STATES[0]
        stale = any(s["state"] != "fresh" for s in market["slices"])
        if market["halted"] or market["opening_paused"] or stale or (started and not market["slices"]):
            return EXIT_DEGRADED
    return 0


def status_tables(status: dict[str, Any]) -> list[RenderableType]:
    """The status for a terminal."""
    kinds = ", ".join(
        f"{c['circuit']} {c['key_kind']}{'' if c['status'] == 'active' else ' ' + c['status']}"
        for c in status["circuits"]
    )
    shown: list[RenderableType] = [
        f"chain {status['chain_id']}, block {status['block']}, time {status['timestamp']}",
        f"publishers {status['threshold']} of {len(status['publishers'])}: {', '.join(status['publishers'])}",
        f"circuits: {kinds or 'none'}",
    ]
    wrong = [finding for finding in status["findings"] if finding["state"] != "ok"]
    shown += [f"{finding['state']}: {finding['part']}: {finding['found']}" for finding in wrong]
    shown.append(
        f"{len(status['findings']) - len(wrong)} of {len(status['findings'])} checks of code, roles and keys hold"
    )
    for market in status["markets"]:
        halts = ", halted" * market["halted"] + ", opening paused" * market["opening_paused"]
        age = "" if market["newest_age_s"] is None else f", newest slice {market['newest_age_s']} s old"
        waiting = ", no report yet" * (market["state"] == STATES[0])
        title = f"{market['market']}{halts}, {len(market['listed'])} expiries listed{age}{waiting}"
        if not market["slices"]:
            shown.append(title)
            continue
        slices = table(title, "expiry", "state", "calendar before", "calendar after", "age, s", "epoch", left=4)
        for s in market["slices"]:
            words = (s["name"], s["state"], s["calendar_earlier"], s["calendar_later"])
            slices.add_row(*words, str(s["age_s"]), str(s["epoch"]))
        shown.append(slices)
    return shown
