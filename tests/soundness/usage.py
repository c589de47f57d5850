# SPDX-License-Identifier: Apache-2.0
"""Signals that no equation, one equation or only their own range check holds."""

from __future__ import annotations

from tests.soundness.system import System


def _users(system: System) -> dict[int, list[int]]:
    users: dict[int, list[int]] = {wire: [] for wire in system.members if wire}
    for index, equation in enumerate(system.equations):
        for wire in {wire for terms in equation for wire, _ in terms if wire}:
            users[wire].append(index)
    return users


def unconstrained(system: System) -> list[str]:
    """Names of wires that are in no equation and not equal to another wire."""
    return [
        system.names[wire] for wire, users in _users(system).items() if not users and len(system.members[wire]) == 1
    ]


def dead_ends(system: System) -> list[frozenset[tuple[str, str]]]:
    """Templates and signals of the wires of exactly one equation: nothing follows from them."""
    return [system.aliases[wire] for wire, users in _users(system).items() if len(users) == 1]


def idle_inputs(system: System) -> list[str]:
    """Inputs of main that only boolean and range checks name: their values mean nothing."""
    users = _users(system)
    inputs = set(system.program.templates[system.main].of_kind("input"))
    idle = []
    for wire, found in users.items():
        names = [system.names[w] for w in system.members[wire] if system.kinds[w][0] == system.main]
        if any(system.kinds[w] in {(system.main, name) for name in inputs} for w in system.members[wire]) and all(
            _is_check(system, wire, index) for index in found
        ):
            idle.append(names[0])
    return idle


def _is_check(system: System, wire: int, index: int) -> bool:
    """x (1 - x) = 0 or x = sum of bits of a decomposition; a switch that is forced to 0 is a dead end, not idle."""
    left, right, output = system.equations[index]
    others = {w for terms in (left, right, output) for w, _ in terms if w not in (0, wire)}
    return bool(others or left) and all(("ToBits", "out") in system.aliases[other] for other in others)
