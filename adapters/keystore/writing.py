"""Writing PKCS#12 files with any number of keys, for old and new practice software (PROTOCOL §10.1, §10.2)."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from typing import Any

from asn1crypto import core, keys, pkcs12
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.keystore.protection import Encryption, Secret, checksum, encrypt
from steps.ports.keystore import KeyEntry, Keystore

_ANY_USE = "2.5.29.37.0"
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often a password is hashed: for each encrypted part, and for the checksum."""

    parts: int = 50_000
    checksum: int = 100_000


USUAL = Rounds()  # those of the wizard's own files (PROTOCOL §10.2)


def write(
    keystore: Keystore, password: str, encryption: Encryption = Encryption.COMPATIBLE, rounds: Rounds = USUAL
) -> bytes:
    """The bytes of a file that holds these entries; the password is used in NFC.

    A certificate is stored once for all chains, and once more under each alias of its own: Java's provider wants
    a key's leaf and a certificate entry apart. Raises `ValueError` when an alias is empty or there twice (without
    regard to case), or when a chain does not start with the certificate of its key.
    """
    _check(keystore)
    secret = Secret(unicodedata.normalize("NFC", password))
    sealed = [_key_bag(entry, number, secret, encryption, rounds) for number, entry in enumerate(keystore.keys, 1)]
    parts = [{"content_type": "data", "content": pkcs12.SafeContents(sealed).dump()}]
    if certificates := _certificate_bags(keystore):
        algorithm, data = encrypt(pkcs12.SafeContents(certificates).dump(), secret, encryption, rounds.parts)
        hidden = {"content_type": "data", "content_encryption_algorithm": algorithm, "encrypted_content": data}
        parts.append({"content_type": "encrypted_data", "content": {"version": "v0", "encrypted_content_info": hidden}})
    return _with_checksum(pkcs12.AuthenticatedSafe(parts).dump(), secret, encryption, rounds)


def _check(keystore: Keystore) -> None:
    aliases = [entry.alias.lower() for entry in keystore.keys] + [alias.lower() for alias, _ in keystore.certificates]
    if "" in aliases or len(set(aliases)) < len(aliases):
        raise ValueError("every entry of a keystore needs an alias of its own")
    for entry in keystore.keys:
        if entry.chain and entry.chain[0].public_key() != entry.private_key.public_key():
            raise ValueError("a chain starts with the certificate of its key")


def _with_checksum(content: bytes, secret: Secret, encryption: Encryption, rounds: Rounds) -> bytes:
    salt = os.urandom(_SALT_BYTES)
    digest = checksum(content, secret, salt, rounds.checksum, encryption.hash)
    mac = {
        "mac": {"digest_algorithm": {"algorithm": encryption.hash}, "digest": digest},
        "mac_salt": salt,
        "iterations": rounds.checksum,
    }
    safe = {"content_type": "data", "content": content}
    return bytes(pkcs12.Pfx({"version": "v3", "auth_safe": safe, "mac_data": mac}).dump())


def _key_bag(entry: KeyEntry, number: int, secret: Secret, encryption: Encryption, rounds: Rounds) -> pkcs12.SafeBag:
    plain = entry.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    algorithm, data = encrypt(plain, secret, encryption, rounds.parts)
    value = keys.EncryptedPrivateKeyInfo({"encryption_algorithm": algorithm, "encrypted_data": data})
    attributes = [_alias(entry.alias), _local_id(number)]
    return pkcs12.SafeBag({"bag_id": "pkcs8_shrouded_key_bag", "bag_value": value, "bag_attributes": attributes})


def _certificate_bags(keystore: Keystore) -> list[pkcs12.SafeBag]:
    bags = [
        _certificate_bag(entry.chain[0], [_alias(entry.alias), _local_id(number)])
        for number, entry in enumerate(keystore.keys, 1)
        if entry.chain
    ]
    stored = {entry.chain[0] for entry in keystore.keys if entry.chain}
    stored.update(certificate for _, certificate in keystore.certificates)
    for entry in keystore.keys:
        for certificate in entry.chain[1:]:
            if certificate not in stored:
                stored.add(certificate)
                bags.append(_certificate_bag(certificate, []))
    trusted = {"type": "trusted_key_usage", "values": [_ANY_USE]}  # or Java does not list the entry
    bags += [_certificate_bag(certificate, [_alias(alias), trusted]) for alias, certificate in keystore.certificates]
    return bags


def _certificate_bag(certificate: x509.Certificate, attributes: list[dict[str, Any]]) -> pkcs12.SafeBag:
    octets = core.ParsableOctetString(certificate.public_bytes(Encoding.DER))
    value = pkcs12.CertBag({"cert_id": "x509", "cert_value": octets})
    bag = {"bag_id": "cert_bag", "bag_value": value}
    return pkcs12.SafeBag(bag | {"bag_attributes": attributes} if attributes else bag)


def _alias(alias: str) -> dict[str, Any]:
    return {"type": "friendly_name", "values": [alias]}


def _local_id(number: int) -> dict[str, Any]:
    return {"type": "local_key_id", "values": [number.to_bytes(4)]}
