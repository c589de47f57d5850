# SPDX-License-Identifier: Apache-2.0
"""What the tests of the commands share."""

from __future__ import annotations

from collections.abc import Callable

from typer.testing import Result

Invoke = Callable[..., Result]


def refused(done: Result, name: str, text: str) -> None:
    """Expects exit status 2 and one line with the error's name."""
    assert done.exit_code == 2
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.output.startswith(f"{name}: ")
    assert text in done.output
    assert "Traceback" not in done.output
