"""The proof at the end: each thing that could be wrong is noticed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from adapters.sandbox.people import COLLEAGUE
from steps.placeholder import placeholder_certificate
from steps.ports.keystore import Keystore
from tests.world.bench import Bench, altered
from tests.world.keystores import MemoryKeystores
from tests.world.world import NEW_PASSWORD
from workflow.errors import KeystoreChangedError, KeystoreError, NotProvenError


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("proving")


@pytest.fixture
def change(bench: Bench) -> Callable[[Callable[[Keystore], Keystore]], None]:
    """Another program changes the new keystore."""
    keystores = bench.world.keystores
    assert isinstance(keystores, MemoryKeystores)
    path = keystores.find(bench.facts["new_keystore"]["name"])
    assert path is not None

    def apply(by: Callable[[Keystore], Keystore]) -> None:
        keystores.content[path] = (by(keystores.open(path, NEW_PASSWORD)), NEW_PASSWORD)

    return apply


def test_a_good_end_is_proved(bench: Bench) -> None:
    sent = dict(bench.world.accepted)

    outcome = bench.run()

    assert outcome.trigger == "proved"
    assert outcome.learned == {"proof": {"at": bench.world.clock.now().isoformat()}}
    assert bench.world.accepted == sent, "it only looks"


def test_a_missing_authentication_key_is_noticed(
    bench: Bench, change: Callable[[Callable[[Keystore], Keystore]], None]
) -> None:
    change(lambda keystore: replace(keystore, keys=keystore.keys[1:]))

    with pytest.raises(KeystoreError):
        bench.run()


def test_a_missing_encryption_key_is_noticed(
    bench: Bench, change: Callable[[Callable[[Keystore], Keystore]], None]
) -> None:
    change(lambda keystore: replace(keystore, keys=keystore.keys[:1]))

    with pytest.raises(KeystoreChangedError, match="encryption key is missing"):
        bench.run()


def test_another_certificate_under_the_alias_of_the_encryption_key_is_noticed(
    bench: Bench, change: Callable[[Callable[[Keystore], Keystore]], None]
) -> None:
    old = bench.world.old_keystore.keys[1]
    change(lambda k: replace(k, keys=(k.keys[0], replace(k.keys[1], chain=old.chain))))

    with pytest.raises(KeystoreChangedError, match="encryption key is missing"):
        bench.run()


def test_an_encryption_key_that_does_not_fit_its_certificate_is_noticed(
    bench: Bench, change: Callable[[Callable[[Keystore], Keystore]], None]
) -> None:
    old = bench.world.old_keystore.keys[1]
    change(lambda k: replace(k, keys=(k.keys[0], replace(k.keys[1], private_key=old.private_key))))

    with pytest.raises(KeystoreChangedError, match="does not fit"):
        bench.run()


def damaged_chain(bench: Bench, kind: str) -> Callable[[Keystore], Keystore]:
    pki = bench.world.sandbox.pki

    def spoil(keystore: Keystore) -> Keystore:
        own = keystore.keys[0]
        chain = {
            "placeholder": (placeholder_certificate(own.private_key, bench.world.clock.now()),),
            "leaf only": own.chain[:1],
            "wrong issuer": (own.chain[0], pki.citizen_ca.certificate),
            "wrong order": own.chain[::-1],
        }[kind]
        return replace(keystore, keys=(replace(own, chain=chain), keystore.keys[1]))

    return spoil


@pytest.mark.parametrize("kind", ["placeholder", "leaf only", "wrong issuer", "wrong order"])
def test_a_chain_that_another_program_spoiled_is_put_right_from_what_was_delivered(
    bench: Bench, change: Callable[[Callable[[Keystore], Keystore]], None], kind: str
) -> None:
    change(damaged_chain(bench, kind))

    assert bench.run().trigger == "proved"

    keystore = bench.world.new_keystore()
    assert keystore is not None
    assert len(keystore.keys[0].chain) == 2


@pytest.mark.parametrize(
    "token",
    [None, b"nonsense", "of the colleague"],
    ids=["none", "nonsense", "of another person"],
)
def test_a_depot_that_hands_out_another_key_proves_nothing(bench: Bench, token: bytes | str | None) -> None:
    services = bench.world.services
    if token == "of the colleague":
        bench.world.sandbox.enrol(COLLEAGUE)
        token = services.etk("SSIN", COLLEAGUE.ssin)
        assert token
    bench.authority = altered(services, etk=lambda kind, identifier, application: token)

    with pytest.raises(NotProvenError) as raised:
        bench.run()

    assert raised.value.details["id"] == bench.work().procedure


def test_the_depot_is_asked_for_the_holder_without_any_signature(bench: Bench) -> None:
    bench.run()

    assert bench.world.wire.sent[-1].operation == "getEtk"
    assert "secret pin" not in bench.world.person.asked


def test_the_key_of_an_organisation_is_asked_for_under_its_number_and_application(
    bench_on: Callable[..., Bench],
) -> None:
    bench = bench_on("request for an organisation", "proving")
    asked = []
    etk = bench.world.services.etk

    def noted(*given: str | None) -> bytes | None:
        asked.append(given)
        return etk(*given)  # type: ignore[arg-type]

    bench.authority = altered(bench.world.services, etk=noted)

    assert bench.run().trigger == "proved"
    assert asked == [("NIHII-HOSPITAL", "71999932", "APP-1")]


def test_the_key_of_another_application_proves_nothing(bench_on: Callable[..., Bench]) -> None:
    bench = bench_on("request for an organisation", "proving")
    etk = bench.world.services.etk
    bench.authority = altered(bench.world.services, etk=lambda kind, number, application: etk(kind, number, "APP-2"))

    with pytest.raises(NotProvenError):
        bench.run()
