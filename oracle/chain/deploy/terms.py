# SPDX-License-Identifier: Apache-2.0
"""What a deployment's contracts are told: structs of their constructors."""

from __future__ import annotations

from oracle.chain.deploy.plan import DeploymentPlan, MarketPlan

NO_SEQUENCER_FEED = "0x" + "00" * 20
"""Of a chain that is no rollup."""

NO_CONFIDENCE_LIMIT = 0xFFFF
"""Whatever the oracle's confidence, initial margin asks nothing for it."""

UNLIMITED = (0, 0, 0, 0, (1 << 32) - 1, (1 << 64) - 1)
"""The Limits struct: no fees, no caps on positions and open interest."""

REWARD_PER_GWEI_E6 = 1_500_000
"""What the starter of an auction gets a gwei of base fee: half a million gas at 3,000 dollars a coin."""

REWARD_FOR_GAS_CAP_E6 = 100 * 10**6
"""The most he gets above the fixed reward."""

BONUS_CAP_E6 = 1_000 * 10**6
"""The most the insurance fund adds to a bid for an account without equity."""

BUFFER_E2 = 10
"""Liquidations restore the maintenance factor plus this."""


def auction_settings(plan: DeploymentPlan) -> tuple[int, int, int, int, int, int]:
    """The Settings struct of an auction."""
    fixed = plan.keeper_reward_e6
    return (
        fixed,
        REWARD_PER_GWEI_E6,
        fixed + REWARD_FOR_GAS_CAP_E6,
        plan.minimum_auction_e6,
        BONUS_CAP_E6,
        BUFFER_E2,
    )


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
