# SPDX-License-Identifier: Apache-2.0
"""Writes the vectors that Solidity replays: ``python tests/contracts/make_vectors.py``.

``ln_q48.json`` comes from mpmath at 200 digits, ``groth16_batch.json`` from py_ecc; the others from ``oracle`` and
``prover``, written independently of the contracts. Every integer is a decimal string. Seeds are fixed: the same files on
every machine.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import mpmath

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from oracle.chain.report import ExpiryReport, Listing, Report  # noqa: E402
from oracle.errors import ShockedVolTooHigh  # noqa: E402
from oracle.model.account import Position, PublishedSlice, PublishedStrike, equity_e6, margin_positions  # noqa: E402
from oracle.model.exponential import exp_q64, sqrt_years_q32, tenor_power_q64  # noqa: E402
from oracle.model.greeks import OptionWords, option_greeks  # noqa: E402
from oracle.model.grid import Grid, load_grid  # noqa: E402
from oracle.model.ledger import counted_cash_e6, funding_owed_e6, part, settled, state_hash  # noqa: E402
from oracle.model.logarithm import ln_q48  # noqa: E402
from oracle.model.margin import VOL_LIMIT_Q18, MarginParams  # noqa: E402
from oracle.model.slice import SliceValues, StrikeValue  # noqa: E402
from oracle.model.snapshot import Quote  # noqa: E402
from oracle.statements.insolvency import insolvency_statement  # noqa: E402
from oracle.statements.layout import OptionHeader, SliceHeader  # noqa: E402
from oracle.statements.option import LOG_MONEYNESS_OFFSET  # noqa: E402
from oracle.statements.slice_runs import SliceRuns  # noqa: E402
from oracle.statements.solvency import solvency_statement  # noqa: E402
from oracle.statements.statement import Statement, account_domain, fact_domain  # noqa: E402
from tests.circuits.golden import golden  # noqa: E402
from tests.contracts import native_vectors  # noqa: E402

bn128: Any = import_module("py_ecc.optimized_bn128")
VECTORS = ROOT / "tests" / "vectors"
FIELD_ORDER = 21888242871839275222246405745257275088548364400416034343698204186575808495617
TICK_E2 = 100
OBSERVED_AT = 1_799_900_000
PERPETUAL_MARK_E2 = 6_012_345
# Strike slots and tenor of each slice: below a minute, days, exactly a month, most of a year.
SLICES = ((16, 45), (32, 123_456), (48, 30 * 86_400), (80, 200 * 86_400))
GRIDS = ("flat", "deribit", "derive-pm2", "paradex", "span16")
EXPIRIES = tuple(OBSERVED_AT + tenor_s for _, tenor_s in SLICES)
CHAIN_ID, ENGINE, ACCOUNT, NONCE = 31337, "0x" + "11" * 20, "0x" + "22" * 20, 7


def _text(value: Any) -> Any:
    """Integers as decimal strings, bytes as 0x strings, recursively."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {key: _text(inner) for key, inner in value.items()}
    return [_text(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _logarithms(rng: random.Random) -> dict[str, Any]:
    mpmath.mp.dps = 200
    xs = [1 << 16, (1 << 16) + 1, (1 << 17) - 1, 1 << 17, (1 << 40) - 1, (1 << 127) - 1, 1 << 127, (1 << 128) - 1]
    xs += [rng.getrandbits(rng.randint(17, 127)) | 1 << 16 for _ in range(120)]
    xs += [strike << 16 for strike in (1, 2, 3, 10, 999, 45_000, 60_000, 100_000, (1 << 24) - 1)]
    floors = [int(mpmath.floor((mpmath.log(x) - 16 * mpmath.log(2)) * 2**48)) for x in xs]
    return {"x_q16": xs, "ln_q48": floors}


def _exponentials(rng: random.Random) -> dict[str, Any]:
    """The integers of [L-2] to [L-4] and of the shocks [G-2], edges first."""
    xs = [0, 1, (1 << 48) - 1, 1 << 48, (20 << 48) - 1] + [rng.randrange(20 << 48) for _ in range(60)]
    edges = [0, 1, 59, 60, 61, 30 * 86_400 - 1, 30 * 86_400, 30 * 86_400 + 1, 365 * 86_400, 1 << 40]
    tenors = edges + [rng.randrange(1, 1 << rng.randint(6, 27)) for _ in range(20)]
    powers = [rng.choice([0, 1, 1_300, 3_000, 9_999, 10_000, rng.randint(0, 10_000)]) for _ in tenors]
    rules = [load_grid(ROOT / "circuits" / "grids" / f"{name}.json").vol_rule for name in GRIDS]
    shocks = [[shock for rule in rules for shock in rule.shocks(tenor)] for tenor in tenors]
    return {
        "x_q48": xs,
        "exp_q64": [exp_q64(x) for x in xs],
        "tenor_s": tenors,
        "power_e4": powers,
        "tenor_power_q64": [tenor_power_q64(*pair) for pair in zip(tenors, powers, strict=True)],
        "sqrt_years_q32": [sqrt_years_q32(tenor) for tenor in tenors],
        "rules": [rule.as_tuple() for rule in rules],
        "multiplier_q32": [[shock.multiplier_q32 for shock in row] for row in shocks],
        "shift_q32": [[shock.shift_q32 for shock in row] for row in shocks],
        "floor_q32": [[shock.floor_q32 for shock in row] for row in shocks],
    }


@dataclass(frozen=True)
class _Slice:
    """A slice of random numbers in range: what is published of it, its quotes and the data vector of any circuit."""

    published: PublishedSlice
    header: SliceHeader
    digests: list[int]
    quotes: list[Quote]
    values: SliceValues

    def words(self, strikes: int) -> list[int]:
        """The data vector of the circuit with this many strike slots."""
        return [self.header.pack(), *self.digests, *SliceRuns.of(self.quotes, self.values, strikes).pack()]


def _slice(rng: random.Random, strikes: int, expiry: int) -> _Slice:
    """A slice that needs this many slots, or up to seven fewer."""
    forward_q16 = rng.randint(50_000 << 16, 70_000 << 16)
    count = rng.randint(strikes - 7, strikes)
    ticks = sorted(rng.sample(range(30_000, 110_000, 500), count))
    published = {
        k: PublishedStrike(ln_q48(k << 16), rng.randint(0, 3_000_000), rng.choice([rng.getrandbits(35), 1 << 20]))
        for k in ticks
    }
    quotes = []
    for k in ticks:
        mid = rng.getrandbits(13) + 1
        half_spread, put = min(mid, rng.getrandbits(6) + 1), rng.getrandbits(1)
        quotes.append(Quote(k, bool(put), True, mid, half_spread))
    header = SliceHeader(forward_q16, ln_q48(forward_q16), rng.getrandbits(30), TICK_E2)
    values = [StrikeValue(k, s.ln_strike_q48, 0, s.mark_e2, s.total_vol_q32, 0, 0) for k, s in published.items()]
    return _Slice(
        PublishedSlice(expiry, OBSERVED_AT, forward_q16, header.ln_forward_q48, TICK_E2, published),
        header,
        [rng.randrange(FIELD_ORDER) for _ in range(4)],
        quotes,
        SliceValues(forward_q16, header.ln_forward_q48, header.fit_error_q16, TICK_E2, tuple(values)),
    )


def _slice_vector(built: _Slice, strikes: int) -> dict[str, Any]:
    used = SliceRuns.of(built.quotes, built.values, len(built.quotes))
    return {
        "expiry": built.published.expiry,
        "count": len(built.quotes),
        "d": built.words(strikes),
        "d_largest": built.words(80),
        "quotes_hash": used.quotes_hash(),
        "elements_hash": used.listing_hash(),
    }


def _positions(rng: random.Random, slices: dict[int, PublishedSlice], slots: int) -> list[Position]:
    chosen: dict[tuple[int, int, bool], Position] = {}
    for _ in range(rng.randint(1, slots)):
        expiry = rng.choice(list(slices))
        strike, put = rng.choice(list(slices[expiry].strikes)), rng.random() < 0.5
        amount = rng.choice([1, -1]) * rng.choice([1, 10_000, rng.randint(1, (1 << 28) - 1)])
        chosen[expiry, strike, put] = Position(expiry, strike, put, amount)
    return sorted(chosen.values())


def _publics(statement: Statement) -> dict[str, Any]:
    return {"d": list(statement.d), "digest": statement.digest, "signals": statement.publics}


def _book(positions: list[Position], slices: dict[int, PublishedSlice]) -> dict[str, Any]:
    hints = [0 if p.perpetual else slices[p.expiry].hint(p.strike_ticks) for p in positions]
    return {
        "words": [p.word(hint) for p, hint in zip(positions, hints, strict=True)],
        "expiry": [p.expiry for p in positions],
        "strike_ticks": [p.strike_ticks for p in positions],
        "put": [int(p.put) for p in positions],
        "amount_e4": [p.amount_e4 for p in positions],
    }


def _ledger(rng: random.Random, positions: list[Position]) -> dict[str, Any]:
    """Funding, settlement, haircut, parts and state hash of a book."""
    nonce, before, now_index = rng.getrandbits(64), rng.getrandbits(90) - (1 << 89), rng.getrandbits(90) - (1 << 89)
    cash, haircut, fraction = rng.getrandbits(80) - (1 << 79), rng.randint(0, 10_000), rng.randint(1, 10_000)
    now, price = rng.choice([0, *EXPIRIES]), rng.getrandbits(rng.randint(1, 40))
    left, gain = settled(positions, now, dict.fromkeys(EXPIRIES, (price, TICK_E2)))
    return {
        "nonce": nonce,
        "index_before_e6": before,
        "index_now_e6": now_index,
        "owed_e6": funding_owed_e6(positions, before, now_index),
        "state_hash": state_hash(ACCOUNT, nonce, before, positions),
        "cash_e6": cash,
        "haircut_e4": haircut,
        "counted_e6": counted_cash_e6(cash, haircut),
        "fraction_e4": fraction,
        "part": [p.word() for p in part(positions, fraction)],
        "now": now,
        "price_e2": price,
        "left": [p.word() for p in left],
        "gain_e6": gain,
    }


def _case(rng: random.Random, slices: dict[int, PublishedSlice], grids: list[Grid], i: int) -> dict[str, Any]:
    """An account that both statements cover: drawn again while a vol is shocked beyond their width."""
    while True:
        try:
            return _covered(rng, slices, grids[i % len(grids)], (4, 8, 16, 32)[i % 4]) | {"grid": i % len(grids)}
        except ShockedVolTooHigh:
            continue


def _refused(rng: random.Random, slices: dict[int, PublishedSlice], grid: Grid) -> dict[str, Any]:
    """A short call, and a long one, whose vol is shocked up to 8 or more."""
    while True:
        expiry = rng.choice(list(slices))
        short = Position(expiry, rng.choice(list(slices[expiry].strikes)), False, -1)
        long = replace(short, amount_e4=1)
        vols = [margin_positions([p], slices, grid, p is short)[0].vols_q18[0] for p in (short, long)]
        if vols[0] >= VOL_LIMIT_Q18:
            return {"short": _book([short], slices), "long": _book([long], slices), "vol_q18": vols[0]}


def _covered(rng: random.Random, slices: dict[int, PublishedSlice], grid: Grid, slots: int) -> dict[str, Any]:
    positions, row, bound = _positions(rng, slices, slots), rng.randrange(36), rng.randint(-(1 << 63), (1 << 63) - 1)

    def domain(circuit_id: str) -> bytes:
        return account_domain(circuit_id, CHAIN_ID, ENGINE, ACCOUNT, NONCE, grid.grid_id())

    other = random.Random(bound)
    if other.random() < 0.5:
        perpetual = Position(0, 0, False, other.choice([1, -1]) * other.randint(1, (1 << 28) - 1))
        positions = [perpetual, *positions[: slots - 1]]
    longs, shorts = (margin_positions(positions, slices, grid, upper, PERPETUAL_MARK_E2) for upper in (True, False))
    solvency = solvency_statement(slots, longs, grid, MarginParams(100, 600, 200), domain(f"solvency_{slots}"), bound)
    insolvency = insolvency_statement(
        slots, shorts, grid, row, MarginParams(80, 600, 200), domain(f"insolvency_{slots}"), bound
    )
    return {
        "slots": slots,
        **_book(positions, slices),
        "required_cash_e6": bound,
        "row": row,
        "value_e6": equity_e6(0, positions, slices, grid, PERPETUAL_MARK_E2),
        "ledger": _ledger(other, positions),
        "solvency": _publics(solvency),
        "insolvency": _publics(insolvency),
    }


def _accounts(rng: random.Random) -> dict[str, Any]:
    grids = [load_grid(ROOT / "circuits" / "grids" / f"{name}.json") for name in GRIDS]
    built = [_slice(rng, strikes, expiry) for (strikes, _), expiry in zip(SLICES, EXPIRIES, strict=True)]
    slices = {each.published.expiry: each.published for each in built}
    return {
        "grids": [
            {"words": grid.words(), "vol_rule": grid.vol_rule.as_tuple(), "grid_id": grid.grid_id()} for grid in grids
        ],
        "observed_at": OBSERVED_AT,
        "perpetual_mark_e2": PERPETUAL_MARK_E2,
        "slices": [_slice_vector(each, strikes) for each, (strikes, _) in zip(built, SLICES, strict=True)],
        "cases": [_case(rng, slices, grids, i) for i in range(20)],
        "refused": _refused(rng, slices, grids[1]),
    }


def _affine(point: Any) -> list[int]:
    """Coordinates as the contracts take them: x, y; in G2 c1 before c0."""
    x, y = bn128.normalize(point)
    return [x.n, y.n] if not hasattr(x, "coeffs") else [int(c) for each in (x, y) for c in reversed(each.coeffs)]


def _batch(rng: random.Random) -> dict[str, Any]:
    """Proofs for random signals, simulated: C follows from the trapdoor that no honest setup keeps.

    Four proofs under each of three keys; the last two share alpha, beta and gamma, as keys of one first phase do.
    """

    def scalar() -> int:
        return rng.randrange(1, bn128.curve_order)

    keys, proofs, signals, trapdoors = [], [], [], []
    for k in range(3):
        if k < 2:
            alpha, beta, gamma = (scalar() for _ in range(3))
        delta, *ic = (scalar() for _ in range(5))
        points = [
            bn128.multiply(bn128.G1, alpha),
            *(bn128.multiply(bn128.G2, s) for s in (beta, gamma, delta)),
            *(bn128.multiply(bn128.G1, s) for s in ic),
        ]
        keys.append([word for point in points for word in _affine(point)])
        trapdoors.append([alpha, beta, gamma, delta, *ic])
        for _ in range(4):
            a, b, publics = scalar(), scalar(), [scalar() for _ in range(3)]
            combined = sum(s * p for s, p in zip(ic, [1, *publics], strict=True))
            c = (a * b - alpha * beta - combined * gamma) * pow(delta, -1, bn128.curve_order) % bn128.curve_order
            proofs.append(
                _affine(bn128.multiply(bn128.G1, a))
                + _affine(bn128.multiply(bn128.G2, b))
                + _affine(bn128.multiply(bn128.G1, c))
            )
            signals.append(publics)
            if len(proofs) == 1:
                first = bn128.multiply(bn128.G1, c)
            elif len(proofs) == 2:
                shifted = [bn128.add(first, bn128.G1), bn128.add(bn128.multiply(bn128.G1, c), bn128.neg(bn128.G1))]
    return {
        "keys": keys,
        "trapdoors": trapdoors,
        "proofs": proofs,
        "signals": signals,
        "cancelling_c": [_affine(point) for point in shifted],
    }


def _option_words(rng: random.Random) -> list[OptionWords]:
    """Words over the whole of every range, edges first, then strikes of random laws."""
    edges = [
        OptionWords(1 << 16, 1, 1, 0, 1, 0, 0),
        OptionWords((1 << 40) - 1, 255, (1 << 24) - 1, (1 << 78) - 1, (1 << 35) - 1, 1 << 152, (1 << 227) - 1),
        OptionWords((1 << 40) - 1, 255, 1, 0, 1, 1 << 152, (1 << 227) - 1),
    ]
    wide = [
        OptionWords(
            rng.randrange(1 << 16, 1 << rng.randint(17, 40)),
            rng.randrange(1, 1 << 8),
            rng.randrange(1, 1 << rng.randint(1, 24)),
            rng.getrandbits(rng.randint(1, 78)),
            rng.randrange(1, 1 << rng.randint(1, 35)),
            rng.getrandbits(152),
            rng.getrandbits(227),
        )
        for _ in range(40)
    ]
    return edges + wide


def _options(rng: random.Random) -> dict[str, Any]:
    """Greeks of calls and puts in turn, and the public signals of each option's words under one report."""
    cases = []
    for i, words in enumerate(_option_words(rng)):
        tenor_s, put = rng.choice([0, 59, 60, rng.getrandbits(rng.randint(1, 40))]), i % 2 == 1
        knots = rng.randrange(FIELD_ORDER)
        k = ln_q48(words.strike_ticks << 16) - ln_q48(words.forward_q16) + LOG_MONEYNESS_OFFSET
        header = OptionHeader(words.strike_ticks, words.total_vol_q32)
        d = (header.pack(), words.forward_q16, k, knots, words.call_q53, words.cdf_d1, words.pdf_d1)
        domain = fact_domain("option_32", "BTC-USD", EXPIRIES[0], 42, b"\x05" * 32)
        cases.append(
            {
                **vars(words),
                "tenor_s": tenor_s,
                "put": int(put),
                **vars(option_greeks(words, tenor_s, put)),
                "mark_e2": words.call_q53 * words.tick_e2 + (1 << 52) >> 53,
                "knots_digest": knots,
                **_publics(Statement("option_32", d, {}, domain)),
            }
        )
    return {key: [case[key] for case in cases] for key in cases[0]}


def _report(rng: random.Random) -> dict[str, Any]:
    expiries = tuple(
        ExpiryReport(expiry, rng.getrandbits(40), 998_765_432, rng.randbytes(32), rng.randrange(FIELD_ORDER))
        for expiry in EXPIRIES
    )
    report = Report(
        market="BTC-USD",
        epoch=42,
        attempt=2,
        observed_at_ms=1_799_000_000_123,
        set_version=3,
        venue_mask=0b10111,
        absent_venues=0b00101,
        rejected_count=17,
        confidence_e4=25,
        config_hash=b"\x07" * 32,
        snapshot_root=rng.randbytes(32),
        spot_e2=6_012_345,
        cumulative_spot_e2_ms=(1 << 127) + 123_456_789,
        perpetual_mark_e2=6_013_000,
        perpetual_index_e2=6_012_300,
        expiries=expiries,
    )
    digest = report.digest()
    listing = Listing("BTC-USD", EXPIRIES[0], 100, (40_000, 45_000, 60_000), 3)
    return {
        **{name: value for name, value in vars(report).items() if name not in ("market", "expiries")},
        "forward_q16": [e.forward_q16 for e in expiries],
        "discount_e9": [e.discount_e9 for e in expiries],
        "quotes_hash": [e.quotes_hash for e in expiries],
        "knots_digest": [e.knots_digest for e in expiries],
        "expiry": list(EXPIRIES),
        "digest": digest,
        "slice_domain": fact_domain("slice_32_16", "BTC-USD", EXPIRIES[0], 42, digest),
        "listing_digest": listing.digest(),
    }


def contents() -> dict[str, str]:
    """File name to text, for ``tests/vectors``."""
    rng, native = random.Random(20261121), random.Random(20261122)
    grids = [load_grid(ROOT / "circuits" / "grids" / f"{name}.json") for name in GRIDS]
    vectors = {
        "ln_q48.json": _logarithms(rng),
        "exponential.json": _exponentials(rng),
        "account_words.json": _accounts(rng),
        "report.json": _report(rng),
        "groth16_batch.json": _batch(rng),
        "option.json": _options(rng),
        "native_margin.json": native_vectors.margin(native, grids),
        "auction.json": native_vectors.auctions(native),
        "native_slice.json": native_vectors.slices(native),
        "poseidon.json": native_vectors.digests(native),
    }
    texts = {name: json.dumps(_text(vector), indent=1) + "\n" for name, vector in vectors.items()}
    return texts | {name: _lines(_text(statement)) for name, statement in golden().items()}


def _lines(statement: dict[str, Any]) -> str:
    """One line a key of each case: arrays of switches would otherwise fill thousands."""
    cases = [
        ",\n".join(f"   {json.dumps(key)}: {json.dumps(value)}" for key, value in case.items())
        for case in statement["cases"]
    ]
    body = ",\n".join(f"  {{\n{case}\n  }}" for case in cases)
    head = ",\n".join(f" {json.dumps(key)}: {json.dumps(statement[key])}" for key in ("statement", "circuit_ids"))
    return f'{{\n{head},\n "cases": [\n{body}\n ]\n}}\n'


def differential(cases: int, seed: int) -> dict[str, str]:
    """The vectors of the native checks and of bids with other random cases, as many as asked for."""
    rng = random.Random(seed)
    grids = [load_grid(ROOT / "circuits" / "grids" / f"{name}.json") for name in GRIDS]
    alterations = 10
    vectors = {
        "native_margin.json": native_vectors.margin(rng, grids, cases),
        "auction.json": native_vectors.auctions(rng, cases),
        "native_slice.json": native_vectors.slices(rng, -(-cases // (alterations + 1)), alterations),
    }
    return {name: json.dumps(_text(vector), indent=1) + "\n" for name, vector in vectors.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, help="random cases of the differential test instead of the stored vectors")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--out", type=Path, default=VECTORS)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name, text in (differential(given.cases, given.seed) if given.cases else contents()).items():
        (given.out / name).write_text(text)
