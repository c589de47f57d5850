# SPDX-License-Identifier: Apache-2.0
"""How far the provable margin bounds lie from the exact requirement: ``python scripts/bench/margin_slack.py [accounts]``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from oracle.analytics.margin import bounds_e6, exact_e6, weighted_gross_e6
from oracle.analytics.portfolios import random_accounts
from oracle.model.grid import load_grid
from oracle.model.margin import MarginParams

GRIDS = sorted((Path(__file__).resolve().parents[2] / "circuits" / "grids").glob("*.json"))
INITIAL, MAINTENANCE = MarginParams(100, 600, 0), MarginParams(80, 600, 0)


def figures(accounts: int) -> dict[str, float]:
    """Slack over weighted gross notional of this many accounts of each grid, both statements: least, median, largest."""
    slack = []
    for seed, path in enumerate(GRIDS):
        grid = load_grid(path)
        for upper, params in ((True, INITIAL), (False, MAINTENANCE)):
            book = random_accounts(seed, accounts, 4, grid, upper)
            bound = bounds_e6(book, grid, params, upper)
            exact, gross = exact_e6(book, grid, params), weighted_gross_e6(book, grid, params)
            if upper:
                slack.append((bound.max(axis=1) - exact.max(axis=1)) / gross.max(axis=1))
            else:
                row = bound.argmax(axis=1)[:, None]
                slack.append(np.take_along_axis((exact - bound) / gross, row, axis=1)[:, 0])
    every = np.concatenate(slack)
    return {
        "bound_slack_least": float(np.min(every)),
        "bound_slack_median": float(np.median(every)),
        "bound_slack_max": float(np.max(every)),
    }


if __name__ == "__main__":
    print(json.dumps(figures(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)))
