"""Whose certificate a procedure is about."""

from __future__ import annotations

from dataclasses import replace

from steps.names import Subject
from steps.owner import PERSON, Owner, actor_of, owner_fact, owner_of
from steps.ports.registration import Actor

HOLDER = {"holder": {"ssin": "75031299943", "first_names": "Zoé Élise", "surname": "Exemple"}}
HOSPITAL = Owner("NIHII-HOSPITAL", "71999932", "Hôpital Exemple", "APP-1")


def test_without_a_word_it_is_the_card_holder() -> None:
    owner = owner_of(HOLDER)

    assert owner == Owner(PERSON, "75031299943", "Zoé Élise Exemple")
    assert owner.is_person
    assert owner.label == "Zoé Élise Exemple (75.03.12-***.**)"
    assert actor_of(HOLDER) == Actor("SSIN", "75031299943", "Exemple", "Zoé Élise")


def test_an_organisation_is_remembered_and_comes_back() -> None:
    facts = {**HOLDER, "owner": owner_fact(HOSPITAL)}

    assert owner_of(facts) == HOSPITAL
    assert not HOSPITAL.is_person
    assert HOSPITAL.label == "Hôpital Exemple (NIHII-HOSPITAL 71999932), APP-1"
    assert actor_of(facts) == Actor("NIHII-HOSPITAL", "71999932", "Hôpital Exemple")


def test_a_certificate_is_the_owners_when_kind_number_and_application_are() -> None:
    subject = Subject("NIHII-HOSPITAL", "71999932", "APP-1")

    assert HOSPITAL.is_subject(subject)
    assert not HOSPITAL.is_subject(replace(subject, application_id=None))
    assert not HOSPITAL.is_subject(replace(subject, identifier_type="NIHII-LABO"))
    assert not HOSPITAL.is_subject(replace(subject, identifier="71999931"))
