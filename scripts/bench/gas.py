# SPDX-License-Identifier: Apache-2.0
"""``make gas``: what transactions cost, beside their aims and the same checks without proof.

Runs the tests of Solidity that measure gas, writes ``build/bench/gas.json`` ({"figures": {key: gas}}), prints curves by
positions and scenarios, the break-even of proofs, and contract sizes. Exits with 1 where a measured snapshot differs from
the committed one in ``tests/contracts/gas`` or a contract is above the size limit; with ``--strict`` where an aim is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.bench.aims import Aim, Figures, number, show, write
from scripts.bench.circuit_sizes import BenchFailure
from scripts.bench.gas_snapshots import Snapshots, committed, compiled, drifted, measured

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "build" / "bench" / "gas.json"
SIZE_LIMIT = 24_576
"""Bytes of deployed code (EIP-170)."""
BASE_COST = 21_000

FIGURES = {
    "slice_update": "gas/slice_update",
    "surface_update_8": "gas/surface_update_8",
    "insolvency_start_16": "auction/insolvency_start_16",
    "insolvency_start_32": "auction/insolvency_start_32",
    "withdraw_16_36": "margin/withdraw_16_36",
    "trade_two_accounts_16": "margin/trade_two_accounts_16",
    "deposit": "margin/deposit",
    "bid": "auction/bid_16",
    "settle_one_account": "margin/settle_one_account",
    "slice_native_48_32": "native/slice_native_48_32",
    "insolvency_native_16": "native/insolvency_native_16",
    "insolvency_native_32": "native/insolvency_native_32",
    "solvency_native_16_36": "native/solvency_native_16_36",
}
"""Figure to the snapshot that measures it: ``<file>/<key>``."""

NATIVE = "the same check without proof"
AIMS: Mapping[str, Aim] = {
    "slice_update": Aim(
        340_000,
        "48 knots, 32 strikes, 3 of 5 signatures, both calendars",
        moonshot=280_000,
        peer="Derive vol + forward 291k, unproven",
    ),
    "surface_update_8": Aim(980_000, "8 expiries, one report", moonshot=650_000, peer="Derive 2.3M"),
    "insolvency_start_16": Aim(420_000, "3 expiries", moonshot=340_000, peer="Derive SRM check 966k"),
    "insolvency_start_32": Aim(520_000, "8 expiries", peer="Derive SRM check 2.49M"),
    "withdraw_16_36": Aim(380_000, "3 expiries", moonshot=310_000, peer="Derive PMRM 2.4 to 3.8M"),
    "trade_two_accounts_16": Aim(560_000, "two proofs, one leg", moonshot=450_000),
    "deposit": Aim(90_000, "to an account in use"),
    "bid": Aim(450_000, "a tenth of 16 positions in 3 expiries"),
    "settle_one_account": Aim(120_000, "6 of 16 positions expire"),
    "slice_native_48_32": Aim(None, NATIVE),
    "insolvency_native_16": Aim(None, NATIVE),
    "insolvency_native_32": Aim(None, NATIVE),
    "solvency_native_16_36": Aim(None, NATIVE),
}

CURVE = (
    (1, 1, "withdraw_1_36", "withdraw_native_1_36", "insolvency_start_1", ""),
    (4, 1, "withdraw_4_36", "withdraw_native_4_36", "insolvency_start_4", ""),
    (8, 1, "withdraw_8_36", "withdraw_native_8_36", "insolvency_start_8", ""),
    (16, 1, "withdraw_16_36_in_1_expiry", "", "", ""),
    (16, 3, "withdraw_16_36", "withdraw_native_16_36", "insolvency_start_16", "insolvency_start_native_16"),
    (32, 2, "withdraw_32_36_in_2_expiries", "", "", ""),
    (32, 8, "withdraw_32_36", "withdraw_native_32_36", "insolvency_start_32", "insolvency_start_native_32"),
)
"""Positions, expiries, and the snapshots of margin and auction that measure them."""

SCENARIOS = (
    ("a test's grid", 36, "withdraw_16_36"),
    ("deribit", 35, "withdraw_16_35_deribit"),
    ("paradex", 25, "withdraw_16_25_paradex"),
    ("span16", 16, "withdraw_16_16_span16"),
)
"""Grid, scenarios that differ from each other, snapshot of margin."""

Pair = tuple[int, float, float]
"""Positions, gas with a proof, gas without."""


def figures_of(found: Snapshots) -> Figures:
    """The figures that were measured."""
    return {figure: found[snapshot] for figure, snapshot in FIGURES.items() if snapshot in found}


def break_even(pairs: list[Pair]) -> int | None:
    """Least positions from which on a proof is cheaper, straight lines between the points; None: it never is."""
    if not pairs or pairs[-1][1] > pairs[-1][2]:
        return None
    for (low, low_proof, low_native), (high, high_proof, high_native) in reversed(list(pairwise(pairs))):
        more, less = low_proof - low_native, high_native - high_proof
        if more > 0:
            crossing = low + (high - low) * more / (more + less)
            return int(-(-crossing // 1))
    return pairs[0][0]


def show_curve(found: Snapshots, console: Console) -> None:
    """Gas by positions and expiries, whole transactions."""
    table = Table("positions", "expiries", "withdraw, proven", "computed", "start, proven", "computed")
    for positions, expiries, *names in CURVE:
        keys = [f"{'margin' if place < 2 else 'auction'}/{name}" for place, name in enumerate(names)]
        cells = [number(found.get(key)) if name else "" for key, name in zip(keys, names, strict=True)]
        table.add_row(str(positions), str(expiries), *cells)
    console.print(table)


def show_scenarios(found: Snapshots, console: Console) -> None:
    """Gas of one withdrawal under grids of different sizes."""
    known = [(grid, rows, found[f"margin/{name}"]) for grid, rows, name in SCENARIOS if f"margin/{name}" in found]
    table = Table("grid", "scenarios", "withdraw, 16 positions in 3 expiries")
    for grid, rows, gas in known:
        table.add_row(grid, str(rows), number(gas))
    console.print(table)
    if known:
        gases = [gas for _, _, gas in known]
        console.print(f"from {known[-1][1]} to {known[0][1]} scenarios: {max(gases) - min(gases):,} gas of difference")


def show_break_even(found: Snapshots, console: Console) -> None:
    """From where on a proof is cheaper than computing the same on the chain."""
    margin, auction = ([(row[0], row[place], row[place + 1]) for row in CURVE] for place in (2, 4))
    solvency: list[Pair] = [
        (count, found[f"margin/{proof}"], found[f"margin/{native}"])
        for count, proof, native in margin
        if native and {f"margin/{proof}", f"margin/{native}"} <= set(found)
    ]
    least = break_even(solvency)
    told = "computing is cheaper at every size" if least is None else f"a proof is cheaper from {least} positions on"
    console.print(f"break-even, solvency (withdraw): {told}", markup=False)
    for count, proof, native in auction:
        if native and {f"auction/{proof}", f"auction/{native}"} <= set(found):
            more = found[f"auction/{proof}"] - found[f"auction/{native}"]
            told = f"a proof costs {more:,} more" if more > 0 else f"a proof costs {-more:,} less"
            console.print(f"break-even, insolvency of {count} positions (start): {told}", markup=False)
    alone, slice_native = found.get("gas/registry.verify"), found.get("native/slice_native_48_32")
    batches = [gas for key, gas in found.items() if key.startswith("gas/registry.verifyBatch of 8 proofs")]
    if alone is not None and slice_native is not None and batches:
        computed = slice_native - BASE_COST
        console.print(
            f"break-even, slice of 48 knots and 32 strikes: computing {computed:,}, verifying {alone:,} alone and "
            f"{min(batches) // 8:,} as one of eight",
            markup=False,
        )


def show_sizes(sizes: Mapping[str, int], console: Console) -> list[str]:
    """Prints every deployed contract's size and returns those above the limit."""
    table = Table("contract", "bytes", "below the limit by")
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        table.add_row(name, f"{size:,}", f"{SIZE_LIMIT - size:,}")
    console.print(table)
    return [name for name, size in sizes.items() if size > SIZE_LIMIT]


def main(arguments: list[str] | None = None) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--strict", action="store_true", help="fail where an aim is missed")
    options = parser.parse_args(arguments)
    console = Console(width=140)
    try:
        found, expected, settings = measured(ROOT), committed(ROOT), compiled(ROOT)
    except BenchFailure as failure:
        console.print(f"not measured: {failure}", markup=False)
        return 1
    figures = figures_of(found)
    write(figures, OUTPUT)
    console.print(settings.told(), markup=False, highlight=False)
    show_curve(found, console)
    show_scenarios(found, console)
    too_big = show_sizes(settings.sizes, console)
    missed = show(figures, AIMS, console)
    show_break_even(found, console)
    drift = drifted(found, expected)
    for line in drift:
        console.print(f"drift: {line}", markup=False)
    if drift:
        console.print("`make test-contracts` rewrites tests/contracts/gas: look at the difference and commit it")
    for name in too_big:
        console.print(f"above {SIZE_LIMIT:,} bytes: {name}")
    return 1 if drift or too_big or (missed and options.strict) else 0


if __name__ == "__main__":
    sys.exit(main())
