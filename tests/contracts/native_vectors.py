# SPDX-License-Identifier: Apache-2.0
"""Vectors of the native second implementation: random accounts with their bounds, random slices with what spoils them.

Accounts reach every edge of the packed fields; nothing but the model computes the bounds. A slice comes with alterations of one
element of its data vector, of its opening or of a path, and with the model's verdict of each.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, permutations
from typing import Any

from eth_abi.abi import encode

from oracle.errors import InvalidSlice, RiskOracleError
from oracle.model.black76 import FLOOR_SHIFT, PRICE_SHIFT, VOL_TOLERANCE, black76
from oracle.model.calendar import PRICE_BITS, CalendarCertificate
from oracle.model.density import DENSITY_BITS, GAP_BITS, MASS_BITS, DensitySlice
from oracle.model.grid import Grid
from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.model.margin import LEAST_UPPER_VOL_Q18, VOL_LIMIT_Q18, MarginParams, MarginPosition
from oracle.model.slice import mark_e2, squared_error
from oracle.model.snapshot import ExpirySnapshot, Quote
from oracle.model.solvency import required_cash_e6 as solvency_bound
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.layout import SliceHeader, SliceResults
from oracle.statements.native_slice import NativeSlice, native_slice
from oracle.statements.slice import SliceSize
from oracle.statements.slice_runs import FIRST_RUN, SliceRuns, before_listing
from oracle.statements.solvency import solvency_statement
from prover.field import SCALAR_MODULUS
from prover.poseidon import poseidon_reference
from tests.circuits.laws import RandomSlice, random_slice

ACCOUNTS = 512
SIZES = (1, 1, 2, 2, 3, 4, 5, 8)
GRID_WORDS = slice(1, 10)
SLICES = 48
SIZE = SliceSize(32, 16)
LARGE = SliceSize(48, 32)


def _vol(rng: random.Random, upper: bool) -> int:
    """A vol at 2^18 that the statement accepts, edges included."""
    least = LEAST_UPPER_VOL_Q18 if upper else 0
    draw = rng.choice((least, VOL_LIMIT_Q18 - 1, rng.randrange(least, 1 << 14), rng.randrange(least, VOL_LIMIT_Q18)))
    return draw if rng.random() < 0.3 else rng.randrange(1 << 13, 1 << 18)


def _position(rng: random.Random, upper: bool) -> MarginPosition:
    """A position of any field values: near the money, or anywhere in the widths."""
    amount = rng.choice((1, -1)) * rng.choice((1, 10_000, rng.randint(1, (1 << 28) - 1)))
    forward = rng.choice(((1 << 32) - 1, rng.randrange(1 << 32), rng.randint(5_000_000, 7_000_000)))
    mark = rng.choice((0, (1 << 32) - 1, rng.randrange(1 << 32), rng.randrange(1 << 20)))
    if rng.random() < 0.12:
        return MarginPosition(amount, False, True, 0, 0, mark, mark, (1 << 18,) * 3)
    k = rng.choice(
        (0, 1 - (1 << 26), (1 << 26) - 1, rng.randint(-(1 << 26), (1 << 26) - 1), rng.randint(-(1 << 23), 1 << 23))
    )
    strike = rng.choice((0, (1 << 32) - 1, rng.randrange(1 << 32), forward))
    needs = amount < 0 if upper else amount > 0
    vols = (_vol(rng, needs), _vol(rng, needs), _vol(rng, needs))
    return MarginPosition(amount, rng.random() < 0.5, False, strike, k, mark, forward, vols)


def _book(rng: random.Random, upper: bool, size: int) -> list[MarginPosition]:
    return [_position(rng, upper) for _ in range(size)]


def _params(rng: random.Random) -> MarginParams:
    return MarginParams(rng.choice((80, 100, 255)), rng.choice((0, 600, (1 << 17) - 1)), rng.choice((0, 200, 99_999)))


def margin(rng: random.Random, grids: Sequence[Grid], accounts: int = ACCOUNTS) -> dict[str, Any]:
    """ABI-encoded (uint256[][], int256[]) of insolvency vectors and bounds; for solvency the grid's elements apart."""
    vectors, bounds = [], []
    for i in range(accounts):
        size = rng.choice((16, 32)) if i % 50 == 0 else rng.choice(SIZES)
        grid, row, params = rng.choice(grids), rng.randrange(36), _params(rng)
        book = _book(rng, False, size)
        bounds.append(insolvency_bound(book, grid, row, params))
        vectors.append(list(insolvency_statement(size, book, grid, row, params, b"", 0).d))
    rest, least, chosen = [], [], []
    for i in range(accounts):
        size = 16 if i % 100 == 0 else rng.choice(SIZES)
        place, params = rng.randrange(len(grids)), _params(rng)
        book = _book(rng, True, size)
        least.append(solvency_bound(book, grids[place], params))
        d = solvency_statement(size, book, grids[place], params, b"", 0).d
        rest.append([d[0], *d[GRID_WORDS.stop :]])
        chosen.append(place)
    words = [grid.words() for grid in grids]
    return {
        "insolvency": encode(["uint256[][]", "int256[]"], [vectors, bounds]),
        "solvency": encode(["uint256[][]", "uint256[]", "uint256[][]", "int256[]"], [words, chosen, rest, least]),
    }


def unpacked_knots(words: Sequence[int], count: int) -> DensitySlice:
    """The law of packed knots. Raises :class:`InvalidSlice`."""
    bits = DENSITY_BITS + GAP_BITS
    records = [words[j // 3] >> bits * (j % 3) & (1 << bits) - 1 for j in range(count)]
    knots = [words[0] >> 3 * bits]
    for record in records[:-1]:
        knots.append(knots[-1] + (record >> DENSITY_BITS))
    return DensitySlice(tuple(knots), tuple(record & (1 << DENSITY_BITS) - 1 for record in records))


def encoded(opening: NativeSlice) -> bytes:
    """ABI encoding (d, count, Opening)."""
    path = "(uint32,uint32,bytes,bytes)"
    types = ["uint256[]", "uint256", f"(uint256[],uint256[],{path},uint256[],{path})"]
    return encode(types, [opening.d, opening.count, opening.as_tuple()])


def _path_holds(earlier: DensitySlice, later: DensitySlice, path: CalendarCertificate) -> bool:
    """[C-1], [C-3], [C-4] of a path whose kinks and tangents ascend."""
    if later.survival_q53[0] > earlier.survival_q53[0] or path.ratio_q < 1:
        return False
    if path.ratio_p * later.mean_q53 > path.ratio_q * earlier.mean_q53:
        return False
    ends = (0, *path.kinks, len(earlier.knots_ticks) - 1)
    for left, right, k in zip(ends[:-1], ends[1:], path.tangents, strict=True):
        slope = later.survival_q53[k]
        intercept = path.ratio_p * (later.call_q53[k] + slope * later.knots_ticks[k]) // path.ratio_q
        for i in (left, right):
            if not 0 <= intercept - earlier.call_q53[i] - slope * earlier.knots_ticks[i] < 1 << PRICE_BITS:
                return False
    return True


def accepts(opening: NativeSlice) -> bool:
    """The statement's verdict from the model's formulas alone."""
    size = opening.size
    try:
        law = unpacked_knots(opening.knots, size.knots)
        header = SliceHeader.unpack(opening.d[0])
        runs = SliceRuns.unpack(opening.d, size.strikes)
        neighbours = [unpacked_knots(words, size.knots) if words else None for words in opening.neighbours]
        if not law.agrees_with(header.forward_q16):
            return False
        quotes = []
        for i in range(opening.count):
            strike, result = runs.listing[i].strike_ticks, runs.results[i]
            if strike not in law.knots_ticks:
                return False
            row = law.knots_ticks.index(strike)
            if mark_e2(law.call_q53[row], header.tick_e2) != result.mark_e2:
                return False
            core = black76(runs.logarithms[i].ln_strike_q48 - header.ln_forward_q48, result.total_vol_q32)
            target = (law.call_q53[row] << PRICE_SHIFT - MASS_BITS) + (
                law.mean_q53 << PRICE_SHIFT - MASS_BITS - FLOOR_SHIFT
            )
            if not -VOL_TOLERANCE <= core.call(header.forward_q16, strike) - target < VOL_TOLERANCE:
                return False
            quote = runs.quotes[i]
            spread = min(quote.mid_half_ticks, 1)
            quotes.append(Quote(strike, bool(quote.put), bool(quote.quoted), quote.mid_half_ticks, spread))
    except RiskOracleError:
        return False
    snapshot = ExpirySnapshot(0, header.forward_q16, tuple(quotes))
    if header.fit_error_q16 * law.mean_q53**2 < squared_error(law, snapshot) << 16:
        return False
    pairs = ((neighbours[0], law), (law, neighbours[1]))
    return all(
        earlier is None or later is None or _path_holds(earlier, later, path)
        for (earlier, later), path in zip(pairs, opening.paths, strict=True)
    )


def opening_of(built: RandomSlice) -> NativeSlice:
    """The true opening of a random slice: what its proof would hide."""
    return native_slice(built.witness, built.earlier, built.later)


def _altered(rng: random.Random, true: NativeSlice) -> NativeSlice:
    """One change of what the check reads, some too small to matter."""
    size = true.size
    first = FIRST_RUN + len(SliceRuns.unpack(true.d, size.strikes).pack()) - sum(_run_lengths(size)[2:])
    slot, step = rng.randrange(true.count), rng.choice((1, -1, 2, -2, 1 << 12, -(1 << 12), 1 << 24))
    kind = rng.randrange(7)
    d = list(true.d)
    if kind == 0:
        d[0] += rng.choice((-1, 1, 2, 1 << 20))
    elif kind == 1:
        d[0] += rng.choice((-1, 1)) << 93
    elif kind in (2, 3):
        word, shift = first + slot // 2, 124 * (slot % 2)
        result = SliceResults.unpack(d[word] >> shift & (1 << 124) - 1)
        field = "mark_e2" if kind == 2 else "total_vol_q32"
        limit = 32 if kind == 2 else 35
        value = max(0, min((1 << limit) - 1, getattr(result, field) + step))
        d[word] += replace(result, **{field: value}).pack() - result.pack() << shift
    elif kind == 4:
        knots = list(true.knots)
        knots[rng.randrange(len(knots))] ^= 1 << rng.randrange(30)
        return replace(true, knots=tuple(knots))
    elif kind == 5:
        d[before_listing(size.strikes) + slot // 10] ^= 1 << 24 * (slot % 10)
        strikes = [listed.strike_ticks for listed in SliceRuns.unpack(d, size.strikes).listing[: true.count]]
        if any(low >= high for low, high in pairwise(strikes)):
            # A listing ascends: the registry refuses any other.
            return _altered(rng, true)
    else:
        return _altered_path(rng, true)
    return replace(true, d=tuple(d))


def _run_lengths(size: SliceSize) -> list[int]:
    strikes = size.strikes
    return [-(-strikes // per) for per in (9, 15, 2, 10, 3)]


def _altered_path(rng: random.Random, true: NativeSlice) -> NativeSlice:
    place = rng.randrange(2)
    path = true.paths[place]
    if not path.tangents:
        return true
    change = rng.randrange(3)
    if change == 0:
        path = replace(path, ratio_p=path.ratio_p + 1)
    elif change == 1:
        path = replace(path, ratio_q=0)
    else:
        tangents = list(path.tangents)
        i = rng.randrange(len(tangents))
        low = tangents[i - 1] + 1 if i else 0
        high = tangents[i + 1] if i + 1 < len(tangents) else tangents[i] + 1
        tangents[i] = rng.randrange(low, high)
        path = replace(path, tangents=tuple(tangents))
    paths = (path, true.paths[1]) if place == 0 else (true.paths[0], path)
    return replace(true, paths=paths)


def digests(rng: random.Random) -> dict[str, Any]:
    """Elements of every length of knots, edges of the field among them, and their Poseidon chains."""
    rows = []
    for length in (11, 16, 22, 32):
        rows += [[0] * length, [SCALAR_MODULUS - 1] * length]
        rows += [[rng.choice((0, 1, rng.randrange(SCALAR_MODULUS))) for _ in range(length)] for _ in range(6)]
    return {"cases": encode(["uint256[][]", "uint256[]"], [rows, [_chain(row) for row in rows]])}


def _chain(values: Sequence[int]) -> int:
    """The chain of the permutation in plain integers."""
    digest = poseidon_reference(values[:16])
    for start in range(16, len(values), 15):
        digest = poseidon_reference([digest, *values[start : start + 15]])
    return digest


def _crossing(cases: Sequence[NativeSlice]) -> bytes:
    """ABI encoding (earlier knots, later knots, place of a tangent, place of a call below it) of two laws whose atoms may follow
    each other."""
    for earlier_case, later_case in permutations(cases, 2):
        earlier, later = (unpacked_knots(case.knots, case.size.knots) for case in (earlier_case, later_case))
        if later.survival_q53[0] > earlier.survival_q53[0]:
            continue
        for i, (slope, call) in enumerate(zip(earlier.survival_q53, earlier.call_q53, strict=True)):
            intercept = (call + slope * earlier.knots_ticks[i]) * later.mean_q53
            for j, (knot, price) in enumerate(zip(later.knots_ticks, later.call_q53, strict=True)):
                if intercept > (price + slope * knot) * earlier.mean_q53:
                    types = ["uint256[]", "uint256[]", "uint256", "uint256"]
                    return encode(types, [earlier_case.knots, later_case.knots, i, j])
    raise InvalidSlice("no two of the slices cross")


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]


def slices(rng: random.Random, count: int = SLICES, alterations: int = 10) -> dict[str, Any]:
    """ABI-encoded openings and, of each, alterations as (opening, word of its encoding, value) with their verdicts."""
    cases, openings, altered, verdicts = [], [], [], []
    for seed in range(count):
        true = opening_of(random_slice(SIZE, seed))
        cases.append(true)
        openings.append(encoded(true))
        for case in [true, *(_altered(rng, true) for _ in range(alterations))]:
            words, changed = _words(encoded(true)), _words(encoded(case))
            place = next((i for i, pair in enumerate(zip(words, changed, strict=True)) if len(set(pair)) > 1), 0)
            altered.append([seed, place, changed[place]])
            verdicts.append(accepts(case))
    large = [random_slice(LARGE, seed) for seed in range(200)]
    full = next(s for s in large if s.earlier and s.later and len(s.witness.values.strikes) == LARGE.strikes)
    return {
        "openings": encode(["bytes[]"], [openings]),
        "altered": encode(["uint256[3][]", "bool[]"], [altered, verdicts]),
        "crossing": _crossing(cases),
        "largest": encoded(opening_of(full)),
    }
