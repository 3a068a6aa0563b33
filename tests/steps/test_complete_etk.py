"""Registering the encryption key, once, and finishing the keystore."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from steps.late_arrival import CLOCK_AHEAD, LATE_ARRIVAL
from steps.ports.registration import Registered
from steps.ports.signing import Signer
from tests.world.bench import Bench, altered
from tests.world.keystores import MemoryKeystores
from tests.world.wire import Fault
from tests.world.world import NEW_PASSWORD
from workflow.errors import EhealthNoAnswerError, KeystoreChangedError, RefusedError, WrongEtkError
from workflow.ports import InDoubt, Outcome, Prepared


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("completing_etk")


@pytest.fixture
def keystores(bench: Bench) -> MemoryKeystores:
    assert isinstance(bench.world.keystores, MemoryKeystores)
    return bench.world.keystores


def lost(bench: Bench, fault: Fault) -> None:
    bench.world.wire.fail(fault, "completeETKRegistration")
    with pytest.raises(EhealthNoAnswerError):
        bench.send()


def test_nothing_is_sent_while_it_is_prepared(bench: Bench) -> None:
    prepared = bench.prepare()

    assert isinstance(prepared, Prepared)
    assert prepared.intent.keys() == {"message_id", "sha256", CLOCK_AHEAD}
    assert "completeETKRegistration" not in bench.world.accepted


def test_the_token_is_kept_and_waits_for_activation(bench: Bench) -> None:
    outcome = bench.send()

    etk = outcome.learned["etk"]
    assert outcome.trigger == "etk_registered"
    assert etk["to_be_activated"] is True
    assert base64.b64decode(bench.facts["encryption_certificate"]["certificate"]) in base64.b64decode(etk["token"])


def test_the_finished_keystore_leaves_the_unfinished_ones(bench: Bench, keystores: MemoryKeystores) -> None:
    outcome = bench.send()

    path = keystores.folder / bench.facts["new_keystore"]["name"]
    assert path in keystores.content
    assert outcome.learned["new_keystore"]["path"] == str(path)


def test_a_token_of_another_key_is_an_error(bench: Bench) -> None:
    services = bench.world.services
    other = services.etk("SSIN", bench.world.holder.ssin)
    assert other is not None
    bench.authority = altered(services, complete_etk=lambda message: Registered(other, to_be_activated=True))

    with pytest.raises(WrongEtkError):
        bench.send()


def test_a_token_that_is_none_is_an_error(bench: Bench) -> None:
    bench.authority = altered(
        bench.world.services, complete_etk=lambda message: Registered(b"nonsense", to_be_activated=True)
    )

    with pytest.raises(WrongEtkError):
        bench.send()


def test_a_keystore_without_the_encryption_key_is_noticed_before_anything_is_sent(
    bench: Bench, keystores: MemoryKeystores
) -> None:
    path = keystores.find(bench.facts["new_keystore"]["name"])
    assert path is not None
    content = keystores.open(path, NEW_PASSWORD)
    keystores.content[path] = (replace(content, keys=content.keys[:1]), NEW_PASSWORD)

    with pytest.raises(KeystoreChangedError):
        bench.prepare()


def test_a_refusal_is_said(bench: Bench) -> None:
    keystore = bench.world.new_keystore()
    assert keystore is not None
    authentication, encryption = keystore.keys
    public = encryption.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bench.world.services.start_etk(public, Signer(authentication.private_key, authentication.chain))

    with pytest.raises(RefusedError):
        bench.send()


def test_what_arrived_without_an_answer_is_found_by_asking(bench: Bench, keystores: MemoryKeystores) -> None:
    lost(bench, Fault.ANSWER_LOST)

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "etk_registered"
    assert outcome.learned["etk"]["to_be_activated"] is True
    assert keystores.folder / bench.facts["new_keystore"]["name"] in keystores.content


def test_what_was_activated_in_the_meantime_is_found_so(bench: Bench) -> None:
    lost(bench, Fault.ANSWER_LOST)
    keystore = bench.world.new_keystore()
    assert keystore is not None
    from steps.ports.signing import Signer

    services = bench.world.services
    services.activate_etk(services.sign_etk_activation(Signer(keystore.keys[0].private_key, keystore.keys[0].chain)))

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.learned["etk"]["to_be_activated"] is False


def test_what_is_not_known_yet_may_still_arrive(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LOST)
    bench.world.clock.move(LATE_ARRIVAL - timedelta(seconds=1))

    assert isinstance(bench.find_out(), InDoubt)


def test_what_did_not_arrive_starts_again_from_the_challenge_with_the_same_key(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LOST)
    bench.world.clock.move(LATE_ARRIVAL)

    outcome = bench.find_out()

    assert outcome == Outcome("start_again", forgotten=("encryption_certificate",))


def test_starting_again_comes_to_the_same_end(bench: Bench) -> None:
    before = bench.world.new_keystore()
    lost(bench, Fault.REQUEST_LOST)
    bench.world.wire.fault = lambda sent: None

    assert bench.world.finish().state == "done"

    after = bench.world.new_keystore()
    assert before is not None
    assert after is not None
    assert [key.private_key.private_numbers() for key in after.keys] == [
        key.private_key.private_numbers() for key in before.keys
    ]
    assert bench.world.accepted["completeETKRegistration"] == 1


def test_what_arrives_after_all_is_found(bench: Bench) -> None:
    lost(bench, Fault.REQUEST_LATE)
    bench.world.clock.move(minutes=3)
    bench.world.wire.arrive()

    outcome = bench.find_out()

    assert isinstance(outcome, Outcome)
    assert outcome.trigger == "etk_registered"
