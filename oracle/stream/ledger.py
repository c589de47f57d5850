# SPDX-License-Identifier: Apache-2.0
"""The reject ledger: whatever is refused is written down with the rule that refused it."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

KEPT_ENTRIES = 100_000


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One refusal: rule, what it concerns (instrument, channel or file), our or the venue's time, the values judged."""

    rule: str
    subject: str
    at_us: int
    values: tuple[tuple[str, str], ...]

    def to_json(self) -> str:
        """One line of JSON with sorted keys; integers that may pass 2^53 are strings."""
        record = {"rule": self.rule, "subject": self.subject, "at_us": str(self.at_us), "values": dict(self.values)}
        return json.dumps(record, sort_keys=True, separators=(",", ":"))


class RejectLedger:
    """Counts every refusal by rule and keeps the newest ``keep`` in memory; ``sink`` receives each one as a JSON line.

    ``forgotten`` says how many entries left memory, so that an export is never silently incomplete.
    """

    def __init__(self, sink: TextIO | None = None, keep: int = KEPT_ENTRIES) -> None:
        self._sink = sink
        self._entries: deque[LedgerEntry] = deque(maxlen=keep)
        self._counts: Counter[str] = Counter()

    def record(self, rule: str, subject: str, at_us: int, values: Mapping[str, object]) -> LedgerEntry:
        """Write one refusal down; ``at_us`` in Unix microseconds."""
        entry = LedgerEntry(
            str(rule), subject, at_us, tuple((name, str(value)) for name, value in sorted(values.items()))
        )
        self._entries.append(entry)
        self._counts[entry.rule] += 1
        if self._sink is not None:
            self._sink.write(entry.to_json() + "\n")
        return entry

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """The entries in memory, oldest first."""
        return tuple(self._entries)

    @property
    def counts(self) -> dict[str, int]:
        """Number of refusals by rule since the start, rules in alphabetical order."""
        return dict(sorted(self._counts.items()))

    @property
    def total(self) -> int:
        """Number of refusals since the start."""
        return self._counts.total()

    @property
    def forgotten(self) -> int:
        """How many entries are no longer in memory."""
        return self.total - len(self._entries)

    def export(self, path: Path) -> None:
        """Write the entries in memory as JSON lines; a first line states how many older ones are missing, if any."""
        with path.open("w", encoding="utf-8", newline="\n") as lines:
            if self.forgotten:
                lines.write(json.dumps({"forgotten": self.forgotten}) + "\n")
            for entry in self._entries:
                lines.write(entry.to_json() + "\n")
