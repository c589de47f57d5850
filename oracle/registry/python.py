# SPDX-License-Identifier: Apache-2.0
"""Generates the Python records of every data vector."""

from __future__ import annotations

from oracle.registry.layout import Element, Statement


def class_name(statement: Statement, element: Element) -> str:
    """Name of the record class."""
    return statement.name.capitalize() + "".join(part.capitalize() for part in element.name.split("_"))


def _record(statement: Statement, element: Element) -> str:
    lines = ["@dataclass(frozen=True)", f"class {class_name(statement, element)}(Record):"]
    lines.append(
        f'    """One record of `{element.name}` in the data vector of `{statement.name}` ({element.record_bits} bits)."""\n'
    )
    lines.append("    LAYOUT: ClassVar[tuple[tuple[str, int, int], ...]] = (")
    end = 0
    for f in element.fields:
        if f.shift > end:
            lines.append(f'        ("", {f.shift - end}, 0),')
        lines.append(f'        ("{f.name}", {f.bits}, {f"1 << {f.offset.bit_length() - 1}" if f.offset else 0}),')
        end = f.shift + f.bits
    if element.record_bits > end:
        lines.append(f'        ("", {element.record_bits - end}, 0),')
    lines.append("    )")
    lines.append(f"    PER_ELEMENT: ClassVar[int] = {element.per_element}\n")
    lines += [f"    {f.name}: int" for f in element.fields]
    return "\n".join(lines)


def records(statements: dict[str, Statement]) -> str:
    """Text of ``oracle/statements/layout.py``."""
    parts = [
        "# SPDX-License-Identifier: Apache-2.0\n# Generated from circuits/statements.json; not edited by hand.\n"
        '"""Records of the data vectors: field, bits, offset in packing order; units and scales in docs/spec/notation.md."""\n\n'
        "from __future__ import annotations\n\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n\n"
        "from oracle.statements.record import Record\n"
    ]
    for statement in statements.values():
        parts += [_record(statement, element) for element in statement.elements if element.fields]
    return "\n\n".join(part.rstrip("\n") + "\n" for part in parts)
