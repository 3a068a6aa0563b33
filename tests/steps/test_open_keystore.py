"""The current keystore: which one, and whether it is the right one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes

from adapters.sandbox.people import COLLEAGUE, HOSPITAL, MANAGER
from adapters.sandbox.pki import Pki
from steps.certificates import identifier_of
from steps.placeholder import placeholder_certificate
from steps.ports.keystore import KeyEntry, Keystore
from tests.world.bench import Bench
from tests.world.keys import KeyPool
from tests.world.keystores import MemoryKeystores
from tests.world.organizations import hospital_keystore
from tests.world.world import OLD_PASSWORD, World
from workflow.errors import (
    CertificateExpiredError,
    KeystoreDamagedError,
    KeystoreMissingError,
    KeystoreNotEhealthError,
    KeystoreOfOtherEnvironmentError,
    KeystoreOfOtherPersonError,
    KeystorePasswordError,
    KeystoreUnfinishedError,
)
from workflow.forms import KEYSTORE_PASSWORD


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("awaiting_keystore")


def put(world: World, name: str, content: Keystore | None, password: str = OLD_PASSWORD) -> Path:
    """A finished keystore of this name."""
    keystores = world.keystores
    assert isinstance(keystores, MemoryKeystores)
    keystores.content[keystores.folder / name] = (content, password)
    return keystores.folder / name


def name_of(ssin: str, moment: str, suffix: str = ".sandbox.p12") -> str:
    return f"SSIN={ssin} {moment}{suffix}"


def test_it_keeps_which_certificate_is_to_be_renewed(bench: Bench) -> None:
    world = bench.world

    outcome = bench.run(file=str(world.old_path))

    certificate = world.old_keystore.keys[0].chain[0]
    assert outcome.trigger == "opened"
    assert outcome.learned["old_keystore"] == {
        "path": str(world.old_path),
        "fingerprint": certificate.fingerprint(hashes.SHA256()).hex(),
        "public_key_identifier": identifier_of(certificate.public_key()),
        "valid_until": certificate.not_valid_after_utc.isoformat(),
    }


def test_the_newest_finished_keystore_of_the_holder_is_the_default(bench: Bench) -> None:
    content = bench.world.old_keystore
    newest = put(bench.world, name_of("75031299943", "20310101-000000"), content)
    put(bench.world, name_of(COLLEAGUE.ssin, "20310201-000000"), content)
    put(bench.world, name_of("75031299943", "20310202-000000", ".acc.p12"), content)
    put(bench.world, f"pending/{name_of('75031299943', '20310203-000000')}", content)

    offer = bench.offer()

    assert offer.defaults == {"file": str(newest)}
    assert [choice.value for choice in offer.choices["file"]] == [str(newest), str(bench.world.old_path)]


def test_without_any_keystore_there_is_nothing_to_offer(bench: Bench) -> None:
    bench.world.keystores.content.clear()  # type: ignore[attr-defined]

    assert bench.offer().defaults == {}


def test_the_suffix_of_production_is_taken_for_any_environment(bench: Bench) -> None:
    path = put(bench.world, "my keys.p12", bench.world.old_keystore)

    assert bench.run(file=str(path)).trigger == "opened"


def test_a_wrong_password_is_said_and_forgotten(bench: Bench) -> None:
    bench.world.person.secrets[KEYSTORE_PASSWORD] = ["wrong", OLD_PASSWORD]
    with pytest.raises(KeystorePasswordError):
        bench.run(file=str(bench.world.old_path))

    outcome = bench.run(file=str(bench.world.old_path))

    assert outcome.trigger == "opened"


def test_a_missing_file_is_missing(bench: Bench) -> None:
    with pytest.raises(KeystoreMissingError):
        bench.run(file="/nowhere/at all.p12")


def test_a_damaged_file_is_damaged(bench: Bench) -> None:
    with pytest.raises(KeystoreDamagedError):
        bench.run(file=str(put(bench.world, "cut.p12", None)))


def test_a_keystore_without_an_authentication_key_is_none_of_ehealth(bench: Bench) -> None:
    others = Keystore(tuple(key for key in bench.world.old_keystore.keys if key.alias != "authentication"))

    with pytest.raises(KeystoreNotEhealthError):
        bench.run(file=str(put(bench.world, "other.p12", others)))


def test_a_key_without_a_certificate_is_none_of_ehealth(bench: Bench) -> None:
    entry = replace(bench.world.old_keystore.keys[0], chain=())

    with pytest.raises(KeystoreNotEhealthError):
        bench.run(file=str(put(bench.world, "bare.p12", Keystore((entry,)))))


def test_a_certificate_of_somebody_else_is_none_of_ehealth(bench: Bench) -> None:
    key = bench.world.keys.make()
    chain = (bench.world.sandbox.pki.citizen_ca.certificate,)

    with pytest.raises(KeystoreNotEhealthError):
        bench.run(file=str(put(bench.world, "foreign.p12", Keystore((KeyEntry("authentication", key, chain),)))))


def test_an_unfinished_keystore_is_not_taken(bench: Bench) -> None:
    key = bench.world.keys.make()
    entry = KeyEntry("authentication", key, (placeholder_certificate(key, bench.world.clock.now()),))

    with pytest.raises(KeystoreUnfinishedError):
        bench.run(file=str(put(bench.world, "half.p12", Keystore((entry,)))))


def test_the_keystore_of_another_person_is_not_taken(bench: Bench) -> None:
    content = bench.world.sandbox.enrol(COLLEAGUE)

    with pytest.raises(KeystoreOfOtherPersonError) as raised:
        bench.run(file=str(put(bench.world, "jan.p12", content)))

    assert COLLEAGUE.ssin not in str(raised.value)


def test_the_suffix_of_another_environment_is_noticed(bench: Bench) -> None:
    path = put(bench.world, name_of("75031299943", "20290304-091011", ".acc.p12"), bench.world.old_keystore)

    with pytest.raises(KeystoreOfOtherEnvironmentError) as raised:
        bench.run(file=str(path))

    assert (raised.value.details["found"], raised.value.details["environment"]) == ("acceptance", "sandbox")


def test_the_authority_of_another_environment_is_noticed(bench: Bench) -> None:
    issuer = bench.world.sandbox.pki.ehealth_issuing
    other_pki = replace_issuer(bench.world.sandbox.pki, "Test-ZetesConfidens Private Trust PKI - sandbox CA")
    old = bench.world.old_keystore.keys[0].chain[0]
    valid = (old.not_valid_before_utc, old.not_valid_after_utc)
    key = bench.world.keys.make()
    certificate = other_pki.issue_authentication(old.subject, key.public_key(), valid, 4711)
    content = Keystore((KeyEntry("authentication", key, (certificate, issuer.certificate)),))

    with pytest.raises(KeystoreOfOtherEnvironmentError) as raised:
        bench.run(file=str(put(bench.world, "acceptance.p12", content)))

    assert raised.value.details["found"] == "acceptance"


def test_a_certificate_that_has_ended_cannot_be_renewed(bench: Bench) -> None:
    bench.world.clock.move(days=61)

    with pytest.raises(CertificateExpiredError):
        bench.run(file=str(bench.world.old_path))


def replace_issuer(pki: Pki, common: str) -> Pki:
    """The same authorities, of which the issuing one has another name."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    key = KeyPool(0).make()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    own = pki.ehealth_issuing.certificate
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, own.not_valid_before_utc, own.not_valid_after_utc)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return replace(pki, ehealth_issuing=replace(pki.ehealth_issuing, private_key=key, certificate=certificate))


# --- of organisations -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("application", ["APP-1", None])
def test_the_keystore_of_an_organisation_names_its_owner(bench: Bench, application: str | None) -> None:
    path = hospital_keystore(bench.world, application)

    outcome = bench.run(file=str(path))

    assert outcome.trigger == "opened"
    assert outcome.learned["owner"] == {
        "type": "NIHII-HOSPITAL",
        "identifier": "71999932",
        "name": "71999932",
        "application_id": application,
    }


def test_whether_the_person_may_act_for_the_organisation_is_asked_later(bench: Bench) -> None:
    path = hospital_keystore(bench.world)

    assert bench.world.holder is not MANAGER
    assert bench.run(file=str(path)).trigger == "opened"


def test_another_choice_forgets_the_organisation(bench: Bench) -> None:
    bench.learn(bench.run(file=str(hospital_keystore(bench.world))))

    bench.learn(bench.run(file=str(bench.world.old_path)))

    assert "owner" not in bench.facts


def test_keystores_of_organisations_are_offered_after_the_persons_and_are_no_default(bench: Bench) -> None:
    hospital = hospital_keystore(bench.world)

    offer = bench.offer()

    assert [choice.value for choice in offer.choices["file"]] == [str(bench.world.old_path), str(hospital)]
    assert offer.defaults == {"file": str(bench.world.old_path)}


def test_with_keystores_of_organisations_alone_none_is_chosen_beforehand(bench: Bench) -> None:
    hospital = hospital_keystore(bench.world)
    del bench.world.keystores.content[bench.world.old_path]  # type: ignore[attr-defined]

    offer = bench.offer()

    assert [choice.value for choice in offer.choices["file"]] == [str(hospital)]
    assert offer.defaults == {}


def test_the_ended_certificate_of_an_organisation_cannot_be_renewed(bench: Bench) -> None:
    content = bench.world.sandbox.enrol(MANAGER, timedelta(days=-1), organization=HOSPITAL)

    with pytest.raises(CertificateExpiredError):
        bench.run(file=str(put(bench.world, "hospital.p12", content)))
