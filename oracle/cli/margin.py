# SPDX-License-Identifier: Apache-2.0
"""``zkrisk margin``: the cash that an account's positions require at a recording's last marks.

Initial: the least cash that a solvency proof covers. Maintenance: the cash below which an insolvency proof exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from oracle.bots.margin import slots_for
from oracle.cli.options import ConfigOption, RecordingArgument, grid_named
from oracle.cli.output import JsonOption, command, table
from oracle.cli.recorded import Observed, Replay, market_named
from oracle.cli.settings import load_settings
from oracle.errors import ConfigError, FrameRejected, InvalidValue, MarginError
from oracle.model.account import Position, PublishedSlice, equity_e6, margin_positions, merge
from oracle.model.grid import DOWN, UP, Grid, vol_mode
from oracle.model.insolvency import worst_row
from oracle.model.margin import MarginParams, MarginPosition, requirement
from oracle.model.solvency import required_cash_e6
from oracle.node.epoch import fit_epoch
from oracle.stream.instrument import OptionInstrument, format_option, parse_option
from oracle.surface.market import refusal_rule


class PositionEntry(BaseModel):
    """One position: the venue's instrument name and the signed amount at 1e-4 contracts."""

    model_config = ConfigDict(extra="forbid", strict=True)

    instrument: str
    amount_e4: int


class PositionsFile(BaseModel):
    """What ``zkrisk margin`` reads."""

    model_config = ConfigDict(extra="forbid", strict=True)

    market: str
    positions: list[PositionEntry] = Field(min_length=1, max_length=1000)


def read_positions(path: Path) -> tuple[str, tuple[Position, ...]]:
    """Market and netted positions of a file. Raises :class:`ConfigError` naming file, position, value and rule."""
    try:
        content = PositionsFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"positions {path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        rules = (f"{'.'.join(map(str, e['loc'])) or 'document'}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"positions {path}: {'; '.join(rules)}") from None
    market = market_named(content.market)
    found = []
    for index, entry in enumerate(content.positions):
        try:
            option = parse_option(entry.instrument, market.tick_e2)
            if option.currency != market.currency:
                raise InvalidValue("instrument", entry.instrument, f"is not an option of {market.name}")
            found.append(Position(option.expiry, option.strike_ticks, option.put, entry.amount_e4))
        except (FrameRejected, InvalidValue) as error:
            raise ConfigError(f"positions {path}: positions.{index}: {error}") from error
    netted = merge(found)
    if not netted:
        raise ConfigError(f"positions {path}: all positions net to zero")
    return market.name, netted


def published_slices(observed: Observed) -> tuple[dict[int, PublishedSlice], Mapping[int, str]]:
    """What the chain would know after the snapshot, and why each other expiry is not there."""
    fit = observed.fit()
    refusals = {expiry: refusal_rule(error) for expiry, error in fit.refusals.items()}
    observed_at = observed.snapshot.observed_at_ms // 1000
    return {w.expiry: w.published(observed_at) for w in fit_epoch(fit).witnesses}, refusals


def margin_result(
    positions: tuple[Position, ...],
    slices: Mapping[int, PublishedSlice],
    grid: Grid,
    initial: MarginParams,
    maintenance: MarginParams,
) -> dict[str, Any]:
    """Both bounds with their worst rows, and the value of the positions. Raises :class:`MarginError`."""
    upper = margin_positions(positions, slices, grid, upper=True)
    lower = margin_positions(positions, slices, grid, upper=False)
    row, bound = worst_row(lower, grid, maintenance)
    return {
        "solvency_circuit": f"solvency_{slots_for(len(positions))}",
        "value_e6": equity_e6(0, positions, slices, grid),
        "initial": {
            "required_cash_e6": required_cash_e6(upper, grid, initial),
            **_row(grid, _worst_upper(upper, grid, initial)),
        },
        "maintenance": {"required_cash_e6": bound, **_row(grid, row)},
    }


def _worst_upper(positions: list[MarginPosition], grid: Grid, params: MarginParams) -> int:
    bounds = [requirement(positions, s, vol_mode(j), params, upper=True) for j, s in enumerate(grid.scenarios)]
    return max(range(len(bounds)), key=lambda j: bounds[j])


def _row(grid: Grid, row: int) -> dict[str, Any]:
    scenario, mode = grid.scenarios[row], vol_mode(row)
    vol = "up" if mode == UP else "down" if mode == DOWN else "none"
    return {"worst_row": row, "spot_e4": scenario.spot_e4, "vol": vol, "weight_e5": scenario.weight_e5}


def margin(
    recording: RecordingArgument,
    positions: Annotated[Path, typer.Option("--positions", help="JSON file of market and positions.")],
    config: ConfigOption = None,
    grid: Annotated[str | None, typer.Option(help="Scenario grid in circuits/grids.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Required cash of positions on a recording's last snapshot, initial and maintenance, with the worst scenario."""
    with command(as_json) as output:
        settings = load_settings(config, grid=grid)
        market, held = read_positions(positions)
        rules = grid_named(settings.grid)
        slices, refusals = published_slices(Replay(recording).only(market))
        for position in held:
            _require_listed(position, market, slices, refusals)
        factors = (settings.initial_factor_e2, settings.maintenance_factor_e2)
        result = margin_result(held, slices, rules, *(MarginParams(factor, 0, 0) for factor in factors))
        shown = table(
            f"{market}, {len(held)} positions, grid {rules.name}", "margin", "cash, USD", "row", "spot", "vol"
        )
        for name in ("initial", "maintenance"):
            one = result[name]
            cash = f"{one['required_cash_e6'] / 1e6:,.2f}"
            shown.add_row(name, cash, str(one["worst_row"]), f"{one['spot_e4'] / 100:.0f} %", one["vol"])
        value = f"value at marks {result['value_e6'] / 1e6:,.2f} USD"
        output.result({"market": market, "grid": rules.name, "positions": len(held), **result}, shown, value)


def _require_listed(
    position: Position, market: str, slices: Mapping[int, PublishedSlice], refusals: Mapping[int, str]
) -> None:
    known = market_named(market)
    option = OptionInstrument(known.currency, position.expiry, position.strike_ticks, position.put)
    name = format_option(option, known.tick_e2)
    held = slices.get(position.expiry)
    if held is None:
        reason = refusals.get(position.expiry, "unknown_expiry")
        raise MarginError(f"instrument = {name!r}: its expiry has no usable slice in this recording ({reason})")
    if position.strike_ticks not in held.strikes:
        listed = [strike * known.tick_e2 // 100 for strike in sorted(held.strikes)]
        raise MarginError(f"instrument = {name!r}: the strike is not listed; listed: {listed}")
