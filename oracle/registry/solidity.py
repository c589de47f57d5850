# SPDX-License-Identifier: Apache-2.0
"""Generates the Solidity offsets, getters and packing of every data vector."""

from __future__ import annotations

from oracle.registry.layout import Element, Field, Statement

HEADER = (
    "// SPDX-License-Identifier: Apache-2.0\n// Generated from circuits/statements.json; not edited by hand.\n"
    "pragma solidity ^0.8.28;\n\n"
)


LINE_LENGTH = 120


def camel(name: str) -> str:
    """``forward_q16`` to ``forwardQ16``."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _pascal(name: str) -> str:
    text = camel(name)
    return text[0].upper() + text[1:]


def _index(statement: Statement, element: Element) -> tuple[str, list[str]]:
    """Expression of the element's first index and the sizes it needs."""
    constant, terms, sizes = 0, [], []
    for previous in statement.elements:
        if previous is element:
            break
        if previous.repeat is None or previous.repeat.isdigit():
            constant += previous.count({})
        else:
            if previous.repeat not in sizes:
                sizes.append(previous.repeat)
            per = previous.per_element
            terms.append(previous.repeat if per == 1 else f"({previous.repeat} + {per - 1}) / {per}")
    return " + ".join([str(constant), *terms] if constant or not terms else terms), sizes


def _getter(element: Element, field: Field) -> str:
    signed = "int256" if field.offset else "uint256"
    value = (
        f"(record >> {field.shift}) & {hex((1 << field.bits) - 1)}"
        if field.shift
        else f"record & {hex((1 << field.bits) - 1)}"
    )
    value = f"int256({value}) - {field.offset}" if field.offset else value
    name = f"{camel(element.name)}{_pascal(field.name)}"
    return (
        f"    /// @notice {field.meaning}; {field.unit}, scale {field.scale}\n"
        f"    function {name}(uint256 record) internal pure returns ({signed}) {{\n        return {value};\n    }}"
    )


def _constants(element: Element) -> str:
    """Shift of every field, and offset of the signed ones: for packing without checks that the caller has made."""
    lines = []
    for field in element.fields:
        name = f"{element.name}_{field.name}".upper()
        lines.append(f"    uint256 internal constant {name}_SHIFT = {field.shift};")
        if field.offset:
            lines.append(f"    int256 internal constant {name}_OFFSET = {field.offset};")
    return "\n".join(lines)


def _pack(element: Element) -> str:
    struct = f"{_pascal(element.name)}Record"
    lines = [f"    struct {struct} {{"]
    lines += [f"        {'int256' if f.offset else 'uint256'} {camel(f.name)};" for f in element.fields]
    lines.append("    }\n")
    lines.append(
        f"    /// @notice Packs one record of `{element.name}`; reverts with ValueTooWide on a field at or above its width."
    )
    lines.append(f"    function pack{_pascal(element.name)}({struct} memory r) internal pure returns (uint256 word) {{")
    for field in element.fields:
        name = camel(field.name)
        fit = (
            f'Words.fitSigned("{field.name}", r.{name}, {field.offset}, {field.bits})'
            if field.offset
            else f'Words.fit("{field.name}", r.{name}, {field.bits})'
        )
        lines.append(f"        word |= {fit}{f' << {field.shift}' if field.shift else ''};")
    lines.append("    }")
    return "\n".join(lines)


def _record(element: Element) -> str:
    size, per = element.record_bits, element.per_element
    name = camel(element.name)
    return (
        f"    /// @notice Record `i` of a run of `{element.name}` elements starting at `first` ({per} of {size} bits an element).\n"
        f"    function {name}At(uint256[] memory d, uint256 first, uint256 i) internal pure returns (uint256) {{\n"
        + (
            "        return d[first + i];\n    }"
            if per == 1
            else "        unchecked {\n"
            f"            return (d[first + i / {per}] >> ({size} * (i % {per}))) & {hex((1 << size) - 1)};\n"
            "        }\n    }"
        )
    )


def _unchecked(expression: str, parameters: str) -> str:
    """Body that returns a sum of sizes, which are small."""
    if not parameters:
        return f"        return {expression};\n"
    line = f"            return {expression};"
    if len(line) > LINE_LENGTH:
        line = f"            return\n                {expression};"
    return f"        unchecked {{\n{line}\n        }}\n"


def _count(element: Element, records: str) -> str:
    per = element.per_element
    return records if per == 1 else f"({records} + {per - 1}) / {per}"


def _run(element: Element) -> list[str]:
    """Counting and writing the elements of a run whose length is a size."""
    size, per, name = element.record_bits, element.per_element, _pascal(element.name)
    return [
        f"    /// @notice Elements of `{element.name}` that `records` records take.\n"
        f"    function {camel(element.name)}Count(uint256 records) internal pure returns (uint256) {{\n"
        f"{_unchecked(_count(element, 'records'), 'records')}    }}",
        f"    /// @notice Writes record `i` of a run of `{element.name}` elements starting at `first`, zero so far.\n"
        f"    function put{name}(uint256[] memory d, uint256 first, uint256 i, uint256 record) internal pure {{\n"
        + (
            "        d[first + i] = record;\n    }"
            if per == 1
            else f"        d[first + i / {per}] |= record << ({size} * (i % {per}));\n    }}"
        ),
    ]


def _require(element: Element, first: str, count: str) -> str:
    bits = element.record_bits * element.per_element
    if element.mask == (1 << bits) - 1:
        return f"Words.requireBits(d, {first}, {count}, {bits});"
    return f"Words.requireMask(\n            d, {first}, {count}, {hex(element.mask)}\n        );"


def _widths(statement: Statement) -> str:
    sizes = [s for s in statement.sizes if any(e.repeat == s for e in statement.elements)]
    params = "".join(f", uint256 {s}" for s in sizes)
    lines = ["    /// @notice Reverts unless `d` has the exact length and no element has a bit set outside its fields."]
    lines.append(f"    function requireWidths(uint256[] memory d{params}) internal pure {{")
    lines.append(
        f"        if (d.length != length({', '.join(sizes)})) revert Words.WrongLength(d.length, length({', '.join(sizes)}));"
    )
    for element in statement.elements:
        expression, needs = _index(statement, element)
        first = f"{camel(element.name)}Index({', '.join(needs)})" if needs else expression
        if not element.fields:
            lines.append(f"        Words.requireBelowField(d, {first});")
        elif element.repeat is None:
            lines.append(f"        {_require(element, first, '1')}")
        else:
            count = str(element.count({})) if element.repeat.isdigit() else _count(element, element.repeat)
            lines.append(f"        {_require(element, first, count)}")
    lines.append("    }")
    return "\n".join(lines)


def _library(statement: Statement) -> str:
    name = f"{statement.name.capitalize()}Layout"
    parts, sizes = [], []
    constant, terms = 0, []
    for element in statement.elements:
        expression, needs = _index(statement, element)
        params = ", ".join(f"uint256 {size}" for size in needs)
        parts.append(
            f"    /// @notice Index of `{element.name}`: {element.meaning or 'packed fields'}.\n"
            f"    function {camel(element.name)}Index({params}) internal pure returns (uint256) {{\n{_unchecked(expression, params)}    }}"
        )
        if element.repeat is None or element.repeat.isdigit():
            constant += element.count({})
        else:
            if element.repeat not in sizes:
                sizes.append(element.repeat)
            per = element.per_element
            terms.append(element.repeat if per == 1 else f"({element.repeat} + {per - 1}) / {per}")
    total = " + ".join([str(constant), *terms])
    params = ", ".join(f"uint256 {size}" for size in sizes)
    parts.append(
        "    /// @notice Length of the data vector.\n"
        f"    function length({params}) internal pure returns (uint256) {{\n{_unchecked(total, params)}    }}"
    )
    parts.append(_widths(statement))
    for element in statement.elements:
        if element.fields:
            parts.append(_constants(element))
            parts.append(_pack(element))
            if element.repeat is not None:
                parts.append(_record(element))
                if element.per_element > 1 and not element.repeat.isdigit():
                    parts += _run(element)
            parts += [_getter(element, field) for field in element.fields]
    body = "\n\n".join(parts)
    return f'{HEADER}import {{Words}} from "../libraries/Words.sol";\n\n/// @notice {statement.sentence}\nlibrary {name} {{\n{body}\n}}\n'


def libraries(statements: dict[str, Statement]) -> dict[str, str]:
    """File name to text, for ``contracts/generated``."""
    return {f"{s.name.capitalize()}Layout.sol": _library(s) for s in statements.values()}
