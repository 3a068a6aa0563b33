"""Where this user's files are."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.system.folders import user_folders


def test_one_variable_puts_everything_below_one_folder(tmp_path: Path) -> None:
    folders = user_folders({"EHCERT_HOME": str(tmp_path)})

    assert all(
        path.is_relative_to(tmp_path)
        for path in (folders.data, folders.config, folders.home, folders.keystores, folders.sandbox, folders.locks)
    )


def test_a_relative_home_is_taken_from_where_the_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert user_folders({"EHCERT_HOME": "here"}).data == tmp_path / "here" / "data"


def test_otherwise_they_are_where_the_system_wants_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    folders = user_folders({})

    assert folders.data != folders.config
    assert folders.data.is_relative_to(tmp_path)
    assert folders.settings_file.name == "config.toml"


def test_practice_software_finds_the_keystores_where_the_wizard_puts_them(tmp_path: Path) -> None:
    assert user_folders({"EHCERT_HOME": str(tmp_path)}).keystores == tmp_path / "ehealth" / "keystore"


def test_the_sandbox_is_not_in_the_folder_that_practice_software_reads(tmp_path: Path) -> None:
    folders = user_folders({"EHCERT_HOME": str(tmp_path)})

    assert not folders.sandbox.is_relative_to(folders.keystores)
    assert not folders.keystores.is_relative_to(folders.sandbox)
