# SPDX-License-Identifier: Apache-2.0
"""Error of the pricing core at its inputs, and with its inputs' rounding, against 50 digits.

An option is real: forward and strike on the venue's grids, years and volatility any numbers. The core gets what the
product would give it: k = ln_q48(K) - ln_q48(F) at 2^48 and v = sigma sqrt(T) to the nearest 2^-32. Its price and Greeks are
compared with Black-76 (Black 1976, "The pricing of commodity contracts", equation 16, discount factor 1) twice: of that k and
v, which are what a statement publishes and a reader uses, and of the real inputs, which adds the rounding of k and v.
References are balls of python-flint's ``arb`` at 50 digits.
"""

from __future__ import annotations

import math
import multiprocessing
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields

from flint import arb, ctx

from oracle.errors import InvalidValue
from oracle.model.black76 import CDF_BITS, PDF_BITS, black76
from oracle.model.logarithm import ln_q48

DIGITS = 50
VOL_BITS = 32
"""Scale of a published total vol."""
HOUR_YEARS, MONEYNESS = 1 / 8760, (0.05, 20.0)
YEARS, VOLATILITY = (HOUR_YEARS, 2.0), (0.05, 5.0)
"""Domain of the figures: one hour to two years of 365 days, volatility 5 to 500 %, K / F 0.05 to 20."""
CHUNK = 5_000


@dataclass(frozen=True)
class Option:
    """One option with real inputs: forward in ticks at 2^16, strike in ticks, years and volatility as fractions."""

    forward_q16: int
    strike_ticks: int
    years: float
    volatility: float


@dataclass(frozen=True)
class Errors:
    """Largest errors over some options.

    ``delta`` absolute; ``price`` as a fraction of max(F, K); ``pdf`` of phi(d1) as a fraction of phi(0), which is the error of
    gamma, vega and theta as a fraction of their peak over all strikes, at the v that is given. ``real_*`` are the same
    against Black-76 of the real inputs.
    ``priced`` options inside the core's domain, ``refused`` ones with d1 or d2 at 8 or beyond or v at its limit.
    """

    delta: float = 0.0
    price: float = 0.0
    pdf: float = 0.0
    real_delta: float = 0.0
    real_price: float = 0.0
    real_gamma: float = 0.0
    real_vega: float = 0.0
    real_theta: float = 0.0
    priced: int = 0
    refused: int = 0

    def joined(self, other: Errors) -> Errors:
        """The larger error of both, counts added."""
        counts = ("priced", "refused")
        values = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        return Errors(**{name: sum(pair) if name in counts else max(pair) for name, pair in values.items()})


def _cdf(x: arb) -> arb:
    return (-x / arb(2).sqrt()).erfc() / 2


def _pdf(x: arb) -> arb:
    return (-x * x / 2).exp() / (2 * arb.pi()).sqrt()


def _scaled(value: int, bits: int) -> arb:
    return arb(value) * arb(2) ** -bits


def _nearest(x: arb) -> int:
    integer = (x + arb(0.5)).floor().unique_fmpz()
    if integer is None:
        raise ValueError(f"{x} has no unique nearest integer at {DIGITS} digits")
    return int(integer)


def _size(x: arb) -> float:
    return abs(float(x.mid()))


def option_errors(option: Option) -> Errors | None:
    """Errors of one option, None where the core refuses it. Needs ``ctx.dps`` at :data:`DIGITS`."""
    forward, strike = _scaled(option.forward_q16, 16), arb(option.strike_ticks)
    vol = arb(option.volatility) * arb(option.years).sqrt()
    k_q48, vol_int = ln_q48(option.strike_ticks << 16) - ln_q48(option.forward_q16), _nearest(vol * arb(2) ** VOL_BITS)
    try:
        core = black76(k_q48, vol_int)
    except InvalidValue:
        return None
    k, used, peak = _scaled(k_q48, 48), _scaled(vol_int, VOL_BITS), _pdf(arb(0))
    first, second = _scaled(core.cdf_d1, CDF_BITS), _scaled(core.cdf_d2, CDF_BITS)
    density, largest = _scaled(core.pdf_d1, PDF_BITS), max(option.forward_q16 / 65536, option.strike_ticks)

    def differences(d1: arb, d2: arb) -> tuple[arb, arb, arb]:
        cdf_d1, pdf_d1 = _cdf(d1), _pdf(d1)
        return first - cdf_d1, (forward * (first - cdf_d1) - strike * (second - _cdf(d2))) / largest, pdf_d1

    d1 = vol / 2 - (strike / forward).log() / vol
    real_delta, real_price, pdf_d1 = differences(d1, d1 - vol)
    d1_used = used / 2 - k / used
    delta, price, pdf_used = differences(d1_used, d1_used - used)
    return Errors(
        delta=_size(delta),
        price=_size(price),
        pdf=_size((density - pdf_used) / peak),
        real_delta=_size(real_delta),
        real_price=_size(real_price),
        real_gamma=_size((density / used - pdf_d1 / vol) * vol / peak),
        real_vega=_size((density - pdf_d1) / peak),
        real_theta=_size((density * used - pdf_d1 * vol) / (vol * peak)),
        priced=1,
    )


def largest_errors(options: Iterable[Option]) -> Errors:
    """Largest errors over ``options``."""
    ctx.dps = DIGITS
    total = Errors()
    for option in options:
        total = total.joined(option_errors(option) or Errors(refused=1))
    return total


def random_options(seed: str, count: int) -> Iterator[Option]:
    """Options over the domain: T and K / F log-uniform, vol log-uniform, half of the strikes within six deviations."""
    draw = random.Random(seed)
    for _ in range(count):
        forward_q16 = draw.randrange(20_000 << 16, 200_000 << 16)
        years = math.exp(draw.uniform(*map(math.log, YEARS)))
        volatility = math.exp(draw.uniform(*map(math.log, VOLATILITY)))
        low, high = map(math.log, MONEYNESS)
        reach = 6 * volatility * math.sqrt(years)
        if draw.random() < 0.8:
            low, high = max(low, -reach), min(high, reach)
        strike = round(forward_q16 / 65536 * math.exp(draw.uniform(low, high)))
        yield Option(forward_q16, strike, years, volatility)


def shortest_options(seed: str, count: int) -> Iterator[Option]:
    """Options of one hour to one day at 5 to 10 % volatility within six deviations: the smallest v, where rounding costs most."""
    draw = random.Random(seed)
    for _ in range(count):
        forward_q16 = draw.randrange(100_000 << 16, 800_000 << 16)
        years, volatility = (
            HOUR_YEARS * math.exp(draw.uniform(0, math.log(24)) ** 2 / math.log(24)),
            draw.uniform(0.05, 0.1),
        )
        reach = 6 * volatility * math.sqrt(years)
        strike = round(forward_q16 / 65536 * math.exp(draw.uniform(-reach, reach)))
        yield Option(forward_q16, strike, years, volatility)


def corner_options() -> list[Option]:
    """A grid over the edges and the middle of the domain, forwards beside powers of two, strikes at both ends."""
    years = [HOUR_YEARS, 2 * HOUR_YEARS, 1 / 365, 7 / 365, 30 / 365, 0.5, 1.0, 2.0]
    vols = [0.05, 0.0500001, 0.1, 0.5, 1.0, 2.0, 4.9999, 5.0]
    ratios = [0.05, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0, 1.0001, 1.001, 1.01, 1.1, 2.0, 10.0, 20.0]
    forwards = [(1 << 32) - 1, 1 << 32, 50_000 << 16, (60_000 << 16) + 1, (1 << 33) - 1]
    return [
        Option(f, max(1, round(f / 65536 * ratio)), t, vol)
        for f in forwards
        for t in years
        for vol in vols
        for ratio in ratios
    ]


Source = Callable[[str, int], Iterator[Option]]


def _chunk(task: tuple[Source, str, int]) -> Errors:
    source, seed, count = task
    return largest_errors(source(seed, count))


def sampled_errors(source: Source, count: int, seed: int = 76, processes: int | None = None) -> Errors:
    """Largest errors over at least ``count`` options of ``source``, in chunks over all cores. Deterministic."""
    tasks: Sequence[tuple[Source, str, int]] = [(source, f"{seed}-{i}", CHUNK) for i in range(-(-count // CHUNK))]
    total = Errors()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(_chunk, tasks):
            total = total.joined(part)
    return total
