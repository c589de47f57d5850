# SPDX-License-Identifier: Apache-2.0
"""``zkrisk greeks``: marks, volatilities and Greeks of every listed strike, and how far the venue's own lie from ours."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from oracle.analytics.black76 import greeks as float_greeks
from oracle.cli.options import MarketOption, RecordingArgument
from oracle.cli.output import EXIT_DEGRADED, JsonOption, command, table
from oracle.cli.recorded import Observed, Replay, parse_expiry_option
from oracle.cli.venue_greeks import compare_greeks
from oracle.errors import ConfigError, SnapshotError
from oracle.model.black76 import CDF_BITS
from oracle.node.epoch import FittedEpoch, fit_epoch
from oracle.statements.slice import SliceWitness
from oracle.stream.instrument import format_expiry
from oracle.surface.quotes import years_to_expiry

ExpiryOption = Annotated[str | None, typer.Option("--expiry", help="Expiry, as 27MAR26 or in Unix seconds; none: all.")]


def expiry_rows(epoch: FittedEpoch, witness: SliceWitness) -> list[dict[str, Any]]:
    """The listed strikes of one expiry: the proven integers, and Greeks from them for display.

    Dollars per option on one coin; vega per volatility point, theta per day, both of call and put alike; delta of the call.
    """
    years = years_to_expiry(epoch.snapshot, witness.expiry)
    dollars = epoch.snapshot.tick_e2 / 100
    forward = witness.values.forward_q16 / 65536 * dollars
    rows = []
    for value in witness.values.strikes:
        volatility = value.total_vol_q32 / 2**32 / math.sqrt(years)
        shown = float_greeks(forward, value.strike_ticks * dollars, volatility, years, False)
        rows.append(
            {
                "strike_ticks": value.strike_ticks,
                "mark_e2": value.mark_e2,
                "total_vol_q32": value.total_vol_q32,
                "cdf_d1_q152": str(value.cdf_d1),
                "pdf_d1_q227": str(value.pdf_d1),
                "volatility_percent": 100 * volatility,
                "delta": value.cdf_d1 / 2**CDF_BITS,
                "gamma": float(shown.gamma),
                "vega": float(shown.vega) / 100,
                "theta": float(shown.theta) / 365,
            }
        )
    return rows


def greeks(
    recording: RecordingArgument, market: MarketOption = None, expiry: ExpiryOption = None, as_json: JsonOption = False
) -> None:
    """Greeks of a recording's last snapshot. Exit status 1 where a market has no usable expiry."""
    with command(as_json) as output:
        source = Replay(recording)
        markets, shown = [], []
        wanted = None if expiry is None else parse_expiry_option(expiry)
        for observed in source.last(market).values():
            result, reason = _market(observed, wanted)
            markets.append(result)
            shown += [] if reason is None else [f"{observed.snapshot.market}: {reason}"]
            for one in result["expiries"]:
                shown.append(_table(observed.snapshot.market, observed.snapshot.tick_e2, one))
        if wanted is not None and not any(result["expiries"] for result in markets):
            usable = sorted({name for result in markets for name in result["usable"]})
            raise ConfigError(f"expiry = {expiry!r}: no usable expiry of this recording; usable: {usable}")
        venue = compare_greeks(source.quotes.values())
        result = {"recording": str(recording), "markets": markets, "venue": venue.to_json()}
        output.result(result, *shown, *([venue.table()] if venue.count else []))
        if not all(one["usable"] for one in markets):
            raise typer.Exit(EXIT_DEGRADED)


def _market(observed: Observed, wanted: int | None) -> tuple[dict[str, Any], str | None]:
    result: dict[str, Any] = {"market": observed.snapshot.market, "usable": [], "expiries": []}
    try:
        epoch = fit_epoch(observed.fit())
    except SnapshotError as error:
        return {**result, "refusal": str(error)}, str(error)
    result["usable"] = [format_expiry(witness.expiry) for witness in epoch.witnesses]
    result["expiries"] = [
        {
            "expiry": witness.expiry,
            "name": format_expiry(witness.expiry),
            "forward_q16": witness.values.forward_q16,
            "strikes": expiry_rows(epoch, witness),
        }
        for witness in epoch.witnesses
        if wanted in (None, witness.expiry)
    ]
    return result, None


def _table(market: str, tick_e2: int, expiry: dict[str, Any]) -> Any:
    shown = table(
        f"{market} {expiry['name']}", "strike, USD", "mark", "vol, %", "delta", "gamma", "vega", "theta", left=0
    )
    for row in expiry["strikes"]:
        shown.add_row(
            f"{row['strike_ticks'] * tick_e2 / 100:,.0f}",
            f"{row['mark_e2'] / 100:,.2f}",
            f"{row['volatility_percent']:.2f}",
            f"{row['delta']:.5f}",
            f"{row['gamma']:.7f}",
            f"{row['vega']:.3f}",
            f"{row['theta']:.3f}",
        )
    return shown
