# SPDX-License-Identifier: Apache-2.0
"""Plants one fault at a time in a copy of the contracts and asks whether the invariants see it (docs/invariants.md).

    python scripts/mutate_contracts.py [name ...]

Each fault is a piece of a contract's text and what stands there instead. Prints what the invariants answered; fails where
one saw nothing, or where a contract no longer holds the text: then the fault is to be planted anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORGE = ROOT / "node_modules/@foundry-rs/forge-linux-amd64/bin/forge"
ANSWER = re.compile(r"\[FAIL: (.*)\]")


@dataclass(frozen=True)
class Fault:
    """A fault: the world that must see it, the contract, the text that is replaced once, and what replaces it."""

    name: str
    world: str
    contract: str
    text: str
    instead: str


ACCOUNTS, AUCTIONS, ORACLE, REGISTRY = "Margin", "Auction", "Oracle", "Registry"
PAID = "f.shortfallE6 -= SafeCast.toUint64(amountE6 - paidE6);"
WAITS = "if (f.knownInsolvencyE6 > f.insuranceE6) revert WithdrawalsLocked(f.knownInsolvencyE6, f.insuranceE6);"
BOUND = "if (countedE6 < proof.requiredCashE6) {"
LOCKED_OUT = "_requireUnlocked(msg.sender);"
REMOVED = "if (status == Status.Removed) revert RemovedCircuit(circuitId);"
STOPPED = "if (status == Status.Stopped) revert StoppedCircuit(circuitId);"
ROUND = "if (observedAtMs != 0 && round <= uint56(quotation >> OBSERVED_BITS)) return (digest, false);"
KNOWN = "if (settlementPriceE2[market][expiry] != 0) revert SettlementKnown(market, expiry);"

FAULTS = (
    Fault("shortfall not repaid", ACCOUNTS, "MarginEngine", PAID, ""),
    Fault("locked withdraws", ACCOUNTS, "MarginEngine", LOCKED_OUT, ""),
    Fault("withdrawals never wait", ACCOUNTS, "MarginEngine", WAITS, ""),
    Fault(
        "loss counted twice",
        ACCOUNTS,
        "MarginAccounts",
        "SafeCast.toUint64(lossE6 - borneE6)",
        "SafeCast.toUint64(lossE6)",
    ),
    Fault("funding rounded down", ACCOUNTS, "libraries/Ledger", "(product + AMOUNT_UNIT - 1)", "(product)"),
    Fault(
        "puts pay as calls", ACCOUNTS, "libraries/Ledger", "intrinsicE2 = -intrinsicE2;", "intrinsicE2 = intrinsicE2;"
    ),
    Fault("pause ignored", ACCOUNTS, "MarginTrades", "else if (paused) revert OpeningPaused();", ""),
    Fault("lots not counted", ACCOUNTS, "MarginOrders", "_setFilled(maker, order.salt, filled + lots);", ""),
    Fault("settling unlocks", ACCOUNTS, "MarginEngine", "book.nonce, _accounts[account].locked", "book.nonce, false"),
    Fault(
        "nonce stays",
        ACCOUNTS,
        "MarginEngine",
        "_save(book, book.nonce + 1, !over);",
        "_save(book, book.nonce, !over);",
    ),
    Fault("open interest stays", ACCOUNTS, "MarginAccounts", "grossE4 -= sizeE4;", ""),
    Fault("fees paid twice", ACCOUNTS, "MarginTrades", "toUint64(totalE6 - insuredE6)", "toUint64(totalE6)"),
    Fault("bidder pays nothing", AUCTIONS, "MarginEngine", "book.cashE6 -= liquidation.priceE6;", ""),
    Fault("margin not checked", AUCTIONS, "MarginChecker", BOUND, "if (false) {"),
    Fault(
        "old slices withdraw", AUCTIONS, "libraries/SliceSet", "use == IMarginTypes.Use.Starting\n            && ", ""
    ),
    Fault("bids unbounded", AUCTIONS, "AuctionQuotes", "if (asked > largest) revert BidTooLarge(asked, largest);", ""),
    Fault("insolvency unbooked", AUCTIONS, "LiquidationAuction", "_book(account, restE6);", ""),
    Fault("no lock at start", AUCTIONS, "LiquidationAuction", "engine.lock(account);", ""),
    Fault(
        "clock set again",
        AUCTIONS,
        "LiquidationAuction",
        "address starter = _auctions[account].starter;",
        "address starter = _auctions[account].starter; _auctions[account].clockStart = uint40(block.timestamp + 1);",
    ),
    Fault("market goes back", ORACLE, "MarketFeed", ROUND, ""),
    Fault(
        "slices go back",
        ORACLE,
        "RiskOracle",
        "return (given < stored, given == stored);",
        "return (false, given == stored);",
    ),
    Fault("strangers sign", ORACLE, "PublisherSet", "revert UnknownSigner(signer);\n            }", "}"),
    Fault("equivocator stays", ORACLE, "PublisherSet", "_remove(signer);", ""),
    Fault("halt ignored", ORACLE, "MarketFeed", "if (standing.halted) return State.Halted;", ""),
    Fault("settled again", ORACLE, "MarketFeed", KNOWN, ""),
    Fault("one more must sign", ORACLE, "PublisherSet", "if (count < least) revert", "if (count <= least) revert"),
    Fault("tombstone verifies", REGISTRY, "VerifierRegistry", REMOVED, ""),
    Fault("stopped verifies", REGISTRY, "VerifierRegistry", STOPPED, ""),
    Fault(
        "anyone removes",
        REGISTRY,
        "VerifierRegistry",
        "remove(bytes32 circuitId) external onlyGuardian",
        "remove(bytes32 circuitId) external",
    ),
    Fault(
        "all verifies",
        REGISTRY,
        "VerifierRegistry",
        "return Groth16Verifier.verify(",
        "return true || Groth16Verifier.verify(",
    ),
)


def answer_to(fault: Fault, folder: Path) -> str:
    """What the invariants of the fault's world say of it; empty: nothing. Raises ValueError where the text is not there once."""
    source = ROOT / "contracts" / f"{fault.contract}.sol"
    text = source.read_text()
    if text.count(fault.text) < 1:
        raise ValueError(f"{fault.contract} does not hold {fault.text!r}")
    planted = folder / "contracts" / f"{fault.contract}.sol"
    planted.write_text(text.replace(fault.text, fault.instead, 1))
    command = [str(FORGE), "test", "--match-path", f"tests/contracts/{fault.world}Invariants.t.sol"]
    run = subprocess.run(
        [*command, "--match-test", "invariant_all_of|test_this_world"],
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    planted.write_text(text)
    found = ANSWER.findall(run.stdout)
    if run.returncode != 0 and not found:
        raise ValueError(f"{fault.name}: {(run.stdout + run.stderr)[-2000:]}")
    return "; ".join(dict.fromkeys(found))


def main(names: list[str]) -> int:
    """Plants every fault, or those named."""
    unseen = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for part in ("contracts", "tests", "scripts"):
            shutil.copytree(ROOT / part, folder / part)
        shutil.copy(ROOT / "foundry.toml", folder)
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
        for fault in FAULTS:
            if names and fault.name not in names:
                continue
            answer = answer_to(fault, folder)
            unseen += not answer
            print(f"{fault.world:9} {fault.name:24} {answer or 'NOT SEEN'}", flush=True)
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
