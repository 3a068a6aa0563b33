"""R16 to R18: the far side fails, at each call of a renewal and in each way; by chance; and with wrong content."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import pytest

from adapters.sandbox.fault_plan import ANY_FAULT, FAULTS, FaultPlan, Rule
from adapters.sandbox.wrong_content import CONTENT_FAULTS
from tests.reliability.counting import SEED, Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.courses import COURSES
from tests.reliability.rehearsing import FEW, MANY, verdict
from tests.world.courses import COURSES as WAYS

CHANGES = ("generateCertificate", "startETKRegistration", "completeETKRegistration", "activateETK")
LATER = ("late", "not_yet", "unknown_yet", "found_then_not_yet", "not_in_depot")
"""Answers of R16 that are wrong in time only; the other contents are R18's."""


@functools.cache
def calls(definition: str = "renew") -> tuple[tuple[str, int], ...]:
    """The calls of a procedure that nothing disturbs: operation, and the how-manieth of that operation."""
    way = COURSES[definition].way
    world = way.world()
    try:
        before = len(world.wire.sent)  # some worlds have a past
        way.finish(world)
        names = [sent.operation for sent in world.wire.sent[before:]]
    finally:
        world.close()
    return tuple((name, names[: position + 1].count(name)) for position, name in enumerate(names))


def operations(definition: str) -> tuple[str, ...]:
    """The operations of a procedure, in the order of their first call."""
    return tuple(name for name, number in calls(definition) if number == 1)


def talking() -> list[str]:
    """The definitions that talk with eHealth and have a course in one process."""
    return [name for name, course in COURSES.items() if course.way in WAYS.values() and calls(name)]


def _case(name: str, plan: FaultPlan, sittings: int = FEW, definition: str = "renew") -> Case:
    named = name if definition == "renew" else f"{definition}: {name}"
    return Case(named, lambda: verdict(plan, sittings=sittings, way=COURSES[definition].way)[0])


# --- R16 ----------------------------------------------------------------------------------------------------------


def _ways(fault: str) -> list[tuple[str, dict[str, float]]]:
    """A fault with each choice that it leaves."""
    if not FAULTS[fault].either:
        return [(fault, {})]
    return [
        (fault, {"carried_out": 0.0}),
        (f"{fault}, carried out", {"carried_out": 1.0}),
    ]


def r16_cases() -> Sequence[Case]:
    """Each call of each procedure x each fault of the connection; and the question after a doubt fails, too."""
    return [*(case for name in talking() for case in _broken_calls(name)), *_late_cases(), *_double_cases()]


def _broken_calls(definition: str) -> list[Case]:
    made = []
    first = calls(definition)[0][0]
    for operation, number in calls(definition):
        for fault in ANY_FAULT:
            if fault == "foreign" and operation == "getEtk":
                continue  # this interface has no InResponseTo (PROTOCOL §11.3)
            # The very first call has no previous answer, so it does not count.
            call = number - (fault == "previous" and operation == first)
            if call == 0:
                continue
            for words, parameters in _ways(fault):
                plan = FaultPlan.once(fault, operation, call, **parameters)
                made.append(_case(f"{operation} #{number}: {words}", plan, definition=definition))
    return made


def _late_cases() -> list[Case]:
    def rules(*given: Rule) -> FaultPlan:
        return FaultPlan(given)

    fetch = "getCertificate"
    return [
        _case("getCertificate: not yet, then found", rules(Rule(("not_yet",), fetch, call=2, times=3))),
        _case(
            "getCertificate: found, then not yet",
            rules(Rule(("truncated",), fetch, call=2), Rule(("found_then_not_yet",), fetch)),
        ),
        _case("getCertificate: unknown at first", rules(Rule(("unknown_yet",), fetch, times=2))),
        _case("getEtk: not there at first", rules(Rule(("not_in_depot",), "getEtk", times=3))),
        _case(
            "generateCertificate: answer lost, then unknown at first",
            rules(Rule(("answer_lost",), "generateCertificate"), Rule(("unknown_yet",), fetch, times=2)),
        ),
    ]


def _double_cases() -> list[Case]:
    """A change in doubt, and the question that settles the doubt fails as well."""
    questions = {
        "generateCertificate": "getCertificate",
        "completeETKRegistration": "getCertificateInfoForAuthenticationCertificate",
        "activateETK": "getCertificateInfoForAuthenticationCertificate",
    }
    before = {operation: sum(name == operation for name, _ in calls()) for operation in questions.values()}
    made = []
    for change, question in questions.items():
        for first in ("answer_lost", "request_lost", "late", "maintenance"):
            for second in ANY_FAULT:
                # The question comes after the calls of this kind that belong to the renewal until then.
                asked = 1 if question == "getCertificate" else before[question] - (change != "activateETK") + 1
                plan = FaultPlan((Rule((first,), change), Rule((second,), question, call=max(1, asked - 1))))
                made.append(_case(f"{change}: {first}, then {question}: {second}", plan))
    return made


# --- R17 ----------------------------------------------------------------------------------------------------------


def r17_cases() -> Sequence[Case]:
    """Faults that never stop: one call in ten, and every second one."""
    return [
        _case(f"{rate:.0%} of all calls, seed {seed}", _by_chance(definition, rate, seed), MANY, definition)
        for rate in (0.1, 0.5)
        for definition in talking()
        for seed in range(SEED, SEED + 20)
    ]


def _by_chance(definition: str, rate: float, seed: int) -> FaultPlan:
    """Where there are few calls chance may spare them all: one is struck for sure."""
    if definition == "renew":
        return FaultPlan.random(rate, seed)
    sure = Rule(ANY_FAULT, call=1 + seed % len(calls(definition)))
    return FaultPlan((sure, *FaultPlan.random(rate, seed).rules), seed)


# --- R18 ----------------------------------------------------------------------------------------------------------

REASONS: dict[str, tuple[str, ...]] = {
    "certificate_other_key": ("certificate_wrong",),
    "certificate_other_person": ("certificate_wrong",),
    "certificate_other_environment": ("certificate_wrong",),
    "certificate_unknown_issuer": ("certificate_wrong",),
    "certificate_not_yet_valid": ("certificate_wrong", "certificate_not_yet_valid"),
    "certificate_expired": ("certificate_wrong",),
    "certificate_weak_key": ("certificate_wrong",),
    "certificate_wrong_usage": ("certificate_wrong",),
    "certificate_broken_chain": ("certificate_wrong",),
    "etk_of_another": ("etk_wrong", "not_proven"),
    "revoked_meanwhile": ("certificate_revoked",),
    "challenge_wrong_hash": ("challenge_wrong",),
    "receipt_other_key": ("ehealth_nonsense",),
    "contract_of_stranger": ("contract_mismatch",),
    "date_off": ("clock_off",),
}
"""The errors with which a wrong content must be refused; one without an entry harms nobody and goes through."""

_INFO, _LIST = "getCertificateInfoForAuthenticationCertificate", "getCertificateInfoForCitizen"
HARMLESS: set[tuple[str, ...]] = {
    ("revoked_meanwhile", _LIST),
    ("renew_without_keystore", "revoked_meanwhile", _INFO),  # asked for the ETK of the new certificate only
}
"""Where the content that is wrong is not used: by fault and operation, or by definition, too."""

NOTHING_THERE = {("request", _LIST)}
"""By definition and operation, the answers that hold no certificate of which something could be wrong."""


def r18_cases() -> Sequence[Case]:
    """Each wrong content at each operation that can carry it, once and three times in a row."""
    made = []
    for definition in talking():
        for fault in CONTENT_FAULTS:
            if fault.name in LATER:
                continue
            possible = [
                name
                for name in operations(definition)
                if name in fault.operations and (definition, name) not in NOTHING_THERE
            ]
            for operation in possible or [operations(definition)[0]] * (not fault.operations):
                for times in (1, 3):
                    made.append(_wrong_content(definition, fault.name, operation, times))
    return made


def _wrong_content(definition: str, fault: str, operation: str, times: int) -> Case:
    def run() -> Verdict:
        way = COURSES[definition].way
        found, journey, fired = verdict(FaultPlan((Rule((fault,), operation, times=times),)), way=way)
        harmless = (fault, operation) in HARMLESS or (definition, fault, operation) in HARMLESS
        wanted = () if harmless else REASONS.get(fault, ())
        problems = list(found.problems)
        if wanted and not set(wanted) & set(journey.codes):
            problems.append(Problem(Harm.LOST, f"it was believed: {journey.codes}"))
        return Verdict(found.fired and bool(fired), tuple(problems))

    named = f"{operation}: {fault} x{times}"
    return Case(named if definition == "renew" else f"{definition}: {named}", run)


R16 = register(Row("R16", "the far side fails, each call x each fault", r16_cases, share=0.05))
R17 = register(Row("R17", "the far side fails by chance, all the time", r17_cases, share=0.2))
R18 = register(Row("R18", "the far side answers with wrong content", r18_cases, share=0.35))


@pytest.mark.slow
@pytest.mark.parametrize("case", R16.chosen(), ids=str)
def test_a_fault_of_the_connection_harms_nobody(case: Case) -> None:
    assert_clean(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", R17.chosen(), ids=str)
def test_faults_that_do_not_stop_delay_and_nothing_else(case: Case) -> None:
    assert_clean(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", R18.chosen(), ids=str)
def test_a_wrong_content_is_refused_and_nothing_is_installed(case: Case) -> None:
    assert_clean(case)


def test_there_are_as_many_cases_as_the_matrix_wants() -> None:
    assert len(calls()) >= 15
    assert len(r16_cases()) >= 400
    assert len(r18_cases()) >= 30
    assert set(ANY_FAULT) >= {"refused", "answer_lost", "late", "bomb", "redirect"}
