# SPDX-License-Identifier: Apache-2.0
"""Two expiries of one market compared in time, exactly: at equal moneyness no later call is below an earlier one.

Slice 1 is the earlier, slice 2 the later; calls are compared as fractions of each slice's own forward, C1(x f1) / f1 <=
C2(x f2) / f2 for every moneyness x >= 0. A convex function lies below its chords and above its tangents, so with
a_k = c_k + s_k X_k, the intercept of the tangent at knot k, these integer conditions suffice:

    [C-1]  s2_0 <= s1_0                                       left of the first knot: the atom at zero only grows
    [C-2]  every segment of slice 1 has one knot k of slice 2 with
           f1 a2_k >= f2 (c1_i + s2_k X1_i)  at both ends i   tangent of the later above chord of the earlier
           (right of the last knot of slice 1 its calls are 0)

A chord between any two knots serves as well, so a path of few long chords from the first to the last knot proves the
same. That path is what the circuit checks, after one division per piece:

    [C-3]  p / q <= f1 / f2,  1 <= q                          one rational per pair, below 2^32 each
    [C-4]  a_hat = floor(p a2_k / q),  a_hat - c1_i - s2_k X1_i in [0, 2^72) at both ends i of the piece
    [C-5]  kinks 0 = i_0 < i_1 < .. < i_P = N - 1 and tangents k_1 < .. < k_P, exactly P pieces

Rounding is downwards, against the prover: [C-3] to [C-5] with [C-1] imply the claim. Rows are brought into place by
a network of switches:

    [C-6]  Pick(n, k): layer l replaces row r by row r + 2^l where bit[l][r] = 1; rows past the end are the last row
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oracle.errors import InvalidValue
from oracle.model.density import DensitySlice

RATIO_BITS = 32
"""[C-3] width of p and of q."""
PRICE_BITS = 72
"""[C-4] width of a price difference: holds while forwards are below 2^19 ticks."""
CALENDAR_PIECES = {32: 16, 48: 20, 64: 20, 96: 20}
"""Pieces of the certificate for each number of knots of the padded slices."""


@dataclass(frozen=True)
class CalendarCertificate:
    """[C-5] A path over the padded slices: P - 1 inner kinks (earlier knots), P tangents (later knots)."""

    ratio_p: int
    ratio_q: int
    kinks: tuple[int, ...]
    tangents: tuple[int, ...]


def _intercepts(density: DensitySlice) -> list[int]:
    """a_k = c_k + s_k X_k at scale 2^53 ticks: where the tangent at knot k meets strike 0."""
    rows = zip(density.call_q53, density.survival_q53, density.knots_ticks, strict=True)
    return [call + survival * knot for call, survival, knot in rows]


def first_violation(earlier: DensitySlice, later: DensitySlice) -> str | None:
    """[C-1], [C-2] What fails first from the left, in words, or None where the pair is free of calendar arbitrage.

    The conditions are sufficient for all moneyness, exact in integers, and need neither equal knots nor padding.
    """
    if later.survival_q53[0] > earlier.survival_q53[0]:
        return f"the atom at zero shrinks from {earlier.atom_q53} to {later.atom_q53} (scale 2^53)"
    forward, later_forward = earlier.mean_q53, later.mean_q53
    calls = [later_forward * call for call in earlier.call_q53]
    knots = [later_forward * knot for knot in earlier.knots_ticks]
    tangents = [(forward * a, s) for a, s in zip(_intercepts(later), later.survival_q53, strict=True)]
    latest = 0
    for j in range(len(knots) - 1):
        for k in (latest, *range(len(tangents))):
            intercept, slope = tangents[k]
            if intercept >= calls[j] + slope * knots[j] and intercept >= calls[j + 1] + slope * knots[j + 1]:
                latest = k
                break
        else:
            return (
                f"no tangent of the later slice lies above the earlier one between its knots "
                f"{earlier.knots_ticks[j]} and {earlier.knots_ticks[j + 1]} ticks"
            )
    return None


def holds(earlier: DensitySlice, later: DensitySlice) -> bool:
    """Whether the pair passes [C-1] and [C-2]."""
    return first_violation(earlier, later) is None


def ratio_below(numerator: int, denominator: int, bits: int = RATIO_BITS) -> tuple[int, int]:
    """[C-3] The largest p / q <= numerator / denominator with 0 <= p < 2^bits and 1 <= q < 2^bits.

    Descends the Stern-Brocot tree in runs (Graham, Knuth and Patashnik, Concrete Mathematics, section 4.5).
    Raises :class:`InvalidValue` unless numerator >= 0 and denominator > 0.
    """
    if numerator < 0:
        raise InvalidValue("numerator", numerator, "must not be negative")
    if denominator <= 0:
        raise InvalidValue("denominator", denominator, "must be positive")
    limit = (1 << bits) - 1
    if numerator >= limit * denominator:
        return limit, 1
    (p, q), (p_above, q_above) = (0, 1), (1, 0)
    while True:
        below = numerator * q - denominator * p
        above = denominator * p_above - numerator * q_above
        room = _steps_within(limit, (p, q), (p_above, q_above))
        steps = min(below // above, room)
        p, q = p + steps * p_above, q + steps * q_above
        below -= steps * above
        if below == 0:
            return p, q
        steps_above = min((above - 1) // below, _steps_within(limit, (p_above, q_above), (p, q)))
        p_above, q_above = p_above + steps_above * p, q_above + steps_above * q
        if steps == 0 and steps_above == 0:
            return p, q


def _steps_within(limit: int, start: tuple[int, int], step: tuple[int, int]) -> int:
    """How often ``step`` can be added to ``start`` with both parts at most ``limit``."""
    return min((limit - part) // add for part, add in zip(start, step, strict=True) if add)


def certificate(earlier: DensitySlice, later: DensitySlice, pieces: int) -> CalendarCertificate | None:
    """[C-1], [C-3] to [C-5] A path of exactly ``pieces`` pieces over two slices padded alike, or None if there is none.

    Raises :class:`InvalidValue` if the slices have different numbers of knots or too few for the pieces.
    """
    size = len(earlier.knots_ticks)
    if len(later.knots_ticks) != size:
        raise InvalidValue("knots", (size, len(later.knots_ticks)), "both slices must be padded to the same size")
    if not 0 < pieces < size:
        raise InvalidValue("pieces", pieces, f"must be in [1, {size - 1}]")
    if later.survival_q53[0] > earlier.survival_q53[0] or later.mean_q53 == 0:
        return None
    p, q = ratio_below(earlier.mean_q53, later.mean_q53)
    if (q * earlier.mean_q53 - p * later.mean_q53) >> PRICE_BITS:
        return None
    reaches = _reaches(earlier, later, p, q)
    # Per number of pieces: last kink -> (smallest last tangent, kink before it). A smaller tangent is never worse.
    ends: list[dict[int, tuple[int, int]]] = [{0: (-1, 0)}]
    for _ in range(pieces):
        ends.append(_extend(ends[-1], reaches))
    if size - 1 not in ends[-1]:
        return None
    kinks, tangents, kink = [], [], size - 1
    for step in reversed(ends[1:]):
        tangent, kink = step[kink]
        tangents.append(tangent)
        kinks.append(kink)
    return CalendarCertificate(p, q, tuple(reversed(kinks[:-1])), tuple(reversed(tangents)))


def _reaches(earlier: DensitySlice, later: DensitySlice, p: int, q: int) -> list[tuple[int, int] | None]:
    """[C-4] Per tangent the first and last knot of the earlier slice that pass; those between pass too (concavity)."""
    reaches: list[tuple[int, int] | None] = []
    rows = list(zip(earlier.knots_ticks, earlier.call_q53, strict=True))
    for intercept, slope in zip(_intercepts(later), later.survival_q53, strict=True):
        scaled = p * intercept // q
        passing = [i for i, (knot, call) in enumerate(rows) if 0 <= scaled - call - slope * knot < 1 << PRICE_BITS]
        reaches.append((passing[0], passing[-1]) if passing and passing[-1] - passing[0] < len(passing) else None)
    return reaches


def _extend(ends: dict[int, tuple[int, int]], reaches: Sequence[tuple[int, int] | None]) -> dict[int, tuple[int, int]]:
    """All ends of paths that are one piece longer."""
    longer: dict[int, tuple[int, int]] = {}
    for kink, (last, _) in ends.items():
        covered = kink
        for tangent in range(last + 1, len(reaches)):
            reach = reaches[tangent]
            if reach is None or not reach[0] <= kink or reach[1] <= covered:
                continue
            for end in range(covered + 1, reach[1] + 1):
                if end not in longer or tangent < longer[end][0]:
                    longer[end] = (tangent, kink)
            covered = reach[1]
    return longer


def switch_layers(n: int, k: int) -> int:
    """[C-6] Layers of Pick(n, k): a strictly increasing choice shifts no row by more than n - k."""
    return (n - k).bit_length()


def switch_width(n: int, k: int, layer: int) -> int:
    """[C-6] Switches with a wire in ``layer``; the bits beyond them must be 0."""
    return min(k + (1 << switch_layers(n, k)) - (1 << (layer + 1)), n - 1)


def switch_bits(rows: Sequence[int], n: int, k: int) -> list[list[int]]:
    """[C-6] Bits of Pick(n, k), one list of n - 1 per layer, that bring the ``rows`` to outputs 0 .. k - 1.

    Raises :class:`InvalidValue` unless ``rows`` are k strictly increasing indices below n.
    """
    chosen = list(rows)
    if len(chosen) != k or sorted(set(chosen)) != chosen or not 0 <= chosen[0] <= chosen[-1] < n:
        raise InvalidValue("rows", chosen, f"must be {k} strictly increasing indices below {n}")
    layers = switch_layers(n, k)
    bits = [[0] * (n - 1) for _ in range(layers)]
    for output, row in enumerate(chosen):
        position, shift = output, row - output
        for layer in reversed(range(layers)):
            bit = shift >> layer & 1
            if position < n - 1:
                bits[layer][position] |= bit
            position += bit << layer
    return bits
