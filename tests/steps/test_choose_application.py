"""The application id of an organisation's certificate."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.sandbox.people import HOSPITAL, MANAGER
from tests.world.bench import Bench
from workflow.errors import Exit, MalformedApplicationIdError

COURSE = "request for an organisation"


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on(COURSE, "awaiting_application")


def test_the_organisation_is_shown_and_no_application_is_in_use(bench: Bench) -> None:
    offer = bench.offer()

    shown = [(line.label, line.value) for line in offer.overview]
    assert shown == [("Organisation", "Hôpital Exemple (NIHII-HOSPITAL 71999932)")]
    assert offer.defaults == {}


def test_the_applications_that_have_certificates_are_shown(bench: Bench) -> None:
    for application in (None, "APP-7"):
        bench.world.sandbox.enrol(MANAGER, organization=HOSPITAL, application_id=application)

    shown = [line.value for line in bench.offer().overview if line.label == "In use"]

    assert sorted(shown) == ["(without application id)", "APP-7"]


@pytest.mark.parametrize(
    ("answers", "application"),
    [({}, None), ({"application_id": "  "}, None), ({"application_id": " app-1 "}, "APP-1"),
     ({"application_id": "A" * 30}, "A" * 30), ({"application_id": "0_-Z"}, "0_-Z")],
)  # fmt: skip
def test_it_may_be_left_empty_and_is_written_in_capitals(
    bench: Bench, answers: dict[str, str], application: str | None
) -> None:
    outcome = bench.run(**answers)

    assert outcome.trigger == "application_chosen"
    assert outcome.learned["application"] == {"chosen": application is not None}
    assert outcome.learned["owner"] == {**bench.facts["owner"], "application_id": application}


def test_a_second_thought_forgets_the_first(bench: Bench) -> None:
    bench.learn(bench.run(application_id="APP-1"))

    bench.learn(bench.run())

    assert bench.facts["owner"]["application_id"] is None


@pytest.mark.parametrize("typed", ["A" * 31, "APP 1", "APP.1", "É", "A,B", "A/B", "A\\B"])
def test_other_signs_are_refused(bench: Bench, typed: str) -> None:
    with pytest.raises(MalformedApplicationIdError) as raised:
        bench.run(application_id=typed)

    assert (raised.value.code, raised.value.exit) == ("malformed_application_id", Exit.USAGE)
