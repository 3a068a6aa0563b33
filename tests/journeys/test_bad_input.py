"""Whatever is wrong is named, with what to do, in words and by a code; and nothing has changed."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from adapters.cli.words import moment_text
from adapters.sandbox.clock import add_months
from steps.placeholder import placeholder_certificate
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore
from tests.journeys.practice import ANSWERS, OLD_PASSWORD, PIN, Practice, fictive


@dataclass(frozen=True)
class Prepared:
    """What is typed besides the usual."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


Prepare = Callable[[Practice], Prepared | None]


# --- the keystore -------------------------------------------------------------------------------------------------


def wrong_password(practice: Practice) -> Prepared:
    practice.furnish()
    return Prepared(secrets={"keystore_password": "not-the-password"})


def not_a_keystore(practice: Practice) -> None:
    practice.furnish().write_text("-----BEGIN CERTIFICATE-----\n")


def damaged(practice: Practice) -> None:
    path = practice.furnish()
    path.write_bytes(path.read_bytes()[:-100])


def missing_keystore(practice: Practice) -> Prepared:
    practice.issue_card()
    (practice.home / "answers.yaml").write_text(ANSWERS + "keystore:\n  file: /nowhere/old.p12\n")
    return Prepared()


def keystore_of_another_person(practice: Practice) -> None:
    practice.issue_card()
    practice.put_keystore(practice.enrol(person=fictive(9000)))


def unfinished(practice: Practice) -> None:
    practice.issue_card()
    key = practice.enrol().keys[0].private_key
    placeholder = placeholder_certificate(key, practice.far_side.sandbox.clock.now())
    practice.put_keystore(Keystore((KeyEntry(AUTHENTICATION, key, (placeholder,)),), ()))


def expired(practice: Practice) -> None:
    practice.furnish(valid_for=-timedelta(days=1))


def revoked(practice: Practice) -> None:
    practice.issue_card()
    content = practice.enrol()
    practice.revoke(content)
    practice.put_keystore(content)


def too_early(practice: Practice) -> None:
    practice.furnish(valid_for=timedelta(days=300))


# --- the answers --------------------------------------------------------------------------------------------------


def answers(text: str) -> Prepare:
    def prepare(practice: Practice) -> None:
        practice.furnish()
        (practice.home / "answers.yaml").write_text(text)

    return prepare


# --- the card -----------------------------------------------------------------------------------------------------


def card_absent(practice: Practice) -> None:
    practice.put_keystore(practice.enrol())
    practice.change_card(practice.issue_card(), inserted=False)


def no_reader(practice: Practice) -> None:
    practice.put_keystore(practice.enrol())


def several_cards(practice: Practice) -> None:
    practice.furnish()
    practice.issue_card(fictive(9001))


def wrong_pin(practice: Practice) -> Prepared:
    practice.furnish()
    return Prepared(secrets={"pin": "0000"})


def malformed_pin(practice: Practice) -> Prepared:
    practice.furnish()
    return Prepared(secrets={"pin": "12"})


def blocked_pin(practice: Practice) -> None:
    practice.put_keystore(practice.enrol())
    practice.change_card(practice.issue_card(), attempts_left=0)


def foreign_card(practice: Practice) -> Prepared:
    practice.furnish()
    (practice.home / "answers.yaml").write_text(ANSWERS + f'card:\n  ssin: "{fictive(9002).ssin}"\n')
    return Prepared()


# --- the world ----------------------------------------------------------------------------------------------------


def sandbox_down(practice: Practice) -> Prepared:
    practice.furnish()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Prepared(variables=endpoints(f"http://127.0.0.1:{free.getsockname()[1]}"))


def never_served(practice: Practice) -> None:
    practice.furnish()
    (practice.sandbox_folder / "address.json").unlink()


def endpoints(address: str) -> dict[str, str]:
    return {f"EHCERT_ENDPOINTS_SANDBOX_{name}": address for name in ("CERTRA", "ETKRA", "ETKDEPOT")}


def file_in_place_of_the_folder(practice: Practice) -> Prepared:
    practice.furnish()
    file = practice.home / "a-file"
    file.write_text("")
    return Prepared(variables={"EHCERT_KEYSTORE_FOLDER": str(file)})


def folder_that_nobody_can_write_to(practice: Practice) -> Prepared:
    practice.furnish()
    return Prepared(variables={"EHCERT_KEYSTORE_FOLDER": "/proc/keystore"})


def bad_setting(practice: Practice) -> Prepared:
    return Prepared(variables={"EHCERT_KEYSTORE_ENCRYPTION": "rc2"})


def unencrypted_address(practice: Practice) -> Prepared:
    practice.furnish()
    return Prepared(variables=endpoints("http://services.example.org/CertRa/v2"))


def no_pin(practice: Practice) -> Prepared:
    practice.furnish()
    return Prepared(secrets={"pin": ""})


CASES: dict[str, tuple[Prepare, int, str, tuple[str, ...]]] = {
    "a wrong password": (
        wrong_password,
        5,
        "old_keystore_password_wrong",
        ("wrong password for", "--without-old-keystore"),
    ),
    "not a keystore": (not_a_keystore, 5, "not_a_keystore", ("it is a PEM file", "choose the .p12 file")),
    "a damaged keystore": (damaged, 5, "keystore_damaged", ("it is cut off", "from a backup")),
    "a keystore that is missing": (missing_keystore, 5, "keystore_missing", ("/nowhere/old.p12", "check the name")),
    "a keystore of another person": (keystore_of_another_person, 5, "keystore_of_other_person", ("another person",)),
    "an unfinished keystore": (unfinished, 5, "keystore_unfinished", ("never installed", "complete that request")),
    "an expired certificate": (expired, 8, "certificate_expired", ("this certificate ended on", "request a new")),
    "a revoked certificate": (revoked, 8, "certificate_revoked", ("was revoked", "request a new certificate")),
    "a renewal too early": (too_early, 8, "too_early", ("can be renewed from", "nothing was stored")),
    "a malformed e-mail": (
        answers(ANSWERS.replace("exemple@example.org", "exemple@example")), 2, "malformed_email",
        ("email_private: this is not an e-mail address (answers.yaml, line 4)", "name@example.org"),
    ),
    "a malformed phone": (
        answers(ANSWERS.replace("+32 470 00 00 00", "0470/00.00.00")), 2, "malformed_phone",
        ("phone_private: this is not a phone number", "line 5", "only digits and spaces"),
    ),
    "a malformed national number": (
        answers(ANSWERS + 'card:\n  ssin: "75.03.12-999.44"\n'), 2, "malformed_ssin",
        ("ssin: this is not a national number", "line 9", "mistyped digit"),
    ),
    "a malformed INAMI number": (
        answers(ANSWERS + 'handover:\n  inami: "1-99999-16-001"\n'), 2, "malformed_inami",
        ("inami: this is not an INAMI number", "line 9", "mistyped digit"),
    ),
    "an answer that is not known": (
        answers(ANSWERS.replace("phone_private", "phone")), 2, "bad_answers", ("line 5", "has no field 'phone'"),
    ),
    "a password in the answers": (
        answers(ANSWERS + f'keystore:\n  keystore_password: "{OLD_PASSWORD}"\n'), 2, "bad_answers",
        ("a secret never stands in a file",),
    ),
    "no consent": (
        answers(ANSWERS.replace("agree: true", "agree: false")), 1, "consent_refused",
        ("without consent there is no certificate",),
    ),
    "an answer that is missing": (answers("contact: {}\n"), 2, "answer_missing", ("no answer for 'agree'",)),
    "no card": (card_absent, 4, "card_absent", ("no identity card in the reader", "chip first")),
    "no reader": (no_reader, 4, "card_reader_absent", ("no card reader found",)),
    "several cards": (several_cards, 4, "card_several", ("several identity cards", "leave only one")),
    "a card of another person": (foreign_card, 4, "card_of_other_person", ("is not the card of",)),
    "a wrong PIN": (wrong_pin, 4, "pin_wrong", ("wrong PIN; tries left: ", "the third wrong PIN")),
    "a PIN that cannot be one": (malformed_pin, 4, "pin_malformed", ("4 to 12 digits", "no try was lost")),
    "a blocked PIN": (blocked_pin, 4, "pin_blocked", ("is blocked", "municipality")),
    "no PIN": (no_pin, 4, "pin_malformed", ("4 to 12 digits",)),
    "eHealth down": (sandbox_down, 6, "ehealth_unreachable", ("cannot be reached at", "check the network")),
    "a sandbox that is not served": (never_served, 6, "ehealth_unreachable", ("ehcert sandbox serve",)),
    "an address without TLS": (unencrypted_address, 2, "bad_setting", ("only https is accepted",)),
    "a file in place of the folder": (
        file_in_place_of_the_folder, 13, "folder_not_writable", ("cannot write in", "not a folder"),
    ),
    "a folder that nobody can write to": (
        folder_that_nobody_can_write_to, 13, "folder_not_writable", ("cannot write in /proc/keystore",),
    ),
    "a setting that is not allowed": (
        bad_setting, 2, "bad_setting", ("keystore_encryption", "must be 3des or aes", "EHCERT_KEYSTORE_ENCRYPTION"),
    ),
}  # fmt: skip
each_case = pytest.mark.parametrize(("prepare", "exit_code", "code", "words"), CASES.values(), ids=CASES)


@each_case
def test_it_is_told_and_nothing_has_changed(
    practice: Practice, prepare: Prepare, exit_code: int, code: str, words: tuple[str, ...]
) -> None:
    prepared = prepare(practice) or Prepared()
    before = practice.everything()

    told = practice.renew("--json", secrets=prepared.secrets, **prepared.variables)

    assert told.code == exit_code, told.err + told.out
    assert (told.error["code"], told.error["exit"]) == (code, exit_code)
    for text in words:
        assert text in f"{told.error['message']}\n{told.error['hint']}"
    assert told.err == ""
    assert not any(secret in told.out for secret in (OLD_PASSWORD, PIN, practice.person.ssin))
    assert practice.everything() == before


TOLD_TO_PEOPLE = ("a wrong password", "a malformed e-mail", "a wrong PIN", "eHealth down", "a renewal too early")


@pytest.mark.parametrize("case", TOLD_TO_PEOPLE)
def test_people_are_told_the_same_on_stderr(practice: Practice, case: str) -> None:
    prepare, exit_code, _code, words = CASES[case]
    prepared = prepare(practice) or Prepared()

    told = practice.renew(secrets=prepared.secrets, **prepared.variables)

    assert (told.code, told.out) == (exit_code, "")
    assert told.err.startswith("ehcert: error: ")
    assert "\nehcert: hint: " in told.err
    assert told.err.count("\n") == 2
    for text in words:
        assert text in told.err


def test_too_early_says_from_when(practice: Practice) -> None:
    content = practice.enrol(timedelta(days=300))
    practice.issue_card()
    practice.put_keystore(content)
    opens = add_months(content.keys[0].chain[0].not_valid_after_utc, -3)

    told = practice.renew("--json")

    assert moment_text(opens) in told.error["message"]
    assert practice.stored() == []


def test_each_wrong_pin_counts_once_and_the_third_blocks(practice: Practice) -> None:
    practice.furnish()

    told = [practice.renew("--json", *more, secrets={"pin": "0000"}).error for more in ((), (), ("--last-try",))]

    assert [one["code"] for one in told] == ["pin_wrong", "pin_wrong", "pin_blocked"]
    assert "tries left: 2" in told[0]["message"]
    assert "tries left: 1" in told[1]["message"]
    assert practice.stored() == []


# --- a far side that is none --------------------------------------------------------------------------------------

NONSENSE = {
    "a page for people": (200, "text/html", b"<html><body>Maintenance</body></html>"),
    "an error page": (500, "text/html", b"<h1>Internal Server Error</h1>"),
    "nothing": (200, "text/xml", b""),
    "bytes": (200, "text/xml", bytes(range(256))),
    "another XML": (200, "text/xml", b"<a/>"),
    "a redirect": (302, "text/html", b""),
}


@contextmanager
def answering(status: int, kind: str, body: bytes) -> Iterator[str]:
    """A server that always says the same."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "http://example.org/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_not_believed(practice: Practice, answer: tuple[int, str, bytes]) -> None:
    practice.furnish()
    before = practice.everything()

    with answering(*answer) as address:
        told = practice.renew("--json", **endpoints(address))

    assert told.code == 6, told.out + told.err
    assert told.error["code"] in ("ehealth_nonsense", "ehealth_no_answer")
    assert told.error["next"] == ["ehcert renew"]  # nothing was stored that could be resumed
    assert practice.everything() == before
