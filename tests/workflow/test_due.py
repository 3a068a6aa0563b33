"""What is due, from the facts of procedures and records alone, and when it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.world.clock import START
from workflow import due
from workflow.definition import Turn
from workflow.definitions import DEFINITIONS
from workflow.due import Due, Kind
from workflow.procedure import SEEN_ACTIVE, Procedure, ProcedureId, Trouble
from workflow.provider import Link, Placed, Provider, ProviderId

NOW, DAY = START, timedelta(days=1)
RENEW = DEFINITIONS["renew"]
SSIN = "75031299943"


def kept(name: str = "aaaaaaaa", **values: Any) -> Procedure:
    facts = {"holder": {"ssin": SSIN}, **values.pop("facts", {})}
    usual = Procedure(
        ProcedureId(name), "renew", 2, "sandbox", "awaiting_contact", Turn.USER, facts, NOW - DAY, NOW - DAY
    )
    return replace(usual, **values)


def until(moment: datetime, **more: Any) -> dict[str, Any]:
    return {"valid_until": moment.isoformat(), **more}


def renewed(name: str, ends: datetime, **facts: Any) -> Procedure:
    """A renewal that is done."""
    return kept(name, ended=True, state="done", facts={"installed": until(ends), **facts})


SENT: dict[str, Any] = {"request": {"at": NOW.isoformat()}, "etk": {"to_be_activated": True}}


# --- steps ------------------------------------------------------------------------------------------------------------


def test_a_forgotten_activation_has_its_own_words_and_the_end_of_the_present_certificate() -> None:
    one = kept(state="awaiting_handover", facts={**SENT, "record": until(NOW + 20 * DAY)})

    found = due.step(RENEW, one, NOW)

    assert (found.kind, found.at, found.deadline) == (Kind.ACTIVATION, NOW - DAY, NOW + 20 * DAY)
    assert "not activated" in found.says.text
    assert found.command == "ehcert resume aaaaaaaa"


def test_a_key_that_is_in_use_already_makes_it_urgent() -> None:
    one = kept(state="awaiting_handover", facts={**SENT, SEEN_ACTIVE: {}})

    assert "already in use" in due.step(RENEW, one, NOW).says.text


def test_what_was_put_off_is_due_on_that_day() -> None:
    assert due.step(RENEW, kept(wake_at=NOW + 3 * DAY), NOW).at == NOW + 3 * DAY
    assert due.step(RENEW, kept(wake_at=NOW - 3 * DAY), NOW).at == NOW - DAY


def test_what_is_blocked_is_explained_rather_than_resumed() -> None:
    one = kept(trouble=Trouble("ehealth_refused", NOW))

    assert due.step(RENEW, one, NOW).command == "ehcert explain aaaaaaaa"


def test_a_doubt_is_told_as_one() -> None:
    one = kept(state="submitting", facts={"intent": {"operation": "generateCertificate"}})

    assert "not sure" in due.step(RENEW, one, NOW).says.text


# --- certificates -----------------------------------------------------------------------------------------------------


def test_the_window_of_a_renewed_certificate_opens_ninety_days_before_its_end() -> None:
    found = due.window(renewed("aaaaaaaa", NOW + 100 * DAY))

    assert found is not None
    assert (found.at, found.command) == (NOW + 10 * DAY, "ehcert renew")


def test_the_window_that_ehealth_told_counts_where_nothing_was_renewed() -> None:
    record = until(NOW + 100 * DAY, replaceable_from=(NOW + DAY).isoformat())

    found = due.window(kept(ended=True, state="cancelled", facts={"record": record}))

    assert found is not None
    assert found.at == NOW + DAY


def test_while_a_renewal_is_under_way_its_end_says_to_go_on() -> None:
    one = kept(facts={"record": until(NOW + 20 * DAY)})

    end = due.end(one, NOW)

    assert due.window(one) is None
    assert end is not None
    assert end.command == "ehcert resume aaaaaaaa"


def test_after_its_end_a_certificate_has_to_be_requested() -> None:
    end = due.end(renewed("aaaaaaaa", NOW - DAY), NOW)

    assert end is not None
    assert end.command == "ehcert request"


def test_a_procedure_without_a_certificate_has_no_end() -> None:
    assert due.end(kept(), NOW) is None
    assert due.window(kept(ended=True)) is None


OLD = renewed("aaaaaaaa", NOW + DAY, key={"public_key_identifier": "ab"})
OTHERS = {
    "a later certificate": (renewed("bbbbbbbb", NOW + 900 * DAY), True),
    "a renewal under way": (kept("bbbbbbbb", created_at=NOW, facts={"record": until(NOW + DAY)}), True),
    "an earlier certificate": (renewed("bbbbbbbb", NOW - 900 * DAY), False),
    "its revocation": (
        kept(
            "bbbbbbbb",
            definition="revoke",
            ended=True,
            facts={"revocation": {}, "chosen": {"public_key_identifier": "ab"}},
        ),
        True,
    ),
    "the revocation of another": (
        kept(
            "bbbbbbbb",
            definition="revoke",
            ended=True,
            facts={"revocation": {}, "chosen": {"public_key_identifier": "cd"}},
        ),
        False,
    ),
    "a later one of an organisation": (
        renewed("bbbbbbbb", NOW + 900 * DAY, owner={"type": "NIHII-HOSPITAL", "identifier": "71999932"}),
        False,
    ),
    "itself": (OLD, False),
}


@pytest.mark.parametrize(("other", "superseded"), OTHERS.values(), ids=OTHERS)
def test_only_the_procedure_that_says_the_most_about_a_certificate_counts(other: Procedure, superseded: bool) -> None:
    assert due.is_superseded(OLD, [OLD, other]) is superseded


# --- providers --------------------------------------------------------------------------------------------------------


def provider(ends: datetime, key: str = "ab") -> Provider:
    link = Link(Placed("/x", "00"), key, ends, NOW)
    return Provider(ProviderId("pppppppp"), "sandbox", "Zoé Exemple", SSIN, NOW, NOW, link=link)


def test_a_linked_keystore_that_no_procedure_knows_has_a_window_and_an_end() -> None:
    found = list(due.of_provider(provider(NOW + 100 * DAY), [], NOW))

    assert [(one.kind, one.at, one.of_provider) for one in found] == [
        (Kind.WINDOW, NOW + 10 * DAY, True),
        (Kind.END, NOW + 100 * DAY, True),
    ]


def test_a_linked_keystore_that_a_procedure_knows_is_told_by_that() -> None:
    assert list(due.of_provider(provider(NOW + DAY), [OLD], NOW)) == []


def test_a_former_keystore_in_the_practice_software_has_to_be_linked_anew() -> None:
    [found] = due.of_provider(provider(NOW + DAY), [OLD, renewed("bbbbbbbb", NOW + 900 * DAY)], NOW)

    assert found.command == "ehcert provider link pppppppp"


def test_without_a_link_nothing_is_known() -> None:
    assert list(due.of_provider(replace(provider(NOW), link=None), [], NOW)) == []


# --- when it is told --------------------------------------------------------------------------------------------------


def told(kind: Kind, at: datetime, deadline: datetime | None = None) -> str | None:
    one = Due(
        kind=kind,
        at=at,
        environment="sandbox",
        about="aaaaaaaa",
        says=due.Said("x"),
        command="x",
        deadline=deadline,
    )
    found = due.occasion(one, NOW)
    return found and found.split(":")[2]


@pytest.mark.parametrize(
    ("days", "stage"), [(31, None), (30, "30d"), (8, "30d"), (7, "7d"), (1, "1d"), (0, "ended"), (-5, "ended")]
)
def test_an_end_is_told_by_stages(days: int, stage: str | None) -> None:
    assert told(Kind.END, NOW + days * DAY) == stage


@pytest.mark.parametrize(("days", "stage"), [(0, None), (1, "1d"), (6, "1d"), (7, "7d"), (40, "30d")])
@pytest.mark.parametrize("kind", [Kind.STEP, Kind.ACTIVATION])
def test_a_forgotten_step_is_told_by_stages(kind: Kind, days: int, stage: str | None) -> None:
    assert told(kind, NOW - days * DAY) == stage


def test_a_deadline_that_is_near_is_told_at_once() -> None:
    assert told(Kind.STEP, NOW, NOW + 6 * DAY) == "deadline"
    assert told(Kind.STEP, NOW, NOW + 8 * DAY) is None


def test_a_window_and_a_late_wait_are_told_when_they_have_come_and_a_look_never() -> None:
    assert told(Kind.WINDOW, NOW) == told(Kind.LATE, NOW) == "passed"
    assert told(Kind.WINDOW, NOW + DAY) is None
    assert told(Kind.LOOK, NOW - DAY) is None


def test_an_occasion_keeps_its_name_while_no_other_deadline_passes() -> None:
    end = due.end(renewed("aaaaaaaa", NOW + 20 * DAY), NOW)
    assert end is not None

    names = {due.occasion(end, NOW + hours * DAY / 24) for hours in range(24 * 12)}

    assert len(names) == 1
    assert SSIN not in str(names)
