# SPDX-License-Identifier: Apache-2.0
"""Accounts on random slices: what the chain derives of their data vectors, their ledger, bids for them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from oracle.errors import ShockedVolTooHigh
from oracle.model import auction
from oracle.model.account import Position, PublishedSlice, PublishedStrike, equity_e6, margin_positions
from oracle.model.grid import Grid, load_grid
from oracle.model.ledger import counted_cash_e6, funding_owed_e6, part, settled, state_hash
from oracle.model.logarithm import ln_q48
from oracle.model.margin import VOL_LIMIT_Q18, MarginParams
from oracle.model.slice import SliceValues, StrikeValue
from oracle.model.snapshot import Quote
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.layout import SliceHeader
from oracle.statements.slice_runs import SliceRuns
from oracle.statements.solvency import solvency_statement
from oracle.statements.statement import Statement, account_domain
from prover.challenge import challenge, evaluate
from tests.contracts.fact_vectors import EXPIRIES, FIELD_ORDER, OBSERVED_AT, SLICES, publics

ROOT = Path(__file__).resolve().parents[2]
TICK_E2 = 100
PERPETUAL_MARK_E2 = 6_012_345
GRIDS = ("flat", "deribit", "derive-pm2", "paradex", "span16")
BIDS = 512
ROWS = 60
CHAIN_ID, ENGINE, ACCOUNT, NONCE = 31337, "0x" + "11" * 20, "0x" + "22" * 20, 7


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


@dataclass(frozen=True)
class _Account:
    """An account under one grid, and both of its statements."""

    positions: list[Position]
    row: int
    bound: int
    value_e6: int
    solvency: Statement
    insolvency: Statement
    rng: random.Random


def _account(rng: random.Random, slices: dict[int, PublishedSlice], grid: Grid, slots: int) -> _Account:
    """Raises :class:`ShockedVolTooHigh`."""
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
    value = equity_e6(0, positions, slices, grid, PERPETUAL_MARK_E2)
    return _Account(positions, row, bound, value, solvency, insolvency, other)


def _covered(rng: random.Random, slices: dict[int, PublishedSlice], grid: Grid, slots: int) -> dict[str, Any]:
    a = _account(rng, slices, grid, slots)
    return {
        "slots": slots,
        **_book(a.positions, slices),
        "required_cash_e6": a.bound,
        "row": a.row,
        "value_e6": a.value_e6,
        "ledger": _ledger(a.rng, a.positions),
        "solvency": publics(a.solvency),
        "insolvency": publics(a.insolvency),
    }


def _hash(words: Sequence[int]) -> bytes:
    return keccak(b"".join(word.to_bytes(32, "big") for word in words))


def _signal_hashes(statement: Statement, digest: int) -> tuple[bytes, bytes]:
    """Hashes of the data vector and of [digest, y, z], any digest in place of the slow one of ``d``."""
    z = challenge(statement.domain, statement.d, digest)
    signals = (digest, evaluate(statement.d, z), z)
    return _hash(statement.d), _hash(signals)


def _rows(rng: random.Random, slices: dict[int, PublishedSlice], grids: list[Grid], rows: int) -> bytes:
    """ABI-encoded (uint256[][], int256[17][], bytes32[6][]): position words; slots, grid, row, required cash, value, digest,
    time, price and gain of a settlement, index before and now, funding owed, nonce, cash, haircut, counted cash, fraction;
    hashes of solvency's vector and signals, of insolvency's, of the state, of the part."""
    words: list[list[int]] = []
    numbers, hashes = [], []
    while len(words) < rows:
        place, slots, digest = rng.randrange(len(grids)), rng.choice((4, 4, 8, 8, 16, 32)), rng.randrange(FIELD_ORDER)
        try:
            a = _account(rng, slices, grids[place], slots)
        except ShockedVolTooHigh:
            continue
        book = _ledger(a.rng, a.positions)
        words.append(_book(a.positions, slices)["words"])
        keys = ("now", "price_e2", "gain_e6", "index_before_e6", "index_now_e6", "owed_e6", "nonce", "cash_e6")
        ledger = [book[key] for key in (*keys, "haircut_e4", "counted_e6", "fraction_e4")]
        signed = digest - (1 << 256) if digest >> 255 else digest
        numbers.append([slots, place, a.row, a.bound, a.value_e6, signed, *ledger])
        vectors = (*_signal_hashes(a.solvency, digest), *_signal_hashes(a.insolvency, digest))
        hashes.append([*vectors, book["state_hash"], _hash(book["part"])])
    return encode(["uint256[][]", "int256[17][]", "bytes32[6][]"], [words, numbers, hashes])


def accounts(rng: random.Random, rows_rng: random.Random, rows: int = ROWS) -> dict[str, Any]:
    """File name to vectors: accounts in full, and as many rows as asked for of more accounts on the same slices."""
    grids = [load_grid(ROOT / "circuits" / "grids" / f"{name}.json") for name in GRIDS]
    built = [_slice(rng, strikes, expiry) for (strikes, _), expiry in zip(SLICES, EXPIRIES, strict=True)]
    slices = {each.published.expiry: each.published for each in built}
    words = {
        "grids": [
            {"words": grid.words(), "vol_rule": grid.vol_rule.as_tuple(), "grid_id": grid.grid_id()} for grid in grids
        ],
        "observed_at": OBSERVED_AT,
        "perpetual_mark_e2": PERPETUAL_MARK_E2,
        "slices": [_slice_vector(each, strikes) for each, (strikes, _) in zip(built, SLICES, strict=True)],
        "cases": [_case(rng, slices, grids, i) for i in range(20)],
        "refused": _refused(rng, slices, grids[1]),
    }
    return {"account_words.json": words, "account_rows.json": {"rows": _rows(rows_rng, slices, grids, rows)}}


def auctions(rng: random.Random, cases: int = BIDS) -> dict[str, Any]:
    """ABI-encoded rows: bound, cash, value, fraction, seconds elapsed, cap, decay, start price; largest fraction, price and
    bonus [Q-2] to [Q-4]."""
    rows, settings = [], random.Random(20261124)
    for _ in range(cases):
        bits = rng.choice((8, 40, 64, 100))
        bound, cash, value = (rng.randint(-(1 << bits), 1 << bits) for _ in range(3))
        fraction = rng.choice((1, 10_000, rng.randint(1, 10_000)))
        elapsed = rng.choice((0, 1_199, 1_200, 1_201, rng.randrange(1_200), rng.getrandbits(40)))
        decay, start = settings.choice((1, 1_200, 1_200, settings.randint(1, 65_535))), settings.randint(0, 100)
        moment = auction.Moment(elapsed, decay, start)
        cap = rng.getrandbits(rng.choice((8, 48)))
        rows.append(
            (
                *(bound, cash, value, fraction, elapsed, cap, decay, start),
                auction.largest_fraction_e4(bound, cash, cash + value, moment),
                auction.price_e6(value, cash, fraction, moment),
                auction.bonus_e6(cap, fraction, moment),
            )
        )
    return {"rows": encode(["int256[11][]"], [rows])}
