# SPDX-License-Identifier: Apache-2.0
"""Proves with z3, over the integers, what solvers cannot decide on the bytecode of ``contracts/libraries/MetricMath.sol``.

Runs in halmos' own environment (``make prove-arithmetic``), after halmos has proven the rest on the bytecode. The formulas
are those of the library: a quotient of symbolic words of 256 bits, and the order of two products.
"""

from __future__ import annotations

import importlib
import math
import sys
from typing import Any

z3: Any = importlib.import_module("z3")

YEAR_S = 31_536_000
LEAST_TENOR_S = 60
LEAST_ROOT_Q32 = math.isqrt((LEAST_TENOR_S << 64) // YEAR_S)


def word(name: str, bits: int) -> tuple[Any, Any]:
    """An unsigned integer of so many bits, and that it is one."""
    x = z3.Int(name)
    return x, z3.And(x >= 0, x < 2**bits)


def theorems() -> dict[str, Any]:
    """Each statement that must hold for every input."""
    vol, is_vol = word("totalVolQ32", 64)
    root, is_root = word("rootQ32", 64)
    low, is_low = word("lowQ16", 64)
    high, is_high = word("highQ16", 64)
    tick, is_tick = word("tickE2", 8)
    answer = vol * 10**8 / root
    tenors = z3.And(is_vol, is_root, root >= LEAST_ROOT_Q32)
    forwards = z3.And(is_low, is_high, is_tick)
    price, is_price = word("valueE2", 64)
    return {
        "a price fits 84 bits": z3.Implies(is_price, price * 10**6 < 2**84),
        "a vol is rounded down by less than one unit, at every tenor": z3.Implies(
            tenors, z3.And(answer * root <= vol * 10**8, vol * 10**8 - answer * root < root)
        ),
        "a vol fits 72 bits, and its product 91": z3.Implies(
            tenors, z3.And(answer >= 0, answer < 2**72, vol * 10**8 < 2**91)
        ),
        "a forward's product fits 92 bits": z3.Implies(forwards, low * tick * 10**6 < 2**92),
        "a larger forward has no smaller answer": z3.Implies(
            z3.And(forwards, low <= high), (low * tick * 10**6) / 2**16 <= (high * tick * 10**6) / 2**16
        ),
    }


def main() -> int:
    """Proves every theorem; fails on the first counterexample or where z3 gives up after a minute."""
    for name, theorem in theorems().items():
        solver = z3.Solver()
        solver.set("timeout", 60_000)
        solver.add(z3.Not(theorem))
        verdict = solver.check()
        if verdict != z3.unsat:
            sys.stderr.write(
                f"not proven: {name}: {solver.model() if verdict == z3.sat else solver.reason_unknown()}\n"
            )
            return 1
        sys.stdout.write(f"proven: {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
