"""Ctrl-C while the dialog for the PIN is open ends the program at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.adapters.eid.conftest import Shim
from tests.adapters.eid.people import PIN, Person

pytestmark = [pytest.mark.softhsm, pytest.mark.slow]

LOGIN_REQUIRED = 0x4
ROOT = Path(__file__).parents[3]


def test_the_command_ends_with_130_while_the_dialog_is_still_open(shim: Shim, pol: Person, tmp_path: Path) -> None:
    shim.show(dialog=1, pin=PIN, flags_clear=LOGIN_REQUIRED, sign_wait=60_000)
    shim.insert(pol)
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "EHCERT_HOME": str(tmp_path), "EHCERT_LANGUAGE": "en"}
    command = [sys.executable, "-m", "adapters.cli.app", "card", "test", "--module", str(shim.library)]

    with subprocess.Popen(
        command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        begun = time.monotonic()
        while not shim.calls("C_Sign") and time.monotonic() - begun < 60:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        interrupted = time.monotonic()
        _, errors = process.communicate(timeout=30)
        waited = time.monotonic() - interrupted

    assert process.returncode == 130, errors
    assert waited < 5
    assert "in a window of its own" in errors
    assert "interrupted; nothing is lost" in errors
