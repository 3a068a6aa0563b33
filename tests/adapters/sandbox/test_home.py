"""A sandbox in a folder: what it writes, and that it survives."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from adapters.sandbox.clock import SandboxClock, add_months
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import PEOPLE, PROVIDER, SCRUTINIZED, Person
from tests.adapters.sandbox.client import FakeClock, KeyPool, World, decoded, find, key_identifier

ROOT = Path(__file__).parents[3]
DEFAULT_POLICY = policy.default


@pytest.fixture
def sandbox(folder: Path, key_pool: list[RSAPrivateKey]) -> Iterator[Sandbox]:
    opened = Sandbox.open(folder, keys=KeyPool(key_pool))
    yield opened
    opened.close()


def world_in(sandbox: Sandbox) -> World:
    clock = sandbox.clock
    cards = {person: sandbox.make_card(person, "ec") for person in PEOPLE}
    return World(sandbox, clock, cards, lambda service, body, answered: None)  # type: ignore[arg-type]


def test_a_folder_that_was_open_to_others_is_closed(folder: Path, key_pool: list[RSAPrivateKey]) -> None:
    folder.chmod(0o755)

    Sandbox.open(folder, keys=KeyPool(key_pool)).close()

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.slow
def test_the_first_use_makes_everything_private(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        Sandbox.open(tmp_path / "sandbox").issue_card(PROVIDER, "1234")
    finally:
        os.umask(previous)

    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "sandbox").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert stat.S_IMODE((tmp_path / "sandbox").stat().st_mode) == 0o700


def test_the_keys_of_the_authorities_are_encrypted_on_disk(folder: Path) -> None:
    for path in (folder / "pki").glob("*.key.pem"):
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_a_sandbox_opened_again_knows_everything(sandbox: Sandbox, folder: Path, key_pool: list[RSAPrivateKey]) -> None:
    world = world_in(sandbox)
    key = sandbox.keys.make()
    draft = world.request(key=key)
    body = draft.body()
    first = world.post_body(draft.service, body)
    sandbox.close()

    again = Sandbox.open(folder)
    answered = world_in(again).post_body(draft.service, body)

    assert again.pki.ehealth_root.certificate == sandbox.pki.ehealth_root.certificate
    assert answered.reply == first.reply
    assert [entry.public_key_identifier for entry in again.authority.accepted()] == [key_identifier(key)]
    again.close()


KILLED = """
import sys
from pathlib import Path
from adapters.sandbox.home import Sandbox
from tests.adapters.sandbox.test_home import world_in
sandbox = Sandbox.open(Path(sys.argv[1]))
world = world_in(sandbox)
signer, key = world.enrolled(with_etk=False), sandbox.keys.make()
while True:
    draft = world.start(signer, key)
    assert world.post(draft).is_success
    print(draft.request.get("Id"), flush=True)
"""


@pytest.mark.slow
def test_what_was_answered_survives_a_kill(folder: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answered = [process.stdout.readline().strip() for _ in range(20)]
        process.kill()
        answered += process.stdout.read().split()
    assert process.returncode == -signal.SIGKILL

    again = Sandbox.open(folder)
    logged = [entry.message_id for entry in again.authority.accepted()]

    assert logged[: len(answered)] == answered
    assert len(logged) - len(answered) in (0, 1)
    assert again.store.rows("PRAGMA integrity_check")[0][0] == "ok"
    again.close()


def test_the_clock_is_moved_through_its_file(sandbox: Sandbox, folder: Path) -> None:
    other = SandboxClock(folder)
    before = sandbox.clock.now()

    other.move(timedelta(days=2))
    other.move(timedelta(hours=-1))

    assert timedelta(hours=47) <= sandbox.clock.now() - before < timedelta(hours=47, seconds=10)
    assert json.loads((folder / "clock.json").read_text()) == {"offset_seconds": 47 * 3600.0}


@pytest.mark.parametrize(("day", "months", "expected"), [(31, 1, "02-28"), (31, -2, "11-30"), (15, 39, "04-15")])
def test_months_end_where_the_calendar_ends_them(day: int, months: int, expected: str) -> None:
    assert add_months(datetime(2031, 1, day), months).strftime("%m-%d") == expected


@pytest.mark.parametrize(("kind", "key_type"), [("rsa", RSAPrivateKey), ("ec", ec.EllipticCurvePrivateKey)])
def test_a_card_folder_holds_a_card(sandbox: Sandbox, kind: str, key_type: type) -> None:
    card = sandbox.issue_card(PROVIDER, "1234", kind)  # type: ignore[arg-type]

    state = json.loads((card.path / "card.json").read_text())
    chain = x509.load_pem_x509_certificates((card.path / "signature-chain.pem").read_bytes())
    key = load_pem_private_key((card.path / "signature.pem").read_bytes(), b"1234")

    assert state == {"serial": card.serial, "reader": "Sandbox reader", "attempts_left": 3, "inserted": True}
    assert card.path.name == card.serial
    assert len(card.serial) == 16
    assert isinstance(key, key_type)
    assert chain[0].public_key() == key.public_key()
    assert [a.value for a in chain[0].subject] == [
        "BE",
        "Zoé Exemple (Signature)",
        "Exemple",
        "Zoé Élise",
        "75031299943",
    ]
    usage = chain[0].extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.content_commitment
    assert not usage.digital_signature
    chain[0].verify_directly_issued_by(chain[1])
    chain[1].verify_directly_issued_by(chain[2])
    with pytest.raises(ValueError, match=r".*"):
        load_pem_private_key((card.path / "authentication.pem").read_bytes(), b"4321")


def test_enrolment_gives_a_finished_keystore_and_logs_nothing(sandbox: Sandbox) -> None:
    keystore = sandbox.enrol(PROVIDER, timedelta(days=60))

    authentication, encryption = keystore.keys
    assert authentication.alias == "authentication"
    assert encryption.alias == str(encryption.chain[0].serial_number)
    assert encryption.chain[0].public_key() == encryption.private_key.public_key()
    assert keystore.certificates[0][0].startswith("CN=SSIN\\=75031299943,")
    assert [certificate for _, certificate in keystore.certificates] == list(authentication.chain)
    left = authentication.chain[0].not_valid_after_utc - sandbox.clock.now()
    assert timedelta(days=59, hours=23) < left <= timedelta(days=60)
    etk = decoded(world_in(sandbox).done(world_in(sandbox).etk()).text("d:ETK"))
    assert encryption.chain[0].public_bytes(Encoding.DER) in etk
    assert sandbox.authority.accepted() == []


def test_two_mails_confirm_a_request_and_one_announces_the_certificate(sandbox: Sandbox, folder: Path) -> None:
    world = world_in(sandbox)
    world.done(world.request())
    SandboxClock(folder).move(timedelta(days=2))
    world.done(world.organization_types())

    names = sorted(path.name for path in (folder / "mails").iterdir())
    mails = [message_from_bytes((folder / "mails" / name).read_bytes(), policy=DEFAULT_POLICY) for name in names]
    texts = [mail.get_content() for mail in mails]

    assert names == ["0001-confirmation.eml", "0002-delay.eml", "0003-ready.eml"]
    assert {mail["To"] for mail in mails} == {"zoe@example.org"}
    assert "dans environ 36 heures" in texts[1]
    assert "over ongeveer 36 uur" in texts[1]
    assert all(PROVIDER.ssin not in text and "Zoé Élise Exemple" in text for text in texts)


def test_the_second_mail_says_that_somebody_looks_by_hand(sandbox: Sandbox, folder: Path) -> None:
    world = world_in(sandbox)

    world.done(world.request(SCRUTINIZED))

    text = message_from_bytes((folder / "mails" / "0002-delay.eml").read_bytes(), policy=DEFAULT_POLICY).get_content()
    assert "à la main" in text
    assert "met de hand" in text


def test_an_unknown_person_becomes_known_with_a_card(sandbox: Sandbox) -> None:
    somebody = Person("90010199992", "Nina Test", "Nieuw")
    card = sandbox.make_card(somebody, "ec")
    world = World(sandbox, FakeClock(sandbox.clock.now()), {somebody: card}, lambda *args: None)

    answered = world.done(world.qualities(somebody))

    assert find(answered.content, "r:NaturalPersonAuthorization").text == "false"
