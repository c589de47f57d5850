# SPDX-License-Identifier: Apache-2.0
"""The list of main networks is the contract's: both are tested on one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from oracle.chain.networks import KNOWN_NETWORKS, MAIN_NETWORKS, Network

VECTOR = json.loads((Path(__file__).resolve().parents[1] / "vectors" / "main_networks.json").read_text())


def test_the_main_networks_are_those_of_the_shared_file() -> None:
    assert sorted(VECTOR["main_networks"]) == sorted(MAIN_NETWORKS)
    assert not MAIN_NETWORKS & set(VECTOR["other_networks"])
    assert not MAIN_NETWORKS & {network.chain_id for network in KNOWN_NETWORKS.values()}


@pytest.mark.parametrize("chain_id", sorted(MAIN_NETWORKS))
def test_a_main_network_declared_a_test_chain_is_refused(chain_id: int) -> None:
    with pytest.raises(ValidationError, match="is a main network"):
        Network(chain_id=chain_id, test_chain=True)
    assert not Network(chain_id=chain_id).test_chain
