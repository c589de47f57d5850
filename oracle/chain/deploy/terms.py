# SPDX-License-Identifier: Apache-2.0
"""What a deployment's contracts are told: structs of their constructors."""

from __future__ import annotations

from oracle.chain.deploy.plan import MarketPlan

NO_SEQUENCER_FEED = "0x" + "00" * 20
"""Of a chain that is no rollup."""

NO_CONFIDENCE_LIMIT = 0xFFFF
"""Whatever the oracle's confidence, initial margin asks nothing for it."""

UNLIMITED = (0, 0, 0, 0, (1 << 32) - 1, (1 << 64) - 1)
"""The Limits struct: no fees, no caps on positions and open interest."""


def margin_params(plan: MarketPlan) -> tuple[list[int], tuple[int, ...], int, int, int, int, int, int]:
    """The MarginParams struct: no haircut, no confidence add-on."""
    return (
        plan.grid.words(),
        plan.grid.vol_rule.as_tuple(),
        plan.initial.factor_e2,
        plan.maintenance_factor_e2,
        plan.initial.short_rate_e5,
        plan.initial.perpetual_rate_e5,
        0,
        NO_CONFIDENCE_LIMIT,
    )
