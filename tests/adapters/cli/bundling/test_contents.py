"""A bundle explains what its procedure explains, and holds neither secrets nor people."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.checkup.findings import Finding
from tests.adapters.cli.bundles import bundle_of, text_of
from tests.journeys.canaries import found_in
from tests.world.courses import COURSES
from tests.world.watched import Died
from tests.world.wire import Fault
from tests.world.world import World
from workflow.acting import Act
from workflow.definition import Final
from workflow.definitions import DEFINITIONS
from workflow.errors import EhcertError
from workflow.explaining import explain
from workflow.procedure import Procedure
from workflow.way import way_of

PIN = "739164"
SHORT = 8
"""A shorter value has no form of its own in base64: it is looked for as a whole text."""

HARMLESS = frozenset({"", "SSIN", "person", "typed", "R", "fr", "nl", "de", "en"})
"""Short values of facts that are names of ours, and language codes."""


@pytest.fixture
def worlds() -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(course: str = "renew", **options: Any) -> World:
        world = COURSES[course].world(**options)
        world.cards.insert(world.card, PIN)
        world.person.secrets["pin"] = PIN
        made.append(world)
        return world

    yield make
    for world in made:
        world.close()


def personal(world: World, procedure: Procedure) -> dict[str, str]:
    """Every secret, and every text of the facts that tells of people, files or certificates."""
    found: dict[str, str] = {f"secret {name}": str(value) for name, value in world.person.secrets.items()}
    names = {"ssin", "first_names", "surname", "name", "email_private", "phone_private", "dn", "path", "identifier"}
    names |= {"serial", "certificate", "token", "address", "application_id", "fingerprint", "text_sha256", "copy"}

    def walk(value: Any, place: str, name: str) -> None:
        if isinstance(value, dict):
            for key, one in value.items():
                walk(one, f"{place}.{key}", "text" if name == "texts" else key)
        elif isinstance(value, list):
            for number, one in enumerate(value):
                walk(one, f"{place}.{number}", "chain" if name in ("chain", "signer") else name)
        elif isinstance(value, str) and (name in names or name in ("chain", "text")) and value not in HARMLESS:
            found[place] = value

    walk(dict(procedure.facts), "facts", "")
    return found


# --- no people, no secrets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COURSES)
def test_no_course_leaves_a_person_or_a_secret_in_its_bundle(name: str, worlds: Callable[..., World]) -> None:
    world = worlds(name)
    procedure = COURSES[name].finish(world)
    canaries = personal(world, procedure)
    canaries |= {
        "holder": world.holder.ssin,
        "names": world.holder.surname,
        "in capitals": world.holder.surname.upper(),
    }

    text = text_of(world, procedure)

    assert found_in(text.encode(), {name: one for name, one in canaries.items() if len(one) >= SHORT}) == []
    assert [name for name, one in canaries.items() if f'"{one}"' in text] == []
    assert PIN not in text


def test_what_people_typed_and_who_they_are_is_replaced(worlds: Callable[..., World]) -> None:
    world = worlds()
    waiting = world.start().procedure
    act = Act("zoe.exemple", "Madame Voorbeeld called from 02 788 51 55")
    world.engine().note(waiting.id, act)
    world.engine().postpone(waiting.id, world.clock.now().replace(day=9), act)

    text = text_of(world)

    assert found_in(text.encode(), {"by": act.by, "reason": act.reason, "name": "Voorbeeld"}) == []
    assert '"by": "user-1"' in text
    assert text.count('"reason": "note-1"') == 2


def test_the_details_of_an_error_are_replaced_but_for_texts_of_ours(worlds: Callable[..., World]) -> None:
    world = worlds()
    world.crash_at("renew.looking_up.before")
    with contextlib.suppress(Died):
        world.start()
    world.person.secrets["keystore_password"] = "not-this-one"
    with contextlib.suppress(EhcertError):
        world.resume()

    text = text_of(world)

    assert '"code": "old_keystore_password_wrong"' in text or '"kind": "trouble"' in text
    assert str(world.old_path) not in text
    assert world.old_path.name not in text


def test_a_fact_that_nobody_knows_yet_is_replaced(worlds: Callable[..., World]) -> None:
    world = worlds()
    procedure = world.start().procedure
    later = {"nickname": "Zouzou", "Zouzou Exemple": "x y", "size": 75031299943, "list": ["Zouzou", {"of": "Zouzou"}]}
    procedure = dataclasses.replace(procedure, facts={**procedure.facts, "later": later})

    text = text_of(world, procedure)

    assert "Zouzou" not in text
    assert "75031299943" not in text


def test_the_same_value_has_the_same_pseudonym_and_another_one_another(worlds: Callable[..., World]) -> None:
    world = worlds()
    procedure = world.finish()
    facts = dict(procedure.facts)
    other = {**facts["contact"], "email_general": "general@example.org", "email_private": "exemple@example.org"}

    body = content(text_of(world, dataclasses.replace(procedure, facts={**facts, "contact": other})))
    contact, holder = body["facts"]["contact"], body["facts"]["holder"]

    assert contact["email_private"] != contact["email_general"]
    assert body["facts"]["contract"]["signer"][1] == holder["ssin"]
    assert learned(body, "holder")["ssin"] == holder["ssin"]
    assert text_of(world, procedure) == text_of(world, procedure)


def content(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("\n".join(line for line in text.split("\n") if not line.startswith("#")))
    return found


def learned(body: dict[str, Any], fact: str) -> dict[str, Any]:
    """A fact as the journal learned it."""
    found: dict[str, Any] = next(
        line["changes"]["learned"][fact] for line in body["journal"] if fact in line["changes"].get("learned", {})
    )
    return found


# --- what it tells ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "state"),
    [
        (definition.name, state.name)
        for definition in DEFINITIONS.values()
        for state in definition.states
        if not isinstance(state, Final)
    ],
)
def test_the_bundle_of_each_state_tells_what_the_store_tells(
    definition: str, state: str, worlds: Callable[..., World], tmp_path: Path
) -> None:
    from tests.world.courses import course_to

    course = course_to(definition, state)
    if course is None:
        pytest.skip("no way leads to this state")
    world = worlds(next(name for name, known in COURSES.items() if known == course))
    world.crash_at(f"{definition}.{state}.before")
    with contextlib.suppress(Died):
        course.finish(world)
    if not world.all_procedures():
        return  # nobody is known yet: nothing is stored
    procedure, now = world.all_procedures()[-1], world.own_clock.now()
    journal, declared = world.journal(procedure.id), DEFINITIONS[definition]

    bundle = bundle_of(world, tmp_path)

    theirs, ours = (
        explain(declared, one, lines, now) for one, lines in ((bundle.procedure, bundle.journal), (procedure, journal))
    )
    assert (theirs.cause, theirs.turn, theirs.since) == (ours.cause, ours.turn, ours.since)
    assert [one.command for one in theirs.do] == [one.command for one in ours.do]
    assert way_of(declared, bundle.procedure, bundle.journal) == way_of(declared, procedure, journal)
    assert dataclasses.replace(bundle.procedure, facts={}) == dataclasses.replace(procedure, facts={})


def test_messages_are_told_with_what_became_of_them(worlds: Callable[..., World]) -> None:
    world = worlds()
    world.wire.fail(Fault.ANSWER_LOST, "generateCertificate")
    with contextlib.suppress(EhcertError):
        world.start()
    in_doubt = content(text_of(world))["messages"]
    world.finish()

    settled = content(text_of(world))["messages"]

    assert [one["became"] for one in in_doubt] == ["open"]
    assert [(one["operation"], one["became"]) for one in settled] == [
        ("generateCertificate", "arrived"),
        ("completeETKRegistration", "answered"),
        ("activateETK", "answered"),
    ]
    sent = next(one for one in world.wire.sent if one.operation == "generateCertificate")
    assert settled[0]["message_id"].encode() in sent.body


def test_the_key_stays_and_certificates_are_outlined(worlds: Callable[..., World]) -> None:
    world = worlds()
    procedure = world.finish()

    body = content(text_of(world, procedure))

    assert body["facts"]["key"] == procedure.facts["key"]
    assert body["certificates"]["certificate-1"]["subject"].startswith("dn-")
    assert body["certificates"]["certificate-1"]["key"] == "RSAPublicKey 2048"
    assert body["program"]["ehcert"]
    assert body["program"]["libraries"]["cryptography"]
    assert body["settings"]["keystore_folder"] == "not set"


def test_findings_of_the_doctor_are_told_without_paths_and_without_other_procedures(
    worlds: Callable[..., World],
) -> None:
    world = worlds()
    procedure = world.finish()
    found = [
        Finding("keystore_folder_writable", {"path": Path("/home/zoe/ehealth")}),
        Finding("keystore_missing", {"id": procedure.id, "name": "SSIN=75031299943 x.p12", "path": Path("/home/zoe")}),
        Finding("procedure_newer", {"id": "zzzzzzzz"}),
    ]

    text = text_of(world, procedure, found)

    assert [one["code"] for one in content(text)["checks"]] == ["keystore_folder_writable", "keystore_missing"]
    assert "/home/zoe" not in text
    assert "75031299943" not in text
    assert "zzzzzzzz" not in text
