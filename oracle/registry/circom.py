# SPDX-License-Identifier: Apache-2.0
"""Generates the circom packing of every data vector and the instances of the circuits."""

from __future__ import annotations

from oracle.registry.layout import Element, Preset, Statement

HEADER = (
    "// SPDX-License-Identifier: Apache-2.0\n"
    "// Generated from circuits/statements.json and circuits/presets.json; not edited by hand.\n"
)


def template_name(statement: Statement, element: Element) -> str:
    """Name of the packing template of one record."""
    return f"{statement.name.capitalize()}{element.name.capitalize()}"


def _record(statement: Statement, element: Element) -> str:
    name = template_name(statement, element)
    lines = [f"// One record of `{element.name}`: every field is range-checked here; word < 2^{element.record_bits}."]
    lines += [f"function {name}Bits() {{ return {element.record_bits}; }}", f"template {name}() {{"]
    for field in element.fields:
        lines.append(f"    signal input {field.name};")
    for field in element.fields:
        if field.bits_used:
            lines.append(f"    signal output {field.name}_bits[{field.bits}];")
    lines.append("    signal output word;")
    for field in element.fields:
        if field.bits == 1:
            lines.append(f"    {field.name} * (1 - {field.name}) === 0;")
        else:
            template = "ToBits" if field.bits_used else "Range"
            lines.append(f"    component check_{field.name} = {template}({field.bits});")
            lines.append(f"    check_{field.name}.in <== {field.name};")
        if field.bits_used:
            lines.append(
                f"    for (var i = 0; i < {field.bits}; i++) {{ {field.name}_bits[i] <== check_{field.name}.out[i]; }}"
            )
    terms = [f.name if f.shift == 0 else f"{f.name} * (1 << {f.shift})" for f in element.fields]
    lines.append(f"    word <== {' + '.join(terms)};")
    lines.append("}")
    return "\n".join(lines)


def packing(statements: dict[str, Statement]) -> dict[str, str]:
    """File name to text of the packing templates, one file a statement, for ``circuits/generated``."""
    files = {}
    for statement in statements.values():
        records = [_record(statement, element) for element in statement.elements if element.fields]
        body = "\n\n".join(records)
        files[f"{statement.name}_data.circom"] = (
            f'{HEADER}pragma circom 2.1.6;\n\ninclude "../lib/bits.circom";\n\n{body}\n'
        )
    return files


def instances(presets: dict[str, Preset]) -> dict[str, str]:
    """File name to text of the main component of each preset, for ``circuits/generated``."""
    return {
        f"{preset.circuit_id}.circom": (
            f'{HEADER}pragma circom 2.1.6;\n\ninclude "../{preset.template}.circom";\n\n'
            f"component main {{public [z]}} = {preset.call};\n"
        )
        for preset in presets.values()
    }
