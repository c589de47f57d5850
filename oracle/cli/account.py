# SPDX-License-Identifier: Apache-2.0
"""``zkrisk account``: the signer's own account in a market: look, deposit, withdraw, settle."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from oracle.bots.margin import MarginProver
from oracle.chain.accounts import AccountState, MarginAccounts
from oracle.chain.slices import SliceReader
from oracle.cli.deployments import Signed, signed_command
from oracle.cli.options import GRIDS
from oracle.cli.provers import open_proofs
from oracle.errors import ConfigError
from oracle.stream.instrument import format_expiry

LIMIT_E6 = 1 << 63

app = typer.Typer(no_args_is_help=True, help="The signer's own account in a market.")
MarketArgument = Annotated[str, typer.Argument(help="Market, such as BTC-USD.")]
DollarsArgument = Annotated[str, typer.Argument(help="Amount in dollars, at most six decimals.")]


def amount_e6(dollars: str) -> int:
    """A positive amount at 1e-6 dollars. Raises :class:`ConfigError` for what is none."""
    try:
        scaled = Decimal(dollars) * 10**6
    except InvalidOperation:
        scaled = Decimal("NaN")
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or not 0 < scaled < LIMIT_E6:
        raise ConfigError(f"dollars = {dollars!r}: must be a positive amount with at most six decimals")
    return int(scaled)


def _opened(signed: Signed, market: str) -> tuple[MarginAccounts, AccountState]:
    accounts = MarginAccounts(signed.client, signed.deployments.of(market), GRIDS)
    accounts.poll()
    return accounts, accounts.state(signed.client.address)


def _show(signed: Signed, accounts: MarginAccounts) -> None:
    accounts.poll()
    state = accounts.state(signed.client.address)
    positions: list[dict[str, Any]] = [
        {"expiry": p.expiry, "strike_ticks": p.strike_ticks, "put": p.put, "amount_e4": p.amount_e4}
        for p in state.positions
    ]
    result = {"account": state.address, "nonce": state.nonce, "cash_e6": state.cash_e6, "locked": state.locked}
    lines = [f"{state.address}: {state.cash_e6 / 1e6:,.2f} USD, nonce {state.nonce}{', locked' * state.locked}"]
    for p in state.positions:
        name = "perpetual" if p.perpetual else f"{format_expiry(p.expiry)} {p.strike_ticks} {'P' if p.put else 'C'}"
        lines.append(f"{p.amount_e4 / 1e4:+,.4f} {name}")
    signed.output.result({**result, "positions": positions}, *lines)


@app.command()
@signed_command
def show(signed: Signed, market: MarketArgument) -> None:
    """Cash, positions and whether an auction locks them."""
    _show(signed, _opened(signed, market)[0])


@app.command()
@signed_command
def deposit(
    signed: Signed,
    market: MarketArgument,
    dollars: DollarsArgument,
    mint: Annotated[bool, typer.Option("--mint", help="Make the demonstration dollars first (test chains).")] = False,
) -> None:
    """Deposit collateral; needs no proof."""
    amount = amount_e6(dollars)
    accounts, _ = _opened(signed, market)
    if mint:
        token = signed.client.contract("DemoDollar", accounts.deployment.collateral)
        signed.client.send("mint", token.functions.mint(signed.client.address, amount))
    accounts.deposit(amount)
    _show(signed, accounts)


@app.command()
@signed_command
def withdraw(signed: Signed, market: MarketArgument, dollars: DollarsArgument) -> None:
    """Withdraw collateral, with a solvency proof on the newest slices where there are positions."""
    amount = amount_e6(dollars)
    accounts, state = _opened(signed, market)
    slices = SliceReader(signed.client, accounts.deployment)
    slices.poll()
    with open_proofs(signed.settings) as prover:
        proof = None
        if state.positions:
            margin = MarginProver(accounts, prover)
            proof = margin.solvency(state.address, state.nonce, state.positions, slices.latest)
        accounts.withdraw(amount, state, slices.latest, proof)
    _show(signed, accounts)


@app.command()
@signed_command
def settle(signed: Signed, market: MarketArgument) -> None:
    """Settle the positions of expired options at their settlement price."""
    accounts, state = _opened(signed, market)
    accounts.settle(state)
    _show(signed, accounts)
