"""Private keys that stay in a card and still look like keys of `cryptography`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from steps.ports.signing import PrivateKey
from workflow.errors import CardUnusableError
from workflow.texts import mark

SignOnCard = Callable[[bytes, hashes.HashAlgorithm], bytes]
"""Hashes the data and signs it on the card: PKCS#1 v1.5 for RSA, DER for EC. May raise any `CardError`."""

HASHES: tuple[type[hashes.HashAlgorithm], ...] = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
"""What every card and every module can do."""

DOES_NOT_FIT = mark("the signature that the card made does not fit its certificate")


def key_in_card(
    certificate: x509.Certificate, sign: SignOnCard, look_again: Callable[[], None] = lambda: None
) -> PrivateKey:
    """The private key of this certificate; `sign` is asked for each signature.

    The public key comes from the certificate: what modules tell about it differs. `look_again` is called when a
    signature does not fit it, and may raise what it finds: another person's card.
    """
    public_key = certificate.public_key()
    match public_key:
        case rsa.RSAPublicKey():
            return CardRsaKey(public_key, sign, look_again)
        case ec.EllipticCurvePublicKey():
            return CardEcKey(public_key, sign, look_again)
        case _:
            raise CardUnusableError(reason=mark("an unknown kind of key"))


class _StaysInCard:
    """What no key in a card can do."""

    def private_numbers(self) -> NoReturn:
        _refuse()

    def private_bytes(self, encoding: Any, format: Any, encryption_algorithm: Any) -> NoReturn:
        _refuse()

    def __reduce__(self) -> NoReturn:
        _refuse()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> Self:
        return self


class CardRsaKey(_StaysInCard, rsa.RSAPrivateKey):
    """An RSA key in a card: it signs with PKCS#1 v1.5, and nothing else."""

    def __init__(
        self, public_key: rsa.RSAPublicKey, sign: SignOnCard, look_again: Callable[[], None] = lambda: None
    ) -> None:
        self._public_key = public_key
        self._sign = sign
        self._look_again = look_again

    @property
    def key_size(self) -> int:
        return self._public_key.key_size

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public_key

    def sign(self, data: bytes, padding: padding.AsymmetricPadding, algorithm: Any) -> bytes:
        """Sign on the card; the signature is verified before it is given away."""
        _check_padding(padding)
        _check_hash(algorithm)
        signature = self._sign(bytes(data), algorithm)
        try:
            self._public_key.verify(signature, data, padding, algorithm)
        except InvalidSignature as error:
            self._look_again()
            raise CardUnusableError(reason=DOES_NOT_FIT) from error
        return signature

    def decrypt(self, ciphertext: bytes, padding: padding.AsymmetricPadding) -> NoReturn:
        _refuse()


class CardEcKey(_StaysInCard, ec.EllipticCurvePrivateKey):
    """An elliptic-curve key in a card: it signs with ECDSA, and nothing else."""

    def __init__(
        self, public_key: ec.EllipticCurvePublicKey, sign: SignOnCard, look_again: Callable[[], None] = lambda: None
    ) -> None:
        self._public_key = public_key
        self._sign = sign
        self._look_again = look_again

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        return self._public_key.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public_key

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Sign on the card and return DER; the signature is verified before it is given away."""
        algorithm = signature_algorithm.algorithm
        _check_hash(algorithm)
        signature = self._sign(bytes(data), algorithm)  # type: ignore[arg-type]
        try:
            self._public_key.verify(signature, data, signature_algorithm)
        except InvalidSignature as error:
            self._look_again()
            raise CardUnusableError(reason=DOES_NOT_FIT) from error
        return signature

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:
        _refuse()


def _check_padding(wanted: padding.AsymmetricPadding) -> None:
    # Cards before applet 1.8 know PSS, but not every module passes it on.
    if not isinstance(wanted, padding.PKCS1v15):
        raise UnsupportedAlgorithm("an identity card signs with PKCS#1 v1.5 only")


def _check_hash(algorithm: object) -> None:
    if not isinstance(algorithm, HASHES):
        raise UnsupportedAlgorithm("an identity card signs SHA-256, SHA-384 or SHA-512 only")


def _refuse() -> NoReturn:
    raise UnsupportedAlgorithm("the key of an identity card only signs, and never leaves the card")
