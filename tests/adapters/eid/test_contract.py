"""What every implementation of the card port does, over SoftHSM and over the sandbox's software cards."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree  # type: ignore[import-untyped]
from signxml.signer import XMLSigner
from signxml.verifier import VerifyResult, XMLVerifier

from adapters.eid.identity import Purpose
from steps.ports.card import Holder, PinEntry
from tests.adapters.eid.conftest import Reader, World
from tests.adapters.eid.people import PIN, Asked, Person, name
from tests.adapters.eid.signing import SHA256, sign, verify
from workflow.errors import (
    CardAbsentError,
    CardError,
    CardExpiredError,
    CardNotActiveError,
    CardRemovedError,
    LastTryError,
    NamedCardAbsentError,
    PinBlockedError,
    PinCancelledError,
    PinMalformedError,
    SeveralCardsError,
    WrongCardError,
    WrongPinError,
)


def test_every_card_that_is_present_tells_its_holder(
    world: World, zoe: Person, pol: Person, mia: Person, old: Person
) -> None:
    world.cards.check()
    present = world.cards.present()

    assert {summary.serial: summary.holder for summary in present} == {
        world.serial(person): Holder(person.ssin, person.first_names, person.surname) for person in (zoe, pol, mia, old)
    }
    assert all(summary.reader for summary in present)


def test_several_cards_are_chosen_by_serial_and_named_by_holder(world: World, zoe: Person) -> None:
    with pytest.raises(SeveralCardsError) as error:
        world.cards.card()

    assert f"Zoé Élise Exemple ({world.serial(zoe)})" in str(error.value)
    assert zoe.ssin not in str(error.value)
    assert world.cards.card(world.serial(zoe).lower()).summary.holder.ssin == zoe.ssin


def test_a_serial_that_is_not_there_is_an_absent_card(world: World) -> None:
    with pytest.raises(CardAbsentError):
        world.cards.card("0123456789ABCDEF")


def test_an_expired_card_is_shown_but_not_used(world: World, old: Person) -> None:
    with pytest.raises(CardExpiredError, match="2026-11-22"):
        world.cards.card(world.serial(old))


def test_both_keys_sign_what_their_certificates_verify(world: World, person: Person) -> None:
    card = world.cards.card(world.serial(person))

    authentication = card.authentication(Asked())
    signature = card.signature(Asked())

    assert card.pin_entry is PinEntry.PROMPT
    assert person.signature is not None
    assert authentication.chain == person.authentication.chain
    assert signature.chain == person.signature.chain
    verify(authentication.certificate, sign(authentication))
    verify(signature.certificate, sign(signature))


def test_the_pin_is_asked_once_for_authentication_and_every_time_for_signature(world: World, person: Person) -> None:
    card = world.cards.card(world.serial(person))
    for_authentication, for_signature = Asked(), Asked()

    sign(card.authentication(for_authentication))
    sign(card.signature(for_signature))
    sign(card.authentication(for_authentication))
    sign(card.signature(for_signature))

    assert (for_authentication.times, for_signature.times) == (1, 2)


def test_a_new_card_object_asks_again(world: World, pol: Person) -> None:
    asked = Asked()

    for _ in range(2):
        sign(world.cards.card(world.serial(pol)).authentication(asked))

    assert asked.times == 2


def test_nobody_is_asked_before_something_is_signed(world: World, person: Person) -> None:
    asked = Asked()

    card = world.cards.card(world.serial(person))
    card.authentication(asked)
    card.signature(asked)

    assert asked.times == 0


def test_a_signed_document_verifies(world: World, person: Person) -> None:
    signer = world.cards.card(world.serial(person)).signature(Asked())
    algorithm = "rsa-sha256" if isinstance(signer.private_key, rsa.RSAPrivateKey) else "ecdsa-sha256"
    document = etree.fromstring("<contract><text>I agree</text></contract>")

    signed = XMLSigner(signature_algorithm=algorithm).sign(document, key=signer.private_key, cert=[signer.certificate])

    result = XMLVerifier().verify(etree.tostring(signed), x509_cert=signer.certificate)
    assert isinstance(result, VerifyResult)
    assert result.signed_xml is not None
    assert result.signed_xml.findtext("text") == "I agree"


def test_a_certificate_request_signed_by_the_card_is_valid(world: World, person: Person) -> None:
    signer = world.cards.card(world.serial(person)).authentication(Asked())

    request = x509.CertificateSigningRequestBuilder().subject_name(name("fictive")).sign(signer.private_key, SHA256)

    assert request.is_signature_valid
    assert request.public_key() == signer.certificate.public_key()


def test_a_wrong_pin_is_tried_once_and_forgotten(world: World, person: Person) -> None:
    card = world.cards.card(world.serial(person))
    asked = Asked("99999", PIN)
    signer = card.authentication(asked)

    with pytest.raises(WrongPinError) as error:
        sign(signer)

    assert asked.times == 1
    assert "99999" not in repr((error.value, error.value.__cause__, error.value.details))
    verify(signer.certificate, sign(signer))
    assert asked.times == 2


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12a4", "１２３４", " 4711"])
def test_a_pin_that_is_no_pin_does_not_reach_the_card(world: World, pol: Person, pin: str) -> None:
    signer = world.cards.card(world.serial(pol)).signature(Asked(pin, PIN))

    with pytest.raises(PinMalformedError):
        sign(signer)

    verify(signer.certificate, sign(signer))


def test_whoever_gives_no_pin_signs_nothing(world: World, pol: Person) -> None:
    def nobody() -> str:
        raise PinCancelledError

    signer = world.cards.card(world.serial(pol)).signature(nobody)

    with pytest.raises(PinCancelledError):
        sign(signer)


def test_a_card_without_signature_certificate_is_not_fully_active(world: World, mia: Person) -> None:
    card = world.cards.card(world.serial(mia))

    with pytest.raises(CardNotActiveError, match="Signature"):
        card.signature(Asked())

    verify(mia.authentication.chain[0], sign(card.authentication(Asked())))


def test_only_the_card_that_was_named_is_there(world: World, zoe: Person, pol: Person) -> None:
    named = world.named(world.serial(pol).lower())

    assert [summary.holder.ssin for summary in named.present()] == [pol.ssin]
    assert named.card().summary.holder.ssin == pol.ssin
    with pytest.raises(NamedCardAbsentError, match="ABSENT"):
        world.named("ABSENT").present()


def test_a_card_describes_itself_without_a_pin(world: World, person: Person, old: Person) -> None:
    described = world.cards.card(world.serial(person)).describe()
    lapsed = world.named(world.serial(old)).shown().describe()

    assert person.signature is not None
    assert described.chains == {
        Purpose.AUTHENTICATION: person.authentication.chain,
        Purpose.SIGNATURE: person.signature.chain,
    }
    assert (described.refused, described.pin_entry) == ({}, PinEntry.PROMPT)
    assert described.module
    assert lapsed.summary.holder.ssin == old.ssin


# --- one reader, whose card is moved --------------------------------------------------------------------------------


def test_an_empty_reader_holds_no_card(reader: Reader) -> None:
    reader.cards.check()

    assert reader.cards.present() == []
    with pytest.raises(CardAbsentError):
        reader.cards.card()


def test_the_only_card_needs_no_serial(reader: Reader, pol: Person) -> None:
    reader.insert(pol)

    assert reader.cards.card().summary.holder.ssin == pol.ssin


def test_a_card_that_was_taken_out_signs_nothing_until_it_is_back(reader: Reader, person: Person) -> None:
    reader.insert(person)
    asked = Asked()
    signer = reader.cards.card().signature(asked)

    reader.take_out()
    with pytest.raises(CardRemovedError):
        sign(signer)
    nobody_asked = asked.times
    reader.insert(person)

    assert nobody_asked == 0
    verify(signer.certificate, sign(signer))


def test_another_persons_card_is_refused_before_anybody_types_a_pin(reader: Reader, zoe: Person, pol: Person) -> None:
    reader.insert(zoe)
    asked = Asked()
    signer = reader.cards.card().signature(asked)

    reader.insert(pol)
    with pytest.raises(WrongCardError, match="not the card of Zoé Élise Exemple"):
        sign(signer)

    assert asked.times == 0


def test_a_card_changed_while_the_pin_is_typed_loses_no_try(reader: Reader, zoe: Person, pol: Person) -> None:
    reader.insert(zoe)

    def change_the_card_and_type() -> str:
        reader.insert(pol)
        return "99999"

    with pytest.raises(WrongCardError):
        sign(reader.cards.card().signature(change_the_card_and_type))

    with pytest.raises(WrongPinError):
        sign(reader.cards.card().signature(Asked("99999")))
    with pytest.raises(WrongPinError):
        sign(reader.cards.card().signature(Asked("99999")))


def test_a_kept_pin_is_forgotten_when_the_card_was_out(reader: Reader, pol: Person) -> None:
    reader.insert(pol)
    asked = Asked()
    signer = reader.cards.card().authentication(asked)
    sign(signer)

    reader.take_out()
    with pytest.raises(CardRemovedError):
        sign(signer)
    reader.insert(pol)
    sign(signer)

    assert asked.times == 2


def test_the_third_wrong_pin_blocks_the_card_for_ever(reader: Reader, pol: Person) -> None:
    reader.insert(pol)
    card = reader.cards.card()

    for left in (2, 1):
        with pytest.raises(WrongPinError) as error:
            sign(card.signature(Asked("99999")))
        assert error.value.attempts_left in (left, None)
    with pytest.raises(PinBlockedError):
        sign(card.signature(Asked("99999")))
    asked = Asked()
    with pytest.raises(PinBlockedError):
        sign(reader.cards.card().authentication(asked))

    assert asked.times == 0


def test_a_known_last_try_is_not_spent_by_itself(reader: Reader, pol: Person) -> None:
    reader.insert(pol)
    card = reader.cards.card()
    for _ in range(2):
        with pytest.raises(WrongPinError):
            sign(card.signature(Asked("99999")))
    asked = Asked()

    reader.attendant.refuses = LastTryError()
    with pytest.raises(LastTryError):
        sign(card.signature(asked))
    nobody_asked = asked.times
    reader.attendant.refuses = None
    signer = card.signature(asked)

    verify(signer.certificate, sign(signer))
    assert nobody_asked == 0
    assert reader.attendant.last_tries == 2


def test_unattended_no_last_try_is_spent(reader: Reader, pol: Person) -> None:
    reader.insert(pol)
    asked = Asked("99999")
    told = []

    for _ in range(4):
        with pytest.raises(CardError) as error:
            sign(reader.unattended().card().signature(asked))
        told.append(error.value.code)

    assert told == ["pin_wrong", "pin_wrong", "pin_last_try", "pin_last_try"]
    assert asked.times == 2


def test_what_is_in_the_reader_can_be_seen(reader: Reader, pol: Person) -> None:
    reader.insert(pol)
    [inserted] = reader.cards.look()
    reader.take_out()
    [empty] = reader.cards.look()

    assert inserted.card is not None
    assert inserted.card.holder.ssin == pol.ssin
    assert (empty.card, empty.problem) == (None, None)
    assert empty.reader == inserted.reader


def test_the_right_pin_gives_all_tries_back(reader: Reader, pol: Person) -> None:
    reader.insert(pol)
    card = reader.cards.card()

    for pin in ("99999", "99999", PIN, "99999", "99999"):
        signer = card.signature(Asked(pin))
        if pin == PIN:
            verify(signer.certificate, sign(signer))
        else:
            with pytest.raises(WrongPinError):
                sign(signer)
