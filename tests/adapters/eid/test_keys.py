"""A key in a card signs, and does nothing else."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.eid.keys import CardEcKey, CardRsaKey, key_in_card
from tests.adapters.eid.people import Person
from workflow.errors import CardUnusableError

SHA256 = hashes.SHA256()


def never(data: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    raise AssertionError("the card was asked")


@pytest.fixture
def rsa_key(zoe: Person) -> CardRsaKey:
    key = key_in_card(zoe.authentication.chain[0], never)
    assert isinstance(key, CardRsaKey)
    return key


@pytest.fixture
def ec_key(pol: Person) -> CardEcKey:
    key = key_in_card(pol.authentication.chain[0], never)
    assert isinstance(key, CardEcKey)
    return key


def test_the_public_key_is_that_of_the_certificate(
    rsa_key: CardRsaKey, ec_key: CardEcKey, zoe: Person, pol: Person
) -> None:
    assert rsa_key.public_key() == zoe.authentication.chain[0].public_key()
    assert ec_key.public_key() == pol.authentication.chain[0].public_key()
    assert (rsa_key.key_size, ec_key.key_size, ec_key.curve.name) == (2048, 384, "secp384r1")


@pytest.mark.parametrize(
    "use",
    [
        lambda key: key.private_numbers(),
        lambda key: key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        lambda key: pickle.dumps(key),
    ],
)
def test_the_key_never_leaves_the_card(rsa_key: CardRsaKey, ec_key: CardEcKey, use: Callable[[object], object]) -> None:
    for key in (rsa_key, ec_key):
        with pytest.raises(UnsupportedAlgorithm):
            use(key)


def test_the_key_neither_decrypts_nor_agrees(rsa_key: CardRsaKey, ec_key: CardEcKey) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        rsa_key.decrypt(b"\0" * 256, padding.PKCS1v15())
    with pytest.raises(UnsupportedAlgorithm):
        ec_key.exchange(ec.ECDH(), ec_key.public_key())


def test_a_copy_is_the_same_key(rsa_key: CardRsaKey, ec_key: CardEcKey) -> None:
    assert copy.copy(rsa_key) is copy.deepcopy(rsa_key) is rsa_key
    assert copy.copy(ec_key) is copy.deepcopy(ec_key) is ec_key


def test_what_cards_cannot_sign_does_not_reach_the_card(rsa_key: CardRsaKey, ec_key: CardEcKey) -> None:
    pss = padding.PSS(padding.MGF1(SHA256), padding.PSS.MAX_LENGTH)

    for wanted_padding, algorithm in (
        (pss, SHA256),
        (padding.PKCS1v15(), hashes.SHA1()),
        (padding.PKCS1v15(), utils.Prehashed(SHA256)),
    ):
        with pytest.raises(UnsupportedAlgorithm):
            rsa_key.sign(b"data", padding=wanted_padding, algorithm=algorithm)
    for ec_algorithm in (hashes.SHA1(), utils.Prehashed(SHA256)):
        with pytest.raises(UnsupportedAlgorithm):
            ec_key.sign(b"data", signature_algorithm=ec.ECDSA(ec_algorithm))


def test_a_signature_of_another_key_is_not_given_away(zoe: Person, pol: Person) -> None:
    assert zoe.signature is not None
    assert pol.signature is not None
    assert isinstance(zoe.signature.key, rsa.RSAPrivateKey)
    assert isinstance(pol.signature.key, ec.EllipticCurvePrivateKey)
    wrong_rsa = zoe.signature.key.sign(b"data", padding.PKCS1v15(), SHA256)
    wrong_ec = pol.signature.key.sign(b"data", ec.ECDSA(SHA256))

    rsa_key = key_in_card(zoe.authentication.chain[0], lambda data, algorithm: wrong_rsa)
    ec_key = key_in_card(pol.authentication.chain[0], lambda data, algorithm: wrong_ec)

    with pytest.raises(CardUnusableError):
        rsa_key.sign(b"data", padding=padding.PKCS1v15(), algorithm=SHA256)  # type: ignore[call-arg]
    with pytest.raises(CardUnusableError):
        ec_key.sign(b"data", signature_algorithm=ec.ECDSA(SHA256))  # type: ignore[call-arg]


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda a: a.name)
def test_every_hash_of_the_cards_can_be_asked_for(pol: Person, algorithm: hashes.HashAlgorithm) -> None:
    private = pol.authentication.key
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    key = key_in_card(pol.authentication.chain[0], lambda data, chosen: private.sign(data, ec.ECDSA(chosen)))
    assert isinstance(key, CardEcKey)

    signature = key.sign(b"data", signature_algorithm=ec.ECDSA(algorithm))

    key.public_key().verify(signature, b"data", ec.ECDSA(algorithm))
