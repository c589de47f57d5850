# SPDX-License-Identifier: Apache-2.0
"""Points that a key must not hold, in the encoding of a .zkey, and where its sections are."""

from __future__ import annotations

from prover.field import BASE_MODULUS as Q

Element = tuple[int, int]
"""x + y i with i^2 = -1 over Fq."""

TWIST_B: Element = (
    19485874751759354771024239261021720505790618469301721065564631296452457478373,
    266929791119991161246907387137283842545076965332900288569378510910307636690,
)
"""3 / (9 + i), EIP-197."""


def _times(a: Element, b: Element) -> Element:
    return (a[0] * b[0] - a[1] * b[1]) % Q, (a[0] * b[1] + a[1] * b[0]) % Q


def _root(value: int) -> int | None:
    root = pow(value, (Q + 1) // 4, Q)
    return root if root * root % Q == value % Q else None


def _square_root(a: Element) -> Element | None:
    """By the norm: if a = (u + v i)^2 then u^2 = (a0 + sqrt(a0^2 + a1^2)) / 2 for one of both roots."""
    norm = _root(a[0] * a[0] + a[1] * a[1])
    if norm is None:
        return None
    for sign in (norm, -norm):
        u = _root((a[0] + sign) * pow(2, -1, Q) % Q)
        if u:
            return u, a[1] * pow(2 * u, -1, Q) % Q
    return None


def twist_point(start: int = 1) -> tuple[Element, Element]:
    """A point of the twist with a small x: outside the subgroup of order r, which one in about 2^254 points is in."""
    for x0 in range(start, start + 100):
        x = (x0, 0)
        cube = _times(_times(x, x), x)
        y = _square_root(((cube[0] + TWIST_B[0]) % Q, (cube[1] + TWIST_B[1]) % Q))
        if y is not None:
            return x, y
    raise AssertionError("no point among a hundred")


def montgomery(value: int) -> bytes:
    """A coordinate as a key file stores it: value * 2^256 mod q, little endian."""
    return (value * (1 << 256) % Q).to_bytes(32, "little")


def g2_bytes(point: tuple[Element, Element]) -> bytes:
    """A G2 point as a key file stores it."""
    return b"".join(montgomery(coordinate) for element in point for coordinate in element)


def section(content: bytes | bytearray, wanted: int) -> int:
    """Offset of a section's content in a file of iden3's container."""
    position = 12
    while position < len(content):
        kind = int.from_bytes(content[position : position + 4], "little")
        if kind == wanted:
            return position + 12
        position += 12 + int.from_bytes(content[position + 4 : position + 12], "little")
    raise AssertionError(f"no section {wanted}")
