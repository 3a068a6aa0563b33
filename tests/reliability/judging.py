"""Judges a procedure by what the far side accepted and by the keystores that open: never by our own journal."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.keystore.reading import read
from adapters.sandbox.home import Sandbox
from adapters.sandbox.tokens import TokenState
from steps.placeholder import is_placeholder
from steps.ports.keystore import AUTHENTICATION, Keystore
from tests.reliability.counting import Harm, Problem, problems_of, too_many
from workflow.errors import KeystoreError

REPEATABLE: Final = {"startETKRegistration": 1_000}
"""The newest challenge counts (PROTOCOL §13.1): starting again changes nothing that was done."""

REQUESTS: Final = ("generateCertificate", "submitCSRForForeigner")
"""The operations that ask for a certificate."""


def check(
    sandbox: Sandbox,
    keystores: Iterable[Keystore],
    *,
    renewed: bool = True,
    intents: Mapping[str, int] | None = None,
    accepted: Mapping[str, int] | None = None,
) -> list[Problem]:
    """Everything that the log of accepted changes and the keystores show to be wrong.

    `keystores` are all that open, pending ones too. `renewed`: what was asked for must have come to its good end.
    `intents` says how many changes of an operation were wanted, where it is not one; `accepted` how many of each
    operation there must be at a good end: usually those of a renewal.
    """
    if accepted is not None:
        intents = {name: accepted.get(name, 0) for name in sandbox.authority.accepted_counts()} | dict(accepted)
    opened = list(keystores)
    problems = problems_of(Harm.DOUBLED, doubled(sandbox, intents)) + problems_of(
        Harm.ORPHANED, orphaned(sandbox, opened)
    )
    problems += problems_of(Harm.LOST, unproven(sandbox, opened))
    if renewed and (accepted is None or accepted.keys() & set(REQUESTS)):
        problems += problems_of(Harm.LOST, unfinished(sandbox, opened))
    if renewed:
        problems += problems_of(Harm.LOST, missing(sandbox, accepted or {}))
    return problems


def missing(sandbox: Sandbox, accepted: Mapping[str, int]) -> Iterator[str]:
    """Changes that the far side never accepted, although the end was told."""
    counts = sandbox.authority.accepted_counts()
    for name, wanted in accepted.items():
        if counts.get(name, 0) < wanted:
            yield f"{name} was accepted {counts.get(name, 0)} times, not {wanted}"


def changed_password(path: Path, content: bytes, old: str, new: str) -> list[Problem]:
    """What is wrong with a keystore whose password was changed, and with the copy of before that lies beside it."""
    before, problems = read(content, old, path=path), []
    try:
        if {identifier_of(key.private_key) for key in read(path.read_bytes(), new, path=path).keys} != {
            identifier_of(key.private_key) for key in before.keys
        }:
            problems.append(Problem(Harm.ORPHANED, "the keystore with the new password holds other keys"))
    except KeystoreError as error:
        problems.append(Problem(Harm.LOST, f"the keystore does not open with its new password: {error}"))
    if content not in [one.read_bytes() for one in path.parent.glob("*") if one != path and one.is_file()]:
        problems.append(Problem(Harm.LOST, "no copy of the keystore of before is left"))
    return problems


def doubled(sandbox: Sandbox, intents: Mapping[str, int] | None = None) -> Iterator[str]:
    """Changes that were accepted more often than wanted, and changing messages that came again byte for byte."""
    yield from too_many(sandbox.authority.accepted_counts(), dict(intents or {}) | REPEATABLE)
    for operation, message_id in sandbox.authority.repeats():
        yield f"{operation} sent again ({message_id})"


def orphaned(sandbox: Sandbox, keystores: Iterable[Keystore]) -> Iterator[str]:
    """Keys that the far side knows from an accepted request, or from an ETK of one, and no keystore holds."""
    held = {identifier_of(entry.private_key) for keystore in keystores for entry in keystore.keys}
    for accepted in sandbox.authority.accepted():
        key = accepted.public_key_identifier
        if accepted.operation in REQUESTS and key not in held:
            yield f"the key of request {key}"
        token = sandbox.authority.desk.tokens.by_key(key) if key is not None else None
        # A key of which only the start was heard is sealed for by nobody.
        if accepted.operation == "completeETKRegistration" and token is not None and token.enc_key not in held:
            yield f"the encryption key {token.enc_key} of certificate {key}"


def unfinished(sandbox: Sandbox, keystores: Iterable[Keystore], refused: Collection[str] = ()) -> Iterator[str]:
    """What is missing for a renewal that is done: certificate installed, ETK active, both keys in one keystore.

    `refused` are the keys of requests that a person at eHealth refused after they were accepted.
    """
    requests = [a for a in sandbox.authority.accepted() if a.operation in REQUESTS]
    requests = [a for a in requests if a.public_key_identifier not in refused]
    if not requests:
        yield "no request was accepted"
    opened = list(keystores)
    for request in requests:
        key = request.public_key_identifier or ""
        record = sandbox.authority.desk.certificates.by_key(key)
        token = sandbox.authority.desk.tokens.by_key(key)
        own = next((k for k in opened if _holds(k, key)), None)
        if record is None or record.certificate is None:
            yield f"{key}: nothing was delivered"
        elif own is None or _leaf(own) != record.certificate:
            yield f"{key}: the certificate is not installed"
        elif token is None or token.state is not TokenState.ACTIVE:
            yield f"{key}: its ETK is not active"
        elif token.enc_key not in {identifier_of(entry.private_key) for entry in own.keys}:
            yield f"{key}: the keystore does not hold the encryption key"


def unproven(sandbox: Sandbox, keystores: Iterable[Keystore]) -> Iterator[str]:
    """Certificates that were installed and that the far side never issued for this key."""
    for keystore in keystores:
        entry, leaf = keystore.key(AUTHENTICATION), _leaf(keystore)
        if entry is None or leaf is None or is_placeholder(leaf):
            continue
        record = sandbox.authority.desk.certificates.by_key(identifier_of(entry.private_key))
        if record is None or record.certificate != leaf:
            yield f"installed: {leaf.subject.rfc4514_string()} of {leaf.issuer.rfc4514_string()}"


def identifier_of(key: rsa.RSAPrivateKey) -> str:
    """The PublicKeyIdentifier, as the far side writes it in its log."""
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()


def _leaf(keystore: Keystore) -> x509.Certificate | None:
    entry = keystore.key(AUTHENTICATION)
    return entry.chain[0] if entry is not None and entry.chain else None


def _holds(keystore: Keystore, identifier: str) -> bool:
    entry = keystore.key(AUTHENTICATION)
    return entry is not None and identifier_of(entry.private_key) == identifier


# --- canaries -----------------------------------------------------------------------------------------------------


def leaks(canaries: Mapping[str, str], sinks: Mapping[str, bytes]) -> list[Problem]:
    """Secrets (name, value) that lie in a sink (name, content), also in the usual disguises."""
    return [
        Problem(Harm.LEAKED, f"{name} in {sink}, {disguise}")
        for name, value in canaries.items()
        for disguise, seen in disguises(value).items()
        for sink, content in sinks.items()
        if seen in content
    ]


def disguises(value: str) -> dict[str, bytes]:
    """A secret as it may lie in a file: as it is, and encoded. A short one is only looked for as it is."""
    plain = value.encode()
    made: dict[str, bytes] = {"as it is": plain}
    if len(plain) < 6:
        return made
    encoders: dict[str, Callable[[bytes], bytes]] = {
        # Without its last characters, which depend on what follows.
        "base64": lambda b: base64.b64encode(b).rstrip(b"=")[:-1],
        "hexadecimal": binascii.hexlify,
        "UTF-16": lambda b: b.decode().encode("utf-16-le"),
        "URL": lambda b: quote(b, safe="").encode(),
    }
    return made | {name: encode(plain) for name, encode in encoders.items() if encode(plain) != plain}


def files_under(*folders: Path) -> dict[str, bytes]:
    """Every file in some folders, as sinks of `leaks`."""
    return {
        str(path): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
