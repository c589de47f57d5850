# SPDX-License-Identifier: Apache-2.0
"""Runs a command behind a progress bar: progress.py LABEL TOTAL PATTERN COMMAND... counts output lines that match PATTERN.

Standard library only: it runs before anything is installed. On failure the command's output is shown.
"""

import re
import subprocess
import sys
import time

WIDTH = 32


def draw(label: str, done: int, total: int, started: float) -> None:
    """One bar on the current line of a terminal."""
    filled = WIDTH * min(done, total) // total
    bar = "#" * filled + "." * (WIDTH - filled)
    print(f"\r{label} [{bar}] {time.monotonic() - started:.0f} s ", end="", flush=True)


def main(label: str, total: int, pattern: str, command: list[str]) -> int:
    """The command's exit status."""
    started, done, lines, terminal = time.monotonic(), 0, [], sys.stdout.isatty()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            lines.append(line)
            done += bool(re.search(pattern, line))
            if terminal:
                draw(label, done, total, started)
    if process.returncode:
        print(f"\n{''.join(lines)}{label}: failed with status {process.returncode}")
    else:
        print(
            f"{chr(13) if terminal else ''}{label}: {time.monotonic() - started:.0f} s{' ' * WIDTH if terminal else ''}"
        )
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], max(1, int(sys.argv[2])), sys.argv[3], sys.argv[4:]))
