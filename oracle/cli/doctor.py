# SPDX-License-Identifier: Apache-2.0
"""``zkrisk doctor``: every part that is missing or wrong, and how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import typer
from web3 import Web3
from web3.exceptions import Web3Exception

from oracle.chain.deploy import Deployments
from oracle.cli.checks import DEGRADED, OK, UNSAFE, Check, check_circuits, check_contracts, check_machine
from oracle.cli.circuits import circuit_state
from oracle.cli.options import ArtifactsOption, ConfigOption, grid_named
from oracle.cli.output import EXIT_DEGRADED, EXIT_UNSAFE, JsonOption, command
from oracle.cli.settings import Settings, load_settings
from oracle.errors import RiskOracleError
from prover.artifacts import ArtifactStore

RPC_TIMEOUT_S = 5


def doctor(config: ConfigOption = None, artifacts: ArtifactsOption = None, as_json: JsonOption = False) -> None:
    """Check everything. Exit status 0 all well, 1 degraded (reading and verifying work), 2 unsafe."""
    with command(as_json) as output:
        found = list(_checks(Path.cwd(), config, artifacts))
        states = {check.state for check in found}
        state = UNSAFE if UNSAFE in states else DEGRADED if DEGRADED in states else OK
        lines = [
            f"{check.state:<9} {check.part}: {check.found}{f': {check.remedy}' if check.remedy else ''}"
            for check in found
        ]
        output.result({"state": state, "checks": [asdict(check) for check in found]}, *lines, f"{state}")
        if state != OK:
            raise typer.Exit(EXIT_UNSAFE if state == UNSAFE else EXIT_DEGRADED)


def _checks(root: Path, config: Path | None, artifacts: Path | None) -> Iterator[Check]:
    yield from check_machine(root)
    try:
        settings = load_settings(config, artifacts=artifacts)
        grid_named(settings.grid)
        yield Check("settings", OK, "valid")
    except RiskOracleError as error:
        yield Check("settings", UNSAFE, str(error), "correct it; `zkrisk config docs` describes every setting")
        settings = Settings.model_construct(artifacts=artifacts or Path("build"))
    store = ArtifactStore(settings.artifacts)
    yield from check_circuits(store, root)
    yield check_contracts(settings.contracts)
    yield from check_chain(settings, store)


def check_chain(settings: Settings, store: ArtifactStore) -> Iterator[Check]:
    """The node and the deployment, where settings name a node; nothing is sent."""
    if settings.rpc_url is None and settings.rpc_url_file is None:
        return
    try:
        web3 = Web3(Web3.HTTPProvider(settings.rpc(), request_kwargs={"timeout": RPC_TIMEOUT_S}))
        chain_id = int(web3.eth.chain_id)
    except RiskOracleError as error:
        yield Check("rpc", UNSAFE, str(error), "correct rpc_url_file")
        return
    except (Web3Exception, OSError, ValueError) as error:
        yield Check("rpc", DEGRADED, f"no answer ({type(error).__name__})", "start the node or correct rpc_url")
        return
    if settings.chain_id not in (None, chain_id):
        yield Check("rpc", UNSAFE, f"chain {chain_id}, settings say {settings.chain_id}", "correct rpc_url or chain_id")
        return
    yield Check("rpc", OK, f"chain {chain_id}")
    if not settings.network_of(chain_id).test_chain:
        states = (circuit_state(store, circuit) for circuit in store.circuits())
        development = [state["circuit"] for state in states if state.get("key_kind") == "DEV"]
        if development:
            found = f"DEV keys on chain {chain_id}, which is no test chain: {', '.join(development)}"
            yield Check("keys", UNSAFE, found, "install keys of a ceremony")
    path = settings.deployment_path(chain_id)
    if path.is_file():
        yield _deployment(path, web3, chain_id)


def _deployment(path: Path, web3: Web3, chain_id: int) -> Check:
    try:
        deployments = Deployments.load(path)
    except RiskOracleError as error:
        return Check("deployment", UNSAFE, str(error), "restore the deployment file or deploy again")
    remedy = "name the deployment file of this chain, or deploy again"
    for deployment in deployments.markets:
        if deployment.chain_id != chain_id:
            return Check("deployment", UNSAFE, f"of chain {deployment.chain_id}, the node serves {chain_id}", remedy)
        for name in (
            "risk_oracle",
            "verifier_registry",
            "publisher_set",
            "listing_registry",
            "margin_engine",
            "liquidation_auction",
        ):
            address = getattr(deployment, name)
            try:
                code = web3.eth.get_code(Web3.to_checksum_address(address))
            except (Web3Exception, OSError, ValueError) as error:
                return Check("deployment", UNSAFE, f"{name} at {address}: {error}", remedy)
            if not code:
                return Check("deployment", UNSAFE, f"{name} at {address}: no contract code", remedy)
    return Check("deployment", OK, f"{len(deployments.markets)} markets with code on chain {chain_id}")
