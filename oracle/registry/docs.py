# SPDX-License-Identifier: Apache-2.0
"""Generates ``docs/spec/notation.md``."""

from __future__ import annotations

from oracle.registry.layout import Statement


def notation(statements: dict[str, Statement]) -> str:
    """The table of every field of every data vector."""
    parts = [
        "# Notation: the data vectors\n",
        "Generated from `circuits/statements.json`. A field is stored as value + offset; records are packed from the lowest bit;",
        "`n x m` means n records of m bits in one field element.\n",
    ]
    for statement in statements.values():
        parts += [f"## {statement.name}\n", f"{statement.sentence}\n"]
        parts += ["| element | field | bits | offset | unit | scale | meaning |", "|---|---|---|---|---|---|---|"]
        for element in statement.elements:
            run = (
                ""
                if element.repeat is None
                else f" ({element.repeat} records, {element.per_element} x {element.record_bits})"
            )
            if not element.fields:
                parts.append(f"| {element.name}{run} | | 254 | | field element | 1 | {element.meaning} |")
            for field in element.fields:
                offset = f"2^{field.offset.bit_length() - 1}" if field.offset else ""
                parts.append(
                    f"| {element.name}{run} | `{field.name}` | {field.bits} | {offset} | {field.unit} | {field.scale} | {field.meaning} |"
                )
        if statement.unique:
            names = ", ".join(f"`{name}`" for name in statement.unique)
            parts.append(f"\nUnique: {names}: what the statement is about leaves one value.")
        parts.append("")
    return "\n".join(parts)
