# SPDX-License-Identifier: Apache-2.0
"""Records as the column arrays that circuits take."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.statements.record import Record


def columns(records: Sequence[Record]) -> dict[str, list[int]]:
    """Field to the encoded values (value + offset) of all records, in order."""
    encoded = [record.encoded() for record in records]
    return {name: [values[name] for values in encoded] for name in encoded[0]}
