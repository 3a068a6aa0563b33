"""The user's command for notifications: values as variables, no shell, no secrets, an end in any case."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from adapters.system.notify import notify, variables

WRITER = "import json, os, sys; json.dump([sys.argv[1:], dict(os.environ)], open(sys.argv[1], 'w'))"


def test_the_command_gets_its_arguments_and_the_values(tmp_path: Path) -> None:
    file = tmp_path / "told.json"

    failed = notify([sys.executable, "-c", WRITER, str(file), "a b", "--option"], {"text": "It is due", "event": "end"})

    arguments, environment = json.loads(file.read_text())
    assert failed is None
    assert arguments[1:] == ["a b", "--option"]
    assert (environment["EHCERT_NOTICE_TEXT"], environment["EHCERT_NOTICE_EVENT"]) == ("It is due", "end")


def test_no_secret_and_no_setting_goes_along() -> None:
    present = {
        "PATH": "/bin",
        "HOME": "/home/zoe",
        "EHCERT_HOME": "/home/zoe/practice",
        "EHCERT_SECRET_PIN": "1234",
        "ehcert_secret_pin": "1234",
        "EHCERT_STORE": "postgresql://zoe:secret@host/ehcert",
        "PGPASSWORD": "secret",
    }

    found = variables({"text": "x"}, present)

    assert found == {
        "PATH": "/bin",
        "HOME": "/home/zoe",
        "EHCERT_HOME": "/home/zoe/practice",
        "EHCERT_NOTICE_TEXT": "x",
    }


def test_a_command_that_does_not_end_is_ended() -> None:
    begun = time.monotonic()

    failed = notify([sys.executable, "-c", "import time; time.sleep(60)"], {}, seconds=0.5)

    assert failed is not None
    assert failed.reason == "it did not end in time"
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("command", [["/nowhere/at/all"], ["a\0b"], ["."]], ids=["missing", "NUL", "a folder"])
def test_a_command_that_cannot_be_started_is_told(command: list[str]) -> None:
    failed = notify(command, {})

    assert failed is not None
    assert failed.reason == "it cannot be started"


def test_a_command_that_fails_is_told_with_its_code() -> None:
    failed = notify([sys.executable, "-c", "raise SystemExit(3)"], {})

    assert failed is not None
    assert failed.code == 3


def test_what_the_command_prints_is_not_the_programs(capfd: pytest.CaptureFixture[str]) -> None:
    notify([sys.executable, "-c", "print('noise')"], {})

    assert capfd.readouterr().out == ""
