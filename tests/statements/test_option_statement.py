# SPDX-License-Identifier: Apache-2.0
"""The option statement without a circuit: its vector, its domain, and vectors that no reader accepts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oracle.errors import InvalidSlice, InvalidValue
from oracle.model.logarithm import ln_q48
from oracle.model.option import option_values
from oracle.statements.layout import OptionHeader
from oracle.statements.option import (
    CALL,
    CDF,
    FORWARD,
    HEADER,
    KNOTS_DIGEST,
    LOG_MONEYNESS,
    LOG_MONEYNESS_OFFSET,
    PDF,
    circuit_id,
    option_statement,
    read_option,
    segment_layers,
)
from oracle.statements.slice import knots_digest
from oracle.statements.statement import Statement, fact_domain
from prover.field import SCALAR_MODULUS
from tests.model.test_slice_values import FORWARD_Q16, LAW

STRIKE = 61_234
DIGEST = b"\x05" * 32
PADDED = LAW.padded(32)
VECTORS = Path(__file__).resolve().parents[1] / "vectors"


def statement(strike: int = STRIKE, epoch: int = 7) -> Statement:
    return option_statement(PADDED, FORWARD_Q16, strike, "BTC-USD", 1_800_000_000, epoch, DIGEST)


def test_the_vector_has_the_strike_the_forward_the_knots_and_the_models_numbers() -> None:
    values, d = option_values(LAW, FORWARD_Q16, STRIKE), statement().d
    assert OptionHeader.unpack(d[HEADER]) == OptionHeader(STRIKE, values.total_vol_q32)
    assert d[FORWARD] == FORWARD_Q16
    assert d[LOG_MONEYNESS] == ln_q48(STRIKE << 16) - ln_q48(FORWARD_Q16) + LOG_MONEYNESS_OFFSET
    assert d[KNOTS_DIGEST] == knots_digest(PADDED)
    assert d[CALL] == PADDED.call_at(STRIKE)
    assert (d[CDF], d[PDF]) == (values.cdf_d1, values.pdf_d1)
    assert read_option(d) == values


def test_an_option_is_a_fact_of_its_circuit_market_expiry_epoch_and_report() -> None:
    assert statement().circuit_id == circuit_id(32) == "option_32"
    assert statement().domain == fact_domain("option_32", "BTC-USD", 1_800_000_000, 7, DIGEST)
    assert statement(epoch=8).d == statement().d
    assert statement(epoch=8).z != statement().z


@pytest.mark.parametrize("knots", [32, 48, 64, 96])
def test_the_switches_reach_every_row(knots: int) -> None:
    assert 1 << segment_layers(knots) - 1 < knots + 1 <= 1 << segment_layers(knots)


def test_a_forward_off_the_mean_or_a_strike_of_zero_has_no_statement() -> None:
    with pytest.raises(InvalidSlice, match="not within"):
        option_statement(PADDED, FORWARD_Q16 + 1, STRIKE, "BTC-USD", 1_800_000_000, 7, DIGEST)
    for strike in (0, 1 << 24):
        with pytest.raises(InvalidValue, match="strike_ticks"):
            statement(strike)


@pytest.mark.parametrize(
    ("index", "value", "field"),
    [
        (HEADER, 1 << 59, "OptionHeader"),
        (HEADER, 0, "strike_ticks"),
        (FORWARD, 1 << 40, "forward_q16"),
        (LOG_MONEYNESS, 1 << 54, "log_moneyness_q48"),
        (KNOTS_DIGEST, SCALAR_MODULUS, "knots_digest"),
        (CALL, 1 << 78, "call_q53"),
        (CALL, -1, "call_q53"),
        (CDF, (1 << 197) + 1, "cdf_d1"),
        (PDF, 1 << 202, "pdf_d1"),
    ],
)
def test_an_element_beyond_its_width_is_an_invalid_value(index: int, value: int, field: str) -> None:
    d = list(statement().d)
    d[index] = value
    with pytest.raises(InvalidValue, match=field):
        read_option(tuple(d))


def test_a_vector_of_another_length_is_an_invalid_value() -> None:
    for d in (statement().d[:-1], (*statement().d, 0)):
        with pytest.raises(InvalidValue, match="7 elements"):
            read_option(d)


def test_the_stored_proof_is_of_this_statement() -> None:
    """The golden vector that Solidity replays: words, digest and public signals."""
    stored = json.loads((VECTORS / "option_proof.json").read_text())
    values = read_option(statement().d)
    words = [FORWARD_Q16, 100, STRIKE, values.call_q53, values.total_vol_q32, values.cdf_d1, values.pdf_d1]
    assert [int(word) for word in stored["words"]] == words
    assert int(stored["knots_digest"]) == statement().d[KNOTS_DIGEST]
    assert [int(signal) for signal in stored["signals"]] == statement().publics
