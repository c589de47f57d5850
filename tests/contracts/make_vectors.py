# SPDX-License-Identifier: Apache-2.0
"""Writes the vectors that Solidity replays: ``python tests/contracts/make_vectors.py``.

``ln_q48.json`` comes from mpmath at 200 digits; the others from ``oracle`` and ``prover``, written independently of the
contracts. Every integer is a decimal string. Seeds are fixed: the same files on every machine.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import mpmath

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from oracle.chain.report import ExpiryReport, Report  # noqa: E402
from oracle.model.account import Position, PublishedSlice, PublishedStrike, equity_e6, margin_positions  # noqa: E402
from oracle.model.grid import Grid, load_grid  # noqa: E402
from oracle.model.logarithm import ln_q48  # noqa: E402
from oracle.model.margin import MarginParams  # noqa: E402
from oracle.statements.insolvency import insolvency_statement  # noqa: E402
from oracle.statements.layout import SliceHeader, SliceListing, SliceStrikes  # noqa: E402
from oracle.statements.solvency import solvency_statement  # noqa: E402
from oracle.statements.statement import Statement, account_domain, fact_domain  # noqa: E402

VECTORS = ROOT / "tests" / "vectors"
FIELD_ORDER = 21888242871839275222246405745257275088548364400416034343698204186575808495617
STRIKES, SLOTS = 16, 4
TICK_E2 = 100
EXPIRIES = (1_800_000_000, 1_802_000_000, 1_805_000_000)
CHAIN_ID, ENGINE, ACCOUNT, NONCE = 31337, "0x" + "11" * 20, "0x" + "22" * 20, 7


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


def _slice(rng: random.Random, expiry: int) -> tuple[PublishedSlice, list[int]]:
    """A slice of random numbers in range: the data vector and what is published of it."""
    forward_q16 = rng.randint(50_000 << 16, 70_000 << 16)
    count = rng.randint(9, STRIKES)
    strikes = sorted(rng.sample(range(30_000, 110_000, 500), count))
    published = {
        k: PublishedStrike(ln_q48(k << 16), rng.randint(0, 3_000_000), rng.choice([rng.getrandbits(34), 1 << 20]))
        for k in strikes
    }
    listing = [SliceListing(k, published[k].ln_strike_q48) for k in strikes] + [SliceListing(0, 0)] * (STRIKES - count)
    records = [
        SliceStrikes(
            mid := rng.getrandbits(13) + 1,
            min(mid, rng.getrandbits(6) + 1),
            rng.getrandbits(1),
            1,
            published[k].mark_e2,
            published[k].total_vol_q32,
        )
        for k in strikes
    ] + [SliceStrikes(0, 0, 0, 0, 0, 1 << 32)] * (STRIKES - count)
    header = SliceHeader(forward_q16, ln_q48(forward_q16), rng.getrandbits(30), TICK_E2)
    digests = [rng.randrange(FIELD_ORDER) for _ in range(4)]
    d = [header.pack(), *digests, *SliceStrikes.pack_all(records), *SliceListing.pack_all(listing)]
    return PublishedSlice(expiry, 0, forward_q16, header.ln_forward_q48, TICK_E2, published), d


def _positions(rng: random.Random, slices: dict[int, PublishedSlice]) -> list[Position]:
    chosen: dict[tuple[int, int, bool], Position] = {}
    for _ in range(rng.randint(1, SLOTS)):
        expiry = rng.choice(list(slices))
        strike, put = rng.choice(list(slices[expiry].strikes)), rng.random() < 0.5
        amount = rng.choice([1, -1]) * rng.choice([1, 10_000, rng.randint(1, (1 << 28) - 1)])
        chosen[expiry, strike, put] = Position(expiry, strike, put, amount)
    return sorted(chosen.values())


def _publics(statement: Statement) -> dict[str, Any]:
    return {"d": list(statement.d), "digest": statement.digest, "signals": statement.publics}


def _case(rng: random.Random, slices: dict[int, PublishedSlice], grid: Grid) -> dict[str, Any]:
    positions, row, bound = _positions(rng, slices), rng.randrange(36), rng.randint(-(1 << 63), (1 << 63) - 1)

    def domain(circuit_id: str) -> bytes:
        return account_domain(circuit_id, CHAIN_ID, ENGINE, ACCOUNT, NONCE, grid.grid_id())

    longs, shorts = margin_positions(positions, slices, grid, True), margin_positions(positions, slices, grid, False)
    solvency = solvency_statement(SLOTS, longs, grid, MarginParams(100, 600, 200), domain("solvency_4"), bound)
    insolvency = insolvency_statement(
        SLOTS, shorts, grid, row, MarginParams(80, 600, 200), domain("insolvency_4"), bound
    )
    return {
        "expiry": [p.expiry for p in positions],
        "strike_ticks": [p.strike_ticks for p in positions],
        "put": [int(p.put) for p in positions],
        "amount_e4": [p.amount_e4 for p in positions],
        "required_cash_e6": bound,
        "row": row,
        "value_e6": equity_e6(0, positions, slices, grid),
        "solvency": _publics(solvency),
        "insolvency": _publics(insolvency),
    }


def _accounts(rng: random.Random) -> dict[str, Any]:
    grid = load_grid(ROOT / "circuits" / "grids" / "flat.json")
    built = [_slice(rng, expiry) for expiry in EXPIRIES]
    slices = {published.expiry: published for published, _ in built}
    return {
        "grid": grid.words(),
        "vol_up_e4": grid.vol_up_e4,
        "vol_down_e4": grid.vol_down_e4,
        "grid_id": grid.grid_id(),
        "slices": [{"expiry": published.expiry, "d": d} for published, d in built],
        "cases": [_case(rng, slices, grid) for _ in range(24)],
    }


def _report(rng: random.Random) -> dict[str, Any]:
    expiries = tuple(
        ExpiryReport(expiry, rng.getrandbits(40), rng.randbytes(32), rng.randrange(FIELD_ORDER)) for expiry in EXPIRIES
    )
    report = Report("BTC-USD", 42, 1_799_000_000_123, 6_012_345, 3, 17, rng.randbytes(32), expiries)
    digest = report.digest()
    return {
        "forward_q16": [e.forward_q16 for e in expiries],
        "quotes_hash": [e.quotes_hash for e in expiries],
        "knots_digest": [e.knots_digest for e in expiries],
        "expiry": list(EXPIRIES),
        "snapshot_root": report.snapshot_root,
        "digest": digest,
        "slice_domain": fact_domain("slice_32_16", "BTC-USD", EXPIRIES[0], 42, digest),
    }


def contents() -> dict[str, str]:
    """File name to text, for ``tests/vectors``."""
    rng = random.Random(20261121)
    vectors = {"ln_q48.json": _logarithms(rng), "account_words.json": _accounts(rng), "report.json": _report(rng)}
    return {name: json.dumps(_text(vector), indent=1) + "\n" for name, vector in vectors.items()}


if __name__ == "__main__":
    for name, text in contents().items():
        (VECTORS / name).write_text(text)
