"""What goes into a bundle: everything that explains a procedure, without secrets and with pseudonyms for people."""

from __future__ import annotations

import base64
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from adapters.cli.bundling import text
from adapters.cli.checkup.findings import Finding
from adapters.cli.version import version
from adapters.cli.wiring import Wiring
from adapters.cli.words import DOMAIN, LOCALE_FOLDER
from adapters.system.settings import Settings
from workflow.procedure import Line, Procedure, WrittenLine
from workflow.pseudonyms import Pseudonyms

_LIBRARIES = (
    "alembic",
    "asn1crypto",
    "click",
    "cryptography",
    "lxml",
    "pydantic",
    "python-pkcs11",
    "ruamel.yaml",
    "signxml",
    "SQLAlchemy",
    "sqlmodel",
    "transitions",
    "zeep",
)
_SHOWN_SETTINGS = frozenset({"language", "environment", "keystore_encryption", "store_key", "pin_mode", "ec_signature"})
"""Of every other setting only whether it is set: it may hold a name, a path or an address."""

_HEADING = """\
What ehcert knows about one procedure, for the helpdesk. Read it before you mail it.
It holds no password, no PIN and no key. Names, national numbers, addresses, files, contracts, certificates and what
people typed are replaced by pseudonyms such as surname-1; the same value has the same pseudonym everywhere.
Moments and the PublicKeyIdentifier stay: with it the eHealth support team finds the request.
The last line is the SHA-256 of all lines before it: it shows any change."""


@dataclass(frozen=True, slots=True)
class Made:
    """The text of a bundle, and how many values of each kind were replaced in it."""

    text: str
    replaced: Mapping[str, int]
    topics: Mapping[str, int]


def bundle_of(
    wiring: Wiring, procedure: Procedure, journal: Sequence[WrittenLine], findings: Sequence[Finding]
) -> Made:
    """The bundle of a procedure, with the findings of `ehcert doctor`."""
    return made(procedure, journal, findings, wiring.settings, wiring.clock(procedure.environment).now())


def made(
    procedure: Procedure,
    journal: Sequence[WrittenLine],
    findings: Sequence[Finding],
    settings: Settings,
    now: datetime,
) -> Made:
    """The bundle of what was read from a store, at a moment of the procedure's clock."""
    names = Pseudonyms(_is_ours)
    facts = names.facts(procedure.facts)
    lines = [names.written(one) for one in journal]
    checks = [_check(one, names) for one in findings if one.details.get("id", procedure.id) == procedure.id]
    certificates = dict(_certificates(names))
    topics: dict[str, tuple[str, Any]] = {
        "schema": ("", text.SCHEMA),
        "made_at": ("When this was written, by the clock that the procedure goes by.", _moment(now)),
        "procedure": ("Where the procedure stands.", _row(procedure)),
        "facts": ("What is known. The state follows from it.", facts),
        "certificates": ("Outlines of the certificates that the facts name.", certificates),
        "messages": ("What was sent to change something, as an outline, and what is known of it.", _messages(lines)),
        "journal": ("Everything that happened. sound: this line is as it was written.", [_line(one) for one in lines]),
        "program": ("The program and what it runs on.", _program()),
        "settings": ("The settings; of those that may hold a name or a path whether they are set.", _set(settings)),
        "checks": ("What ehcert doctor found.", checks),
        "replaced": ("How many different values were replaced.", names.counts),
    }
    kept = {name: topic for name, topic in topics.items() if topic[1] or name in ("facts", "journal")}
    sizes = {name: len(content) for name, (_, content) in kept.items() if isinstance(content, (list, dict))}
    return Made(text.written(_HEADING, kept), names.counts, sizes)


# --- the procedure ----------------------------------------------------------------------------------------------------


def _row(procedure: Procedure) -> dict[str, Any]:
    row = asdict(replace(procedure, facts={}))
    del row["facts"]
    trouble = procedure.trouble
    told = trouble and {"code": trouble.code, "at": _moment(trouble.at), "attempts": trouble.attempts}
    moments = {name: _moment(value) for name, value in row.items() if isinstance(value, datetime)}
    return {**row, **moments, "turn": procedure.turn.value, "trouble": told}


def _line(written: WrittenLine) -> dict[str, Any]:
    line = written.line
    return {
        "number": written.number,
        "at": _moment(line.at),
        "kind": line.kind,
        "state": line.state,
        "trigger": line.trigger,
        "details": line.details,
        "changes": line.changes,
        "sound": written.sound,
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _messages(journal: Sequence[WrittenLine]) -> list[dict[str, Any]]:
    """Each intent with the line that settled it; 'open' while nothing did."""
    found: list[dict[str, Any]] = []
    for written in journal:
        line = written.line
        if line.kind == "intent":
            keys = ("operation", "message_id", "sha256", "public_key_identifier", "clock_ahead")
            known = {name: line.details[name] for name in keys if name in line.details}
            found.append({"line": written.number, "written_at": _moment(line.at), **known, "became": "open"})
        elif found and found[-1]["became"] == "open" and (became := _settled(line)):
            found[-1] |= {"became": became, "settled_in_line": written.number}
    return found


def _settled(line: Line) -> str:
    if line.kind in ("arrived", "not_arrived", "refused", "restored"):
        return line.kind
    return "answered" if line.kind == "moved" else ""


def _certificates(names: Pseudonyms) -> Iterator[tuple[str, dict[str, Any]]]:
    """What may be told of the certificates that were replaced: no subject, no serial number."""
    from cryptography import x509

    for value, pseudonym in list(names.stands_for.items()):
        if not pseudonym.startswith("certificate-"):
            continue
        try:
            found = x509.load_der_x509_certificate(base64.b64decode(value, validate=True))
        except ValueError:
            continue
        key = found.public_key()
        yield (
            pseudonym,
            {
                "subject": names.of("dn", found.subject.rfc4514_string()),
                "issuer": names.of("dn", found.issuer.rfc4514_string()),
                "valid_from": _moment(found.not_valid_before_utc),
                "valid_until": _moment(found.not_valid_after_utc),
                "key": f"{type(key).__name__.lstrip('_')} {getattr(key, 'key_size', '')}".strip(),
                "signed_with": found.signature_algorithm_oid._name,
            },
        )


# --- what is around it ------------------------------------------------------------------------------------------------


def _program() -> dict[str, Any]:
    return {
        "ehcert": version(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "byte_order": sys.byteorder,
        "libraries": dict(_libraries()),
    }


def _libraries() -> Iterator[tuple[str, str | None]]:
    import sqlite3
    from importlib import metadata

    yield "SQLite", sqlite3.sqlite_version
    for name in _LIBRARIES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            yield name, None


def _set(settings: Settings) -> dict[str, Any]:
    usual = Settings()
    shown = {}
    for key in Settings.model_fields:
        value = getattr(settings, key)
        shown[key] = value if key in _SHOWN_SETTINGS else ("set" if value != getattr(usual, key) else "not set")
    return shown


def _check(finding: Finding, names: Pseudonyms) -> dict[str, Any]:
    details = {name: str(value) for name, value in finding.details.items() if value is not None}
    level = finding.kind.level.value
    return {"code": finding.code, "level": level, "says": finding.kind.text, "details": names.details(details)}


# --- which texts are ours ---------------------------------------------------------------------------------------------


def _is_ours(value: str) -> bool:
    """Whether a text is one of the program's, or the address of one of eHealth's services."""
    from adapters.ehealth.config import ENDPOINTS

    if value.startswith("http"):
        hosts = {urlsplit(address.certra).hostname for address in ENDPOINTS.values()}
        try:
            return urlsplit(value).hostname in hosts and "?" not in value
        except ValueError:
            return False
    return value in _reasons()


@cache
def _reasons() -> frozenset[str]:
    """Every text that is marked for translation: the catalogue of French has them all."""
    from babel.messages.mofile import read_mo

    with Path(LOCALE_FOLDER, "fr", "LC_MESSAGES", f"{DOMAIN}.mo").open("rb") as file:
        return frozenset(str(message.id) for message in read_mo(file) if message.id)
