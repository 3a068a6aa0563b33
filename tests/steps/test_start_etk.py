"""The encryption key, the challenge of eHealth, and the certificate that answers it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from steps.placeholder import is_placeholder
from steps.start_etk import encryption_certificate, serial_of
from tests.world.bench import Bench, altered
from tests.world.keys import pooled_key
from tests.world.keystores import MemoryKeystores
from tests.world.watched import Died
from tests.world.wire import Fault
from workflow.errors import (
    CertificateNotYetValidError,
    ChallengeWrongError,
    ClockOffError,
    EhealthNoAnswerError,
    FolderNotWritableError,
    RefusedError,
)

SERIAL = bytes.fromhex("00ff" + "17" * 14)


@pytest.fixture
def bench(bench_at: Callable[..., Bench]) -> Bench:
    return bench_at("starting_etk")


def challenge_for(key: rsa.RSAPublicKey, serial: bytes = SERIAL) -> bytes:
    return key.encrypt(serial, padding.PKCS1v15()) + hashlib.sha256(serial).digest()


# --- the challenge ----------------------------------------------------------------------------------------------------


def test_a_challenge_holds_a_serial_number() -> None:
    key = pooled_key(0)

    assert serial_of(challenge_for(key.public_key()), key) == int.from_bytes(SERIAL, "big")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda challenge: b"",
        lambda challenge: challenge[:-1],
        lambda challenge: challenge[:40],
        lambda challenge: challenge + b"\0",
        lambda challenge: challenge[:-32] + bytes(32),
        lambda challenge: bytes([challenge[0] ^ 1]) + challenge[1:],
        lambda challenge: bytes(256) + challenge[-32:],
        lambda challenge: b"\xff" * 256 + challenge[-32:],
        lambda challenge: challenge[-32:],
    ],
    ids=["empty", "cut", "short", "long", "other hash", "other cipher", "zeros", "too large", "hash only"],
)
def test_a_challenge_that_does_not_fit_is_never_answered(spoil: Callable[[bytes], bytes]) -> None:
    key = pooled_key(0)

    with pytest.raises(ChallengeWrongError):
        serial_of(spoil(challenge_for(key.public_key())), key)


def test_a_challenge_for_another_key_is_never_answered() -> None:
    with pytest.raises(ChallengeWrongError):
        serial_of(challenge_for(pooled_key(0).public_key()), pooled_key(1))


# --- the certificate --------------------------------------------------------------------------------------------------


def test_the_certificate_answers_the_challenge_as_ehealth_wants_it(bench: Bench) -> None:
    keystore = bench.world.new_keystore()
    assert keystore is not None
    owner = keystore.keys[0]

    certificate = encryption_certificate(owner, pooled_key(0), 4711)

    leaf = owner.chain[0]
    assert certificate.serial_number == 4711
    assert certificate.subject == certificate.issuer == leaf.subject
    assert certificate.not_valid_before_utc == leaf.not_valid_before_utc
    assert certificate.not_valid_after_utc == leaf.not_valid_after_utc
    certificate.verify_directly_issued_by(leaf)
    [extension] = certificate.extensions
    assert extension.critical
    assert isinstance(extension.value, x509.KeyUsage)
    assert extension.value.key_encipherment
    assert extension.value.data_encipherment
    assert not extension.value.digital_signature


# --- the step ---------------------------------------------------------------------------------------------------------


def test_the_key_and_its_certificate_are_in_the_keystore(bench: Bench) -> None:
    outcome = bench.run()

    fact = outcome.learned["encryption_certificate"]
    keystore = bench.world.new_keystore()
    assert outcome.trigger == "started"
    assert keystore is not None
    assert [entry.alias for entry in keystore.keys] == ["authentication", fact["serial"]]
    assert keystore.keys[1].chain[0] == x509.load_der_x509_certificate(base64.b64decode(fact["certificate"]))
    assert bench.world.accepted["startETKRegistration"] == 1


def test_the_authentication_key_and_its_chain_stay(bench: Bench) -> None:
    before = bench.world.new_keystore()

    bench.run()

    after = bench.world.new_keystore()
    assert before is not None
    assert after is not None
    assert after.keys[0] == before.keys[0]
    assert after.certificates == before.certificates


def test_the_key_is_on_disk_before_ehealth_hears_of_it(bench: Bench) -> None:
    def die(public_key: bytes, signer: object) -> bytes:
        raise Died("before the message left")

    bench.authority = altered(bench.world.services, start_etk=die)

    with pytest.raises(Died):
        bench.run()

    keystore = bench.world.new_keystore()
    assert keystore is not None
    assert len(keystore.keys) == 2
    assert is_placeholder(keystore.keys[1].chain[0])


def test_the_same_key_is_used_again_with_the_newest_challenge(bench: Bench) -> None:
    first = bench.run()
    one = bench.world.new_keystore()

    second = bench.run()

    two = bench.world.new_keystore()
    assert one is not None
    assert two is not None
    assert len(two.keys) == 2
    assert one.keys[1].private_key.private_numbers() == two.keys[1].private_key.private_numbers()
    assert first.learned["encryption_certificate"]["serial"] != second.learned["encryption_certificate"]["serial"]


def test_a_challenge_for_another_key_changes_nothing(bench: Bench) -> None:
    other = pooled_key(0).public_key()
    bench.authority = altered(bench.world.services, start_etk=lambda key, signer: challenge_for(other))

    with pytest.raises(ChallengeWrongError):
        bench.run()

    keystore = bench.world.new_keystore()
    assert keystore is not None
    assert is_placeholder(keystore.keys[1].chain[0])


def test_a_certificate_that_is_not_valid_yet_can_only_be_waited_for(bench: Bench) -> None:
    def refuse(public_key: bytes, signer: object) -> bytes:
        raise RefusedError(refusal_code="AUTH_CERT_NOT_YET_VALID", refusal="Not yet.")

    bench.authority = altered(bench.world.services, start_etk=refuse)

    with pytest.raises(CertificateNotYetValidError):
        bench.run()


def test_another_refusal_is_said(bench: Bench) -> None:
    bench.world.keys.next -= 1  # a key that eHealth has seen already

    with pytest.raises(RefusedError) as raised:
        bench.run()

    assert raised.value.refusal_code == "SIM_DUPLICATE_KEY"


def test_a_refusal_of_what_a_wrong_clock_dated_names_the_clock(bench: Bench) -> None:
    bench.world.own_clock.skew = timedelta(hours=1)

    with pytest.raises(ClockOffError):
        bench.run()


def test_without_an_answer_it_stops_and_may_start_again(bench: Bench) -> None:
    bench.world.wire.fail(Fault.ANSWER_LOST, "startETKRegistration")
    with pytest.raises(EhealthNoAnswerError):
        bench.run()

    assert bench.run().trigger == "started"


def test_a_full_disk_is_said_before_anything_is_sent(bench: Bench) -> None:
    assert isinstance(bench.world.keystores, MemoryKeystores)
    bench.world.keystores.full = True

    with pytest.raises(FolderNotWritableError):
        bench.run()

    assert "startETKRegistration" not in bench.world.accepted
