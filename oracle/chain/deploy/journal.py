# SPDX-License-Identifier: Apache-2.0
"""Every transaction of a deployment, written down before it is sent: what may be on its way is never signed twice."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from web3.types import TxReceipt

from oracle.chain.client import ChainClient, SignedCall
from oracle.errors import ConfigError


class JournalEntry(BaseModel):
    """A line of the journal: a signed transaction, or, with ``block`` and ``gas``, its receipt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    nonce: int
    hash: str
    raw: str = ""
    block: int | None = None
    gas: int | None = None


class Journal:
    """Append-only; ``path`` None keeps it in memory. Raises :class:`ConfigError` naming a malformed line."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.entries: list[JournalEntry] = []
        self.sent = 0
        if path is not None and path.is_file():
            self.entries = _read(path)

    def send(self, client: ChainClient, name: str, call: object) -> None:
        """Signs, writes down, sends and writes the receipt down. Raises :class:`ChainError`."""
        signed = client.sign(name, call)
        self._append(JournalEntry(name=name, nonce=signed.nonce, hash=signed.hash, raw=signed.raw))
        self.sent += 1
        self._note(signed, client.deliver(signed))

    def resume(self, client: ChainClient) -> None:
        """Finishes what was on its way when an earlier run ended; what another transaction of its nonce replaced, or
        another chain holds, is left alone. Raises :class:`ChainError`."""
        if not self.entries or self.entries[-1].block is not None:
            return
        last = self.entries[-1]
        signed = SignedCall(last.name, last.nonce, last.hash, last.raw)
        mined = client.mined(signed)
        if mined is not None:
            self._note(signed, mined)
        elif client.is_pending(signed):
            self._note(signed, client.receipt(signed))
        elif client.next_nonce() == signed.nonce:
            self._note(signed, client.deliver(signed))

    def first_block(self) -> int | None:
        """Block of the first receipt, None where there is none."""
        return min((entry.block for entry in self.entries if entry.block is not None), default=None)

    def _note(self, signed: SignedCall, receipt: TxReceipt) -> None:
        block, gas = int(receipt["blockNumber"]), int(receipt["gasUsed"])
        self._append(JournalEntry(name=signed.name, nonce=signed.nonce, hash=signed.hash, block=block, gas=gas))

    def _append(self, entry: JournalEntry) -> None:
        self.entries.append(entry)
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(entry.model_dump_json(exclude_defaults=True) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ConfigError(f"journal {self.path}: {error.strerror or error}") from error


def _read(path: Path) -> list[JournalEntry]:
    """A last line without its end was cut off before its transaction was sent: it is dropped."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"journal {path}: cannot be read: {error}") from error
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
        path.write_text("".join(lines), encoding="utf-8")
    entries = []
    for number, line in enumerate(lines, 1):
        try:
            entries.append(JournalEntry.model_validate(json.loads(line)))
        except (ValidationError, ValueError) as error:
            raise ConfigError(f"journal {path}: line {number} is malformed: {error}") from error
    return entries
