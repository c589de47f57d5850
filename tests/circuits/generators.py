# SPDX-License-Identifier: Apache-2.0
"""Random statements of every template, each from its seed alone, with what the circuit must hold inside.

``GENERATORS`` maps a template of ``circuits/presets.json`` to a function of sizes and seed. A case is accepted by the
model; the circuit must publish the statement's signals and hold the model's number in every wire of ``inner`` that the
optimiser kept.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from oracle.errors import InvalidValue, MarginError, NoTotalVol
from oracle.model.grid import Grid, load_grid, vol_mode
from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.model.margin import MarginParams, MarginPosition, cell, cell_hint, padded
from oracle.model.option import option_values, segment_of
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.layout import SolvencyPositions
from oracle.statements.option import option_statement
from oracle.statements.slice import SliceSize, slice_statement
from oracle.statements.solvency import solvency_statement
from oracle.statements.statement import Statement
from prover.field import SCALAR_MODULUS
from tests.circuits.accounts import random_account
from tests.circuits.laws import RandomSlice, random_slice
from tests.circuits.support import ROOT

GRIDS = tuple(load_grid(path) for path in sorted((ROOT / "circuits" / "grids").glob("*.json")))
OPTION_STRIKES = 16
"""Listed strikes of the slice whose law an option is priced from; they do not matter to it."""
LARGEST_GROSS_E6 = 1 << 43
"""Sum of amount x max(F, K): below it no penalty pushes a requirement out of the final check's 2^55 (docs/spec/errors.md)."""
LARGEST_VOL_Q18 = (1 << next(bits for name, bits, _ in SolvencyPositions.LAYOUT if name == "vol_none_q18")) - 1
LEAST_UPPER_VOL_Q18 = 1 << 11
"""[A-4] of positions that need an upper price bound."""


@dataclass(frozen=True)
class CircuitCase:
    """A statement, the model's inner numbers by signal name, and a label of what kind of input it is."""

    statement: Statement
    inner: Mapping[str, int]
    label: str


Sizes = Mapping[str, int]
Generator = Callable[[Sizes, int], CircuitCase]


def slice_case(sizes: Sizes, seed: int) -> CircuitCase:
    """A random law with random quotes and neighbours."""
    made = random_slice(SliceSize(sizes["knots"], sizes["strikes"]), seed)
    statement = slice_statement(made.witness, "BTC-USD", seed, seed.to_bytes(32, "big"), made.earlier, made.later)
    return CircuitCase(statement, dict(_slice_inner(made)), made.label)


def _slice_inner(made: RandomSlice) -> Iterator[tuple[str, int]]:
    own, values = made.witness.density, made.witness.values
    for j, (survival, call) in enumerate(zip(own.survival_q53, own.call_q53, strict=True)):
        yield f"own.survival_q53[{j}]", survival
        yield f"own.call_q53[{j}]", call
    yield "own.mean_q53", own.mean_q53
    for i, strike in enumerate(values.strikes):
        yield f"strike[{i}].black.cdf_d1", strike.cdf_d1
        yield f"strike[{i}].black.pdf_d1", strike.pdf_d1
        yield f"strike[{i}].cdf_d1", strike.cdf_d1
        yield f"strike[{i}].pdf_d1", strike.pdf_d1
    for i, word in enumerate(made.witness.greeks_words):
        yield f"greeks.in[{i}]", word


def option_case(sizes: Sizes, seed: int) -> CircuitCase:
    """A strike of a random law: at and beside its knots, between them, beyond them, and at both ends of the width."""
    knots, draw = sizes["knots"], random.Random(f"option-{sizes['knots']}-{seed}")
    made = random_slice(SliceSize(knots, OPTION_STRIKES), seed)
    law, forward_q16 = made.witness.density, made.witness.snapshot.forward_q16
    first, last = law.knots_ticks[0], law.knots_ticks[-1]
    at = draw.choice(law.knots_ticks)
    kinds = {
        "knot": at,
        "beside": at + draw.choice((-1, 1)),
        "between": draw.randint(first, last),
        "below": draw.randint(max(1, first // 2), first),
        "above": draw.randint(last, last + last // 4),
        "end": draw.choice((1, (1 << 24) - 1)),
    }
    label = draw.choice(tuple(kinds))
    try:
        values = option_values(law, forward_q16, kinds[label])
        statement = option_statement(law, forward_q16, kinds[label], "BTC-USD", seed, seed, seed.to_bytes(32, "big"))
    except (NoTotalVol, InvalidValue):
        return option_case(sizes, seed + (1 << 40))
    segment = segment_of(law, kinds[label])
    inner = {
        "knots.mean_q53": law.mean_q53,
        "segment.to_right_ticks": segment.to_right_ticks,
        "black.cdf_d1": values.cdf_d1,
        "black.pdf_d1": values.pdf_d1,
        **{f"knots.survival_q53[{j}]": survival for j, survival in enumerate(law.survival_q53)},
        **{f"knots.call_q53[{j}]": call for j, call in enumerate(law.call_q53)},
    }
    return CircuitCase(statement, inner, label)


def _amount(draw: random.Random, unit: int) -> int:
    """A signed amount whose size times ``unit`` stays within the gross limit of sixteen positions; often an end of it."""
    largest = min((1 << 28) - 1, LARGEST_GROSS_E6 // 16 // max(1, unit))
    size = draw.choice((0, 1, largest, draw.randint(0, largest), draw.randint(0, min(largest, 20_000))))
    return draw.choice((-1, 1)) * size


def _vols(draw: random.Random, needs_upper: bool) -> tuple[int, int, int]:
    """Total vols at 2^18 of one minute at 5 % to two years at 500 %, expired ones and both ends of the width."""
    floor = LEAST_UPPER_VOL_Q18 if needs_upper else 0
    kind = draw.randrange(6)
    if kind == 0:
        return (floor,) * 3
    if kind == 1:
        return (LARGEST_VOL_Q18,) * 3
    middle = 18 - draw.uniform(-3, 12)
    values = sorted(max(floor, min(LARGEST_VOL_Q18, int(2 ** (middle + draw.uniform(-1, 1))))) for _ in range(3))
    return values[2], values[1], values[0]


def _position(draw: random.Random, upper: bool) -> MarginPosition:
    """Any position the widths allow: strikes far beyond the grid's reach, forwards to their width, marks unrelated."""
    forward = draw.choice((1, draw.randint(100_000, 20_000_000), draw.randrange(1, 1 << draw.randint(8, 32))))
    if draw.random() < 0.15:
        amount = _amount(draw, forward)
        return MarginPosition(amount, False, True, 0, 0, forward, forward, (1 << 18,) * 3)
    k = draw.choice((0, draw.randint(-(1 << 22), 1 << 22), draw.randint(-(1 << 26) + 1, (1 << 26) - 1)))
    strike = draw.choice((forward, min((1 << 32) - 1, max(1, int(forward * 2.718281828 ** (k / 2**24))))))
    amount = _amount(draw, max(forward, strike))
    needs_upper = (amount < 0) if upper else (amount >= 0)
    mark = draw.choice((0, forward, draw.randrange(1 << 20)))
    return MarginPosition(amount, draw.random() < 0.5, False, strike, k, mark, forward, _vols(draw, needs_upper))


def margin_inputs(
    slots: int, seed: int, upper: bool
) -> tuple[list[MarginPosition], MarginParams, Grid, random.Random, str]:
    """Positions, parameters, grid, the generator for further draws, label. One in two accounts is market-like."""
    draw = random.Random(f"{seed}-{upper}-{slots}")
    grid = draw.choice(GRIDS)
    if draw.random() < 0.5:
        account = random_account(seed, upper, slots)
        return list(account.positions), account.params, grid, draw, account.style
    count = draw.choice((0, 1, slots, draw.randint(0, slots)))
    params = MarginParams(
        draw.choice((0, 80, 100, 255)),
        draw.choice((0, 1_000, (1 << 17) - 1)),
        draw.choice((0, 2_000, (1 << 17) - 1)),
    )
    return [_position(draw, upper) for _ in range(count)], params, grid, draw, "extreme"


def solvency_case(sizes: Sizes, seed: int) -> CircuitCase:
    """A random account at the least provable cash."""
    slots = sizes["positions"]
    try:
        positions, params, grid, draw, label = margin_inputs(slots, seed, upper=True)
        statement = solvency_statement(slots, positions, grid, params, draw.randbytes(32))
    except (MarginError, InvalidValue):
        return solvency_case(sizes, seed + (1 << 40))
    return CircuitCase(statement, dict(_solvency_inner(padded(positions, slots), grid)), label)


def _solvency_inner(positions: list[MarginPosition], grid: Grid) -> Iterator[tuple[str, int]]:
    for i, p in enumerate(positions):
        for j, row in enumerate(grid.scenarios):
            vol, k = p.vols_q18[vol_mode(j)], p.log_moneyness_q24 - row.ln_spot_q24
            yield from _cell_inner(f"cell[{i}][{j}]", p, vol, k, p.amount_e4 < 0)


def _cell_inner(name: str, p: MarginPosition, vol_q18: int, k_q24: int, needs_upper: bool) -> Iterator[tuple[str, int]]:
    asset, strike = cell(vol_q18, needs_upper, k_q24, p.asset, p.strike)
    d, steps = cell_hint(k_q24, vol_q18)
    yield f"{name}.asset_leg", asset
    yield f"{name}.strike_leg", strike
    yield f"{name}.d", d
    yield f"{name}.tail_steps", steps


def insolvency_case(sizes: Sizes, seed: int) -> CircuitCase:
    """A random account in a random row at the largest provable cash."""
    slots = sizes["positions"]
    try:
        positions, params, grid, draw, label = margin_inputs(slots, seed, upper=False)
        row = draw.randrange(len(grid.scenarios))
        bound = insolvency_bound(padded(positions, slots), grid, row, params)
        statement = insolvency_statement(slots, positions, grid, row, params, draw.randbytes(32), bound)
    except (MarginError, InvalidValue):
        return insolvency_case(sizes, seed + (1 << 40))
    inner = dict(_insolvency_inner(padded(positions, slots), grid, row))
    return CircuitCase(statement, inner, label)


def _insolvency_inner(positions: list[MarginPosition], grid: Grid, row: int) -> Iterator[tuple[str, int]]:
    for i, p in enumerate(positions):
        vol, k = p.vols_q18[vol_mode(row)], p.log_moneyness_q24 - grid.scenarios[row].ln_spot_q24
        yield from _cell_inner(f"cell[{i}]", p, vol, k, p.amount_e4 >= 0)


GENERATORS: Mapping[str, Generator] = {
    "slice": slice_case,
    "option": option_case,
    "solvency": solvency_case,
    "insolvency": insolvency_case,
}


def field(value: int) -> int:
    """A signed number as the wire that holds it."""
    return value % SCALAR_MODULUS
