# SPDX-License-Identifier: Apache-2.0
"""option: price, implied vol and Greeks words of one strike of a proven slice, listed or not."""

from __future__ import annotations

from oracle.errors import InvalidValue, require_bits
from oracle.model.black76 import CDF_BITS, PDF_BITS
from oracle.model.density import DensitySlice
from oracle.model.option import CALL_BITS, OptionValues, option_values, require_strike, segment_of
from oracle.statements.layout import OptionHeader
from oracle.statements.slice import knots_digest
from oracle.statements.statement import Statement, fact_domain
from prover.field import SCALAR_MODULUS

OPTION = "option"
HEADER, FORWARD, LOG_MONEYNESS, KNOTS_DIGEST, CALL, CDF, PDF = range(7)
LOG_MONEYNESS_OFFSET = 1 << 53
FORWARD_BITS, LOG_MONEYNESS_BITS = 40, 54


def circuit_id(knots: int) -> str:
    """Name of the instance: as many knots as the circuit of the slice."""
    return f"{OPTION}_{knots}"


def segment_layers(knots: int) -> int:
    """Switches that choose one of the knots + 1 rows."""
    return knots.bit_length()


def option_statement(
    density: DensitySlice,
    forward_q16: int,
    strike_ticks: int,
    market: str,
    expiry: int,
    epoch: int,
    report_digest: bytes,
) -> Statement:
    """The statement of one strike of a slice, whose density has the padded knots of its circuit.

    Raises :class:`InvalidValue` for a strike outside [1, 2^24), :class:`InvalidSlice` where the mean misses the forward [D-5],
    NoTotalVol where no vol reprices the strike.
    """
    values = option_values(density, forward_q16, strike_ticks)
    knots, segment = len(density.knots_ticks), segment_of(density, strike_ticks)
    header = OptionHeader(strike_ticks, values.total_vol_q32)
    log_moneyness = values.log_moneyness_q48 + LOG_MONEYNESS_OFFSET
    d = (
        header.pack(),
        forward_q16,
        log_moneyness,
        knots_digest(density),
        values.call_q53,
        values.cdf_d1,
        values.pdf_d1,
    )
    inputs = {
        **header.encoded(),
        "forward_q16": forward_q16,
        "log_moneyness_q48": log_moneyness,
        "call_q53": values.call_q53,
        "density_q": list(density.density_q),
        "gaps_ticks": list(density.gaps_ticks),
        "first_knot_ticks": density.knots_ticks[0],
        "segment_bits": [segment.row >> layer & 1 for layer in range(segment_layers(knots))],
        "gap_ticks": segment.gap_ticks,
    }
    return Statement(circuit_id(knots), d, inputs, fact_domain(circuit_id(knots), market, expiry, epoch, report_digest))


def read_option(d: tuple[int, ...]) -> OptionValues:
    """The numbers of a data vector, refused where a proof of it would show nothing: every width is checked here.

    Raises :class:`InvalidValue` for a vector of another length, an element at or above its width, a strike of 0.
    """
    if len(d) != PDF + 1:
        raise InvalidValue("d", len(d), f"must have {PDF + 1} elements")
    header = OptionHeader.unpack(d[HEADER])
    require_strike(header.strike_ticks)
    widths = (("forward_q16", FORWARD, FORWARD_BITS), ("call_q53", CALL, CALL_BITS), ("pdf_d1", PDF, PDF_BITS))
    for name, index, bits in (*widths, ("log_moneyness_q48", LOG_MONEYNESS, LOG_MONEYNESS_BITS)):
        require_bits(name, d[index], bits)
    if not 0 <= d[KNOTS_DIGEST] < SCALAR_MODULUS:
        raise InvalidValue("knots_digest", d[KNOTS_DIGEST], "must be below the field order")
    if not 0 <= d[CDF] <= 1 << CDF_BITS:
        raise InvalidValue("cdf_d1", d[CDF], f"must be in [0, 2^{CDF_BITS}]")
    return OptionValues(
        d[FORWARD],
        header.strike_ticks,
        d[LOG_MONEYNESS] - LOG_MONEYNESS_OFFSET,
        d[CALL],
        header.total_vol_q32,
        d[CDF],
        d[PDF],
    )
