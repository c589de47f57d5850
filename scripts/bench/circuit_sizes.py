# SPDX-License-Identifier: Apache-2.0
"""Constraints of presets and of parts of circuits at --O2, compiled where no artefact of the same sources is at hand."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from prover.artifacts import ArtifactStore
from prover.compile import compile_circuit, source_path, source_sha256
from prover.errors import ArtifactMissing, CorruptArtifact
from prover.r1cs import read_r1cs_header

OPTION_CORE = """// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "lib/black76.circom";

// Price and both Greeks words of one option: delta = Phi(d1), gamma = phi / (F v), vega = F phi sqrt(T),
// theta = -F phi v / (2 T) and rho = -T price are closed forms of the outputs and public data.
template OptionCore() {
    signal input forward_q16;
    signal input strike_q16;
    signal input k;
    signal input total_vol_q32;
    signal output price;
    signal output cdf_d1;
    signal output pdf_d1;
    component black = Black76();
    black.k <== k;
    black.total_vol_q32 <== total_vol_q32;
    signal asset_leg <== forward_q16 * black.cdf_d1;
    price <== asset_leg - strike_q16 * black.cdf_d2;
    cdf_d1 <== black.cdf_d1;
    pdf_d1 <== black.pdf_d1;
}

component main = OptionCore();
"""
CALENDAR_SECTION = re.compile(r"^    // 2\. Calendar.*?(?=^    // 3\. )", re.MULTILINE | re.DOTALL)
CLAIMED = re.compile(r"neighbours\.claimed_digest\[\d\]")
PRIVATE = re.compile(
    r"^    signal input (?:claim|neighbour_\w+|ratio_[pq]|kink_bits|tangent_bits)\[.*?;.*\n", re.MULTILINE
)


class BenchFailure(Exception):
    """A figure that cannot be measured, with the reason."""


def slice_alone(source: str, call: str) -> str:
    """`slice.circom` without both calendar parts, as a main component. Raises :class:`BenchFailure` where it has changed its form."""
    text, sections = CALENDAR_SECTION.subn("", source)
    text, digests = CLAIMED.subn("0", text)
    text, inputs = PRIVATE.subn("", text)
    if (sections, digests, inputs) != (1, 2, 8):
        raise BenchFailure(f"slice.circom: {sections} calendar sections, {digests} claimed digests, {inputs} inputs")
    return f"{text}\ncomponent main {{public [z]}} = {call};\n"


def _compiled(root: Path, main: Path) -> int:
    with tempfile.TemporaryDirectory(prefix=".sizes.", dir=root / "build" / "bench") as workshop:
        compile_circuit(root, main, Path(workshop))
        return read_r1cs_header(Path(workshop) / "r1cs").n_constraints


def constraints(root: Path, main: Path) -> int:
    """Constraints of ``main``, from the built artefact or an earlier bench of the same sources, else by compiling."""
    digest = source_sha256(root, main)
    try:
        manifest = ArtifactStore(root / "build").circuit(main.stem).manifest()
        if manifest.source_sha256 == digest:
            return manifest.n_constraints
    except (ArtifactMissing, CorruptArtifact):
        pass
    kept = root / "build" / "bench" / "sizes.json"
    known: dict[str, int] = json.loads(kept.read_text()) if kept.is_file() else {}
    if digest not in known:
        known[digest] = _compiled(root, main)
        kept.write_text(json.dumps(known, indent=1) + "\n")
    return known[digest]


def preset_constraints(root: Path, circuit_id: str) -> int:
    """Constraints of a preset. Raises :class:`BenchFailure` for an unknown one."""
    main = source_path(root, circuit_id)
    if not main.is_file():
        raise BenchFailure(f"{circuit_id} is no preset")
    return constraints(root, main)


def part_constraints(root: Path, name: str, text: str) -> int:
    """Constraints of a main component given as text, which includes from circuits/."""
    main = root / "build" / "bench" / f"{name}.circom"
    main.parent.mkdir(parents=True, exist_ok=True)
    if not main.is_file() or main.read_text() != text:
        main.write_text(text)
    return constraints(root, main)
