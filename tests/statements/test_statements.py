# SPDX-License-Identifier: Apache-2.0
"""Domains, challenges and data vectors of the three statements, without a circuit."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from oracle.errors import CalendarViolation, InvalidSlice, InvalidValue, MarginError
from oracle.model.density import DensitySlice
from oracle.model.grid import load_grid
from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.model.insolvency import worst_row
from oracle.model.margin import MarginParams, MarginPosition, value_e6
from oracle.model.solvency import required_cash_e6 as solvency_bound
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.layout import InsolvencyHeader, SolvencyHeader, SolvencyPositions
from oracle.statements.slice import SliceSize, SliceWitness, knots_digest, slice_statement
from oracle.statements.solvency import solvency_statement
from oracle.statements.statement import account_domain, fact_domain, name_bytes32
from prover.field import SCALAR_MODULUS
from prover.poseidon import poseidon_chain
from tests.model.test_slice_values import LAW, snapshot

GRID = load_grid(Path(__file__).resolve().parents[2] / "circuits" / "grids" / "flat.json")
PARAMS = MarginParams(100, 1_000, 2_000)
DOMAIN = b"\x01" * 32
SHORT_PUT = MarginPosition(-10_000, True, False, 5_800_000, -600_000, 120_000, 6_000_000, (40_000, 30_000, 25_000))
LONG_CALL = MarginPosition(4_000, False, False, 6_500_000, 1_340_000, 90_000, 6_000_000, (40_000, 30_000, 25_000))
BOOK = (SHORT_PUT, LONG_CALL)
SIZE = SliceSize(32, 16)
LISTED = 5
QUOTE_ELEMENTS, LISTING_ELEMENTS = -(-LISTED // 2), -(-LISTED // 3)


def test_a_name_is_padded_to_32_bytes_and_bounded() -> None:
    assert name_bytes32("market", "BTC-USD") == b"BTC-USD".ljust(32, b"\0")
    for text in ("", "x" * 33):
        with pytest.raises(InvalidValue, match="market"):
            name_bytes32("market", text)


def test_the_domain_of_a_fact_binds_circuit_market_expiry_epoch_and_report() -> None:
    base = ("slice_32_16", "BTC-USD", 5, 6, b"\2" * 32)
    others = [
        ("slice_48_24", *base[1:]),
        (base[0], "ETH-USD", *base[2:]),
        (*base[:2], 6, *base[3:]),
        (*base[:3], 7, base[4]),
        (*base[:4], b"\3" * 32),
    ]
    assert len({fact_domain(*values) for values in [base, *others]}) == 6


def test_the_domain_of_an_account_is_the_hash_of_the_abi_encoding() -> None:
    engine, account = "0x" + "11" * 20, "0x" + "22" * 20
    expected = keccak(
        encode(
            ["bytes32", "uint256", "address", "address", "uint64", "bytes32"],
            [b"solvency_4".ljust(32, b"\0"), 31_337, engine, account, 9, GRID.grid_id()],
        )
    )
    assert account_domain("solvency_4", 31_337, engine, account, 9, GRID.grid_id()) == expected
    assert account_domain("solvency_4", 1, engine, account, 9, GRID.grid_id()) != expected


def test_publics_are_the_digest_the_polynomial_at_z_and_z() -> None:
    statement = solvency_statement(4, BOOK, GRID, PARAMS, DOMAIN)
    words = b"".join(v.to_bytes(32, "big") for v in (len(statement.d), *statement.d, poseidon_chain(statement.d)))
    z = int.from_bytes(keccak(DOMAIN + words), "big") % SCALAR_MODULUS
    y = sum(value * pow(z, i, SCALAR_MODULUS) for i, value in enumerate(statement.d)) % SCALAR_MODULUS
    assert statement.publics == [poseidon_chain(statement.d), y, z]
    assert statement.circuit_inputs()["z"] == z


def test_another_domain_gives_another_challenge() -> None:
    first, second = (solvency_statement(4, BOOK, GRID, PARAMS, domain) for domain in (DOMAIN, b"\2" * 32))
    assert first.d == second.d
    assert first.z != second.z


def test_the_data_vector_of_solvency_is_header_grid_positions() -> None:
    statement = solvency_statement(4, BOOK, GRID, PARAMS, DOMAIN)
    assert statement.circuit_id == "solvency_4"
    assert len(statement.d) == 1 + 9 + 4
    assert list(statement.d[1:10]) == GRID.words()
    header = SolvencyHeader.unpack(statement.d[0])
    assert header == SolvencyHeader(solvency_bound(BOOK, GRID, PARAMS), value_e6(BOOK), 100, 1_000, 2_000)
    first = SolvencyPositions.unpack(statement.d[10])
    assert (first.amount_e4, first.put, first.vol_none_q18) == (-10_000, 1, 30_000)
    assert first.inverse_vol_none_q4 == -(-(1 << 22) // 30_000)
    unused = SolvencyPositions.unpack(statement.d[13])
    assert (unused.amount_e4, unused.strike_e2, unused.vol_none_q18, unused.inverse_vol_none_q4) == (0, 0, 1 << 18, 0)


def test_the_data_vector_of_insolvency_names_its_row() -> None:
    row, bound = worst_row(BOOK, GRID, PARAMS)
    statement = insolvency_statement(4, BOOK, GRID, row, PARAMS, DOMAIN)
    header = InsolvencyHeader.unpack(statement.d[0])
    scenario = GRID.scenarios[row]
    assert (header.spot_e4, header.ln_spot_q24, header.weight_e5) == (
        scenario.spot_e4,
        scenario.ln_spot_q24,
        scenario.weight_e5,
    )
    assert header.required_cash_e6 == bound == max(insolvency_bound(BOOK, GRID, j, PARAMS) for j in range(36))
    assert len(statement.d) == 5


def test_insolvency_of_the_worst_row_is_just_below_solvency() -> None:
    """Both bound the same requirement, from the two sides."""
    upper, (_, lower) = solvency_bound(BOOK, GRID, PARAMS), worst_row(BOOK, GRID, PARAMS)
    assert lower < upper < lower + 3e-5 * 14_000 * 6_000_000 * 4


def test_too_many_positions_are_a_margin_error() -> None:
    with pytest.raises(MarginError, match="do not fit"):
        solvency_statement(4, BOOK * 3, GRID, PARAMS, DOMAIN)
    with pytest.raises(MarginError, match="do not fit"):
        insolvency_statement(4, BOOK * 3, GRID, 0, PARAMS, DOMAIN)


def test_a_bound_outside_its_width_is_an_invalid_value() -> None:
    with pytest.raises(InvalidValue, match="required_cash_e6"):
        solvency_statement(4, BOOK, GRID, PARAMS, DOMAIN, 1 << 63)


def test_the_data_vector_of_a_slice_has_the_documented_elements() -> None:
    witness = SliceWitness.build(SIZE, LAW, snapshot(), 100)
    statement = slice_statement(witness, "BTC-USD", 3, b"\5" * 32)
    assert len(statement.d) == 5 + 8 + 6
    assert statement.d[1] == knots_digest(witness.density)
    assert statement.d[2:4] == (0, 0)
    assert statement.d[4] == poseidon_chain(witness.greeks_words)
    assert list(statement.d[13:]) == [*witness.quote_elements[QUOTE_ELEMENTS:], *[0] * (6 - LISTING_ELEMENTS)]
    assert len(witness.greeks_words) == 2 * SIZE.strikes
    marks = [s.mark_e2 for s in witness.published(1).strikes.values()]
    assert marks == [s.mark_e2 for s in witness.values.strikes]
    assert witness.published(1).forward_q16 == witness.values.forward_q16


def test_the_quotes_hash_covers_quotes_without_marks_and_vols() -> None:
    witness = SliceWitness.build(SIZE, LAW, snapshot(), 100)
    shifted = SliceWitness.build(SIZE, LAW, snapshot(2), 100)
    assert witness.quote_elements != shifted.quote_elements
    assert len(witness.quote_elements) == QUOTE_ELEMENTS + LISTING_ELEMENTS
    statement = slice_statement(witness, "BTC-USD", 3, b"\5" * 32)
    mask = sum(((1 << 42) - 1) << (108 * i) for i in range(2))
    quotes = [element & mask for element in statement.d[5:13]]
    assert quotes == [*witness.quote_elements[:QUOTE_ELEMENTS], *[0] * (8 - QUOTE_ELEMENTS)]


def test_the_quotes_hash_does_not_depend_on_the_preset() -> None:
    small, large = (SliceWitness.build(size, LAW, snapshot(), 100) for size in (SIZE, SliceSize(48, 32)))
    assert small.quote_elements == large.quote_elements


def test_the_knots_digest_depends_on_every_knot_and_node() -> None:
    padded = DensitySlice(LAW.knots_ticks, tuple(q // 2 for q in LAW.density_q)).padded(32)
    digests = {knots_digest(padded)}
    for j in range(len(LAW.knots_ticks)):
        nodes = tuple(q + (i == j) for i, q in enumerate(padded.density_q))
        knots = tuple(x - (i == j) for i, x in enumerate(padded.knots_ticks))
        digests |= {
            knots_digest(DensitySlice(padded.knots_ticks, nodes)),
            knots_digest(DensitySlice(knots, padded.density_q)),
        }
    assert len(digests) == 1 + 2 * len(LAW.knots_ticks)


def test_a_slice_that_does_not_fit_is_an_invalid_slice() -> None:
    with pytest.raises(InvalidSlice, match="do not fit"):
        SliceWitness.build(SliceSize(32, 4), LAW, snapshot(), 100)
    with pytest.raises(InvalidSlice, match="do not fit"):
        SliceWitness.build(SliceSize(6, 16), LAW, snapshot(), 100)
    with pytest.raises(InvalidSlice, match="last knot must be 0"):
        SliceWitness.build(SIZE, DensitySlice((1, 2), (0, 1)), snapshot(), 100)


def test_a_claim_without_certificate_is_a_calendar_violation() -> None:
    witness = SliceWitness.build(SIZE, LAW, snapshot(), 100)
    with pytest.raises(CalendarViolation, match="certificate"):
        slice_statement(witness, "BTC-USD", 3, b"\5" * 32, later=DensitySlice((0,) * 32, (0,) * 32))
