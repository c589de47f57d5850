# SPDX-License-Identifier: Apache-2.0
"""``python -m prover.bench.peers``: fetches and builds the provers that the benchmark compares with.

They are obtained by the user's own clients, for comparison only, and are no part of the product.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from prover.bench.rapidsnark import Rapidsnark, build_library, library_path
from prover.bench.snarkrs import Snarkrs, build_program, program_path
from prover.bench.workload import Workload, bench_store
from prover.errors import InvalidProof, ProverError, ToolMissing
from prover.proof import Proof
from prover.tools import node_command
from prover.verify import verify

RAPIDSNARK, SNARKRS, SNARKJS = PEERS = ("rapidsnark", "snarkrs", "snarkjs")

Contender = Callable[[], object]
_TIMEOUT_S = 600
_WORDS_SHOWN = 300


def build_peer(peer: str, root: Path) -> Path:
    """The file by which a peer is used, fetched and built unless it is there. Raises ToolMissing."""
    if peer == RAPIDSNARK:
        return build_library(bench_store(root).path)
    return build_program(root) if peer == SNARKRS else Path(_snarkjs(root)[-1])


def _snarkjs(root: Path) -> list[str]:
    return node_command(root, "snarkjs", "build/cli.cjs")


@contextmanager
def contenders(
    peers: Sequence[str], workload: Workload, root: Path, absent: Callable[[str, str], None]
) -> Iterator[dict[str, Contender]]:
    """The peers that are built, ready to prove; `absent` hears of each other one and why. What they prove is verified."""
    with ExitStack() as stack:
        ready: dict[str, Contender] = {}
        for peer in peers:
            try:
                ready[peer] = _contender(peer, workload, root, stack)
            except (ProverError, OSError) as error:
                absent(peer, str(error))
        yield ready


def _contender(peer: str, workload: Workload, root: Path, stack: ExitStack) -> Contender:
    circuit, vkey = workload.artifact.circuit, workload.artifact.verification_key()
    if peer == RAPIDSNARK:
        library = _built(peer, library_path(bench_store(root).path))
        rapidsnark, file = Rapidsnark(library, circuit, workload.artifact.zkey), workload.witness_file.read_bytes()
        verify(rapidsnark.prove(file), vkey)
        return lambda: rapidsnark.prove(file)
    if peer == SNARKRS:
        return stack.enter_context(Snarkrs(_built(peer, program_path(root)), workload)).prove
    outputs = [workload.witness_file.with_suffix(f".snarkjs.{name}.json") for name in ("proof", "public")]
    files = (workload.artifact.zkey, workload.witness_file, *outputs)
    command = [*_snarkjs(root), "groth16", "prove", *map(str, files)]

    def prove() -> None:
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
        if outcome.returncode != 0:
            raise InvalidProof(peer, circuit, (outcome.stdout + outcome.stderr)[-_WORDS_SHOWN:])

    prove()
    verify(Proof.from_json(circuit, *(path.read_text(encoding="utf-8") for path in outputs)), vkey)
    return prove


def _built(peer: str, path: Path) -> Path:
    if not path.is_file():
        raise ToolMissing(peer, path.name, "not built: run `make bench-peers`")
    return path


def main() -> int:
    """One line a peer; 1 where one cannot be had."""
    status = 0
    for peer in PEERS:
        try:
            build_peer(peer, Path.cwd())
            sys.stdout.write(f"{peer}: ready\n")
        except (ProverError, OSError, subprocess.TimeoutExpired) as error:
            sys.stdout.write(f"{peer}: cannot be had: {error}\n")
            status = 1
        sys.stdout.flush()
    return status


if __name__ == "__main__":
    sys.exit(main())
