# SPDX-License-Identifier: Apache-2.0
"""Result tables for the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from oracle.cli.recorded import Replay
from oracle.cli.venue_books import compare_books
from oracle.cli.venue_greeks import compare_greeks
from oracle.node.node import OracleNode
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording


def print_result(console: Console, result: dict[str, Any]) -> None:
    """Shows what ``build/demo.json`` holds."""
    proofs = Table("statement", "constraints", "witness ms", "prove ms", "verify ms", "bytes", title="Proofs")
    for proof in result["proofs"]:
        times = (f"{proof[key]:.1f}" for key in ("witness_ms", "prove_ms", "verify_ms"))
        proofs.add_row(proof["statement"], f"{proof['constraints']:,}", *times, str(proof["size_bytes"]))
    transactions = Table("transaction", "gas", title="Transactions")
    for transaction in result["transactions"]:
        transactions.add_row(transaction["name"], f"{transaction['gas']:,}")
    surface = Table("market", "expiries", "RMSE, vol points", "inside bid-ask", title="Newest surfaces")
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
    if result["liquidated"]:
        console.print(f"Liquidation: {result['liquidation_latency_ms']:.0f} ms from the crash frame to the receipt")
    console.print(f"API: {result['api_url']}")


def print_refusals(console: Console, node: OracleNode) -> None:
    """Shows what the ledger refused, by rule, and the last epoch that failed."""
    refusals = Table("rule", "refused", title="Reject ledger")
    refusals.columns[1].justify = "right"
    for rule, count in sorted(node.ledger.counts.items()):
        refusals.add_row(rule, f"{count:,}")
    console.print(refusals)
    if node.state.last_error:
        console.print(f"{node.state.failed_epochs} epochs failed; the last: {node.state.last_error}", soft_wrap=True)


def print_venue_greeks(console: Console, recording: Path) -> None:
    """Shows how far the venue's own Greeks lie from ours, where the recording carries any."""
    compared = compare_greeks(Replay(recording).newest_quotes())
    if compared.count:
        console.print(compared.table())


def print_venue_books(console: Console, recording: Path) -> None:
    """Shows the recording's books, where it carries any."""
    compared = compare_books(open_recording(recording, RejectLedger()).events)
    if compared.channels:
        console.print(compared.table())
