"""The sandbox's cards keep their state in files, durably and for every process."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from adapters.eid.software import SoftwareCards
from adapters.eid.software_state import locked
from tests.adapters.eid.people import (
    NOW,
    PIN,
    READER,
    Asked,
    Attending,
    Person,
    change_software_card,
    write_software_card,
)
from tests.adapters.eid.signing import sign, verify
from workflow.errors import (
    CardExpiredError,
    CardRemovedError,
    CardUnusableError,
    PinBlockedError,
    PinMalformedError,
    ReaderAbsentError,
    WrongCardError,
    WrongPinError,
)

SERIAL = "F7503120001"


@pytest.fixture
def cards(tmp_path: Path) -> SoftwareCards:
    return SoftwareCards(tmp_path, now=lambda: NOW, attendant=Attending())


def state(folder: Path) -> dict[str, object]:
    read: dict[str, object] = json.loads((folder / "card.json").read_text())
    return read


def test_without_a_folder_there_is_no_reader(tmp_path: Path) -> None:
    with pytest.raises(ReaderAbsentError):
        SoftwareCards(tmp_path / "none", now=lambda: NOW).check()


def test_a_card_tells_its_reader_and_its_end(tmp_path: Path, cards: SoftwareCards, pol: Person) -> None:
    write_software_card(tmp_path, SERIAL, pol)

    [summary] = cards.present()

    assert (summary.serial, summary.reader) == (SERIAL, READER)
    assert summary.valid_until == pol.authentication.chain[0].not_valid_after_utc


def test_the_given_clock_decides_whether_a_card_has_ended(tmp_path: Path, pol: Person) -> None:
    write_software_card(tmp_path, SERIAL, pol)
    end = pol.authentication.chain[0].not_valid_after_utc

    assert SoftwareCards(tmp_path, now=lambda: end).card().summary.serial == SERIAL
    with pytest.raises(CardExpiredError):
        SoftwareCards(tmp_path, now=lambda: end.replace(year=end.year + 1)).card()


def test_the_setting_chooses_a_card(tmp_path: Path, zoe: Person, pol: Person) -> None:
    write_software_card(tmp_path, "A1", zoe)
    write_software_card(tmp_path, "B2", pol)

    assert SoftwareCards(tmp_path, now=lambda: NOW, card="b2").card().summary.holder.ssin == pol.ssin


def test_every_wrong_pin_is_written_down_before_it_is_told(tmp_path: Path, cards: SoftwareCards, pol: Person) -> None:
    folder = write_software_card(tmp_path, SERIAL, pol)
    left = []

    for _ in range(2):
        with pytest.raises(WrongPinError) as error:
            sign(cards.card().signature(Asked("99999")))
        left.append((error.value.attempts_left, state(folder)["attempts_left"]))
    with pytest.raises(PinBlockedError):
        sign(cards.card().signature(Asked("99999")))

    assert left == [(2, 2), (1, 1)]
    assert state(folder)["attempts_left"] == 0


def test_a_blocked_card_stays_blocked_for_a_new_program(tmp_path: Path, cards: SoftwareCards, pol: Person) -> None:
    write_software_card(tmp_path, SERIAL, pol, attempts_left=0)
    asked = Asked()

    with pytest.raises(PinBlockedError):
        sign(cards.card().signature(asked))

    assert asked.times == 0


def test_the_right_pin_resets_the_count(tmp_path: Path, cards: SoftwareCards, pol: Person) -> None:
    folder = write_software_card(tmp_path, SERIAL, pol, attempts_left=1)

    signer = cards.card().authentication(Asked())

    verify(signer.certificate, sign(signer))
    assert state(folder) == {"serial": SERIAL, "reader": READER, "attempts_left": 3, "inserted": True}


def test_a_malformed_pin_costs_no_try(tmp_path: Path, cards: SoftwareCards, pol: Person) -> None:
    folder = write_software_card(tmp_path, SERIAL, pol)

    with pytest.raises(PinMalformedError):
        sign(cards.card().signature(Asked("12")))

    assert state(folder)["attempts_left"] == 3


def test_a_damaged_card_gives_no_new_tries(tmp_path: Path, cards: SoftwareCards, pol: Person) -> None:
    folder = write_software_card(tmp_path, SERIAL, pol, attempts_left=1)
    card = cards.card()
    (folder / "card.json").write_text("{")

    with pytest.raises(CardUnusableError, match=r"card\.json"):
        sign(card.signature(Asked()))


def test_another_card_in_the_same_folder_is_noticed(
    tmp_path: Path, cards: SoftwareCards, zoe: Person, pol: Person
) -> None:
    folder = write_software_card(tmp_path, SERIAL, zoe)
    signer = cards.card().signature(Asked())

    for file in write_software_card(tmp_path / "other", SERIAL, pol).iterdir():
        file.replace(folder / file.name)

    with pytest.raises(WrongCardError):
        sign(signer)


def test_a_card_in_another_reader_is_no_exchange(
    tmp_path: Path, cards: SoftwareCards, zoe: Person, pol: Person
) -> None:
    folder = write_software_card(tmp_path, SERIAL, zoe)
    write_software_card(tmp_path, "B2", pol, reader="another reader")
    signer = cards.card(SERIAL).signature(Asked())

    change_software_card(folder, inserted=False)

    with pytest.raises(CardRemovedError):
        sign(signer)


def test_the_count_is_readable_by_its_owner_only(tmp_path: Path, cards: SoftwareCards, pol: Person) -> None:
    folder = write_software_card(tmp_path, SERIAL, pol)

    with pytest.raises(WrongPinError):
        sign(cards.card().signature(Asked("99999")))

    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in ("card.json", "card.lock")] == [0o600, 0o600]
    assert not list(folder.glob("*.tmp"))


TRY_A_WRONG_PIN = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from adapters.eid.software import SoftwareCards
from workflow.errors import CardError

card = SoftwareCards(Path(sys.argv[1]), now=lambda: datetime(2026, 11, 23, tzinfo=UTC)).card()
try:
    card.signature(lambda: "99999").private_key.sign(b"x", signature_algorithm=ec.ECDSA(hashes.SHA256()))
except CardError as error:
    print(type(error).__name__, error.details.get("attempts_left"))
"""


def test_two_programs_cannot_share_one_try(tmp_path: Path, pol: Person) -> None:
    write_software_card(tmp_path, SERIAL, pol)
    command = [sys.executable, "-c", TRY_A_WRONG_PIN, str(tmp_path)]

    processes = [
        subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    answers = sorted(process.communicate()[0].strip() for process in processes)

    assert answers == ["LastTryError None", "WrongPinError 1", "WrongPinError 2"]


def test_a_try_waits_for_the_try_of_another_program(tmp_path: Path, cards: SoftwareCards, pol: Person) -> None:
    folder = write_software_card(tmp_path, SERIAL, pol)
    signer = cards.card().signature(Asked())

    with ThreadPoolExecutor(1) as pool:
        with locked(folder):
            waiting = pool.submit(sign, signer)
            done_too_early, _ = wait([waiting], timeout=0.3)
        signature = waiting.result()

    assert not done_too_early
    verify(signer.certificate, signature)


def test_a_kept_pin_that_is_refused_is_not_tried_again(tmp_path: Path, cards: SoftwareCards, pol: Person) -> None:
    folder = write_software_card(tmp_path, SERIAL, pol)
    asked = Asked(PIN, "567890")
    signer = cards.card().authentication(asked)
    sign(signer)
    encryption = BestAvailableEncryption(b"567890")
    changed = pol.authentication.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    (folder / "authentication.pem").write_bytes(changed)

    with pytest.raises(WrongPinError):
        sign(signer)
    sign(signer)

    assert asked.times == 2


def test_no_pin_is_in_what_the_objects_show(tmp_path: Path, cards: SoftwareCards, pol: Person) -> None:
    write_software_card(tmp_path, SERIAL, pol)
    card = cards.card()
    signer = card.authentication(Asked())
    sign(signer)

    assert PIN not in repr((card, signer.private_key, card.summary.serial))
