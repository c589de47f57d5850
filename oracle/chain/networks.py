# SPDX-License-Identifier: Apache-2.0
"""Networks by name: chain id, address of a node, whether development keys are accepted there, and the
uptime feed of a rollup's sequencer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

MAIN_NETWORKS = frozenset(
    {
        *(1, 10, 25, 56, 100, 130, 137, 146),
        *(169, 204, 250, 252, 288, 324, 480, 957),
        *(999, 1_088, 1_101, 1_284, 1_868, 2_222, 5_000, 8_217),
        *(8_453, 34_443, 42_161, 42_170, 42_220, 43_114, 57_073, 59_144),
        *(60_808, 80_094, 81_457, 167_000, 534_352, 7_777_777, 1_313_161_554),
    }
)
"""Chain ids on which money is real; the same list as in `contracts/libraries/MainNetworks.sol`."""


class Network(BaseModel):
    """A chain to deploy to. Raises ValueError for a main network that is declared a test chain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain_id: int = Field(ge=1, lt=1 << 64)
    rpc_url: str | None = None
    test_chain: bool = False
    sequencer_feed: str | None = None

    @model_validator(mode="after")
    def _no_main_network(self) -> Network:
        if self.test_chain and self.chain_id in MAIN_NETWORKS:
            raise ValueError(f"chain {self.chain_id} is a main network: it cannot be declared a test chain")
        return self


KNOWN_NETWORKS = {
    "local": Network(chain_id=31_337, rpc_url="http://127.0.0.1:8545", test_chain=True),
    "sepolia": Network(chain_id=11_155_111),
}
"""Networks that need no entry in the settings."""
