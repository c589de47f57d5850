# SPDX-License-Identifier: Apache-2.0
"""The one schema of all settings: default, unit, range and meaning of each.

A setting comes from the command line's option, else from the environment (``ZKRISK_`` and the name in capitals, lists as
JSON), else from ``zkrisk.toml``, else from its default. Secrets are never settings: keys are keystores, passwords and
addresses with credentials are files. Relative paths start at the working directory.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from oracle.chain.deploy import AuctionPlan
from oracle.chain.deploy.plan import Bits8, Bits32, Bits48, DecaySeconds, Percent
from oracle.chain.networks import KNOWN_NETWORKS, Network
from oracle.cli.secrets import keep_secret
from oracle.errors import ConfigError
from prover.engine import Engine, EngineOptions

FILE_NAME = "zkrisk.toml"
DEPLOYMENTS = Path("deployments")
ENV_PREFIX = "ZKRISK_"
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CREDENTIALS = re.compile(r"[^/]*//[^/]*@")


class NotActivated(ConfigError):
    """A part of the product that the settings do not switch on."""


def _address(value: str) -> str:
    if _ADDRESS.fullmatch(value) is None:
        raise ValueError("must be an address: 0x and 40 hexadecimal digits")
    return value


def _url(value: str) -> str:
    if _CREDENTIALS.match(value):
        raise ValueError("must hold no credentials: put the address into a file and set rpc_url_file")
    if not value.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return value


Address = Annotated[str, AfterValidator(_address)]
AUCTION = AuctionPlan()
"""Defaults of the settings of auctions."""


def _field(default: Any, description: str, unit: str = "", **limits: Any) -> Any:
    return Field(default, description=description, json_schema_extra={"unit": unit}, **limits)


class Settings(BaseSettings):
    """Every setting; see the module for where values come from."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="forbid")

    artifacts: Path = _field(Path("build"), "Folder of circuit artefacts.")
    contracts: Path = _field(Path("build/contracts"), "Folder of compiled contracts.")
    deployment: Path | None = _field(
        None, "Deployment file of `zkrisk chain deploy`; none: deployments/ and the chain id, .json."
    )
    network: str | None = _field(None, "Network to work on: `local`, `sepolia` or one of `networks`; none: the node's.")
    networks: dict[str, Network] = _field(
        {}, "Further networks, name to `chain_id`, `rpc_url`, `test_chain` (true: development keys are accepted)."
    )
    rpc_url: Annotated[str, AfterValidator(_url)] | None = _field(None, "JSON-RPC address of the Ethereum node.")
    rpc_url_file: Path | None = _field(None, "File that holds the JSON-RPC address, where it contains a secret.")
    chain_id: int | None = _field(None, "The only chain to work on; none: any.", ge=1, lt=1 << 64)
    keystore: Path | None = _field(None, "Encrypted key that signs transactions.")
    password_file: Path | None = _field(None, "File that holds the keystores' password.")
    publisher_keystores: list[Path] = _field([], "Encrypted keys that sign reports.")
    publishers: list[Address] = _field([], "Addresses of the publishers of a new deployment.")
    threshold: int = _field(1, "Signatures a report needs in a new deployment.", "signatures", ge=1, le=255)
    guardian: Address | None = _field(
        None, "May halt, pause and remove verifiers in a new deployment; none: the deployer."
    )
    proposers: list[Address] = _field([], "May schedule through the timelock of a new deployment; none: the deployer.")
    timelock_delay_s: int | None = _field(
        None, "Delay of the timelock; none: 0 on a test chain, two days elsewhere.", "seconds", ge=0, lt=1 << 31
    )
    collateral: Address | None = _field(
        None, "Token with six decimals for a new deployment; none: a demonstration dollar on a test chain."
    )
    grid: str = _field("deribit", "Scenario grid in circuits/grids.", pattern=r"^[a-z][a-z0-9_]{0,31}$")
    initial_factor_e2: int = _field(100, "Initial margin factor.", "0.01", ge=1, le=255)
    maintenance_factor_e2: int = _field(80, "Maintenance margin factor.", "0.01", ge=1, le=255)
    reward_fixed_e6: Bits48 = _field(
        AUCTION.reward_fixed_e6, "Fixed reward of an auction's starter, not above the cap.", "1e-6 USD"
    )
    reward_per_gwei_e6: Bits32 = _field(
        AUCTION.reward_per_gwei_e6,
        "His reward a gwei of base fee; the default is half a million gas at 3,000 dollars a coin.",
        "1e-6 USD",
    )
    reward_cap_e6: Bits48 = _field(AUCTION.reward_cap_e6, "The most he gets.", "1e-6 USD")
    minimum_auction_e6: Bits48 = _field(
        AUCTION.minimum_auction_e6, "Least requirement that the insurance fund rewards.", "1e-6 USD"
    )
    bonus_cap_e6: Bits48 = _field(
        AUCTION.bonus_cap_e6, "The most that the fund adds to a bid for an account without equity.", "1e-6 USD"
    )
    buffer_e2: Bits8 = _field(AUCTION.buffer_e2, "Bids restore the maintenance factor plus this.", "0.01")
    decay_s: DecaySeconds = _field(AUCTION.decay_s, "Time in which the price of an equity falls to nothing.", "seconds")
    start_price_e2: Percent = _field(AUCTION.start_price_e2, "Part of an equity at which its auction starts.", "0.01")
    feeds: list[str] = _field(
        ["spot", "perpetual_mark"],
        "AggregatorV3 feeds of a new deployment: `spot`, `perpetual_mark`, `forward 27MAR26`, `vol 27MAR26 60000` (strike "
        "in ticks), a market before it or none for all.",
    )
    api_port: int = _field(8000, "Port of the read API; 0: any.", "TCP port", ge=0, le=65535)
    replay_clock: bool = _field(False, "Set block times from the recording (development chains).")
    liquidator_interval_s: float = _field(
        1.0, "Time between the liquidator's looks at the chain.", "seconds", ge=0.05, le=3600
    )

    prover_engine: Engine = _field("auto", "Arithmetic of proofs: auto, vector or portable.")
    prover_lean: bool = _field(False, "A quarter of the memory and disk for the prover's tables, slower proofs.")
    prover_workers: int = _field(
        0, "Processes that prove, urgent proofs first; 0: this process itself.", "processes", ge=0, le=64
    )

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if self.rpc_url is not None and self.rpc_url_file is not None:
            raise ValueError("rpc_url and rpc_url_file exclude each other")
        if self.maintenance_factor_e2 > self.initial_factor_e2:
            raise ValueError("maintenance_factor_e2 must not be above initial_factor_e2")
        if self.reward_fixed_e6 > self.reward_cap_e6:
            raise ValueError("reward_fixed_e6 must not be above reward_cap_e6")
        if self.publishers and self.threshold > len(self.publishers):
            raise ValueError("threshold must not be above the number of publishers")
        if self.network is not None and self.network not in self.known_networks():
            raise ValueError(f"network = {self.network!r}: must be one of {sorted(self.known_networks())}")
        return self

    def known_networks(self) -> dict[str, Network]:
        """Every network by name."""
        return {**KNOWN_NETWORKS, **self.networks}

    def named_network(self) -> Network | None:
        """The network of the setting, None where it is not set."""
        return None if self.network is None else self.known_networks()[self.network]

    def network_of(self, chain_id: int) -> Network:
        """The network of a chain id: the named one, else any known one, else one that is no test chain."""
        named = self.named_network()
        known = [*([] if named is None else [named]), *self.networks.values(), *KNOWN_NETWORKS.values()]
        return next((n for n in known if n.chain_id == chain_id), Network(chain_id=chain_id))

    def deployment_path(self, chain_id: int) -> Path:
        """The deployment file of a chain."""
        return self.deployment or DEPLOYMENTS / f"{chain_id}.json"

    def require(self, name: str, option: str) -> Any:
        """The value of a setting that has no default. Raises :class:`NotActivated` where it is not set."""
        value = getattr(self, name)
        if value is None or value == []:
            raise NotActivated(
                f"{name} is not set: give {option}, set {ENV_PREFIX}{name.upper()} or add it to {FILE_NAME}"
            )
        return value

    def auction(self) -> AuctionPlan:
        """The settings of auctions."""
        return AuctionPlan(**{name: getattr(self, name) for name in AuctionPlan.model_fields})

    def engine_options(self) -> EngineOptions:
        """How proving keys are prepared."""
        return EngineOptions(self.prover_engine, self.prover_lean)

    def rpc(self) -> str:
        """The JSON-RPC address. Raises :class:`NotActivated` where none is set, :class:`ConfigError` for a bad file."""
        if self.rpc_url_file is None:
            named = self.named_network()
            if self.rpc_url is None and named is not None and named.rpc_url is not None:
                return _url(named.rpc_url)
            return str(self.require("rpc_url", "--rpc"))
        try:
            url = _url(self.rpc_url_file.read_text().strip())
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"rpc_url_file {self.rpc_url_file}: cannot be read: {error}") from error
        except ValueError:
            raise ConfigError(
                f"rpc_url_file {self.rpc_url_file}: must hold an address that starts with http:// or https:// and has no user name"
            ) from None
        keep_secret(url)
        return url


def load_settings(config: Path | None = None, **options: Any) -> Settings:
    """Settings of the file ``config`` (none: ``zkrisk.toml`` where it exists), environment and options that are not None.

    Raises :class:`ConfigError` naming file, setting, value and rule; values of unknown settings are not shown.
    """
    path = config or Path(FILE_NAME)
    values = _read(path) if config is not None or path.exists() else {}
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(ENV_PREFIX) and name not in known:
            raise ConfigError(f"environment {name}: is not a setting; `zkrisk config docs` lists them")

    class Sourced(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, values)

    try:
        return Sourced(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise ConfigError("; ".join(_rule(item, path) for item in error.errors())) from None
    except SettingsError as error:
        raise ConfigError(f'environment: {error}: lists are JSON, such as ["a", "b"]') from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}; `zkrisk init` writes one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error


def _rule(item: Any, path: Path) -> str:
    name = ".".join(map(str, item["loc"]))
    if item["type"] == "extra_forbidden":
        return f"{path}: {name} is not a setting; secrets are files: keystore, password_file, rpc_url_file"
    rule = str(item["msg"]).removeprefix("Value error, ")
    return (
        f"{name} = {item['input']!r}: {rule}" if name and "credentials" not in rule else f"{name or 'settings'}: {rule}"
    )
