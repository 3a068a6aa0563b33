"""Each trap of the card software, replayed: what somebody meets who does not know it, and that we do not fall in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, Mechanism, ObjectClass
from pkcs11.util.ec import encode_ec_public_key

from adapters.eid.identity import Purpose
from adapters.eid.library import Library
from steps.ports.card import PinEntry
from tests.adapters.eid.conftest import Virtual
from tests.adapters.eid.people import PIN, Asked, Person, Pki
from tests.adapters.eid.signing import sign, verify
from tests.adapters.eid.virtual import (
    BEID,
    CANCEL,
    NO_CERTIFICATES,
    OPENSC_23,
    OPENSC_27,
    SILENT,
    Kind,
    VirtualCard,
)
from workflow.errors import (
    CardAbsentError,
    CardNotActiveError,
    CardRemovedError,
    CardSoftwareError,
    CardUnusableError,
    LastTryError,
    NotAnEidError,
    PinBlockedError,
    PinCancelledError,
    PinMalformedError,
    ReaderAbsentError,
    SeveralCardsError,
    WrongCardError,
    WrongPinError,
)

Make = Callable[..., Virtual]


def other(person: Person, serial: str = "FFFFFFFFFFFFFFFF", **changes: Any) -> VirtualCard:
    return VirtualCard(person, serial, **changes)


# --- what is in the readers ---------------------------------------------------------------------------------------


def test_the_same_file_under_a_second_name_is_never_loaded(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, pol)

    for _ in range(2):
        made.cards().card()

    with pytest.raises(pkcs11.PKCS11Error, match="already initialized"):
        made.library.load("/usr/lib/pkcs11/beidpkcs11.so")


def test_two_cards_share_one_label_and_are_told_apart_by_serial(virtual: Make, zoe: Person, pol: Person) -> None:
    made = virtual(BEID, zoe, pol)

    with pytest.raises(SeveralCardsError):
        made.cards().card()
    chosen = made.cards().card("abcdef0123456781")

    assert {slot.get_token().label for slot in made.library.get_slots()} == {"BELPIC"}
    assert chosen.summary.holder.ssin == pol.ssin


def test_a_label_that_goes_on_after_belpic_is_a_belgian_card(virtual: Make, pol: Person) -> None:
    made = virtual(OPENSC_23, pol)

    assert made.library.get_slots()[0].get_token().label != "BELPIC"
    assert made.cards().present()[0].holder.ssin == pol.ssin


def test_a_serial_in_lower_case_is_the_same_card(virtual: Make, pol: Person) -> None:
    made = virtual(OPENSC_27, pol)

    assert made.library.get_slots()[0].get_token().serial.islower()
    assert made.cards().card("ABCDEF0123456780").summary.serial == "ABCDEF0123456780"


def test_no_slots_no_token_and_no_eid_are_three_things(virtual: Make, zoe: Person) -> None:
    with pytest.raises(ReaderAbsentError):
        virtual(BEID).cards().check()
    with pytest.raises(CardAbsentError):
        virtual(BEID, None).cards().card()
    with pytest.raises(NotAnEidError):
        virtual(BEID, other(zoe, foreign=True)).cards().card()


def test_another_kind_of_card_does_not_upset_the_search(virtual: Make, zoe: Person, pol: Person) -> None:
    made = virtual(BEID, other(zoe, foreign=True), pol)

    with pytest.raises(pkcs11.PKCS11Error):
        made.library.get_slots(token_present=True)

    assert made.cards().card().summary.holder.ssin == pol.ssin
    assert [(seen.card is not None, type(seen.problem)) for seen in made.cards().look()] == [
        (False, NotAnEidError),
        (True, type(None)),
    ]


# --- objects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "width"), [(BEID, 8), (OPENSC_27, 1)])
def test_certificate_and_key_belong_together_by_any_width_of_the_id(
    virtual: Make, pol: Person, kind: Kind, width: int
) -> None:
    made = virtual(kind, pol)
    objects = list(made.naive(user_pin=PIN).get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
    made.library.reinitialize()

    signer = made.cards().card().authentication(Asked())

    assert len(objects[0][Attribute.ID]) == width
    verify(signer.certificate, sign(signer))


def test_a_first_search_by_label_alone_finds_nothing(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, pol)

    assert list(made.naive().get_objects({Attribute.LABEL: "Authentication"})) == []
    assert Purpose.AUTHENTICATION in made.cards().card().describe().chains


def test_data_objects_are_never_searched_all_together(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, other(pol, data={"card_number": b"000000000097", "validity_end_date": b"01.02.2035"}))

    printed = made.cards().card().describe().printed

    assert (printed.card_number, printed.valid_from, printed.valid_until) == ("000000000097", None, "01.02.2035")
    assert made.library.data_rounds == 0


def test_of_data_objects_that_were_added_twice_the_first_is_taken(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, other(pol, data={"card_number": b"000000000097"}))
    session = made.naive()
    for _ in range(2):
        list(session.get_objects({Attribute.CLASS: ObjectClass.DATA}))

    assert made.cards().card().describe().printed.card_number == "000000000097"


def test_opensc_shows_no_data_objects_and_that_is_no_error(virtual: Make, pol: Person) -> None:
    made = virtual(OPENSC_27, other(pol, data={"card_number": b"000000000097"}))

    assert made.cards().card().describe().printed.card_number is None


def test_zero_padding_is_not_shown(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, other(pol, data={"card_number": b"000000000097\0\0\0\0"}))

    assert made.cards().card().describe().printed.card_number == "000000000097"


def test_attributes_that_the_module_lacks_are_not_asked_for(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, pol)
    [key] = made.naive().get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: "Signature"})
    with pytest.raises(pkcs11.AttributeTypeInvalid):
        key[Attribute.ALWAYS_AUTHENTICATE]

    signer = made.cards().card().signature(Asked())

    verify(signer.certificate, sign(signer))


def test_a_bare_point_does_not_matter_for_the_public_key_is_the_certificates(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, pol)
    params = next(iter(made.naive()._private_keys(made.reader.card)))[Attribute.EC_PARAMS]
    public_key = pol.authentication.chain[0].public_key()
    try:
        misread = encode_ec_public_key({Attribute.EC_PARAMS: params, Attribute.EC_POINT: made.naive().bare_point()})
    except ValueError:  # mostly; now and then its first bytes look like a length
        misread = b""
    assert misread != public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    signer = made.cards().card().authentication(Asked())

    assert signer.private_key.public_key() == public_key
    verify(signer.certificate, sign(signer))


def test_each_search_is_read_to_its_end_before_the_next(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, pol)
    session = made.naive()
    next(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
    with pytest.raises(pkcs11.OperationActive):
        next(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))

    card = made.cards().card()

    for signer in (card.authentication(Asked()), card.signature(Asked())):
        verify(signer.certificate, sign(signer))


def test_the_third_key_of_applet_18_is_never_signed_with(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, pol)
    session = made.naive()
    [key] = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: "Card"})
    for _ in range(2):
        with pytest.raises(pkcs11.OperationActive):
            key.sign(b"x" * 32, mechanism=Mechanism.ECDSA)

    card = made.cards().card()

    assert set(card.describe().chains) == {Purpose.AUTHENTICATION, Purpose.SIGNATURE}
    verify(pol.authentication.chain[0], sign(card.authentication(Asked())))


def test_a_signature_key_without_certificate_is_not_tried(virtual: Make, mia: Person) -> None:
    made = virtual(BEID, mia)
    [key] = made.naive().get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: "Signature"})
    with pytest.raises(pkcs11.GeneralError):
        key.sign(b"x" * 32, mechanism=Mechanism.ECDSA)
    made.library.calls.clear()

    with pytest.raises(CardNotActiveError, match="Signature"):
        made.cards().card().signature(Asked())

    assert "sign" not in made.library.calls


def test_a_card_without_any_certificate_is_not_active(virtual: Make, pol: Person) -> None:
    with pytest.raises(CardNotActiveError, match="Authentication"):
        virtual(BEID, replace(pol, surname=NO_CERTIFICATES)).cards().card()


# --- who asks for the PIN -----------------------------------------------------------------------------------------


def test_the_official_software_is_left_to_ask_by_itself(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)
    asked = Asked()
    card = made.cards().card()

    for signer in (card.authentication(asked), card.signature(asked)):
        verify(signer.certificate, sign(signer))

    assert card.pin_entry is PinEntry.DIALOG
    assert (asked.times, made.library.calls.count("login"), made.library.calls.count("dialog")) == (0, 0, 2)
    assert made.attendant.looked == [PinEntry.DIALOG] * 2


def test_a_login_never_counts_for_the_signature_key_so_none_is_made(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)
    session = made.naive(user_pin=PIN)
    [key] = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: "Signature"})
    mechanism = Mechanism.SHA256_RSA_PKCS if made.reader.card.applet == "1.7" else Mechanism.ECDSA
    key.sign(b"x" * 32, mechanism=mechanism)
    assert made.library.calls.count("dialog") == 1
    session.close()
    made.library.calls.clear()
    asked = Asked()

    signer = made.cards(PinEntry.PROMPT).card().signature(asked)
    verify(signer.certificate, sign(signer))

    assert (asked.times, made.library.calls.count("login"), made.library.calls.count("dialog")) == (0, 0, 1)


def test_no_pin_is_given_with_a_signature(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, pol)
    [key] = made.naive().get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: "Signature"})
    with pytest.raises(pkcs11.PKCS11Error, match="User type invalid"):
        key.sign(b"x" * 32, mechanism=Mechanism.ECDSA, pin=PIN)

    signer = made.cards(PinEntry.PROMPT).card().signature(Asked())

    verify(signer.certificate, sign(signer))


@pytest.mark.parametrize("pin", ["", "1" * 20])
def test_what_the_software_takes_for_no_pin_is_stopped_before_its_dialog(virtual: Make, pol: Person, pin: str) -> None:
    made = virtual(BEID, pol)
    made.naive(user_pin=pin).close()
    assert made.library.calls.count("dialog") == 1
    made.library.calls.clear()

    with pytest.raises(PinMalformedError):
        sign(made.cards(PinEntry.PROMPT).card().authentication(Asked(pin)))

    assert not {"dialog", "login", "sign"} & set(made.library.calls)


def test_a_reader_with_keys_is_used(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)
    made.reader.pad = True
    asked = Asked()
    card = made.cards().card()

    for signer in (card.authentication(asked), card.signature(asked)):
        verify(signer.certificate, sign(signer))

    assert card.pin_entry is PinEntry.PAD
    assert (asked.times, made.reader.card.asked) == (0, 2)
    assert made.attendant.looked[0] is PinEntry.PAD


def test_a_reader_without_keys_is_not_asked_for_them(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, pol)
    with pytest.raises(pkcs11.ArgumentsBad):
        made.naive(user_pin=pkcs11.PROTECTED_AUTH)
    made.library.calls.clear()

    with pytest.raises(CardUnusableError, match="pin_mode"):
        sign(made.cards(PinEntry.PAD).card().authentication(Asked()))

    assert "login" not in made.library.calls


def test_without_a_display_the_reason_is_told(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, pol)
    made.library.no_display = True

    with pytest.raises(CardUnusableError, match="could not open its window"):
        sign(made.cards().card().signature(Asked()))


def test_a_build_without_dialogs_signs_in_and_says_that_it_signs_no_contracts(virtual: Make, person: Person) -> None:
    made = virtual(SILENT, person)
    card = made.cards().card()

    signer = card.authentication(Asked())
    verify(signer.certificate, sign(signer))
    with pytest.raises(CardSoftwareError, match="contracts"):
        sign(card.signature(Asked()))

    assert card.pin_entry is PinEntry.PROMPT


@pytest.mark.parametrize("ends", [CANCEL, "9999"])
def test_one_mistake_ends_the_dialog_and_the_next_signature_works(virtual: Make, person: Person, ends: str) -> None:
    made = virtual(BEID, person)
    made.library.dialog = [ends]
    signer = made.cards().card().signature(Asked())

    with pytest.raises((PinCancelledError, WrongPinError)):
        sign(signer)
    assert made.library.calls.count("dialog") == 1

    verify(signer.certificate, sign(signer))


def test_the_mechanisms_are_those_that_every_module_has(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)
    card = made.cards().card()

    sign(card.authentication(Asked()))
    sign(card.signature(Asked()))

    expected = Mechanism.SHA256_RSA_PKCS if made.reader.card.applet == "1.7" else Mechanism.ECDSA
    assert made.library.mechanisms == [expected, expected]


def test_an_ec_signature_has_its_two_numbers(virtual: Make, pol: Person) -> None:
    signer = virtual(BEID, pol).cards().card().signature(Asked())

    r, s = utils.decode_dss_signature(sign(signer))

    assert max(r, s) < 2**384
    assert isinstance(signer.private_key, ec.EllipticCurvePrivateKey)


# --- tries --------------------------------------------------------------------------------------------------------


def test_the_official_software_tells_the_third_wrong_pin_as_blocked(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)
    made.library.dialog = ["9999", "9999", "9999", PIN]
    card = made.cards().card()
    told = []

    for _ in range(4):
        with pytest.raises((WrongPinError, PinBlockedError)) as error:
            sign(card.signature(Asked()))
        told.append(type(error.value))

    assert told == [WrongPinError, WrongPinError, PinBlockedError, PinBlockedError]
    assert made.library.calls.count("dialog") == 4


def test_opensc_tells_the_third_wrong_pin_as_wrong_and_we_as_blocked(virtual: Make, pol: Person) -> None:
    made = virtual(OPENSC_27, pol)
    told = []

    for _ in range(4):
        with pytest.raises((WrongPinError, PinBlockedError)) as error:
            sign(made.cards().card().authentication(Asked("9999")))
        told.append((error.value.code, error.value.details.get("attempts_left")))

    assert told == [("pin_wrong", "unknown"), ("pin_wrong", 1), ("pin_blocked", None), ("pin_blocked", None)]
    assert (made.reader.card.asked, made.attendant.last_tries) == (3, 1)


def test_the_first_mistake_says_that_the_third_blocks(virtual: Make, zoe: Person) -> None:
    made = virtual(BEID, zoe)
    made.library.dialog = ["9999"]

    with pytest.raises(WrongPinError, match="tries left: unknown") as error:
        sign(made.cards().card().signature(Asked()))

    assert "third wrong PIN" in error.value.hint


@pytest.mark.parametrize("mode", [PinEntry.DIALOG, PinEntry.PROMPT])
def test_a_known_last_try_is_only_spent_when_the_person_agrees(virtual: Make, pol: Person, mode: PinEntry) -> None:
    made = virtual(BEID, other(pol, tries=1, data={"carddata_pin_counter": b"\1"}))
    made.attendant.refuses = LastTryError()
    signer = made.cards(mode).card().authentication(Asked())

    with pytest.raises(LastTryError):
        sign(signer)
    untouched = (made.reader.card.asked, made.reader.card.tries)
    made.attendant.refuses = None

    verify(signer.certificate, sign(signer))
    assert untouched == (0, 1)
    assert made.attendant.last_tries == 2


def test_a_card_that_says_that_it_is_blocked_is_not_asked(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, other(pol, tries=0, data={"carddata_pin_counter": b"\0"}))

    with pytest.raises(PinBlockedError):
        sign(made.cards().card().signature(Asked()))

    assert "dialog" not in made.library.calls


def test_a_blocked_card_can_still_be_shown(virtual: Make, pol: Person) -> None:
    assert virtual(OPENSC_27, other(pol, tries=0)).cards().card().describe().tries_left == 0


def test_nobody_logs_in_as_security_officer_for_that_costs_tries(virtual: Make, pol: Person) -> None:
    made = virtual(BEID, pol)
    with pytest.raises(pkcs11.PinIncorrect):
        made.naive(so_pin="9999")
    spent = made.reader.card.asked

    sign(made.cards().card().authentication(Asked()))

    assert spent == 1
    assert made.reader.card.asked == 2


# --- cards on the move --------------------------------------------------------------------------------------------


def test_a_login_of_a_card_that_was_out_is_not_believed(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)
    card = made.cards(PinEntry.PROMPT).card()
    inserted = made.reader.card
    made.library.on["sign"] = made.reader.take_out

    with pytest.raises(CardRemovedError):
        sign(card.authentication(Asked()))
    made.reader.insert(inserted)
    with pytest.raises(WrongPinError):
        sign(card.authentication(Asked("9999")))

    assert made.library.calls.count("dialog") == 0
    assert inserted.asked == 2


def test_without_a_new_beginning_any_pin_would_pass(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)
    session, inserted = made.naive(user_pin=PIN), made.reader.card
    made.reader.take_out()
    with pytest.raises(pkcs11.DeviceRemoved):
        session.close()
    made.reader.insert(inserted)

    made.naive(user_pin="9999")

    assert inserted.asked == 1


def test_a_second_session_is_never_opened_beside_a_login(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)
    first = made.naive(user_pin=PIN)
    made.naive(user_pin="9999").close()
    assert not made.reader.card.right
    first.close()
    seen: list[int] = []

    def look() -> None:
        seen.append(made.library.open_sessions)

    made.library.on["sign"] = look
    sign(made.cards(PinEntry.PROMPT).card().authentication(Asked()))

    assert seen == [1]
    assert made.library.open_sessions == 0


def test_nobody_else_can_sign_in_after_us(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)

    sign(made.cards(PinEntry.PROMPT).card().authentication(Asked()))

    assert not made.reader.card.right


def test_a_failed_close_does_not_hide_the_first_error(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)
    card = made.cards().card()
    made.library.dialog = [CANCEL]
    made.library.on["dialog"] = lambda: made.library.on.__setitem__("close", made.reader.take_out)

    with pytest.raises(PinCancelledError):
        sign(card.signature(Asked()))


def test_a_card_taken_out_while_the_dialog_is_open_is_a_removed_card(virtual: Make, person: Person) -> None:
    made = virtual(BEID, person)
    made.library.dialog = [made.reader.take_out]
    inserted = made.reader.card
    signer = made.cards().card().signature(Asked())

    with pytest.raises(CardRemovedError):
        sign(signer)
    made.reader.insert(inserted)

    verify(signer.certificate, sign(signer))
    assert inserted.asked == 1


@pytest.mark.parametrize("kind", [BEID, OPENSC_27])
def test_a_card_out_and_back_needs_a_new_session_and_gets_one(virtual: Make, pol: Person, kind: Kind) -> None:
    made = virtual(kind, pol)
    inserted = made.reader.card
    signer = made.cards().card().authentication(Asked())
    made.library.on["sign"] = lambda: (made.reader.take_out(), made.reader.insert(inserted))

    with pytest.raises(CardRemovedError):
        sign(signer)

    verify(signer.certificate, sign(signer))


def test_what_is_searched_from_memory_does_not_pass_for_the_card(virtual: Make, pol: Person, zoe: Person) -> None:
    made = virtual(OPENSC_27, pol)
    asked = Asked()
    signer = made.cards().card().authentication(asked)

    made.reader.insert(other(zoe))

    with pytest.raises(WrongCardError):
        sign(signer)
    assert (asked.times, made.reader.card.asked) == (0, 0)


def test_another_persons_card_put_in_during_the_dialog_signs_nothing_for_us(
    virtual: Make, pki: Pki, zoe: Person
) -> None:
    made = virtual(BEID, zoe)
    keys = (rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048))
    stranger = other(pki.person("82010100149", "Pol", "Voorbeeld", keys))
    made.library.dialog = [lambda: made.reader.insert(stranger)]
    signer = made.cards().card().signature(Asked())

    with pytest.raises(WrongCardError, match="not the card of Zoé Élise Exemple"):
        sign(signer)


# --- OpenSC -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [OPENSC_23, OPENSC_27])
def test_opensc_is_told_before_any_prompt_to_refuse_the_signature_key(
    virtual: Make, person: Person, kind: Kind
) -> None:
    made = virtual(kind, person)
    card = made.cards().card(None, Asked())
    asked, before = Asked(), made.reader.card.asked

    with pytest.raises(CardSoftwareError, match="OpenSC refuses the Signature key") as error:
        card.signature(asked)

    assert "official eID software" in error.value.hint
    assert (asked.times, made.reader.card.asked) == (0, before)


def test_opensc_signs_in_where_it_can(virtual: Make, person: Person) -> None:
    made = virtual(OPENSC_27, person)

    signer = made.cards().card(None, Asked()).authentication(Asked())

    verify(signer.certificate, sign(signer))


def test_opensc_023_does_not_know_applet_18_and_nobody_is_asked(virtual: Make, pol: Person) -> None:
    made = virtual(OPENSC_23, pol)
    asked = Asked()

    with pytest.raises(CardSoftwareError, match="does not know the keys"):
        made.cards().card().authentication(asked)

    assert (asked.times, made.library.calls.count("login")) == (0, 0)


def test_certificates_that_opensc_hides_are_read_after_a_pin(virtual: Make, zoe: Person) -> None:
    made = virtual(OPENSC_27, zoe)
    asked = Asked()

    with pytest.raises(CardSoftwareError, match="hides the certificates"):
        made.cards().present()
    nobody = (asked.times, made.reader.card.asked)
    card = made.cards().card(None, asked)
    signer = card.authentication(asked)

    verify(signer.certificate, sign(signer))
    assert nobody == (0, 0)
    assert card.summary.holder.ssin == zoe.ssin
    assert asked.times == 1


def test_the_pin_for_reading_is_not_asked_when_it_would_be_the_last_try(virtual: Make, zoe: Person) -> None:
    made = virtual(OPENSC_27, other(zoe, tries=1))
    made.attendant.refuses = LastTryError()
    asked = Asked()

    with pytest.raises(LastTryError):
        made.cards().card(None, asked)

    assert (asked.times, made.reader.card.asked) == (0, 0)


def test_a_dialog_that_opensc_does_not_have_is_told_with_the_setting(virtual: Make, pol: Person) -> None:
    made = virtual(OPENSC_27, pol)

    with pytest.raises(CardUnusableError, match="pin_mode"):
        sign(made.cards(PinEntry.DIALOG).card().authentication(Asked()))


def test_the_library_knows_what_it_is(virtual: Make, pol: Person) -> None:
    for kind, opensc in ((BEID, False), (SILENT, False), (OPENSC_23, True), (OPENSC_27, True)):
        made = virtual(kind, pol)

        assert Library(made.library.so).is_opensc is opensc
        assert made.cards().module().endswith(kind.so)


@pytest.mark.parametrize(("kind", "applet"), [(BEID, {"1.7", "1.8"}), (OPENSC_27, {None})])
def test_the_applet_is_told_by_the_official_software_only(
    virtual: Make, zoe: Person, pol: Person, kind: Kind, applet: set[str | None]
) -> None:
    assert {virtual(kind, one).cards().card(None, Asked()).describe().applet for one in (zoe, pol)} == applet
