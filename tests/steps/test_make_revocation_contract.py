"""The text with which a certificate is revoked, and whether it is for this certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from adapters.sandbox.desk import Rules
from adapters.sandbox.people import HOSPITAL, MANAGER
from steps.make_revocation_contract import revocation_contract_of
from steps.ports.registration import Actor, RevocationContract, RevocationReason
from tests.world.bench import Bench, altered, with_fact
from tests.world.wire import Fault
from workflow.errors import ContractMismatchError, EhealthFaultError, RefusedError


@pytest.fixture
def bench(bench_on: Callable[..., Bench]) -> Bench:
    return bench_on("revoke", "making_revocation_contract")


@pytest.mark.parametrize("escaped", [True, False])
def test_the_text_is_kept_as_it_came(bench_on: Callable[..., Bench], escaped: bool) -> None:
    bench = bench_on("revoke", "making_revocation_contract", rules=Rules(escaped_dn=escaped))

    outcome = bench.run()

    assert outcome.trigger == "revocation_contract_made"
    contract = outcome.learned["revocation_contract"]
    assert ("\\=" in contract["dn"]) is escaped
    assert contract["signer"] == ["SSIN", "75031299943", "Exemple", "Zoé Élise"]
    assert contract["reason"] == "superseded"
    assert contract["texts"].keys() == {"fr", "nl"}
    assert bench.world.accepted == {}


def test_what_was_kept_comes_back_as_it_was(bench: Bench) -> None:
    given: list[RevocationContract] = []
    services = bench.world.services

    def noted(*arguments: object) -> RevocationContract:
        given.append(services.revocation_contract(*arguments))  # type: ignore[arg-type]
        return given[-1]

    bench.authority = altered(services, revocation_contract=noted)
    bench.learn(bench.run())

    assert revocation_contract_of(bench.facts) == given[0]


def test_a_certificate_of_an_organisation_is_revoked_by_the_person(bench_on: Callable[..., Bench]) -> None:
    before = bench_on("revoke", "looking_up", person=MANAGER)
    before.world.sandbox.enrol(MANAGER, organization=HOSPITAL, application_id="APP-1")
    keys = [record.key for record in before.world.authority.desk.certificates.of_actor("NIHII-HOSPITAL", "71999932")]
    before.world.person.answers["certificate"] = {"certificate": keys[0]}

    outcome = Bench(before.world, "making_revocation_contract", "revoke").run()

    contract = outcome.learned["revocation_contract"]
    assert contract["signer"][:2] == ["SSIN", MANAGER.ssin]
    assert "NIHII-HOSPITAL" in contract["dn"]


def other_dn(contract: RevocationContract) -> RevocationContract:
    return replace(contract, dn=contract.dn.replace("75031299943", "80051599972"))


def no_dn(contract: RevocationContract) -> RevocationContract:
    return replace(contract, dn="nonsense")


def dn_of_nobody(contract: RevocationContract) -> RevocationContract:
    return replace(contract, dn="CN=Zoé Exemple,C=BE")


def other_signer(contract: RevocationContract) -> RevocationContract:
    return replace(contract, signer=Actor("SSIN", "80051599972", "Voorbeeld", "Jan"))


def other_reason(contract: RevocationContract) -> RevocationContract:
    return replace(contract, reason=RevocationReason.KEY_COMPROMISE)


@pytest.mark.parametrize("change", [other_dn, no_dn, dn_of_nobody, other_signer, other_reason])
def test_a_text_for_something_else_is_not_signed(
    bench: Bench, change: Callable[[RevocationContract], RevocationContract]
) -> None:
    services = bench.world.services
    bench.authority = altered(services, revocation_contract=lambda *given: change(services.revocation_contract(*given)))

    with pytest.raises(ContractMismatchError) as raised:
        bench.run()

    assert raised.value.code == "contract_mismatch"


def test_a_refusal_is_said(bench: Bench) -> None:
    with_fact(bench, "chosen", public_key_identifier="00" * 20)

    with pytest.raises(RefusedError) as raised:
        bench.run()

    assert raised.value.refusal_code == "SIM_UNKNOWN_PUBLIC_KEY"


def test_a_fault_of_the_platform_is_said(bench: Bench) -> None:
    bench.world.wire.fail(Fault.UNAVAILABLE)

    with pytest.raises(EhealthFaultError):
        bench.run()
