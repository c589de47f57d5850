# SPDX-License-Identifier: Apache-2.0
"""Writes the vectors that Solidity replays: ``python tests/contracts/make_vectors.py``.

``ln_q48.json`` comes from mpmath at 200 digits, ``groth16_batch.json`` from py_ecc; the others from ``oracle`` and
``prover``, written independently of the contracts. Every integer is a decimal string. Seeds are fixed: the same files on
every machine.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path
from typing import Any

import mpmath

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from oracle.model.exponential import exp_q64, sqrt_years_q32, tenor_power_q64  # noqa: E402
from oracle.model.grid import load_grid  # noqa: E402
from tests.circuits.golden import golden  # noqa: E402
from tests.contracts import account_vectors, fact_vectors, native_vectors  # noqa: E402
from tests.contracts.account_vectors import GRIDS  # noqa: E402

VECTORS = ROOT / "tests" / "vectors"


def _text(value: Any) -> Any:
    """Integers as decimal strings, bytes as 0x strings, recursively."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {key: _text(inner) for key, inner in value.items()}
    return [_text(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _logarithms(rng: random.Random) -> dict[str, Any]:
    mpmath.mp.dps = 200
    xs = [1 << 16, (1 << 16) + 1, (1 << 17) - 1, 1 << 17, (1 << 40) - 1, (1 << 127) - 1, 1 << 127, (1 << 128) - 1]
    xs += [rng.getrandbits(rng.randint(17, 127)) | 1 << 16 for _ in range(120)]
    xs += [strike << 16 for strike in (1, 2, 3, 10, 999, 45_000, 60_000, 100_000, (1 << 24) - 1)]
    floors = [int(mpmath.floor((mpmath.log(x) - 16 * mpmath.log(2)) * 2**48)) for x in xs]
    return {"x_q16": xs, "ln_q48": floors}


def _exponentials(rng: random.Random) -> dict[str, Any]:
    """The integers of [L-2] to [L-4] and of the shocks [G-2], edges first."""
    xs = [0, 1, (1 << 48) - 1, 1 << 48, (20 << 48) - 1] + [rng.randrange(20 << 48) for _ in range(60)]
    edges = [0, 1, 59, 60, 61, 30 * 86_400 - 1, 30 * 86_400, 30 * 86_400 + 1, 365 * 86_400, 1 << 40]
    tenors = edges + [rng.randrange(1, 1 << rng.randint(6, 27)) for _ in range(20)]
    powers = [rng.choice([0, 1, 1_300, 3_000, 9_999, 10_000, rng.randint(0, 10_000)]) for _ in tenors]
    rules = [load_grid(ROOT / "circuits" / "grids" / f"{name}.json").vol_rule for name in GRIDS]
    shocks = [[shock for rule in rules for shock in rule.shocks(tenor)] for tenor in tenors]
    return {
        "x_q48": xs,
        "exp_q64": [exp_q64(x) for x in xs],
        "tenor_s": tenors,
        "power_e4": powers,
        "tenor_power_q64": [tenor_power_q64(*pair) for pair in zip(tenors, powers, strict=True)],
        "sqrt_years_q32": [sqrt_years_q32(tenor) for tenor in tenors],
        "rules": [rule.as_tuple() for rule in rules],
        "multiplier_q32": [[shock.multiplier_q32 for shock in row] for row in shocks],
        "shift_q32": [[shock.shift_q32 for shock in row] for row in shocks],
        "floor_q32": [[shock.floor_q32 for shock in row] for row in shocks],
    }


def contents() -> dict[str, str]:
    """File name to text, for ``tests/vectors``."""
    rng, native = random.Random(20261121), random.Random(20261122)
    grids = [load_grid(ROOT / "circuits" / "grids" / f"{name}.json") for name in GRIDS]
    vectors = {
        "ln_q48.json": _logarithms(rng),
        "exponential.json": _exponentials(rng),
        **account_vectors.accounts(rng, random.Random(20261125)),
        "report.json": fact_vectors.report(rng),
        "groth16_batch.json": fact_vectors.batch(rng),
        "option.json": fact_vectors.options(rng),
        "native_margin.json": native_vectors.margin(native, grids),
        "auction.json": account_vectors.auctions(native),
        "native_slice.json": native_vectors.slices(native),
        "poseidon.json": native_vectors.digests(native),
    }
    texts = {name: json.dumps(_text(vector), indent=1) + "\n" for name, vector in vectors.items()}
    return texts | {name: _lines(_text(statement)) for name, statement in golden().items()}


def _lines(statement: dict[str, Any]) -> str:
    """One line a key of each case: arrays of switches would otherwise fill thousands."""
    cases = [
        ",\n".join(f"   {json.dumps(key)}: {json.dumps(value)}" for key, value in case.items())
        for case in statement["cases"]
    ]
    body = ",\n".join(f"  {{\n{case}\n  }}" for case in cases)
    head = ",\n".join(f" {json.dumps(key)}: {json.dumps(statement[key])}" for key in ("statement", "circuit_ids"))
    return f'{{\n{head},\n "cases": [\n{body}\n ]\n}}\n'


def differential(cases: int, seed: int) -> dict[str, str]:
    """The vectors of accounts, native checks and bids with other random cases, as many as asked for."""
    rng = random.Random(seed)
    grids = [load_grid(ROOT / "circuits" / "grids" / f"{name}.json") for name in GRIDS]
    alterations = 10
    vectors = {
        "native_margin.json": native_vectors.margin(rng, grids, cases),
        **account_vectors.accounts(rng, rng, cases),
        "auction.json": account_vectors.auctions(rng, cases),
        "native_slice.json": native_vectors.slices(rng, -(-cases // (alterations + 1)), alterations),
    }
    return {name: json.dumps(_text(vector), indent=1) + "\n" for name, vector in vectors.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, help="random cases of the differential test instead of the stored vectors")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--out", type=Path, default=VECTORS)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name, text in (differential(given.cases, given.seed) if given.cases else contents()).items():
        (given.out / name).write_text(text)
