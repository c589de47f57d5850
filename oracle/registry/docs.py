# SPDX-License-Identifier: Apache-2.0
"""Generates ``docs/spec/notation.md``."""

from __future__ import annotations

from oracle.registry.layout import Statement


def notation(statements: dict[str, Statement]) -> str:
    """The table of every field of every data vector."""
    parts = [
        "# Notation: the data vectors\n",
        "Generated from `circuits/statements.json`. A field is stored as value + offset; records are packed from the lowest bit;",
        "`n x m` means n records of m bits in one field element. Bits between the fields are zero. A circuit splits an element by",
        "range checks; *pinned*: by its other constraints ([statement.md](statement.md), Uniqueness of the split); *opaque*: not at all.\n",
    ]
    for statement in statements.values():
        parts += [f"## {statement.name}\n", f"{statement.sentence}\n"]
        parts += [
            "| element | field | bits | lowest | offset | unit | scale | meaning |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for element in statement.elements:
            split = ", pinned" if element.pinned else ", opaque" if element.opaque else ""
            run = (
                ""
                if element.repeat is None
                else f" ({element.repeat} records, {element.per_element} x {element.record_bits}{split})"
            )
            if not element.fields:
                parts.append(f"| {element.name}{run} | | 254 | 0 | | field element | 1 | {element.meaning} |")
            for field in element.fields:
                offset = f"2^{field.offset.bit_length() - 1}" if field.offset else ""
                parts.append(
                    f"| {element.name}{run} | `{field.name}` | {field.bits} | {field.shift} | {offset} | {field.unit} | {field.scale} "
                    f"| {field.meaning} |"
                )
        if statement.unique:
            names = ", ".join(f"`{name}`" for name in statement.unique)
            parts.append(f"\nUnique: {names}: what the statement is about leaves one value.")
        parts.append("")
    return "\n".join(parts)
