"""The command itself: its help, its exit codes, and how little it loads to say its version."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from adapters.cli.app import COMMANDS, GROUPS, ehcert, main, run, translated
from adapters.cli.version import version
from adapters.cli.words import set_language

ROOT = Path(__file__).parents[3]
HEAVY = ("zeep", "lxml", "sqlmodel", "sqlalchemy", "pkcs11", "alembic", "pydantic", "signxml", "requests", "rich")


def commands() -> list[tuple[str, click.Command]]:
    context = click.Context(ehcert, info_name="ehcert")
    found = []
    for name in COMMANDS:
        command = ehcert.get_command(context, name)
        assert command is not None
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {below}", one) for below, one in command.commands.items()]
    return found


EVERY_COMMAND = [pytest.param(command, id=name) for name, command in commands()]


def test_each_command_stands_in_one_group() -> None:
    grouped = [name for _title, names in GROUPS for name in names]

    assert sorted(grouped) == sorted(COMMANDS)


def test_the_help_groups_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["--help"])

    out = capsys.readouterr().out
    assert code == 0
    sections = [line.removesuffix(":") for line in out.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert sections == ["Options", *[title for title, _names in GROUPS]]
    for name in COMMANDS:
        assert f"\n  {name} " in out


@pytest.mark.parametrize("command", EVERY_COMMAND)
def test_every_command_and_option_has_help(command: click.Command) -> None:
    assert command.help
    for parameter in command.params:
        assert isinstance(parameter, click.Argument) or parameter.help, parameter.name


@pytest.mark.parametrize("command", EVERY_COMMAND)
def test_nothing_asks_for_a_secret_as_an_argument(command: click.Command) -> None:
    for parameter in command.params:
        assert not {"password", "pin", "ssin", "niss", "passphrase"} & set(str(parameter.name).lower().split("_"))


def test_help_is_translated_without_changing_the_command_itself() -> None:
    set_language("fr")
    french = translated(ehcert)

    assert french.help != ehcert.help
    assert french.params is not ehcert.params
    assert (ehcert.help or "").startswith("Request, renew and revoke")


def test_without_a_command_the_help_is_shown_and_it_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    code = run([])

    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.startswith("Usage: ehcert")


@pytest.mark.parametrize("arguments", [["nonsense"], ["status", "--nonsense"], ["status", "--limit", "0"], ["show"]])
def test_what_is_not_understood_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = run([*arguments, "--json"])

    body = json.loads(capsys.readouterr().out)["error"]
    assert (code, body["code"], body["exit"]) == (2, "usage", 2)


def test_the_version_is_the_one_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    run(["--version"])

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert version() == declared
    assert capsys.readouterr().out == f"ehcert {declared}\n"


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_it_loads_no_heavy_library_to_say(argument: str) -> None:
    program = (
        "import sys\n"
        "from adapters.cli.app import run\n"
        f"run([{argument!r}])\n"
        "print('\\n'.join(name for name in sys.modules), file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )

    loaded = set(done.stderr.split())
    assert "ehcert" in done.stdout
    assert not {name for name in loaded if name.split(".")[0] in HEAVY}
    assert not {name for name in loaded if name.startswith(("adapters.sandbox", "adapters.ehealth", "state"))}


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m adapters.cli.app --help | true; exit ${{PIPESTATUS[0]}}"  # 'true' reads nothing

    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("file", "variable", "words"),
    [
        ('language = "fr"\n', None, "Utilisation"),
        ('language = "fr"\n', "en", "Usage"),
        ("", "fr", "Utilisation"),
        ("language = [1\n", None, "Usage"),
        ("language = 1\n", None, "Usage"),
    ],
)
def test_even_the_help_is_in_the_language_of_the_settings(
    file: str, variable: str | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text(file)
    monkeypatch.setenv("EHCERT_HOME", str(tmp_path))
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "C")
    if variable:
        monkeypatch.setenv("EHCERT_LANGUAGE", variable)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)  # those of the tests stay

    with pytest.raises(SystemExit) as ended:
        main(["status", "--help"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(words)
    assert os.environ["LANGUAGE"] in ("en", "fr")
