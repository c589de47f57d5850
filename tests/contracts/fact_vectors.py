# SPDX-License-Identifier: Apache-2.0
"""What holds on any chain: batches of simulated proofs, options, reports."""

from __future__ import annotations

import random
from importlib import import_module
from typing import Any

from oracle.chain.report import ExpiryReport, Listing, Report
from oracle.model.greeks import OptionWords, option_greeks
from oracle.model.logarithm import ln_q48
from oracle.statements.layout import OptionHeader
from oracle.statements.option import LOG_MONEYNESS_OFFSET
from oracle.statements.statement import Statement, fact_domain

bn128: Any = import_module("py_ecc.optimized_bn128")
FIELD_ORDER = 21888242871839275222246405745257275088548364400416034343698204186575808495617
OBSERVED_AT = 1_799_900_000
# Strike slots and tenor of each slice: below a minute, days, exactly a month, most of a year.
SLICES = ((16, 45), (32, 123_456), (48, 30 * 86_400), (80, 200 * 86_400))
EXPIRIES = tuple(OBSERVED_AT + tenor_s for _, tenor_s in SLICES)


def publics(statement: Statement) -> dict[str, Any]:
    """Data vector, digest and public signals."""
    return {"d": list(statement.d), "digest": statement.digest, "signals": statement.publics}


def _affine(point: Any) -> list[int]:
    """Coordinates as the contracts take them: x, y; in G2 c1 before c0."""
    x, y = bn128.normalize(point)
    return [x.n, y.n] if not hasattr(x, "coeffs") else [int(c) for each in (x, y) for c in reversed(each.coeffs)]


def batch(rng: random.Random) -> dict[str, Any]:
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


def options(rng: random.Random) -> dict[str, Any]:
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
                **publics(Statement("option_32", d, {}, domain)),
            }
        )
    return {key: [case[key] for case in cases] for key in cases[0]}


def report(rng: random.Random) -> dict[str, Any]:
    expiries = tuple(
        ExpiryReport(expiry, rng.getrandbits(40), 998_765_432, rng.randbytes(32), rng.randrange(FIELD_ORDER))
        for expiry in EXPIRIES
    )
    made = Report(
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
    digest = made.digest()
    listing = Listing("BTC-USD", EXPIRIES[0], 100, (40_000, 45_000, 60_000), 3)
    return {
        **{name: value for name, value in vars(made).items() if name not in ("market", "expiries")},
        "forward_q16": [e.forward_q16 for e in expiries],
        "discount_e9": [e.discount_e9 for e in expiries],
        "quotes_hash": [e.quotes_hash for e in expiries],
        "knots_digest": [e.knots_digest for e in expiries],
        "expiry": list(EXPIRIES),
        "digest": digest,
        "slice_domain": fact_domain("slice_32_16", "BTC-USD", EXPIRIES[0], 42, digest),
        "listing_digest": listing.digest(),
    }
