"""The bags inside a PKCS#12 file: every key and every certificate, or an error, never a key less."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from asn1crypto import algos, cms, core, keys, pkcs12
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, PKCS12KeyAndCertificates, load_pkcs12

from adapters.keystore.protection import Budget, Secret, checksum, decrypt
from workflow.texts import mark

_LOADED_DIRECTLY = frozenset({"pbes2", "pkcs12_sha1_tripledes_3key", "pkcs12_sha1_rc2_40"})
_NO_SALT = bytes(8)
_DEEPEST = 8  # bags in bags; nobody writes more than one level


class ForeignContentError(Exception):
    """Sound PKCS#12, but not of the kind that eHealth keystores are; the argument is the text for people."""


BROKEN = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError),
    *(UnsupportedAlgorithm, x509.InvalidVersion),
)
"""What the libraries raise over damaged content."""


@dataclass(frozen=True, slots=True)
class KeyBag:
    """A private key; `alias` is empty when it has none."""

    alias: str
    local_id: bytes | None
    private_key: rsa.RSAPrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class CertificateBag:
    """A certificate; `alias` is empty when it has none."""

    alias: str
    local_id: bytes | None
    certificate: x509.Certificate


@dataclass(slots=True)
class Bags:
    """What a file holds, in its order."""

    keys: list[KeyBag] = field(default_factory=list)
    certificates: list[CertificateBag] = field(default_factory=list)


def collect(content: bytes, secret: Secret, budget: Budget) -> Bags:
    """All keys and certificates of an authenticated safe.

    Raises `ForeignContentError`, `TooManyRoundsError`, and for broken content what the libraries raise.
    """
    bags = Bags()
    for part in pkcs12.AuthenticatedSafe.load(content, strict=True):
        _add_part(bags, part, secret, budget)
    return bags


def some_part_opens(content: bytes, secret: Secret) -> bool:
    """Whether a password opens any part of a safe whose checksum is wrong: then the safe is damaged."""
    budget = Budget()
    try:
        parts = list(pkcs12.AuthenticatedSafe.load(content))
    except (ForeignContentError, *BROKEN):  # whatever damage does to a parser, the answer is no
        return False
    return any(_opens(part, secret, budget) for part in parts)


def _opens(part: cms.ContentInfo, secret: Secret, budget: Budget) -> bool:
    try:
        if part["content_type"].native == "encrypted_data":
            bags = Bags()
            _add_part(bags, part, secret, budget)
            return bool(bags.keys or bags.certificates)
        return any(_shrouded_opens(bag, secret, budget) for bag in pkcs12.SafeContents.load(part["content"].native))
    except (ForeignContentError, *BROKEN):  # whatever damage does to a parser, the answer is no
        return False


def _shrouded_opens(bag: pkcs12.SafeBag, secret: Secret, budget: Budget) -> bool:
    try:
        if bag["bag_id"].native != "pkcs8_shrouded_key_bag":
            return False
        _shrouded(bag["bag_value"], secret, budget, unchecked=True)
    except (ForeignContentError, *BROKEN):  # this key is broken, another one may not be
        return False
    return True


def _add_part(bags: Bags, part: cms.ContentInfo, secret: Secret, budget: Budget) -> None:
    match part["content_type"].native:
        case "data":
            _add_contents(bags, part["content"].native, secret, budget)
        case "encrypted_data":
            hidden = part["content"]["encrypted_content_info"]
            algorithm, data = hidden["content_encryption_algorithm"], bytes(hidden["encrypted_content"].native)
            plain = decrypt(algorithm, data, secret, budget)
            if plain is None:
                _add_certificates_of_old_part(bags, part, algorithm, secret, budget)
            else:
                _add_contents(bags, plain, secret, budget)
        case "enveloped_data":
            raise ForeignContentError(mark("it is protected by a key, not by a password"))
        case _:
            raise ValueError("a part of unknown kind")


def _add_contents(bags: Bags, contents: bytes, secret: Secret, budget: Budget, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise ValueError("bags in bags without end")
    for bag in pkcs12.SafeContents.load(contents, strict=True):
        value, (alias, local_id) = bag["bag_value"], _attributes(bag)
        match bag["bag_id"].native:
            case "pkcs8_shrouded_key_bag":
                bags.keys.append(KeyBag(alias, local_id, _shrouded(value, secret, budget)))
            case "key_bag":
                bags.keys.append(
                    KeyBag(alias, local_id, _rsa(load_der_private_key(value.untag().dump(force=True), None)))
                )
            case "cert_bag":
                if value["cert_id"].native == "x509":
                    bags.certificates.append(CertificateBag(alias, local_id, _certificate(value)))
            case "crl_bag":
                pass  # a list of revoked certificates, of no use to an eHealth keystore
            case "safe_contents":
                _add_contents(bags, value.untag().dump(force=True), secret, budget, depth + 1)
            case "secret_bag":
                raise ForeignContentError(mark("it holds a secret that is neither a key pair nor a certificate"))
            case _:
                raise ValueError("a bag of unknown kind")


def _shrouded(
    value: keys.EncryptedPrivateKeyInfo, secret: Secret, budget: Budget, *, unchecked: bool = False
) -> rsa.RSAPrivateKey:
    """The key in an encrypted bag; `unchecked` leaves out the slow check that the numbers of the key fit."""
    algorithm = value["encryption_algorithm"]
    budget.spend(algorithm.kdf_iterations)
    # Built anew, because the file may have been written in BER and the loader wants DER.
    sealed = keys.EncryptedPrivateKeyInfo(
        {"encryption_algorithm": algorithm, "encrypted_data": value["encrypted_data"].native}
    )
    if algorithm["algorithm"].native in _LOADED_DIRECTLY:
        return _rsa(load_der_private_key(sealed.dump(), secret.utf8, unsafe_skip_rsa_key_validation=unchecked))
    bag = pkcs12.SafeBag({"bag_id": "pkcs8_shrouded_key_bag", "bag_value": sealed})
    return _rsa(_alone(_data_part([bag]), secret).key)


def _rsa(private_key: Any) -> rsa.RSAPrivateKey:
    if not isinstance(private_key, rsa.RSAPrivateKey):
        raise ForeignContentError(mark("it holds a key that is not an RSA key"))
    return private_key


def _certificate(value: pkcs12.CertBag) -> x509.Certificate:
    return x509.load_der_x509_certificate(bytes(value["cert_value"]))


def alias_of(bag: pkcs12.SafeBag) -> str:
    """The alias of an entry; empty when it has none."""
    return _attributes(bag)[0]


def _attributes(bag: pkcs12.SafeBag) -> tuple[str, bytes | None]:
    """Alias (friendlyName) and localKeyID."""
    alias, local_id = "", None
    if not isinstance(bag["bag_attributes"], core.Void):
        for attribute in bag["bag_attributes"]:
            kind, values = attribute["type"].native, attribute["values"]
            if kind == "friendly_name" and len(values):
                alias = values[0].native
            elif kind == "local_key_id" and len(values):
                local_id = values[0].native
    return alias, local_id


def _add_certificates_of_old_part(
    bags: Bags, part: cms.ContentInfo, algorithm: algos.EncryptionAlgorithm, secret: Secret, budget: Budget
) -> None:
    """Certificates under an old cipher (RC2 with 40 bits), which only cryptography's own PKCS#12 reader decrypts.

    It is given a file with this part alone. It tells neither localKeyID nor a second key, so that a key in here is
    refused: no known program writes one.
    """
    if algorithm.kdf != "pkcs12_kdf":
        raise ValueError("an unknown encryption")
    budget.spend(algorithm.kdf_iterations)
    opened = _alone(part, secret)
    if opened.key is not None:
        raise ForeignContentError(mark("it hides a key under a cipher that is too old"))
    found: list[PKCS12Certificate] = opened.additional_certs
    for entry in found:
        alias = (entry.friendly_name or b"").decode()
        bags.certificates.append(CertificateBag(alias, None, entry.certificate))


def _alone(part: cms.ContentInfo, secret: Secret) -> PKCS12KeyAndCertificates:
    """One part of a file, as cryptography reads it in a file of its own with a checksum of its own."""
    content = pkcs12.AuthenticatedSafe([part]).dump(force=True)
    digest = checksum(content, secret, _NO_SALT, 1, "sha1")
    mac = {"mac": {"digest_algorithm": {"algorithm": "sha1"}, "digest": digest}, "mac_salt": _NO_SALT, "iterations": 1}
    safe = {"content_type": "data", "content": content}
    return load_pkcs12(pkcs12.Pfx({"version": "v3", "auth_safe": safe, "mac_data": mac}).dump(), secret.utf8)


def _data_part(bags: list[pkcs12.SafeBag]) -> cms.ContentInfo:
    return cms.ContentInfo({"content_type": "data", "content": pkcs12.SafeContents(bags).dump()})
