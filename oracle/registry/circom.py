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
    return statement.name.capitalize() + "".join(part.capitalize() for part in element.name.split("_"))


def _record(statement: Statement, element: Element) -> str:
    name = template_name(statement, element)
    checks = (
        "pinned by the constraints of lib/strike.circom"
        if element.pinned
        else f"range-checked here; word < 2^{element.record_bits}"
    )
    lines = [f"// One record of `{element.name}`: every field is {checks}."]
    lines += [f"function {name}Bits() {{ return {element.record_bits}; }}", f"template {name}() {{"]
    for field in element.fields:
        lines.append(f"    signal input {field.name};")
    for field in element.fields:
        if field.bits_used:
            lines.append(f"    signal output {field.name}_bits[{field.bits}];")
    lines.append("    signal output word;")
    for field in () if element.pinned else element.fields:
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


def _run(statement: Statement, element: Element) -> str:
    name, per, size = template_name(statement, element), element.per_element, element.record_bits
    lines = [f"// A run of `{element.name}`: {per} records of {size} bits an element, the first one lowest."]
    lines += [f"function {name}Count(n) {{ return (n + {per - 1}) \\ {per}; }}", f"template {name}Run(n) {{"]
    lines += [f"    signal input {field.name}[n];" for field in element.fields]
    lines += [f"    signal output elements[{name}Count(n)];", "    component record[n];"]
    lines += [f"    var sum[{name}Count(n)];", f"    for (var e = 0; e < {name}Count(n); e++) {{ sum[e] = 0; }}"]
    lines.append("    for (var i = 0; i < n; i++) {")
    lines.append(f"        record[i] = {name}();")
    lines += [f"        record[i].{field.name} <== {field.name}[i];" for field in element.fields]
    lines.append(f"        sum[i \\ {per}] += record[i].word * (1 << ({size} * (i % {per})));")
    lines.append("    }")
    lines.append(f"    for (var e = 0; e < {name}Count(n); e++) {{ elements[e] <== sum[e]; }}")
    lines.append("}")
    return "\n".join(lines)


def _templates(statement: Statement, element: Element) -> list[str]:
    """Of one element: its record, the run of a size's records that share elements; nothing where it is not split."""
    if not element.fields:
        return []
    if element.opaque:
        name, per = template_name(statement, element), element.per_element
        return [
            f"// Elements of `{element.name}`, {per} records each: taken whole.\n"
            f"function {name}Count(n) {{ return (n + {per - 1}) \\ {per}; }}"
        ]
    shared = element.repeat is not None and not element.repeat.isdigit() and element.per_element > 1
    return [_record(statement, element), *([_run(statement, element)] if shared else [])]


def packing(statements: dict[str, Statement]) -> dict[str, str]:
    """File name to text of the packing templates, one file a statement, for ``circuits/generated``."""
    files = {}
    for statement in statements.values():
        body = "\n\n".join(text for element in statement.elements for text in _templates(statement, element))
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
