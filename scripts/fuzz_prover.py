# SPDX-License-Identifier: Apache-2.0
"""Feeds damaged files to every reader of the proving layer: each input is accepted or refused by a named error.

    python scripts/fuzz_prover.py [--inputs 1000000] [--seed 1] [--record FILE]

The files are those of a circuit of one constraint, made anew: key, constraint system, witness, proof, verification key,
manifest, transcript, powers of tau. Whatever else happens is a finding, printed with what brings it about: another
exception, a panic in the compiled module, memory above the bound; a crash ends the run. Inputs are spread over the
readers by their weight, so that quick ones get more.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from prover.artifacts import CircuitArtifact
from prover.errors import NativeFailure, ProverError
from prover.field import ELEMENT_BYTES, SCALAR_MODULUS
from prover.keys import make_development_key, read_history
from prover.nativelib import require_native, translated
from prover.proof import Proof
from prover.r1cs import R1cs, encode_witness, read_wtns
from prover.transcript import Transcript
from prover.vkey import VerificationKey

MEMORY = Path("/dev/shm")
MEMORY_BOUND_MIB = 1024
DIGEST = "ab" * 32
HUGE = (0, 1, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@dataclass(frozen=True)
class Target:
    """One reader: a sound file, what reads it, and its share of the inputs."""

    name: str
    sound: bytes
    read: Callable[[Path], object]
    weight: int


def container(magic: bytes, version: int, sections: dict[int, bytes]) -> bytes:
    """A file of iden3's container: magic, version, sections with kind and length."""
    parts = [magic, version.to_bytes(4, "little"), len(sections).to_bytes(4, "little")]
    for kind, content in sections.items():
        parts += [kind.to_bytes(4, "little"), len(content).to_bytes(8, "little"), content]
    return b"".join(parts)


def tiny_r1cs() -> bytes:
    """wire 3 times wire 4 is wire 1; wires 1 to 3 are public."""
    prime = ELEMENT_BYTES.to_bytes(4, "little") + SCALAR_MODULUS.to_bytes(ELEMENT_BYTES, "little")
    counts = b"".join(n.to_bytes(size, "little") for n, size in ((5, 4), (2, 4), (1, 4), (1, 4), (5, 8), (1, 4)))
    one = (1).to_bytes(ELEMENT_BYTES, "little")
    body = b"".join((1).to_bytes(4, "little") + wire.to_bytes(4, "little") + one for wire in (3, 4, 1))
    labels = b"".join(label.to_bytes(8, "little") for label in range(5))
    return container(b"r1cs", 1, {1: prime + counts, 2: body, 3: labels})


def targets(folder: Path) -> list[Target]:
    """Every reader with a sound file."""
    native = require_native()
    r1cs, zkey, vkey = folder / "r1cs", folder / "zkey", folder / "vkey.json"
    r1cs.write_bytes(tiny_r1cs())
    make_development_key(r1cs, zkey, vkey)
    key = native.Key.load(zkey)
    witness = encode_witness([1, 15, 0, 3, 5])
    a, b, c, publics, _ = key.prove(witness)
    proof = Proof("tiny", a, b, c, tuple(publics))
    prime = ELEMENT_BYTES.to_bytes(4, "little") + SCALAR_MODULUS.to_bytes(ELEMENT_BYTES, "little")
    wtns = container(b"wtns", 2, {1: prime + (5).to_bytes(4, "little"), 2: witness})
    powers = folder / "powers"
    native.powers_new(1, folder / "0.ptau")
    native.powers_contribute(folder / "0.ptau", powers, "alice", "")
    manifest = {f"{name}_sha256": DIGEST for name in ("source", "r1cs", "wasm", "vkey", "zkey")}
    manifest |= {"circuit": "tiny", "key_kind": "DEV"}
    numbers = {"n_constraints": 1, "n_wires": 5, "n_public": 3}
    document = manifest | numbers | {"public_signals": ["digest", "y", "z"], "tools": {"circom2": "0"}}
    transcript = {"circuit": "tiny", "r1cs_sha256": DIGEST, "powers_sha256": DIGEST, "first_zkey_sha256": DIGEST}
    step = {"name": "alice", "kind": "contribution", "digest": DIGEST * 2, "zkey_sha256": DIGEST}

    def native_read(function: Callable[[Path], object]) -> Callable[[Path], object]:
        def read(path: Path) -> object:
            with translated("file", path):
                return function(path)

        return read

    def read_proof(path: Path) -> object:
        text = path.read_text(encoding="utf-8", errors="replace")
        return Proof.from_json("tiny", text, json.dumps(proof.publics_to_snarkjs()))

    def read_publics(path: Path) -> object:
        text = path.read_text(encoding="utf-8", errors="replace")
        return Proof.from_json("tiny", json.dumps(proof.to_snarkjs()), text)

    def read_native_vkey(path: Path) -> object:
        text = path.read_text(encoding="utf-8", errors="replace")
        return native.verify(text, list(proof.publics), proof.a, proof.b, proof.c)

    named = folder / "named" / "tiny"
    named.mkdir(parents=True)

    def read_manifest(path: Path) -> object:
        path.replace(named / "manifest.json")
        return CircuitArtifact("tiny", named).manifest()

    def read_transcript(path: Path) -> object:
        path.replace(named / "transcript.json")
        return Transcript.load(named)

    def prove(path: Path) -> object:
        return key.prove(path.read_bytes())

    def make_key(path: Path) -> None:
        make_development_key(path, folder / "made.zkey", folder / "made.json")

    return [
        Target("zkey history", zkey.read_bytes(), read_history, 50),
        Target("zkey subgroup", zkey.read_bytes(), native_read(native.check_subgroup), 1),
        Target("zkey proving key", zkey.read_bytes(), native_read(native.Key.load), 50),
        Target("powers of tau", powers.read_bytes(), native_read(native.powers_verify), 2),
        Target("r1cs", tiny_r1cs(), R1cs.load, 100),
        Target("r1cs to key", tiny_r1cs(), make_key, 2),
        Target("wtns", wtns, read_wtns, 100),
        Target("witness to proof", witness, native_read(prove), 5),
        Target("proof json", json.dumps(proof.to_snarkjs()).encode(), read_proof, 80),
        Target("public json", json.dumps(proof.publics_to_snarkjs()).encode(), read_publics, 50),
        Target("vkey json", vkey.read_bytes(), VerificationKey.load, 50),
        Target("vkey json, compiled", vkey.read_bytes(), native_read(read_native_vkey), 10),
        Target("manifest", json.dumps(document).encode(), read_manifest, 50),
        Target(
            "transcript",
            json.dumps(transcript | {"circuit_digest": DIGEST * 2, "steps": [step]}).encode(),
            read_transcript,
            50,
        ),
    ]


def damaged(sound: bytes, chance: random.Random) -> bytes:
    """`sound` with one to three changes: bytes, cuts, repetitions, extreme integers, nesting."""
    content = bytearray(sound)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(content) + 1)
        match chance.randrange(8):
            case 0 if at < len(content):
                content[at] ^= 1 << chance.randrange(8)
            case 1:
                content[at : at + 1] = chance.randbytes(1)
            case 2:
                del content[at:]
            case 3:
                del content[at : at + chance.randint(1, 40)]
            case 4:
                content[at:at] = content[at : at + chance.randint(1, 200)]
            case 5:
                aligned = at & ~3
                size = chance.choice((4, 8, 32))
                content[aligned : aligned + size] = chance.choice(HUGE).to_bytes(size, "little")
            case 6:
                content[at:at] = chance.choice((b"[", b"{", b'"', b"-", b"\xff", b"9")) * chance.choice((1, 50, 5000))
            case _:
                content[at : at + 32] = b"\xff" * 32
    return bytes(content)


def _peak_mib() -> int:
    """Largest memory that the process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def fuzz(inputs: int, seed: int) -> dict[str, object]:
    """Counts by reader and outcome, `findings` with the seed's number of each; at least `inputs` inputs in all."""
    chance = random.Random(seed)
    counts: dict[str, Counter[str]] = {}
    findings: list[str] = []
    started, before_mib = time.monotonic(), _peak_mib()
    # In memory where there is such a folder: writing to disk would take most of the time.
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        made = targets(Path(name))
        path = Path(name, "input")
        total = sum(target.weight for target in made)
        for target in made:
            counts[target.name] = Counter()
            for number in range(-(-inputs * target.weight // total)):
                content = damaged(target.sound, chance)
                path.write_bytes(content)
                outcome = _outcome(target, path)
                counts[target.name][outcome] += 1
                if outcome.startswith("!") and len(findings) < 20:
                    findings.append(f"{target.name} {number}: {outcome}: {content[:400].hex()}")
    grown_mib = _peak_mib() - before_mib
    if grown_mib > MEMORY_BOUND_MIB:
        findings.append(f"memory: grown by {grown_mib} MiB, bound {MEMORY_BOUND_MIB}")
    return {
        "inputs": sum(sum(counter.values()) for counter in counts.values()),
        "seed": seed,
        "seconds": round(time.monotonic() - started),
        "grown_mib": grown_mib,
        "outcomes": {target: dict(sorted(counter.items())) for target, counter in counts.items()},
        "findings": findings,
    }


def _outcome(target: Target, path: Path) -> str:
    try:
        target.read(path)
    except NativeFailure as error:
        return f"!NativeFailure {error.rule}" if "internal" in error.rule else "NativeFailure"
    except ProverError as error:
        return type(error).__name__
    except Exception as error:
        return f"!{type(error).__name__} {error}"[:200]
    return "accepted"


def main() -> int:
    """Status 1 with findings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()
    result = fuzz(options.inputs, options.seed)
    text = json.dumps(result, indent=2)
    print(text)
    if options.record is not None:
        options.record.write_text(text + "\n", encoding="utf-8")
    return 1 if result["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
