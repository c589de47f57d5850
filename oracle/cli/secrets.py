# SPDX-License-Identifier: Apache-2.0
"""Keeps what must not be shown out of errors, results and logs."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

HIDDEN = "(hidden)"
LEAST_SECRET = 12
"""What follows the host is hidden from this length on: shorter ones hold no key and would hide ordinary words."""
_secrets: set[str] = set()


def keep_secret(url: str) -> None:
    """From now on hides an address, and what follows its host (libraries show that apart)."""
    parts = urlsplit(url)
    tail = parts.path + (f"?{parts.query}" if parts.query else "")
    _secrets.update(part for part in (url, tail) if len(part) >= LEAST_SECRET)


def redacted(text: str) -> str:
    """The text without secrets."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


class Redaction(logging.Filter):
    """Hides secrets in log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keeps every record, redacted."""
        record.msg, record.args = redacted(record.getMessage()), ()
        return True
