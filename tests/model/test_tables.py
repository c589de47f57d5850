# SPDX-License-Identifier: Apache-2.0
"""Errors of the tables of the normal distribution: exhaustive for the margin cell, bounded for the pricing core."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import mpmath as mp
import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import ndtr

from oracle.model.margin import TABLE_ERROR_Q20
from oracle.model.polynomial import Polynomial
from oracle.model.tables import CORE_CDF, CORE_PDF, MARGIN_CDF_Q7, MARGIN_CDF_Q18

Reals = npt.NDArray[np.longdouble]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
CORE_CDF_ERROR, CORE_PDF_ERROR = 7e-11, 1.2e-10
"""What docs/spec/errors.md states; tests/circuits/test_pricing_core.py uses the same."""


def scales(table: Polynomial) -> list[int]:
    """Scale (power of two) of each coefficient."""
    return [table.output_bits - sum(table.cuts[:j]) for j in range(len(table.cuts) + 1)]


def coefficients(table: Polynomial) -> list[Reals]:
    """Per degree the coefficients of all segments, exact to 2^-64 of themselves."""
    result = []
    for j, scale in enumerate(scales(table)):
        parts = [(row[j] >> 60, row[j] & (1 << 60) - 1) for row in table.rows]
        values = [np.longdouble(a >> 60) * 2.0**120 + np.longdouble(a & (1 << 60) - 1) * 2.0**60 + b for a, b in parts]
        result.append(np.array(values, dtype=np.longdouble) / np.longdouble(2.0) ** scale)
    return result


def values(table: Polynomial, arguments: Integers, cut: bool = True) -> Reals:
    """The table at many arguments, in units of 1; ``cut`` False reads the arguments in full in every step."""
    segment, low = arguments >> table.low_bits, arguments & (1 << table.low_bits) - 1
    rows = coefficients(table)
    value = rows[-1][segment]
    for j in range(len(table.cuts) - 1, -1, -1):
        drop = table.frac_bits - table.cuts[j] if cut else 0
        step = (low >> drop) - (1 << (table.low_bits - 1 - drop))
        value = value * (step.astype(np.longdouble) / np.longdouble(2.0) ** (table.frac_bits - drop)) + rows[j][segment]
    return np.asarray(value, dtype=np.longdouble)


@pytest.mark.parametrize("table", [MARGIN_CDF_Q7, MARGIN_CDF_Q18, CORE_CDF, CORE_PDF])
def test_the_vectorised_values_are_those_of_the_integers(table: Polynomial) -> None:
    draw = random.Random(table.output_bits)
    top = len(table.rows) << table.low_bits
    arguments = [0, top - 1, *(draw.randrange(top) for _ in range(300))]
    exact = [mp.mpf(table(a)) / mp.mpf(2) ** table.output_bits for a in arguments]
    found = values(table, np.array(arguments, dtype=np.int64))
    assert max(abs(float(a - mp.mpf(str(b)))) for a, b in zip(exact, found, strict=True)) < 1e-16


@pytest.mark.parametrize(("table", "largest"), [(MARGIN_CDF_Q7, 1.804e-6), (MARGIN_CDF_Q18, 2.662e-6)])
def test_every_input_of_a_margin_table_is_within_the_charge(table: Polynomial, largest: float) -> None:
    """The reserve of 2e-9 is for the far tails, where Phi is taken at 6 or more instead of beyond."""
    arguments = np.arange(len(table.rows) << table.low_bits, dtype=np.int64)
    exact = ndtr(arguments / 2.0**table.frac_bits - 8)
    worst = float(np.max(np.abs(values(table, arguments) - exact)))
    assert worst < TABLE_ERROR_Q20 / 2**20 - 2e-9
    assert worst == pytest.approx(largest, rel=1e-3)


def truncation(table: Polynomial) -> float:
    """Largest effect of the cut arguments: step j is off by less than 2^-cuts[j] times the Horner value after it."""
    half = 2.0 ** (table.low_bits - 1 - table.frac_bits)
    rows, total = coefficients(table), 0.0
    inner = np.abs(rows[-1])
    for j in range(len(table.cuts) - 1, -1, -1):
        if table.cuts[j] < table.frac_bits:
            total += float(np.max(inner)) * 2.0 ** -table.cuts[j] * half**j
        inner = inner * half + np.abs(rows[j])
    return total


@pytest.mark.parametrize(
    ("table", "function", "bound"),
    [
        (CORE_CDF, ndtr, CORE_CDF_ERROR),
        (CORE_PDF, lambda x: np.exp(-x * x / 2) / math.sqrt(2 * math.pi), CORE_PDF_ERROR),
    ],
)
def test_a_dense_sample_of_a_core_table_is_within_the_stated_error(
    table: Polynomial, function: Callable[[Floats], Floats], bound: float
) -> None:
    """Random arguments, segment ends, and arguments whose cut parts are all ones, where the cuts cost most."""
    draw = np.random.default_rng(table.output_bits)
    top = len(table.rows) << table.low_bits
    edges = np.arange(len(table.rows), dtype=np.int64) << table.low_bits
    batches = [draw.integers(0, top, 1 << 20), draw.integers(0, top, 1 << 19), edges, edges + (1 << table.low_bits) - 1]
    for cut in sorted(set(table.cuts)):
        ones = (1 << (table.frac_bits - cut)) - 1
        batches.append(draw.integers(0, top, 1 << 17) | ones)
        batches.append((edges + draw.integers(0, 1 << 26)) | ones)
    arguments = np.concatenate(batches)
    reals = arguments.astype(np.longdouble) / np.longdouble(2.0) ** table.frac_bits
    worst = float(np.max(np.abs(values(table, arguments) - function(reals.astype(np.float64)))))
    assert 0.7 * bound < worst < bound


@pytest.mark.parametrize(
    ("table", "function", "bound"),
    [
        (CORE_CDF, ndtr, 2 * CORE_CDF_ERROR),
        (CORE_PDF, lambda x: np.exp(-x * x / 2) / math.sqrt(2 * math.pi), 2 * CORE_PDF_ERROR),
    ],
)
def test_no_argument_of_a_core_table_can_be_off_by_twice_the_stated_error(
    table: Polynomial, function: Callable[[Floats], Floats], bound: float
) -> None:
    """Fit error of the smooth polynomial plus the largest possible effect of the cuts."""
    arguments = np.linspace(0, (len(table.rows) << table.low_bits) - 1, 1 << 18).astype(np.int64)
    reals = (arguments.astype(np.longdouble) / np.longdouble(2.0) ** table.frac_bits).astype(np.float64)
    fitted = float(np.max(np.abs(values(table, arguments, cut=False) - function(reals))))
    assert fitted + truncation(table) < bound
