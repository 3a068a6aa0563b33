"""What can be seen of a PKCS#12 file without its password: how it is protected, and the names of its keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asn1crypto import algos, pkcs12

from adapters.keystore.bags import alias_of
from adapters.keystore.container import judged, outer_part
from steps.ports.keystore import AUTHENTICATION
from workflow.texts import mark

_NAMES = {
    "pkcs12_sha1_tripledes_3key": "3DES, SHA-1",
    "pkcs12_sha1_tripledes_2key": "3DES (2 keys), SHA-1",
    "pkcs12_sha1_rc2_40": "RC2-40, SHA-1",
    "pkcs12_sha1_rc2_128": "RC2-128, SHA-1",
    "pkcs12_sha1_rc4_40": "RC4-40, SHA-1",
    "pkcs12_sha1_rc4_128": "RC4-128, SHA-1",
}
_MOST_BAGS = 100  # more than any keystore has


@dataclass(frozen=True, slots=True)
class Protection:
    """A method of encryption or of the checksum, as people name it, and how often the password is hashed for it."""

    name: str
    rounds: int


@dataclass(frozen=True, slots=True)
class SeenKey:
    """A private key under its own encryption; `alias` is empty when it has none."""

    alias: str
    protection: Protection


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file shows. Nothing of it is proved: only the password, through the checksum, can tell a changed file.

    `hidden` are the parts that show nothing but their protection: usually the certificates.
    """

    checksum: Protection
    keys: tuple[SeenKey, ...]
    hidden: tuple[Protection, ...]

    @property
    def looks_finished(self) -> bool | None:
        """Whether the key of messages stands beside the authentication key, under its number (PROTOCOL §10.1).

        None when no key is seen: another program may have hidden all of them.
        """
        if not self.keys:
            return None
        aliases = {key.alias.lower() for key in self.keys}
        return AUTHENTICATION in aliases and any(alias.isdigit() for alias in aliases)


def outline(data: bytes, path: Path | str) -> Outline:
    """What a file shows. Raises `NotAKeystoreError`, `KeystoreDamagedError`."""
    content, mac = outer_part(data, path)
    with judged(path, mark("its structure is broken")):
        checksum = Protection(_hash_name(mac["mac"]["digest_algorithm"]["algorithm"].native), mac["iterations"].native)
        keys: list[SeenKey] = []
        hidden: list[Protection] = []
        for part in pkcs12.AuthenticatedSafe.load(content, strict=True):
            match part["content_type"].native:
                case "data":
                    keys += _keys(part["content"].native)
                case "encrypted_data":
                    sealed = part["content"]["encrypted_content_info"]
                    hidden.append(_protection(sealed["content_encryption_algorithm"]))
        return Outline(checksum, tuple(keys), tuple(hidden))


def _keys(contents: bytes) -> list[SeenKey]:
    found: list[SeenKey] = []
    for number, bag in enumerate(pkcs12.SafeContents.load(contents, strict=True)):
        if number >= _MOST_BAGS:
            raise ValueError("more bags than any keystore has")
        if bag["bag_id"].native == "pkcs8_shrouded_key_bag":
            found.append(SeenKey(alias_of(bag), _protection(bag["bag_value"]["encryption_algorithm"])))
        elif bag["bag_id"].native == "key_bag":
            found.append(SeenKey(alias_of(bag), Protection(mark("none"), 0)))
    return found


def _protection(algorithm: algos.EncryptionAlgorithm) -> Protection:
    kind = algorithm["algorithm"].native
    if kind == "pbes2" and algorithm.kdf == "pbkdf2":
        cipher = _cipher_name(algorithm)
        return Protection(f"{cipher}, {_hash_name(algorithm.kdf_hmac)}", algorithm.kdf_iterations)
    return Protection(_NAMES.get(kind, kind), _rounds(algorithm))


def _rounds(algorithm: Any) -> int:
    try:
        return int(algorithm.kdf_iterations)
    except (ValueError, TypeError):  # a method of encryption that is none of those we know
        return 0


def _cipher_name(algorithm: algos.EncryptionAlgorithm) -> str:
    cipher: str = algorithm.encryption_cipher
    return f"AES-{8 * algorithm.key_length}" if cipher == "aes" else {"tripledes": "3DES"}.get(cipher, cipher)


def _hash_name(name: str) -> str:
    return f"SHA-{name[3:]}" if name.startswith("sha") and name[3:].isdigit() else name
