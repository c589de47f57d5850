# SPDX-License-Identifier: Apache-2.0
"""Writes ``tests/vectors/option_proof.json``: a real proof of one unlisted strike, with its development key.

``python tests/contracts/make_option_proof.py`` after ``zkrisk circuits build``. Proofs and development keys are random: every run
writes another file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from oracle.chain.deploy.circuits import verification_key_words  # noqa: E402
from oracle.statements.option import KNOTS_DIGEST, option_statement, read_option  # noqa: E402
from prover.artifacts import ArtifactStore  # noqa: E402
from prover.prove import Prover  # noqa: E402
from tests.model.test_slice_values import FORWARD_Q16, LAW  # noqa: E402

CIRCUIT, KNOTS, STRIKE_TICKS, TICK_E2 = "option_32", 32, 61_234, 100
MARKET, EXPIRY, EPOCH, REPORT_DIGEST = "BTC-USD", 1_800_000_000, 7, b"\x05" * 32


def content() -> str:
    """The file's text."""
    store = ArtifactStore(ROOT / "build")
    statement = option_statement(LAW.padded(KNOTS), FORWARD_Q16, STRIKE_TICKS, MARKET, EXPIRY, EPOCH, REPORT_DIGEST)
    values = read_option(statement.d)
    proof = Prover(store).prove(CIRCUIT, statement.circuit_inputs())
    words = [
        values.forward_q16,
        TICK_E2,
        values.strike_ticks,
        values.call_q53,
        values.total_vol_q32,
        values.cdf_d1,
        values.pdf_d1,
    ]
    document = {
        "expiry": str(EXPIRY),
        "epoch": str(EPOCH),
        "report_digest": "0x" + REPORT_DIGEST.hex(),
        "key": [str(word) for word in verification_key_words(store.circuit(CIRCUIT).verification_key())],
        "proof": [str(word) for word in proof.to_calldata()],
        "knots_digest": str(statement.d[KNOTS_DIGEST]),
        "digest": str(statement.digest),
        "words": [str(word) for word in words],
        "signals": [str(word) for word in statement.publics],
    }
    return json.dumps(document, indent=1) + "\n"


if __name__ == "__main__":
    (ROOT / "tests" / "vectors" / "option_proof.json").write_text(content())
