# SPDX-License-Identifier: Apache-2.0
"""Settings: file, environment, options, the page generated from the schema."""

from __future__ import annotations

import errno
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from oracle.cli.settings import Settings, load_settings
from oracle.cli.settings_page import settings_page
from oracle.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_init_writes_every_setting_at_its_default(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "zkrisk.toml"
    assert run("init", path, "--json").json == {"path": str(path)}
    assert load_settings(path).model_dump() == load_settings().model_dump()
    named = {line.removeprefix("# ").split(" = ")[0] for line in path.read_text().splitlines() if " = " in line}
    assert named == set(Settings.model_fields)


def test_init_never_overwrites(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "zkrisk.toml", "threshold = 3\n")
    outcome = run("init", path, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert path.read_text() == "threshold = 3\n"


def test_init_on_a_full_disk_leaves_no_file(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "zkrisk.toml"

    def full() -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("oracle.cli.config.settings_file", full)
    outcome = run("init", path, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "OutputError")
    assert "No space left" in outcome.json["message"]
    assert not path.exists()


def test_the_documentation_is_the_schema(run: Any) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    assert page == settings_page(), "run `zkrisk config docs > docs/configuration.md`"
    assert run("config", "docs").text == page
    assert all(f"| `{name}` |" in page for name in Settings.model_fields)


def test_option_beats_environment_beats_file_beats_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "z.toml", "api_port = 1\nthreshold = 7\ngrid = 'flat'\n")
    monkeypatch.setenv("ZKRISK_API_PORT", "2")
    monkeypatch.setenv("ZKRISK_GRID", "flat")
    settings = load_settings(path, grid="deribit", threshold=None)
    assert (settings.grid, settings.api_port, settings.threshold, settings.initial_factor_e2) == ("deribit", 2, 7, 100)


def test_the_environment_holds_lists_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZKRISK_PUBLISHER_KEYSTORES", '["a.json", "b.json"]')
    assert load_settings().publisher_keystores == [Path("a.json"), Path("b.json")]
    monkeypatch.setenv("ZKRISK_PUBLISHER_KEYSTORES", "a.json,b.json")
    with pytest.raises(ConfigError, match="lists are JSON"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("threshold = 0", "threshold = 0: Input should be greater than or equal to 1"),
        ("threshold = -1", "threshold = -1"),
        ("threshold = 256", "threshold = 256: Input should be less than or equal to 255"),
        ("api_port = 65536", "api_port = 65536"),
        ("reward_fixed_e6 = 281474976710656", "reward_fixed_e6 = 281474976710656"),
        ("reward_per_gwei_e6 = 4294967296", "reward_per_gwei_e6 = 4294967296"),
        ("reward_cap_e6 = 49999999", "reward_fixed_e6 must not be above reward_cap_e6"),
        ("buffer_e2 = 256", "buffer_e2 = 256"),
        ("liquidator_interval_s = nan", "liquidator_interval_s = nan"),
        ("rpc_url = 'ftp://x'", "must start with http"),
        ("rpc_url = 'http://x'\nrpc_url_file = 'y'", "exclude each other"),
        ("publishers = ['0x12']", "publishers.0 = '0x12': must be an address"),
        ("initial_factor_e2 = 10\nmaintenance_factor_e2 = 20", "must not be above initial_factor_e2"),
        ("grid = '../x'", "grid = '../x'"),
        ("grid = 'nowhere'", "grid = 'nowhere': must be one of"),
        ("keystore = 'nowhere.json'", "keystore = 'nowhere.json': the file is missing"),
        ("threshold = ", "is not TOML"),
        ("threshhold = 1", "threshhold is not a setting"),
    ],
)
def test_config_check_names_setting_value_and_rule(run: Any, tmp_path: Path, text: str, words: str) -> None:
    outcome = run("config", "check", "--config", written(tmp_path / "z.toml", text), "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert words in outcome.json["message"]


@pytest.mark.parametrize(
    "text",
    ["password = 'hunter2'", "rpc_url = 'https://me:hunter2@example.org/'", "rpc_url = 'ftp://me:hunter2@example.org'"],
)
def test_a_secret_in_the_settings_is_refused_and_not_shown(run: Any, tmp_path: Path, text: str) -> None:
    outcome = run("config", "show", "--config", written(tmp_path / "z.toml", text))
    assert outcome.code == 2
    assert "file" in outcome.text
    assert "hunter2" not in outcome.text


def test_the_rpc_address_can_be_kept_in_a_file(tmp_path: Path) -> None:
    secret = written(tmp_path / "rpc", "https://example.org/key\n")
    assert load_settings(rpc_url_file=secret).rpc() == "https://example.org/key"
    with pytest.raises(ConfigError, match="must hold an address"):
        load_settings(rpc_url_file=written(secret, "example.org")).rpc()


def test_an_unknown_environment_name_is_refused(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZKRISK_TRESHOLD", "2")
    outcome = run("config", "show", "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert "ZKRISK_TRESHOLD" in outcome.json["message"]


def test_config_show_gives_what_is_in_force(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "z.toml", "threshold = 2\n")
    assert run("config", "show", "--config", path, "--json").json["threshold"] == 2
    assert "threshold" in run("config", "show", "--config", path).text
    assert run("config", "check", "--config", path, "--json").json == {"valid": True}
    assert tomllib.loads(path.read_text()) == {"threshold": 2}


def test_a_named_settings_file_must_exist(run: Any, tmp_path: Path) -> None:
    outcome = run("config", "check", "--config", tmp_path / "none.toml", "--json")
    assert outcome.code == 2
    assert "`zkrisk init` writes one" in outcome.json["message"]
