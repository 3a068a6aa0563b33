"""The contract that eHealth makes, and whether it is for this person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from adapters.sandbox.desk import Rules
from adapters.sandbox.people import MANAGER
from steps.ports.registration import Actor, Contract
from tests.world.bench import Bench, altered, with_fact
from workflow.errors import ContractMismatchError, EhealthFaultError, RefusedError


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("making_contract")


@pytest.mark.parametrize("escaped", [True, False])
def test_the_contract_is_kept_as_it_came(bench_at: Callable[..., Bench], escaped: bool) -> None:
    bench = bench_at("making_contract", rules=Rules(escaped_dn=escaped))

    outcome = bench.run()

    assert outcome.trigger == "contract_made"
    contract = outcome.learned["contract"]
    assert ("\\=" in contract["dn"]) is escaped
    assert contract["signer"] == ["SSIN", "75031299943", "Exemple", "Zoé Élise"]
    assert contract["texts"]


def test_nothing_is_changed_at_ehealth(bench: Bench) -> None:
    bench.run()

    assert bench.world.accepted == {}


def test_when_the_certificate_ended_in_the_meantime_it_is_too_late(bench: Bench) -> None:
    bench.world.clock.move(days=60)

    assert bench.run().trigger == "too_late"
    assert bench.world.wire.count("generateContract") == 0


def other_dn(contract: Contract) -> Contract:
    return replace(contract, dn=contract.dn.replace("75031299943", "80051599972"))


def no_dn(contract: Contract) -> Contract:
    return replace(contract, dn="nonsense")


def dn_of_nobody(contract: Contract) -> Contract:
    return replace(contract, dn="CN=Zoé Exemple,C=BE")


def other_signer(contract: Contract) -> Contract:
    return replace(contract, signer=Actor("SSIN", "80051599972", "Voorbeeld", "Jan"))


@pytest.mark.parametrize("change", [other_dn, no_dn, dn_of_nobody, other_signer])
def test_a_contract_for_somebody_else_is_not_signed(bench: Bench, change: Callable[[Contract], Contract]) -> None:
    services = bench.world.services
    bench.authority = altered(services, contract=lambda *given: change(services.contract(*given)))

    with pytest.raises(ContractMismatchError):
        bench.run()


def test_a_refusal_is_said(bench: Bench) -> None:
    bench.facts["holder"] = {**bench.facts["holder"], "surname": "Autre"}

    with pytest.raises(RefusedError) as raised:
        bench.run()

    assert raised.value.refusal_code == "SIM_NAMES_DIFFER"


def test_a_fault_of_the_platform_is_said(bench: Bench) -> None:
    from tests.world.wire import Fault

    bench.world.wire.fail(Fault.UNAVAILABLE)

    with pytest.raises(EhealthFaultError):
        bench.run()


# --- of a first certificate -------------------------------------------------------------------------------------------

ORGANISATION = "request for an organisation"


def test_a_first_certificate_needs_none_that_still_lives(bench_on: Callable[..., Bench]) -> None:
    bench = bench_on("request", "making_contract")
    bench.world.clock.move(days=400)

    assert bench.run().trigger == "contract_made"


def test_after_a_revocation_the_contract_is_for_the_owner_of_the_revoked_certificate(
    bench_on: Callable[..., Bench],
) -> None:
    assert "SSIN\\=75031299943" in bench_on("revoke", "making_contract").run().learned["contract"]["dn"]


def test_the_contract_of_an_organisation_is_signed_by_the_person(bench_on: Callable[..., Bench]) -> None:
    contract = bench_on(ORGANISATION, "making_contract").run().learned["contract"]

    assert contract["signer"] == ["SSIN", MANAGER.ssin, "Gérant", "Marc"]
    assert contract["dn"].startswith("CN=NIHII-HOSPITAL\\=71999932\\, APP-1,")


@pytest.mark.parametrize(
    ("part", "other"),
    [("71999932", "71999931"), ("NIHII-HOSPITAL", "NIHII-LABO"), ("APP-1", "APP-2"), ("\\, APP-1", "")],
    ids=["another number", "another kind", "another application", "no application"],
)
def test_a_contract_for_another_organisation_is_not_signed(
    bench_on: Callable[..., Bench], part: str, other: str
) -> None:
    bench = bench_on(ORGANISATION, "making_contract")
    services = bench.world.services

    def changed(*given: Any) -> Contract:
        contract = services.contract(*given)
        return replace(contract, dn=contract.dn.replace(part, other))

    bench.authority = altered(services, contract=changed)

    with pytest.raises(ContractMismatchError):
        bench.run()


def test_a_contract_with_an_application_that_nobody_asked_for_is_not_signed(bench_on: Callable[..., Bench]) -> None:
    bench = bench_on(ORGANISATION, "making_contract")
    made = bench.world.services.contract
    with_fact(bench, "owner", application_id=None)
    bench.authority = altered(bench.world.services, contract=lambda *given: made(*given[:3], "APP-1"))

    with pytest.raises(ContractMismatchError):
        bench.run()


def test_an_organisation_that_ehealth_does_not_know_is_said(bench_on: Callable[..., Bench]) -> None:
    bench = bench_on(ORGANISATION, "making_contract")
    with_fact(bench, "owner", type="NIHII-LABO")

    with pytest.raises(RefusedError) as raised:
        bench.run()

    assert raised.value.refusal_code == "SIM_UNKNOWN_ORGANIZATION"
