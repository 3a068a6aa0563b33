"""The certificates alone say who a card belongs to and what it can sign."""

from __future__ import annotations

import random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.eid.identity import Purpose, full_name, holder_of, purpose_of, read_identity
from tests.adapters.eid.people import Person, Pki, make_pki
from workflow.errors import CardNotActiveError, NotAnEidError


def test_the_holder_comes_from_the_subject(zoe: Person) -> None:
    holder = holder_of(zoe.authentication.chain[0])

    assert (holder.ssin, holder.first_names, holder.surname) == ("75031299943", "Zoé Élise", "Exemple")
    assert full_name(holder) == "Zoé Élise Exemple"


def test_an_authority_is_nobody(zoe: Person) -> None:
    with pytest.raises(NotAnEidError):
        holder_of(zoe.authentication.chain[1])


def test_the_purpose_is_the_key_usage(zoe: Person) -> None:
    assert zoe.signature is not None
    assert purpose_of(zoe.authentication.chain[0]) is Purpose.AUTHENTICATION
    assert purpose_of(zoe.signature.chain[0]) is Purpose.SIGNATURE
    assert purpose_of(zoe.authentication.chain[1]) is None


def test_the_chains_are_found_in_any_order(zoe: Person) -> None:
    assert zoe.signature is not None
    certificates = list({*zoe.authentication.chain, *zoe.signature.chain})
    random.Random(1).shuffle(certificates)

    identity = read_identity(certificates)

    assert identity.chains == {Purpose.AUTHENTICATION: zoe.authentication.chain, Purpose.SIGNATURE: zoe.signature.chain}


def test_an_authority_of_the_same_name_with_another_key_is_not_in_the_chain(zoe: Person) -> None:
    stranger = make_pki()

    identity = read_identity([zoe.authentication.chain[0], *stranger.citizen.chain])

    assert identity.chain(Purpose.AUTHENTICATION) == zoe.authentication.chain[:1]


def test_a_card_without_certificates_is_not_active() -> None:
    with pytest.raises(CardNotActiveError, match="Authentication"):
        _ = read_identity([]).holder


def test_the_first_certificate_to_end_ends_the_card(pol: Person, old: Person) -> None:
    assert old.signature is not None

    identity = read_identity([pol.authentication.chain[0], old.signature.chain[0]])

    assert identity.valid_until == old.signature.chain[0].not_valid_after_utc


def test_a_person_without_given_names_has_a_name(pki: Pki) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    holder = holder_of(pki.person("75031299943", "", "Exemple", (key, key)).authentication.chain[0])

    assert (holder.first_names, full_name(holder)) == ("", "Exemple")
