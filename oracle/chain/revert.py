# SPDX-License-Identifier: Apache-2.0
"""Revert data as the named error that the contracts declare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple, function_signature_to_4byte_selector


class RevertDecoder:
    """Maps four-byte selectors to error names and values."""

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        self._errors: dict[bytes, tuple[str, list[str]]] = {}
        for entry in errors:
            types = [collapse_if_tuple(item) for item in entry["inputs"]]
            selector = function_signature_to_4byte_selector(f"{entry['name']}({','.join(types)})")
            self._errors[selector] = (entry["name"], types)

    def describe(self, data: bytes) -> str:
        """``SettlementTooEarly(1776412800, 1776499200)``, or the data in hexadecimal where the error is unknown."""
        known = self._errors.get(data[:4])
        if known is None:
            return f"revert 0x{data.hex()}" if data else "revert without data"
        name, types = known
        try:
            values = decode(types, data[4:])
        except DecodingError:
            return f"{name}(0x{data[4:].hex()})"
        shown = (f"0x{value.hex()}" if isinstance(value, bytes) else str(value) for value in values)
        return f"{name}({', '.join(shown)})"
