"""Keystores as every maker writes them: ours, keytool old and new, openssl, cryptography; and files that are none."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from adapters.keystore.protection import Encryption
from adapters.keystore.writing import write
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore
from tests.adapters.keystore.samples import FEW, PASSWORD, SERIAL, issue
from tests.world.keys import pooled_key

HAS_TOOLS = bool(shutil.which("keytool") and shutil.which("openssl"))
_JAVA = ("-J-XX:TieredStopAtLevel=1", "-J-Dkeystore.pkcs12.macIterationCount=10")
_JAVA += ("-J-Dkeystore.pkcs12.certPbeIterationCount=10", "-J-Dkeystore.pkcs12.keyPbeIterationCount=10")
LEGACY = "-J-Dkeystore.pkcs12.legacy=true"


@dataclass(frozen=True, slots=True)
class File:
    """A keystore file and the public moduli of the keys that its maker put in."""

    data: bytes
    keys: frozenset[int]


# --- content ------------------------------------------------------------------------------------------------------


@functools.cache
def _key(number: int) -> rsa.RSAPrivateKey:
    return pooled_key(number)


@functools.cache
def _authorities() -> tuple[x509.Certificate, ...]:
    return issue("CA", _key(3), "Root", _key(4)), issue("Root", _key(4), "Root", _key(4))


@functools.cache
def content(count: int, *, chain: bool = True) -> Keystore:
    """Some keys with their certificates: the first as delivered by eHealth, the others naming themselves as issuers."""
    first = (issue("SSIN=75031299943", _key(0), "CA", _key(3)), *_authorities()) if chain else ()
    entries = [KeyEntry(AUTHENTICATION, _key(0), first)]
    for number in range(1, count):
        own = (issue(f"key {number}", _key(number), f"key {number}", _key(number)),) if chain else ()
        entries.append(KeyEntry(str(SERIAL + number), _key(number), own))
    return Keystore(tuple(entries))


def with_aliases(*aliases: str) -> Keystore:
    """As many keys as aliases."""
    found = content(len(aliases))
    return Keystore(tuple(replace(one, alias=alias) for one, alias in zip(found.keys, aliases, strict=True)))


def _moduli(keystore: Keystore) -> frozenset[int]:
    return frozenset(one.private_key.public_key().public_numbers().n for one in keystore.keys)


# --- makers -------------------------------------------------------------------------------------------------------


def ours(keystore: Keystore, encryption: Encryption = Encryption.COMPATIBLE) -> File:
    """Written by us."""
    return File(write(keystore, PASSWORD, encryption, FEW), _moduli(keystore))


@functools.cache
def java(count: int, *options: str, kind: str = "PKCS12") -> File:
    """Written by keytool."""
    return by_java(ours(content(count)), *options, kind=kind)


def by_java(file: File, *options: str, kind: str = "PKCS12") -> File:
    """Every entry of a file, read by keytool and written into a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.p12"), Path(folder, "target.p12")
        source.write_bytes(file.data)
        stores = ["-srckeystore", source, "-srcstoretype", "PKCS12", "-destkeystore", target, "-deststoretype", kind]
        _run("keytool", *_JAVA, *options, "-importkeystore", *stores, *_passwords("-srcstorepass", "-deststorepass"))
        return File(target.read_bytes(), file.keys)


def java_with_a_certificate() -> File:
    """Written by keytool, with a certificate beside the keys."""
    with tempfile.TemporaryDirectory() as folder:
        store, root = Path(folder, "store.p12"), Path(folder, "root.der")
        store.write_bytes(java(2).data)
        root.write_bytes(_authorities()[-1].public_bytes(Encoding.DER))
        command = ["-importcert", "-noprompt", "-alias", "the root", "-file", root, "-keystore", store]
        _run("keytool", *_JAVA, *command, *_passwords("-storepass"))
        return File(store.read_bytes(), java(2).keys)


def _passwords(*options: str) -> list[str]:
    return [part for option in options for part in (option, PASSWORD)]


@functools.cache
def openssl(*options: str, chain: bool = True) -> File:
    """Written by openssl, which puts in one key."""
    entry = content(1).keys[0]
    key = entry.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = key + b"".join(one.public_bytes(Encoding.PEM) for one in entry.chain[: None if chain else 1])
    rounds = ["-iter", "10"]
    made = subprocess.run(
        ["openssl", "pkcs12", "-export", *rounds, *options, "-passout", f"pass:{PASSWORD}"],
        input=pem,
        capture_output=True,
        check=True,
    )
    return File(made.stdout, _moduli(content(1)))


def by_cryptography() -> File:
    """Written by cryptography."""
    entry = content(1).keys[0]
    sealed = BestAvailableEncryption(PASSWORD.encode())
    data = serialize_key_and_certificates(b"authentication", entry.private_key, entry.chain[0], entry.chain[1:], sealed)
    return File(data, _moduli(content(1)))


_ODD = {
    "spaces": "  two  words  ",
    "capitals": "AUTHENTICATION",
    "accents": "clé d'authentification",
    "300 characters": "a" * 300,
    "an escape": "\x1b]0;x\x07",
    "a path": "../../etc/passwd",
    "a line end": "one\ntwo",
    "from right to left": "abc\u202edef",
    "an emoji": "\U0001f511",
    "digits": "000",
}

GOOD: dict[str, Callable[[], File]] = {
    **{
        f"ours, {n} keys, {e.value}": functools.partial(lambda n, e: ours(content(n), e), n, e)
        for n in (1, 2, 3)
        for e in Encryption
    },
    **{
        f"ours, alias with {name}": functools.partial(lambda a: ours(with_aliases(a, "etk")), a)
        for name, a in _ODD.items()
    },
    "ours, keys without certificates": lambda: ours(content(2, chain=False)),
    "ours, certificates beside the keys": lambda: ours(
        Keystore(content(2).keys, tuple((f"c{n}", one) for n, one in enumerate(_authorities())))
    ),
    **{f"keytool 17, {n} keys": functools.partial(java, n) for n in (1, 2, 3)},
    **{f"keytool 8, {n} keys": functools.partial(java, n, LEGACY) for n in (1, 2, 3)},
    "keytool 17, a certificate beside the keys": java_with_a_certificate,
    "openssl": openssl,
    "openssl, named": lambda: openssl("-name", "authentication"),
    "openssl, without its authorities": lambda: openssl(chain=False),
    "openssl, without certificates": lambda: openssl("-nocerts"),
    "openssl, legacy": lambda: openssl("-legacy"),
    "openssl, legacy with RC2 for the key": lambda: openssl("-legacy", "-keypbe", "PBE-SHA1-RC2-40"),
    "openssl, SHA-512 and DES": lambda: openssl("-certpbe", "des-ede3-cbc", "-macalg", "sha512"),
    "openssl, unencrypted": lambda: openssl("-keypbe", "NONE", "-certpbe", "NONE"),
    "cryptography": by_cryptography,
}
"""Files that open with every key."""

FOREIGN: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "empty"),
    "4096 zero bytes": (lambda: bytes(4096), "zeros"),
    "JKS": (lambda: java(2, kind="JKS").data, "JKS"),
    "JCEKS": (lambda: java(2, kind="JCEKS").data, "JKS"),
    "PEM": (lambda: _authorities()[0].public_bytes(Encoding.PEM), "PEM"),
    "PEM after a byte order mark": (lambda: b"\xef\xbb\xbf" + _authorities()[0].public_bytes(Encoding.PEM), "PEM"),
    "a certificate": (lambda: _authorities()[0].public_bytes(Encoding.DER), "certificate without its key"),
    "a bare key": (
        lambda: _key(0).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "another kind",
    ),
    "a text": (lambda: "Clé égarée".encode(), "text"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n\xff" + bytes(100), "another kind"),
    "2 MB": (lambda: bytes(2_000_000), "larger"),
}
"""Files that are no keystores, and what is said of them."""


# --- other readers ------------------------------------------------------------------------------------------------


def keys_for_openssl(data: bytes) -> frozenset[int]:
    """The moduli of all keys that openssl finds in a file."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    command = ["openssl", "pkcs12", "-legacy", "-nodes", "-nocerts", "-passin", f"pass:{PASSWORD}"]
    shown = subprocess.run(command, input=data, capture_output=True, check=True).stdout
    pems = re.findall(rb"-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----", shown, re.DOTALL)
    keys = [load_pem_private_key(pem, None) for pem in pems]
    return frozenset(key.public_key().public_numbers().n for key in keys if isinstance(key, rsa.RSAPrivateKey))


def opens_for_openssl(data: bytes) -> bool:
    """Whether openssl opens a file at all."""
    try:
        keys_for_openssl(data)
    except subprocess.CalledProcessError:
        return False
    return True


def entries_for_java(data: bytes) -> int:
    """How many private keys keytool lists in a file."""
    with tempfile.NamedTemporaryFile(suffix=".p12") as file:
        file.write(data)
        file.flush()
        listed = _run("keytool", *_JAVA, "-list", "-keystore", file.name, *_passwords("-storepass"))
    return listed.count("PrivateKeyEntry")


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout} {done.stderr}")
    return done.stdout
