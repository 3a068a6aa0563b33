"""A practice whose commands are forked from the process of the tests: processes of their own that start at once.

For journeys of many commands. What they share with others is on disk alone; keystores are made with few rounds.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from adapters.keystore.reading import read
from steps.certificates import identifier_of
from steps.ports.keystore import AUTHENTICATION, Keystore
from tests.journeys.practice import FEW, NEW_PASSWORD, PIN, Ended, Practice

USUAL: Mapping[str, Mapping[str, Any]] = {
    "consent": {"agree": True},
    "kind": {"certificate_for": "person"},
    "contact": {"email_private": "exemple@example.org", "phone_private": "+32 470 00 00 00"},
    "approval": {"approve": True},
    "reason": {"reason": "file_lost"},
    "revocation": {"confirmation": "revoke"},
}
GIVEN = {"new_keystore_password": NEW_PASSWORD, "pin": PIN}
NEW = ["generateCertificate", "startETKRegistration", "completeETKRegistration"]
"""What eHealth carries out for a certificate that replaces none."""


@dataclass
class Quick(Practice):
    """See the head of this file."""

    answered: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: USUAL)

    def ehcert(self, *arguments: str, secrets: Mapping[str, str] | None = None, **variables: str) -> Ended:
        """Run one command to its end in a forked process; one that is killed has the code of its signal, below 0."""
        _warm_up()
        output = self.home / "out.txt", self.home / "err.txt"
        given = {f"EHCERT_SECRET_{name.upper()}": value for name, value in (secrets or {}).items()}
        pid = os.fork()
        if not pid:
            _run(list(arguments), {**self.variables(**variables), **given}, self.home, output)
        _, status = os.waitpid(pid, 0)
        ended = Ended(os.waitstatus_to_exitcode(status), *(file.read_text() for file in output))
        for file in output:
            file.unlink()
        return ended

    def answer(self, **forms: Mapping[str, Any]) -> None:
        """Write the usual answers, and these."""
        self.answered = {**self.answered, **forms}
        (self.home / "answers.yaml").write_text(json.dumps(self.answered))  # which is YAML, too

    def request(self, *arguments: str, **variables: str) -> Ended:
        """`ehcert request` with these answers."""
        return self.ehcert("request", "--answers", "answers.yaml", "--json", *arguments, secrets=GIVEN, **variables)

    def revocation(self, *arguments: str, **variables: str) -> Ended:
        """`ehcert revoke` with these answers."""
        return self.ehcert("revoke", "--answers", "answers.yaml", "--json", *arguments, secrets=GIVEN, **variables)

    def go_on(self, *arguments: str, **variables: str) -> Ended:
        """`ehcert resume` with these answers."""
        return self.ehcert("resume", "--answers", "answers.yaml", "--json", *arguments, secrets=GIVEN, **variables)

    def states(self) -> list[str]:
        """The states of the stored procedures."""
        return [state for _id, state, *_rest in self.stored()]


def key_of(content: Keystore) -> str:
    """The PublicKeyIdentifier of a keystore's certificate."""
    entry = content.key(AUTHENTICATION)
    assert entry is not None
    return identifier_of(entry.private_key.public_key())


def is_whole(path: Path, password: str = NEW_PASSWORD) -> bool:
    """Whether a keystore opens and holds both keys, the first with the delivered chain."""
    content = read(path.read_bytes(), password, path=path)
    return len(content.keys) == 2 and len(content.keys[0].chain) == 2


def _warm_up() -> None:
    """Import what the commands import, so that a forked one starts at once."""
    for module in _IMPORTED:
        importlib.import_module(module)


_IMPORTED = (
    "adapters.cli.commands.go_on",
    "adapters.cli.commands.look",
    "adapters.cli.commands.start",
    "adapters.cli.wiring",
    "adapters.ehealth.client",
    "adapters.eid.software",
    "state.store",
    "workflow.engine",
)


def _run(arguments: list[str], environment: Mapping[str, str], folder: Path, output: tuple[Path, Path]) -> NoReturn:
    """In the forked process: the command, and its end."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, file in enumerate(output, 1):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        code = _command(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _command(arguments: list[str]) -> int:
    from adapters.cli.app import main
    from adapters.keystore import writing

    writing.USUAL = FEW
    try:
        main(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0
