"""What is explained in each way to get stuck: the cause, what PROCEDURES says must be told, commands that work."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

import pytest

from adapters.cli.telling import told
from adapters.cli.words import set_language
from adapters.sandbox.fault_plan import FAULTS, FaultPlan, Rule
from adapters.sandbox.faults import Faulty
from adapters.sandbox.replies import Reply
from tests.world.stuck import EVERY, HELPDESK, Stuck, go, unapproved
from tests.world.world import World
from workflow.checks import day
from workflow.definition import Turn
from workflow.definitions import DEFINITIONS
from workflow.errors import EhcertError
from workflow.explaining import Explanation, explain
from workflow.explanations.causes import DOUBT, ENDED, STANDING, WAITING
from workflow.explanations.remarks import REMARKS
from workflow.procedure import Procedure

every_way = pytest.mark.parametrize("stuck", EVERY, ids=lambda stuck: stuck.name)


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def latest(world: World) -> Procedure:
    return world.all_procedures()[-1] if not world.under_way() else world.procedure


def explained(world: World, procedure: Procedure | None = None) -> Explanation:
    procedure = procedure or latest(world)
    now = world.own_clock.now()
    return explain(DEFINITIONS[procedure.definition], procedure, world.journal(procedure.id), now)


def words(world: World) -> str:
    """All that is told, but for the way and the commands."""
    procedure = latest(world)
    found = explained(world)
    state = DEFINITIONS[procedure.definition].state(procedure.state)
    lines = [state.says, state.todo, *map(told, found.why), *map(told, found.never)]
    if found.stopped:
        lines += [told(found.stopped.said), told(found.stopped.means)]
    return "\n".join(lines)


@dataclass(frozen=True)
class Seen:
    """How a way to get stuck looks: nothing in it changes any more."""

    procedure: Procedure
    explanation: Explanation
    words: str


@cache
def seen(stuck: Stuck) -> Seen:
    world = stuck.world()
    try:
        return Seen(latest(world), explained(world), words(world))
    finally:
        world.close()


# --- the ways that PROCEDURES names -----------------------------------------------------------------------------------


@every_way
def test_the_cause_is_found_and_what_must_be_told_is_told(stuck: Stuck) -> None:
    found, text = seen(stuck).explanation, seen(stuck).words

    assert (found.cause, found.turn.value) == (stuck.cause, stuck.turn)
    assert [phrase for phrase in stuck.told if phrase not in text] == []
    assert "{" not in text
    assert "?" not in text, "something was not known that should be told"


def commands(stuck: Stuck) -> list[str]:
    return [advised.command for advised in seen(stuck).explanation.do]


LOOKING = {"show", "history", "status", "doctor", "card", "keystore"}
STARTING = {"request", "renew", "revoke", "password", "adopt"}


def obey(world: World, command: str) -> None:
    """What a command does, in this world. Raises what it raises."""
    program, verb, *rest = shlex.split(command)
    assert program == "ehcert"
    procedure = latest(world)
    match verb:
        case "resume":
            assert rest[0] == procedure.id
            if "--announced-for" in rest:
                told_day = procedure.since.date().isoformat()
                world.engine().announce(procedure.id, date.fromisoformat(day(told_day, "announced-for")))
            world.engine().resume(procedure.id, world.sitting())
        case "cancel":
            world.cancel(procedure.id)
        case "abandon":
            world.engine().abandon(procedure.id, HELPDESK)
        case "request":
            world.start("request_foreigner" if rest else "request")
        case "renew":
            world.start("renew_without_keystore" if rest else "renew")
        case "revoke":
            world.start("revoke")
        case _:
            raise AssertionError(command)


@every_way
def test_each_command_moves_it_or_says_who_it_waits_for(stuck: Stuck) -> None:
    ran = False
    for command in commands(stuck):
        if command.split()[1] in LOOKING or "FILE" in command:
            continue
        ran = True
        world = stuck.world()
        world.wire.fault = lambda sent: None
        (stuck.cure or (lambda world: None))(world)
        before = latest(world)

        error = None
        try:
            obey(world, command)
        except EhcertError as raised:
            error = raised

        after = latest(world)
        moved = (before.id, before.state, before.ended) != (after.id, after.state, after.ended)
        if stuck.cure is not None:
            assert moved, (command, after.state, error)
        else:
            waits_for = explained(world).turn
            assert moved or (error is not None and error.hint) or waits_for is not Turn.NOBODY, command
        world.close()
    assert ran or seen(stuck).procedure.ended


@every_way
def test_the_safest_command_comes_first_and_none_comes_twice(stuck: Stuck) -> None:
    order = [*(LOOKING), "resume", "cancel", "abandon"]

    found = commands(stuck)
    verbs = [command.split()[1] for command in found]

    ranks = [0 if verb in LOOKING else order.index(verb) if verb in order else len(order) for verb in verbs]
    assert ranks == sorted(ranks)
    assert found, "there is always something to do, or to read"
    assert len(set(found)) == len(found)


def test_two_ways_with_different_causes_share_no_text() -> None:
    texts: dict[str, str] = {}
    for stuck in EVERY:
        found = seen(stuck).explanation
        text = told(found.why[0]) + (told(found.stopped.said) if found.stopped else "")

        assert texts.setdefault(text, found.cause) == found.cause


def test_every_cause_by_facts_is_one_of_the_ways() -> None:
    reached = {seen(stuck).explanation.cause for stuck in EVERY}

    declared = {rule.cause for rule in (*ENDED, *DOUBT, *WAITING, *STANDING)}
    assert declared <= reached


def test_after_something_is_sent_nobody_is_told_that_he_may_request_again() -> None:
    for stuck in EVERY:
        procedure = seen(stuck).procedure
        if procedure.ended or not {"request", "intent"} & procedure.facts.keys():
            continue

        starts = [one.command for one in seen(stuck).explanation.do if one.command.split()[1] in STARTING]

        assert starts == [], stuck.name


def test_the_expected_date_is_that_of_the_second_mail_where_it_was_told() -> None:
    sources = {
        stuck.name: (expected.source.value, expected.late)
        for stuck in EVERY
        if (expected := seen(stuck).explanation.expected)
    }

    assert sources["delivery"] == ("usual", False)
    assert sources["delivery, late"] == ("usual", True)
    assert sources["the date of the second mail"] == ("announced", False)
    assert sources["late after the second mail"] == ("announced", True)
    assert sources["the confirmation on the web"] == ("answer", False)
    assert sources["the confirmation, late"] == ("answer", True)


def test_every_remark_is_made_in_one_of_the_ways_or_in_none_of_them_for_a_reason() -> None:
    never_here = {"replaces_nothing", "replaces_another", "unknown_issuer"}  # this far side does not do that

    said = {said.text for stuck in EVERY for said in seen(stuck).explanation.why}

    assert {rule.cause for rule in REMARKS if rule.says not in said} <= never_here


# --- the faults of the sandbox ----------------------------------------------------------------------------------------

NO_ANSWER = ("doubt.request", "the connection broke")
FAULT = ("doubt.request", "the eHealth platform reports a fault")
WRONG = "trouble.certificate_wrong"
NOT_NOTICED = ("ended.done", "")
EXPLAINED: dict[str, tuple[str, str, str]] = {
    # fault: operation, cause, words
    "refused": ("*", "trouble.ehealth_unreachable", "the connection is refused"),
    "closed": ("*", "trouble.ehealth_no_answer", "the connection broke"),
    "reset": ("*", "trouble.ehealth_no_answer", "the connection broke"),
    **dict.fromkeys(
        ("request_lost", "accepted_reset", "answer_lost", "late", "truncated", "drip"),
        ("generateCertificate", *NO_ANSWER),
    ),
    "unavailable": ("generateCertificate", "doubt.request", "HTTP 503"),
    "fault_500": ("generateCertificate", *FAULT),
    "fault_200": ("generateCertificate", *FAULT),
    "html_500": ("generateCertificate", "doubt.request", "HTTP 500, text/html"),
    "maintenance": ("generateCertificate", "doubt.request", "HTTP 200, text/html"),
    "empty": ("generateCertificate", "doubt.request", "HTTP 200, it is empty"),
    "wrong_type": ("generateCertificate", "doubt.request", "application/octet-stream"),
    "huge": ("generateCertificate", "doubt.request", "larger than"),
    "bomb": ("generateCertificate", "doubt.request", "it is compressed"),
    "redirect": ("generateCertificate", "doubt.request", "HTTP 302"),
    "previous": ("generateCertificate", "doubt.request", "it answers another question"),
    "foreign": ("generateCertificate", "doubt.request", "it answers another message"),
    "receipt_other_key": ("generateCertificate", "doubt.request", "it names another key"),
    "not_yet": ("getCertificate", "waits.delivery", ""),
    "found_then_not_yet": ("getCertificate", *NOT_NOTICED),
    "unknown_yet": ("getCertificate", "trouble.ehealth_refused", "SIM_UNKNOWN_PUBLIC_KEY"),
    "not_in_depot": ("getEtk", "trouble.not_proven", "does not hand out the new key yet"),
    "certificate_other_key": ("getCertificate", WRONG, "it is for another key"),
    "certificate_weak_key": ("getCertificate", WRONG, "it is for another key"),
    "certificate_other_person": ("getCertificate", WRONG, "it is for another person"),
    "certificate_other_environment": ("getCertificate", WRONG, "of another environment"),
    "certificate_unknown_issuer": ("getCertificate", WRONG, "of an unknown authority"),
    "certificate_not_yet_valid": ("getCertificate", "trouble.certificate_not_yet_valid", "not valid yet"),
    "certificate_expired": ("getCertificate", WRONG, "it has already ended"),
    "certificate_wrong_usage": ("getCertificate", WRONG, "it is not for signing in"),
    "certificate_broken_chain": ("getCertificate", WRONG, "its chain does not hold"),
    "etk_of_another": ("completeETKRegistration", "trouble.etk_wrong", "another encryption key"),
    "list_with_stranger": ("getCertificateInfoForCitizen", *NOT_NOTICED),
    "challenge_wrong_hash": ("startETKRegistration", "trouble.challenge_wrong", "does not fit the encryption key"),
    "contract_of_stranger": ("generateContract", "trouble.contract_mismatch", "not for this person"),
    "date_off": ("*", "trouble.clock_off", "the clock of this computer is wrong"),
}
"""How each fault shows itself; faults that a client cannot tell apart have the same words."""

NOTHING_KEPT = {"revoked_meanwhile"}
"""A start that is refused leaves no procedure behind: its error is told at once."""


class _Hurting:
    def __init__(self, faulty: Faulty) -> None:
        self._faulty = faulty

    def answer(self, service: str, body: bytes) -> Reply:
        return self._faulty.simulate(service, body)


def hurt(fault: str, operation: str) -> World:
    """A renewal that met a fault as often as it could, as far as it came."""
    world = World()
    if operation == "*":
        unapproved(world)
    plan = FaultPlan((Rule((fault,), operation, times=None),))
    world.wire.far_side = _Hurting(Faulty(world.authority, world.clock.now, plan=plan))
    for _sitting in range(4):
        known = latest(world) if world.all_procedures() else None
        if known and (known.ended or (known.trouble and known.trouble.code != "contract_not_approved")):
            break
        go(world)
        world.clock.move(days=1)
    return world


def test_every_fault_is_explained() -> None:
    assert EXPLAINED.keys() | NOTHING_KEPT == FAULTS.keys()


@pytest.mark.parametrize("fault", EXPLAINED)
def test_a_fault_of_the_sandbox_is_explained(fault: str) -> None:
    operation, cause, said = EXPLAINED[fault]

    world = hurt(fault, operation)

    assert explained(world).cause == cause
    assert said in words(world)
    world.close()


def kinds_of_faults() -> Iterator[tuple[str, str]]:
    yield from {(cause, said) for _operation, cause, said in EXPLAINED.values() if said}


def test_the_words_of_a_fault_are_not_those_of_another_cause() -> None:
    said = [said for _cause, said in kinds_of_faults()]

    assert len(set(said)) == len(said) - 1, "only a broken connection is told the same way before and after the sending"
