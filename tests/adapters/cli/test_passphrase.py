"""The passphrase of a backup: handed over, or typed twice at a terminal that does not show it."""

from __future__ import annotations

import sys
from pathlib import Path

import pexpect
import pytest

from adapters.cli.passphrase import passphrase
from workflow.errors import MissingSecretError, WeakPassphraseError

ROOT = Path(__file__).parents[3]
PASSPHRASE = "four words in a row"
ASK = "from adapters.cli.passphrase import passphrase; print('length', len(passphrase((), new={new}, ask=True)))"


def asked(*, new: bool) -> pexpect.spawn[str]:
    return pexpect.spawn(sys.executable, ["-c", ASK.format(new=new)], cwd=str(ROOT), encoding="utf-8", timeout=30)


def test_a_new_one_is_typed_twice_and_never_shown() -> None:
    terminal = asked(new=True)
    shown = ""
    for typed in ("short", PASSPHRASE, "another passphrase", PASSPHRASE, PASSPHRASE):
        terminal.expect(r"(?:^|\n)(Passphrase of the backup|The same passphrase again): ")
        shown += str(terminal.before)
        terminal.sendline(typed)
    terminal.expect(f"length {len(PASSPHRASE)}")

    shown = " ".join((shown + str(terminal.before)).split())
    assert "at least 12 characters" in shown
    assert "not the same" in shown
    assert PASSPHRASE not in shown


def test_a_known_one_is_typed_once() -> None:
    terminal = asked(new=False)

    terminal.expect("Passphrase of the backup: ")
    terminal.sendline("x")

    terminal.expect("length 1")


def test_a_short_one_that_is_handed_over_is_refused_for_a_new_backup_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHCERT_SECRET_BACKUP_PASSPHRASE", "short")
    with pytest.raises(WeakPassphraseError):
        passphrase((), new=True, ask=False)

    monkeypatch.setenv("EHCERT_SECRET_BACKUP_PASSPHRASE", "short")
    assert passphrase((), new=False, ask=False) == "short"


def test_without_anybody_to_ask_it_is_missing() -> None:
    with pytest.raises(MissingSecretError, match="backup_passphrase"):
        passphrase((), new=False, ask=False)
