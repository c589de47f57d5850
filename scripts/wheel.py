# SPDX-License-Identifier: Apache-2.0
"""``make wheel``: the distributions ``zkrisk`` and ``zkrisk-native`` as wheels in a folder, nothing downloaded.

``zkrisk`` carries ABI and bytecode of the contracts, and manifest and verification key of every circuit that is built; never a
proving key, never tables. ``zkrisk-native`` is compiled for the baseline of the architecture and picks its vector engine at
run time: a wheel that was compiled for this machine's processor is refused.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from oracle.chain.artifacts import CONTRACTS, read_artifact
from prover.artifacts import ArtifactStore

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "build" / "wheel"
PACKAGES = ("oracle", "prover")
FILES = ("pyproject.toml", "README.md", "LICENSE")
SECRET_NAMES = ("zkey", "tables", "tables_lean", "wtns", "r1cs")
FLAGS = ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS")


class WheelRefused(Exception):
    """A wheel that must not be handed on, or that cannot be built."""


def stage(folder: Path, store: ArtifactStore, contracts: Path) -> None:
    """The source of ``zkrisk`` with its package data. Raises as the readers of artefacts do."""
    listed = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in (*listed.stdout.splitlines(), *FILES):
        if not name.startswith("prover/native/"):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    for contract in CONTRACTS:
        place = Path(f"{contract}.sol", f"{contract}.json")
        target = folder / "oracle" / "chain" / "packaged" / place
        target.parent.mkdir(parents=True)
        target.write_text(json.dumps(read_artifact(contracts / place), sort_keys=True) + "\n")
    for circuit in store.circuits():
        artifact = store.artifact(circuit)
        artifact.verification_key()
        target = folder / "prover" / "packaged" / circuit
        target.mkdir(parents=True)
        for path in (artifact.manifest_path, artifact.vkey):
            shutil.copyfile(path, target / path.name)


def build(output: Path, store: ArtifactStore, contracts: Path) -> list[Path]:
    """Both wheels in ``output``. Raises WheelRefused with the builder's words."""
    output.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in FLAGS}
    dated = {"SOURCE_DATE_EPOCH": "1577836800", **environment}
    with tempfile.TemporaryDirectory() as folder:
        stage(Path(folder), store, contracts)
        pip = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-index",
        ]
        _run([*pip, "--no-build-isolation", "--wheel-dir", str(output), folder], dated)
    # The same environment and interpreter as in `make setup` let cargo use what that has compiled.
    maturin = [str(Path(sys.executable).with_name("maturin")), "build", "--quiet", "--interpreter", sys.executable]
    source = ["--release", "--locked", "--manifest-path", "prover/native/Cargo.toml"]
    _run([*maturin, *source, "--out", str(output)], environment)
    wheels = sorted(output.glob("zkrisk*.whl"))
    for wheel in wheels:
        require_clean(wheel)
    return wheels


def require_portable_flags() -> None:
    """Raises WheelRefused where cargo is configured to compile for this machine's processor."""
    homes = (Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")), *(p / ".cargo" for p in (ROOT, *ROOT.parents)))
    for path in (home / name for home in homes for name in ("config", "config.toml")):
        if path.is_file() and "target-cpu" in path.read_text():
            raise WheelRefused(f"{path} sets target-cpu: the wheel would not run on other processors")


def require_clean(wheel: Path) -> None:
    """Raises WheelRefused for a wheel that holds anything of a proving key."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name.rsplit("/", 1)[-1] for name in archive.namelist()]
    if found := sorted(name for name in names if name in SECRET_NAMES or name.endswith((".zkey", ".ptau", ".wtns"))):
        raise WheelRefused(f"{wheel.name} holds {found}")


def _run(command: list[str], environment: dict[str, str]) -> None:
    outcome = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise WheelRefused(f"{' '.join(command[:4])}: {(outcome.stdout + outcome.stderr).strip()}")


def main() -> int:
    """Prints the wheels."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the wheels (default build/wheel)")
    output: Path = parser.parse_args().output
    try:
        require_portable_flags()
        for old in output.glob("zkrisk*.whl"):
            old.unlink()
        for wheel in build(output.resolve(), ArtifactStore.locate(), ROOT / "build" / "contracts"):
            print(f"{wheel}  {wheel.stat().st_size:,} bytes")
    except WheelRefused as error:
        print(f"no wheel: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
