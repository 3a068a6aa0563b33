"""What SoftHSM alone cannot show: dialogs, pads, empty readers, failing calls, a stale login."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pkcs11
import pytest
from cryptography import x509

from adapters.eid.middleware import Pkcs11Cards
from steps.ports.card import Card, PinEntry
from tests.adapters.eid.conftest import Shim, Tokens
from tests.adapters.eid.people import NOW, PIN, Asked, Person
from tests.adapters.eid.signing import sign, verify
from tests.adapters.eid.tokens import add_data
from workflow.errors import (
    CardError,
    CardNotActiveError,
    CardRemovedError,
    CardSoftwareError,
    CardUnusableError,
    NotAnEidError,
    PinBlockedError,
    PinCancelledError,
    PinMalformedError,
    ReaderAbsentError,
    WrongCardError,
    WrongPinError,
)

pytestmark = pytest.mark.softhsm

LOGIN_REQUIRED = 0x4
PROTECTED_AUTHENTICATION_PATH = 0x100

CANCELED, PIN_INCORRECT, PIN_LEN_RANGE, PIN_LOCKED = 0x50, 0xA0, 0xA2, 0xA4
GENERAL_ERROR, FUNCTION_FAILED, ARGUMENTS_BAD, NOT_SUPPORTED = 0x5, 0x6, 0x7, 0x54
DEVICE_REMOVED, TOKEN_NOT_PRESENT, TOKEN_NOT_RECOGNIZED, SESSION_HANDLE_INVALID = (0x32, 0xE0, 0xE1, 0xB3)


@pytest.fixture
def cards(shim: Shim) -> Pkcs11Cards:
    return Pkcs11Cards(shim.library, now=lambda: NOW)


@pytest.fixture
def card(shim: Shim, cards: Pkcs11Cards, person: Person) -> Card:
    """A card whose module wants a login."""
    shim.insert(person)
    return cards.card()


@pytest.fixture
def dialog_card(shim: Shim, cards: Pkcs11Cards, person: Person) -> Card:
    """A card as the official middleware shows it: no login needed, signing opens a dialog."""
    shim.show(dialog=1, pin=PIN, flags_clear=LOGIN_REQUIRED)
    shim.insert(person)
    return cards.card()


# --- readers and cards --------------------------------------------------------------------------------------------


def test_no_reader_is_told_apart_from_no_card(shim: Shim, cards: Pkcs11Cards) -> None:
    shim.show(readers=0)

    with pytest.raises(ReaderAbsentError):
        cards.check()
    with pytest.raises(ReaderAbsentError):
        cards.card()


def test_another_kind_of_card_is_no_identity_card(shim: Shim, cards: Pkcs11Cards, pol: Person) -> None:
    shim.show(label="Windows Hello")
    shim.insert(pol)

    with pytest.raises(NotAnEidError):
        cards.card()


def test_a_card_that_the_module_does_not_know_is_no_identity_card(shim: Shim, cards: Pkcs11Cards) -> None:
    shim.show(C_GetTokenInfo=TOKEN_NOT_RECOGNIZED)

    with pytest.raises(NotAnEidError):
        cards.present()


def test_the_label_may_go_on_after_belpic(shim: Shim, cards: Pkcs11Cards, pol: Person) -> None:
    shim.show(label="BELPIC (Basic PIN)")
    shim.insert(pol)

    assert cards.card().summary.holder.ssin == pol.ssin


def test_two_cards_in_two_readers_are_both_listed(shim: Shim, cards: Pkcs11Cards, zoe: Person, pol: Person) -> None:
    shim.show(readers=2)
    shim.insert(zoe, reader=0)
    shim.insert(pol, reader=1)

    assert [(summary.holder.ssin, summary.reader) for summary in cards.present()] == [
        (zoe.ssin, "Shim Reader 00 00"),
        (pol.ssin, "Shim Reader 00 01"),
    ]


def test_the_setting_chooses_between_two_cards(shim: Shim, tokens: Tokens, zoe: Person, pol: Person) -> None:
    shim.show(readers=2)
    shim.insert(zoe, reader=0)
    shim.insert(pol, reader=1)

    cards = Pkcs11Cards(shim.library, card=tokens.serial(pol), now=lambda: NOW)

    assert cards.card().summary.holder.ssin == pol.ssin
    assert cards.card(tokens.serial(zoe)).summary.holder.ssin == zoe.ssin


def test_a_card_in_the_other_reader_does_not_replace_one_that_was_taken_out(
    shim: Shim, cards: Pkcs11Cards, tokens: Tokens, zoe: Person, pol: Person
) -> None:
    shim.show(readers=2)
    shim.insert(zoe, reader=0)
    shim.insert(pol, reader=1)
    signer = cards.card(tokens.serial(zoe)).signature(Asked())

    shim.take_out(reader=0)

    with pytest.raises(CardRemovedError):
        sign(signer)


def test_the_same_card_in_another_reader_goes_on_signing(shim: Shim, cards: Pkcs11Cards, zoe: Person) -> None:
    shim.show(readers=2)
    shim.insert(zoe, reader=0)
    signer = cards.card().signature(Asked())

    shim.take_out(reader=0)
    shim.insert(zoe, reader=1)

    verify(signer.certificate, sign(signer))


# --- who asks for the PIN -----------------------------------------------------------------------------------------


def test_a_module_with_a_dialog_is_never_given_a_pin(shim: Shim, dialog_card: Card) -> None:
    asked = Asked()

    for signer in (dialog_card.authentication(asked), dialog_card.signature(asked)):
        verify(signer.certificate, sign(signer))

    assert dialog_card.pin_entry is PinEntry.DIALOG
    assert (asked.times, shim.calls("C_Login")) == (0, 0)


def test_a_prompt_chosen_in_the_settings_leaves_the_signature_key_to_the_dialog(shim: Shim, person: Person) -> None:
    shim.show(dialog=1, pin=PIN, flags_clear=LOGIN_REQUIRED)
    shim.insert(person)
    asked = Asked()
    card = Pkcs11Cards(shim.library, PinEntry.PROMPT, now=lambda: NOW).card()

    signer = card.signature(asked)

    verify(signer.certificate, sign(signer))
    assert card.pin_entry is PinEntry.PROMPT
    assert (asked.times, shim.calls("C_Login")) == (0, 0)


def test_the_keys_of_the_reader_are_used_where_it_has_some(shim: Shim, cards: Pkcs11Cards, person: Person) -> None:
    shim.show(pin=PIN, flags_set=PROTECTED_AUTHENTICATION_PATH)
    shim.insert(person)
    asked = Asked()
    card = cards.card()

    signer = card.authentication(asked)

    verify(signer.certificate, sign(signer))
    assert card.pin_entry is PinEntry.PAD
    assert (asked.times, shim.calls("C_Login")) == (0, 1)


DIALOG_ENDS: list[tuple[int, type[CardError], str | None]] = [
    (CANCELED, PinCancelledError, None),
    (PIN_INCORRECT, WrongPinError, None),
    (PIN_LOCKED, PinBlockedError, None),
    (FUNCTION_FAILED, PinMalformedError, None),
    (GENERAL_ERROR, CardUnusableError, "window for the PIN"),
    (TOKEN_NOT_PRESENT, CardRemovedError, None),
    (DEVICE_REMOVED, CardRemovedError, None),
]


@pytest.mark.parametrize(("answer", "error", "text"), DIALOG_ENDS)
def test_each_end_of_the_dialog_has_its_own_error_and_spends_one_question(
    shim: Shim, dialog_card: Card, answer: int, error: type[CardError], text: str | None
) -> None:
    signer = dialog_card.signature(Asked())
    shim.show(C_Sign=answer)

    with pytest.raises(error, match=text) as raised:
        sign(signer)
    asked_by_the_dialog = shim.calls("C_Sign")
    shim.show(C_Sign=None)

    assert asked_by_the_dialog == 1
    assert isinstance(raised.value.__cause__, pkcs11.PKCS11Error)
    verify(signer.certificate, sign(signer))


LOGIN_ENDS: list[tuple[int, type[CardError]]] = [
    (CANCELED, PinCancelledError),
    (PIN_INCORRECT, WrongPinError),
    (PIN_LOCKED, PinBlockedError),
    (PIN_LEN_RANGE, PinMalformedError),
    (ARGUMENTS_BAD, PinMalformedError),
    (FUNCTION_FAILED, PinMalformedError),
    (GENERAL_ERROR, CardUnusableError),
    (DEVICE_REMOVED, CardRemovedError),
]


@pytest.mark.parametrize(("answer", "error"), LOGIN_ENDS)
def test_each_refused_login_has_its_own_error_and_is_tried_once(
    shim: Shim, card: Card, answer: int, error: type[CardError]
) -> None:
    asked = Asked()
    signer = card.authentication(asked)
    shim.show(C_Login=answer)

    with pytest.raises(error):
        sign(signer)
    tried = (asked.times, shim.calls("C_Login"))
    shim.show(C_Login=None)

    assert tried == (1, 1)
    verify(signer.certificate, sign(signer))


def test_a_kept_pin_that_is_refused_is_not_tried_again(shim: Shim, card: Card) -> None:
    asked = Asked()
    signer = card.authentication(asked)
    sign(signer)
    shim.show(C_Login=PIN_INCORRECT)

    with pytest.raises(WrongPinError):
        sign(signer)
    shim.show(C_Login=None)
    sign(signer)

    assert (asked.times, shim.calls("C_Login")) == (2, 3)


@pytest.mark.parametrize("answer", [NOT_SUPPORTED, FUNCTION_FAILED])
def test_a_module_that_signs_no_contracts_says_what_to_install(shim: Shim, card: Card, answer: int) -> None:
    shim.show(C_Sign=answer)

    with pytest.raises(CardSoftwareError) as error:
        sign(card.signature(Asked()))

    assert "eid.belgium.be" in error.value.hint


# --- tries --------------------------------------------------------------------------------------------------------


def test_the_tries_left_are_told_from_the_flags(shim: Shim, card: Card) -> None:
    shim.show(max_tries=3)

    lefts = []
    for _ in range(2):
        with pytest.raises(WrongPinError) as error:
            sign(card.signature(Asked("99999")))
        lefts.append(error.value.attempts_left)

    assert lefts == [None, 1]
    assert shim.calls("C_Login") == 2


def test_the_tries_left_are_told_from_the_card(shim: Shim, cards: Pkcs11Cards, with_pin_counter: Person) -> None:
    shim.insert(with_pin_counter)

    with pytest.raises(WrongPinError, match="tries left: 2"):
        sign(cards.card().signature(Asked("99999")))


@pytest.fixture(scope="module")
def with_pin_counter(tokens: Tokens, pol: Person) -> Person:
    """Cards with applet 1.8 show a counter."""
    library = pkcs11.lib(str(tokens.library.resolve()))
    token = next(token for token in library.get_tokens() if token.serial.decode() == tokens.serials[pol.ssin])
    add_data(token, "carddata_pin_counter", b"\2")
    return pol


def test_nobody_is_asked_for_the_pin_of_a_blocked_card(shim: Shim, card: Card) -> None:
    asked = Asked()
    shim.show(flags_set=0x40000)

    with pytest.raises(PinBlockedError):
        sign(card.signature(asked))

    assert (asked.times, shim.calls("C_Login")) == (0, 0)


# --- cards on the move --------------------------------------------------------------------------------------------


def test_after_a_removal_no_login_is_believed_without_the_card(shim: Shim, card: Card, person: Person) -> None:
    shim.show(stale=1, C_Sign=DEVICE_REMOVED, C_Logout=DEVICE_REMOVED)
    with pytest.raises(CardRemovedError):
        sign(card.authentication(Asked()))
    shim.show(C_Sign=None, C_Logout=None)
    shim.insert(person)

    with pytest.raises(WrongPinError):
        sign(card.authentication(Asked("99999")))


def test_a_login_that_cannot_be_ended_is_forgotten_and_the_signature_kept(shim: Shim, card: Card) -> None:
    shim.show(stale=1, C_Logout=DEVICE_REMOVED)

    signer = card.authentication(Asked(PIN))
    verify(signer.certificate, sign(signer))
    shim.show(C_Logout=None)

    with pytest.raises(WrongPinError):
        sign(card.signature(Asked("99999")))


def test_an_error_while_closing_does_not_hide_the_first_one(shim: Shim, card: Card) -> None:
    shim.show(C_Sign=CANCELED, C_Logout=DEVICE_REMOVED, C_CloseSession=DEVICE_REMOVED)

    with pytest.raises(PinCancelledError):
        sign(card.signature(Asked()))


@pytest.mark.parametrize("answer", [DEVICE_REMOVED, TOKEN_NOT_PRESENT, SESSION_HANDLE_INVALID])
def test_a_card_out_before_a_session_is_a_removed_card(shim: Shim, card: Card, answer: int) -> None:
    asked = Asked()
    shim.show(C_OpenSession=answer)

    with pytest.raises(CardRemovedError):
        sign(card.signature(asked))

    assert asked.times == 0


def test_a_card_taken_out_while_the_pin_is_typed_loses_no_try(shim: Shim, card: Card) -> None:
    def take_out_and_type() -> str:
        shim.take_out()
        return PIN

    with pytest.raises(CardRemovedError):
        sign(card.signature(take_out_and_type))

    assert shim.calls("C_Login") == 0


def test_another_certificate_under_the_same_serial_number_is_another_card(
    shim: Shim, cards: Pkcs11Cards, tokens: Tokens, zoe: Person, pol: Person
) -> None:
    shim.insert(zoe)
    asked = Asked()
    signer = cards.card().authentication(asked)

    shim.show(serial=tokens.serials[zoe.ssin])
    shim.insert(pol)

    with pytest.raises(WrongCardError):
        sign(signer)
    assert (asked.times, shim.calls("C_Login"), shim.calls("C_Sign")) == (0, 0, 0)


def test_another_certificate_behind_a_dialog_is_noticed_too(
    shim: Shim, dialog_card: Card, tokens: Tokens, person: Person, zoe: Person, pol: Person
) -> None:
    signer = dialog_card.signature(Asked())

    shim.show(serial=tokens.serials[person.ssin])
    shim.insert(zoe if person is pol else pol)

    with pytest.raises(WrongCardError):
        sign(signer)
    assert shim.calls("C_Sign") == 0


def test_threads_wait_for_each_other(shim: Shim, cards: Pkcs11Cards, pol: Person) -> None:
    shim.insert(pol)
    signers = [cards.card().signature(Asked()) for _ in range(2)]

    with ThreadPoolExecutor(2) as pool:
        signatures = list(pool.map(sign, signers * 4))

    for signature in signatures:
        verify(pol_certificate(pol), signature)
    assert shim.calls("a second session") == 0


def test_an_open_dialog_does_not_stop_the_rest_of_the_program(shim: Shim, dialog_card: Card) -> None:
    signer = dialog_card.signature(Asked())
    shim.show(sign_wait=600)
    ticks = 0

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sign, signer)
        while not waiting.done():
            ticks += 1
            time.sleep(0.01)

    verify(signer.certificate, waiting.result())
    assert ticks > 20


def test_ctrl_c_reaches_the_program_while_a_dialog_is_open(shim: Shim, dialog_card: Card) -> None:
    signer = dialog_card.signature(Asked())
    shim.show(sign_wait=1500)
    begun = time.monotonic()
    threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        sign(signer)
    waited = time.monotonic() - begun
    with pytest.raises(CardUnusableError, match="still open"):
        sign(signer)

    assert waited < 1
    shim.show(sign_wait=None)
    time.sleep(max(0.0, 2 - (time.monotonic() - begun)))
    verify(signer.certificate, sign(signer))


def pol_certificate(pol: Person) -> x509.Certificate:
    assert pol.signature is not None
    return pol.signature.chain[0]


def test_no_session_stays_open(shim: Shim, card: Card) -> None:
    sign(card.authentication(Asked()))
    sign(card.signature(Asked()))

    assert shim.calls("C_OpenSession") == shim.calls("C_CloseSession") > 0
    assert shim.calls("C_Login") == shim.calls("C_Logout") == 2


def test_a_signature_that_does_not_fit_the_certificate_is_not_used(shim: Shim, card: Card) -> None:
    shim.show(bad_signature=1)

    with pytest.raises(CardUnusableError, match="does not fit"):
        sign(card.signature(Asked()))


def test_a_private_key_without_a_certificate_is_not_offered(shim: Shim, cards: Pkcs11Cards, mia: Person) -> None:
    shim.insert(mia)

    with pytest.raises(CardNotActiveError, match="Signature"):
        cards.card().signature(Asked())
