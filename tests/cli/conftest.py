# SPDX-License-Identifier: Apache-2.0
"""A runner of commands, a password, a keystore and a deployment file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_account import Account
from typer.testing import CliRunner

from oracle.cli.main import app
from tests.chain.market import ROOT, Market, key
from tests.cli.support import Invoke


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs a command in the repository root."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "400")
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def password(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a password."""
    path = tmp_path_factory.mktemp("secrets") / "password"
    path.write_text("correct horse\n")
    return path


@pytest.fixture(scope="module")
def keystore(password: Path) -> Path:
    """The operator's key under that password (few rounds: fast)."""
    path = password.parent / "operator.json"
    encrypted = Account.encrypt(key("operator").key, password.read_text().strip(), kdf="pbkdf2", iterations=10)
    path.write_text(json.dumps(encrypted))
    return path


@pytest.fixture
def deployment(listed: Market, tmp_path: Path) -> Path:
    """The deployment file of a market."""
    path = tmp_path / "deployment.json"
    listed.deployment.save(path)
    return path
