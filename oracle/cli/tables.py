# SPDX-License-Identifier: Apache-2.0
"""Result tables for the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table


def print_result(console: Console, result: dict[str, Any]) -> None:
    """Shows what ``build/demo.json`` holds."""
    proofs = Table("statement", "constraints", "witness ms", "prove ms", "verify ms", "bytes", title="Proofs")
    for proof in result["proofs"]:
        times = (f"{proof[key]:.1f}" for key in ("witness_ms", "prove_ms", "verify_ms"))
        proofs.add_row(proof["statement"], f"{proof['constraints']:,}", *times, str(proof["size_bytes"]))
    transactions = Table("transaction", "gas", title="Transactions")
    for transaction in result["transactions"]:
        transactions.add_row(transaction["name"], f"{transaction['gas']:,}")
    surface = Table("market", "expiries", "RMSE, vol points", "inside bid-ask", title="Surface after the crash")
    for market in result["surface"]:
        surface.add_row(
            market["market"],
            str(market["expiries"]),
            f"{market['rmse_vol_points']:.3f}",
            f"{100 * market['inside_share']:.1f} %",
        )
    for table in (proofs, transactions, surface):
        for column in table.columns[1:]:
            column.justify = "right"
        console.print(table)
    console.print(f"Liquidation: {result['liquidation_latency_ms']:.0f} ms from the crash frame to the receipt")
    console.print(f"API: {result['api_url']}")
