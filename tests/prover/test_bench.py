# SPDX-License-Identifier: Apache-2.0
"""What the measurements make of their samples, the witness file for the peers, and peers that cannot be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.artifacts import CircuitArtifact
from prover.bench.peers import PEERS, build_peer, contenders
from prover.bench.workload import Workload, race, ratio, wtns
from prover.errors import ToolMissing
from prover.field import ELEMENT_BYTES, SCALAR_MODULUS
from prover.r1cs import encode_witness


def test_contenders_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []
    times = race({name: lambda name=name: order.append(name) for name in "ab"}, 3, 0)  # type: ignore[misc]
    assert order == ["a", "b"] * 4
    assert {name: len(values) for name, values in times.items()} == {"a": 3, "b": 3}


def test_a_ratio_is_the_median_over_rounds() -> None:
    times = {"own": [1.0, 2.0, 4.0], "peer": [6.0, 10.0, 12.0]}
    assert ratio(times, "peer", "own") == 5.0
    assert ratio(times, "peer", "peer") == 1.0


def test_a_witness_file_has_a_header_of_the_field_and_the_words() -> None:
    words = encode_witness([1, 5, SCALAR_MODULUS - 1])
    file = wtns(words)
    assert file[:12] == b"wtns" + (2).to_bytes(4, "little") * 2
    header = file[24:64]
    assert int.from_bytes(header[:4], "little") == ELEMENT_BYTES
    assert int.from_bytes(header[4:36], "little") == SCALAR_MODULUS
    assert int.from_bytes(header[36:], "little") == 3
    assert file.endswith(words)


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_whose_tools_are_missing_raises_tool_missing(
    peer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissing):
        build_peer(peer, tmp_path)


def test_peers_that_are_not_built_are_named_and_left_out(artifact: CircuitArtifact, tmp_path: Path) -> None:
    absent: list[str] = []
    workload = Workload(artifact, b"", tmp_path / "wtns")
    with contenders(PEERS, workload, tmp_path, lambda peer, _: absent.append(peer)) as ready:
        assert ready == {}
    assert absent == list(PEERS)
