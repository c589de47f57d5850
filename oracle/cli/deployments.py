# SPDX-License-Identifier: Apache-2.0
"""The deployment that a command works on, and commands that a signer runs on one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.exceptions import Web3Exception

from oracle.chain.client import ChainClient, Clock
from oracle.chain.deploy import Deployments
from oracle.cli.options import (
    ConfigOption,
    DeploymentOption,
    KeystoreOption,
    NetworkOption,
    PasswordOption,
    RpcOption,
    connect,
    signer_of,
)
from oracle.cli.output import JsonOption, Output, command
from oracle.cli.settings import NotActivated, Settings, load_settings
from oracle.errors import ChainError, ConfigError


def deployment_path(settings: Settings) -> Path:
    """The deployment file that the settings name, or that of their network's or node's chain.

    Raises NotActivated where they name no node, :class:`ChainError` where it does not answer.
    """
    named = settings.named_network()
    chain_id = settings.chain_id or (None if named is None else named.chain_id)
    if settings.deployment is not None or chain_id is not None:
        return settings.deployment_path(chain_id or 0)
    try:
        return settings.deployment_path(int(Web3(Web3.HTTPProvider(settings.rpc())).eth.chain_id))
    except (Web3Exception, OSError, ValueError) as error:
        raise ChainError(f"chain id: {error}") from error


def load_deployment(settings: Settings) -> Deployments:
    """The deployment file.

    Raises :class:`NotActivated` where there is none and none was named, :class:`ConfigError` where it is missing or malformed.
    """
    path = deployment_path(settings)
    if not path.is_file():
        error = NotActivated if settings.deployment is None else ConfigError
        raise error(f"deployment {path} is missing: `zkrisk chain deploy` writes it")
    deployments = Deployments.load(path)
    if not deployments.markets:
        raise ConfigError(f"deployment {path}: markets must not be empty")
    return deployments


def connect_deployed(
    settings: Settings, deployments: Deployments, account: LocalAccount, clock: Clock | None = None
) -> ChainClient:
    """A client of the deployment's chain. Raises :class:`ConfigError` where the node serves another one."""
    client = connect(settings, account, clock)
    chain_id = client.chain_id()
    for deployment in deployments.markets:
        if deployment.chain_id != chain_id:
            raise ConfigError(f"deployment: chain_id = {deployment.chain_id}: the Ethereum node is on chain {chain_id}")
    return client


@dataclass(frozen=True)
class Signed:
    """What a command on a deployment works with: the settings, the deployment, its signer's client, where its result goes."""

    settings: Settings
    deployments: Deployments
    client: ChainClient
    output: Output


_PLACES: dict[str, Any] = {
    "network": NetworkOption,
    "rpc": RpcOption,
    "deployment": DeploymentOption,
    "keystore": KeystoreOption,
    "password_file": PasswordOption,
    "config": ConfigOption,
}
_SETTINGS = {"rpc": "rpc_url"}


def signed_command(body: Callable[..., None]) -> Callable[..., None]:
    """A command from its body, whose first argument is a :class:`Signed`.

    To the body's other arguments come the options that say which deployment, who signs, and how the result is printed.
    """
    _, *own = inspect.signature(body, eval_str=True).parameters.values()
    kind = inspect.Parameter.KEYWORD_ONLY
    shared = [inspect.Parameter(name, kind, default=None, annotation=option) for name, option in _PLACES.items()]
    shared.append(inspect.Parameter("as_json", kind, default=False, annotation=JsonOption))

    @wraps(body)
    def run(as_json: bool, **given: Any) -> None:
        with command(as_json) as output:
            config = given.pop("config")
            places = {_SETTINGS.get(name, name): given.pop(name) for name in _PLACES if name != "config"}
            settings = load_settings(config, **places)
            deployments = load_deployment(settings)
            client = connect_deployed(settings, deployments, signer_of(settings))
            body(Signed(settings, deployments, client, output), **given)

    parameters = [one.replace(kind=kind) for one in own] + shared
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run
