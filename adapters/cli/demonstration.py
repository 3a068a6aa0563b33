"""The demonstration: a sandbox and four sittings, each an operating-system process, and a proof at the end."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import adapters
from adapters.cli.rehearsal import PASSWORD, PIN
from adapters.cli.words import _
from workflow.texts import mark

NEW_PASSWORD = "sandbox-new-password"
_START_SECONDS = 60
_PROCESS_SECONDS = 120

ANSWERS = """\
consent:
  agree: true
contact:
  email_private: exemple@example.org
  phone_private: "+32 470 00 00 00"
approval:
  approve: true
"""
HANDOVER = """\
handover:
  loaded: true
"""


class DemonstrationError(Exception):
    """The demonstration did not go as it must."""


class Tell(Protocol):
    """How the story is told: a line of JSON, or a text."""

    def __call__(self, schema: str, text: str, **body: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Sitting:
    """One process: its command, the secrets it is given, and the state in which it must leave the procedure."""

    command: tuple[str, ...]
    secrets: Mapping[str, str]
    state: str
    story: str
    clock: str | None = None


NEW = {"new_keystore_password": NEW_PASSWORD}
SITTINGS = (
    Sitting(
        ("renew", "--answers", "answers.yaml"),
        {"keystore_password": PASSWORD, "pin": PIN, **NEW},
        "awaiting_delivery",
        mark("the renewal is signed and sent; eHealth delivers; come back"),
    ),
    Sitting(("resume",), {}, "awaiting_delivery", mark("five hours later: not delivered yet"), clock="+5h"),
    Sitting(
        ("resume",),
        NEW,
        "awaiting_handover",
        mark("two days later: installed, ETK registered; load the file"),
        clock="+2d",
    ),
    Sitting(("resume", "--answers", "handover.yaml"), NEW, "done", mark("the ETK is activated and the end is proved")),
)


class Demonstration:
    """Runs in `home`, which must be empty; `between` is called before each sitting but the first (for tests).

    `card` is "software", or "softhsm": the same card on a token of SoftHSM2, signed with through PKCS#11.
    """

    def __init__(
        self,
        home: Path,
        tell: Tell,
        between: Callable[[int], None] = lambda number: None,
        card: str = "software",
    ) -> None:
        self._home = home
        self._tell = tell
        self._between = between
        self._card = card
        self._card_variables: dict[str, str] = {}
        self._started = time.monotonic()

    def run(self) -> dict[str, Any]:
        """Returns the result. Raises `DemonstrationError`."""
        (self._home / "answers.yaml").write_text(ANSWERS)
        (self._home / "handover.yaml").write_text(HANDOVER)
        with self._sandbox() as current:
            if self._card == "softhsm":
                self._move_card()
            answers: list[dict[str, Any]] = []
            for number, sitting in enumerate(SITTINGS, 1):
                if number > 1:
                    self._between(number)
                if sitting.clock:
                    self._command("sandbox", "clock", sitting.clock, "--json")
                answers.append(self._sit(number, sitting))
            result = self._proved(answers[-1], current)
        self._tell("demo", _summary(result), **result)
        return result

    # --- the processes --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _sandbox(self) -> Iterator[Path]:
        """The far side, in a process of its own; gives the keystore that is in use."""
        command = _python("sandbox", "serve", "--messages", str(self._home / "messages"), "--json")
        with subprocess.Popen(
            command, env=self._variables(), cwd=self._home, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                if not line:
                    raise DemonstrationError("the sandbox did not start")
                served = json.loads(line)
                listens = _("the sandbox listens on {address}; a certificate ends in 60 days")
                text = f"[{process.pid}] {listens.format(address=served['address'])}"
                self._tell("demo.sandbox", text, pid=process.pid, address=served["address"])
                yield Path(served["keystores"][0])
            finally:
                process.terminate()
                try:
                    process.wait(_START_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()

    def _move_card(self) -> None:
        """Write the card of the sandbox on a token of SoftHSM2, and use that one."""
        from adapters.eid import softhsm

        library = softhsm.find_library()
        if library is None:
            raise DemonstrationError(_("SoftHSM2 is not installed: the package is called softhsm2"))
        folder = self._home / "data" / "sandbox" / "cards"
        [card] = [file.parent for file in folder.glob("*/card.json")]
        self._card_variables = softhsm.write_card(self._home / "softhsm", library, card, PIN)
        for file in card.iterdir():  # nobody can sign with it any more but through the token
            file.unlink()
        seen = self._command("card", "list", "--json")[2]
        serials = [reader["card"]["serial"] for reader in seen["readers"] if reader["card"] is not None]
        told = _("the card is a token: {serial}, through {module}").format(serial=serials[0], module=seen["module"])
        self._tell("demo.card", f"  {told}", serial=serials[0], module=seen["module"])

    def _sit(self, number: int, sitting: Sitting) -> dict[str, Any]:
        begun = time.monotonic()
        pid, code, answer = self._command(*sitting.command, "--json", secrets=sitting.secrets)
        seconds = round(time.monotonic() - begun, 1)
        body: dict[str, Any] = answer if code == 0 else answer.get("error", answer)
        state = body.get("procedure", {}).get("state")
        moment = self._command("sandbox", "clock", "--json")[2]["now"]
        told = _("process {number}: {story} (state {state}, exit code {code}, {seconds} s)").format(
            number=number, story=_(sitting.story), state=state, code=code, seconds=seconds
        )
        text = f"[{pid}] {moment}  {told}"
        self._tell("demo.process", text, number=number, pid=pid, exit=code, state=state, now=moment, seconds=seconds)
        if code != 0 or state != sitting.state:
            raise DemonstrationError(f"process {number} ended with {code} in {state}: {body.get('message', '')}")
        return body

    def _command(self, *arguments: str, secrets: Mapping[str, str] | None = None) -> tuple[int, int, dict[str, Any]]:
        """Run one `ehcert`, each secret through a pipe of its own; returns pid, exit code and JSON."""
        options, readers = [], []
        for name, value in (secrets or {}).items():
            reader, writer = os.pipe()
            os.write(writer, value.encode())
            os.close(writer)
            readers.append(reader)
            options += ["--secret-fd", f"{name}={reader}"]
        process = subprocess.Popen(
            _python(*arguments, *options),
            env=self._variables(),
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=readers,
        )
        for reader in readers:
            os.close(reader)
        try:
            output, errors = process.communicate(timeout=_PROCESS_SECONDS)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise DemonstrationError(f"'ehcert {' '.join(arguments)}' does not end") from error
        try:
            return process.pid, process.returncode, json.loads(output)
        except ValueError as error:
            raise DemonstrationError(f"'ehcert {' '.join(arguments)}' failed: {errors.strip()[-2000:]}") from error

    def _variables(self) -> dict[str, str]:
        """The environment of the processes: a home of their own, and none of the user's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EHCERT_")}
        root = str(Path(adapters.__file__).parent.parent)
        return {
            **kept,
            "PYTHONPATH": os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH")))),
            "EHCERT_HOME": str(self._home),
            "EHCERT_ENVIRONMENT": "sandbox",
            "EHCERT_LANGUAGE": "en",
            **self._card_variables,
        }

    # --- the proof ------------------------------------------------------------------------------------------------

    def _proved(self, last: Mapping[str, Any], current: Path) -> dict[str, Any]:
        """Look for ourselves: open the new keystore, ask the depot, count what the sandbox accepted."""
        path = Path(last["keystore"])
        subject = _check_keystore(path, current, self._depot())
        accepted = self._command("sandbox", "log", "--json")[2]["counts"]
        changing = ("generateCertificate", "startETKRegistration", "completeETKRegistration", "activateETK")
        if any(accepted.get(operation) != 1 for operation in changing):
            raise DemonstrationError(f"not each change was accepted once: {accepted}")
        return {
            "state": last["procedure"]["state"],
            "keystore": str(path),
            "password": NEW_PASSWORD,
            "subject": subject,
            "accepted": accepted,
            "seconds": round(time.monotonic() - self._started, 1),
        }

    def _depot(self) -> Callable[[str], bytes | None]:
        from adapters.ehealth.client import EhealthServices
        from adapters.ehealth.config import ServiceConfig
        from adapters.system.clock import SystemClock

        address = json.loads((self._home / "data" / "sandbox" / "address.json").read_text())["address"]
        config = ServiceConfig(f"{address}/CertRa/v2", f"{address}/EtkRa/v2", f"{address}/EtkDepot/v1")
        services = EhealthServices(config, SystemClock().now)
        return lambda ssin: services.etk("SSIN", ssin)


def _check_keystore(path: Path, current: Path, depot: Callable[[str], bytes | None]) -> str:
    """Both keys, the chain, the depot's answer, and the old keystore as it was; returns the subject."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from adapters.keystore.reading import read
    from steps.certificates import chain_holds
    from steps.encryption_token import certificate_in
    from steps.names import subject_of
    from steps.ports.keystore import AUTHENTICATION

    new, old = read(path.read_bytes(), NEW_PASSWORD), read(current.read_bytes(), PASSWORD)
    authentication = new.key(AUTHENTICATION)
    encryption = next((entry for entry in new.keys if entry.alias != AUTHENTICATION), None)
    if authentication is None or encryption is None or len(old.keys) != 2:
        raise DemonstrationError("the new keystore does not hold both keys, or the old one has changed")
    if len(authentication.chain) < 2 or not chain_holds(authentication.chain):
        raise DemonstrationError("the chain of the new certificate does not hold")
    subject = subject_of(authentication.chain[0].subject)
    token = depot(subject.identifier) if subject else None
    if token is None or certificate_in(token) != encryption.chain[0].public_bytes(Encoding.DER):
        raise DemonstrationError("the depot does not hand out the new encryption key")
    return authentication.chain[0].subject.rfc4514_string()


def _python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "adapters.cli.app", *arguments]


def _summary(result: Mapping[str, Any]) -> str:
    accepted = ", ".join(f"{operation} {count}" for operation, count in result["accepted"].items())
    proved = _("proved: the new keystore opens, holds both keys and the chain, and the depot hands out its key")
    keystore = _("keystore: {path}").format(path=result["keystore"])
    counts = _("accepted by the sandbox: {counts}").format(counts=accepted)
    end = _("1 renewal, 4 processes, {seconds} s: state {state}")
    return f"\n{proved}\n  {keystore}\n  {counts}\n{end.format(seconds=result['seconds'], state=result['state'])}"
