# SPDX-License-Identifier: Apache-2.0
"""``zkrisk surface``: the fit of a recording's last snapshot."""

from __future__ import annotations

from typing import Any

import typer

from oracle.cli.options import MarketOption, RecordingArgument
from oracle.cli.output import EXIT_DEGRADED, JsonOption, command, table
from oracle.cli.recorded import Observed, Replay
from oracle.stream.instrument import format_expiry
from oracle.surface.market import MarketFit, refusal_rule
from oracle.surface.population import Population


def surface_result(observed: Observed, fit: MarketFit) -> dict[str, Any]:
    """A market's fit: its expiries, what it was judged on, what was refused by which rule."""
    snapshot = observed.snapshot
    expiries = []
    if fit.surface is not None:
        rows = zip(fit.surface.snapshot.expiries, fit.surface.slices, fit.surface.quality.expiries, strict=True)
        for listed, density, quality in rows:
            expiries.append(
                {
                    "expiry": listed.expiry,
                    "name": format_expiry(listed.expiry),
                    "forward_q16": listed.forward_q16,
                    "knots": len(density.knots_ticks),
                    "strikes": len(listed.quotes),
                    "quotes": quality.quotes,
                    "rmse_vol_points": quality.rmse_vol_points,
                    "inside_share": quality.inside_share,
                    "outliers": quality.refused,
                }
            )
    return {
        "market": snapshot.market,
        "epoch": snapshot.epoch,
        "observed_at_ms": snapshot.observed_at_ms,
        "tick_e2": snapshot.tick_e2,
        "circuit": fit.size.circuit_id if fit.size else None,
        "expiries": expiries,
        "refusals": [
            {"expiry": expiry, "name": format_expiry(expiry), "rule": refusal_rule(error), "message": str(error)}
            for expiry, error in fit.refusals.items()
        ],
        "strikes_not_covered": len(fit.uncovered),
        "population": _population(fit.population),
        "population_short": _population(fit.short),
    }


def _population(population: Population) -> dict[str, Any]:
    return {
        "expiries": population.expiries,
        "listed": population.listed,
        "removed": dict(population.removed),
        "quotes": population.quotes,
    }


def surface(recording: RecordingArgument, market: MarketOption = None, as_json: JsonOption = False) -> None:
    """Fit the last snapshot of each market. Exit status 1 where a market has no usable expiry."""
    with command(as_json) as output:
        markets = [surface_result(o, o.fit()) for o in Replay(recording).last(market).values()]
        shown: list[Any] = []
        for result in markets:
            fitted = table(f"{result['market']}, {result['circuit'] or 'no usable expiry'}", *_COLUMNS)
            for row in result["expiries"]:
                forward = f"{row['forward_q16'] / 65536 * result['tick_e2'] / 100:,.2f}"
                counts = (str(row[name]) for name in ("knots", "strikes", "quotes", "outliers"))
                fitted.add_row(
                    row["name"], forward, *counts, f"{row['rmse_vol_points']:.3f}", f"{100 * row['inside_share']:.1f} %"
                )
            shown.append(fitted)
            shown += [f"  refused {r['name']}: {r['rule']}: {r['message']}" for r in result["refusals"]]
            for name, words in (("population", "more than a day away"), ("population_short", "within a day")):
                counted = result[name]
                removed = ", ".join(f"{rule} {count}" for rule, count in counted["removed"].items()) or "none"
                shown.append(
                    f"  {words}: {counted['listed']} strikes listed, {counted['quotes']} judged; removed: {removed}"
                )
        output.result({"recording": str(recording), "markets": markets}, *shown)
        if not all(result["expiries"] for result in markets):
            raise typer.Exit(EXIT_DEGRADED)


_COLUMNS = ("expiry", "forward, USD", "knots", "strikes", "quotes", "outliers", "RMSE, pts", "inside")
