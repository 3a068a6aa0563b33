"""A keystore as people and programs see it: with its password all entries, without it what the file shows."""

from __future__ import annotations

from typing import Any

from cryptography import x509

from adapters.cli.output import result, result_as_it_is
from adapters.cli.shelf import Entry, Standing
from adapters.cli.view import moment_json
from adapters.cli.words import _, masked, moment_text, safe_line
from adapters.keystore.outline import Protection
from steps.certificates import chain_holds, environment_of
from steps.placeholder import is_placeholder
from steps.ports.keystore import KeyEntry, Keystore
from workflow.checks import mask_ssin
from workflow.texts import mark

STANDINGS = {
    Standing.FINISHED: mark("finished"),
    Standing.WAITING: mark("waits for its procedure: ehcert resume {id}"),
    Standing.UNFINISHED: mark("not finished, and no procedure here knows of it: see ehcert adopt"),
    Standing.UNKNOWN: mark("shows nothing without its password: see ehcert keystore show"),
    Standing.DAMAGED: mark("damaged, or no keystore at all"),
}


def shown(text: str, reveal: bool) -> str:
    """A text in which national numbers are covered, unless they are to be revealed."""
    return text if reveal else masked(text)


# --- one of a list ----------------------------------------------------------------------------------------------------


def print_entry(entry: Entry, reveal: bool) -> None:
    """One keystore on some lines."""
    result_as_it_is(shown(safe_line(entry.file.path.name), reveal))
    standing = _(STANDINGS[entry.standing]).format(id=entry.procedure)
    result("  " + (_("{standing}; in use") if entry.in_use else "{standing}").format(standing=standing))
    if owner := _owner(entry, reveal):
        result("  " + _("Of: {owner}").format(owner=owner))
    if entry.file.made_at is not None:
        result("  " + _("Requested: {moment}").format(moment=moment_text(entry.file.made_at)))
    if entry.valid_until is not None:
        result("  " + _("Valid until: {moment}").format(moment=moment_text(entry.valid_until)))


def _owner(entry: Entry, reveal: bool) -> str:
    if entry.owner is None:
        return ""
    kind, identifier, application = entry.owner
    number = mask_ssin(identifier) if kind == "SSIN" and not reveal else identifier
    return f"{kind}={number}" + (f", {application}" if application else "")


def entry_json(entry: Entry, reveal: bool) -> dict[str, Any]:
    """One keystore for programs."""
    return {
        "path": shown(str(entry.file.path), reveal),
        "environment": entry.file.environment,
        "owner": _owner(entry, reveal) or None,
        "made_at": entry.file.made_at.isoformat() if entry.file.made_at else None,
        "standing": entry.standing.value,
        "procedure": entry.procedure,
        "valid_until": moment_json(entry.valid_until),
        "in_use": entry.in_use,
    }


# --- what one shows without its password ------------------------------------------------------------------------------


def print_outline(entry: Entry) -> None:
    """How a file is protected, and which keys it shows."""
    seen = entry.outline
    if seen is None:
        return
    result("  " + _("Checksum: {method}").format(method=_method(seen.checksum)))
    for key in seen.keys:
        text = _("Key '{alias}': {method}").format(alias=safe_line(key.alias), method=_method(key.protection))
        result(f"  {text}")
    for part in seen.hidden:
        result("  " + _("Hidden part (certificates): {method}").format(method=_method(part)))


def _method(protection: Protection) -> str:
    return _("{name}, {rounds} rounds").format(name=_(protection.name), rounds=protection.rounds)


def outline_json(entry: Entry) -> dict[str, Any]:
    """What a file shows, for programs."""
    seen = entry.outline
    if seen is None:
        return {}
    return {
        "checksum": _protection_json(seen.checksum),
        "keys": [{"alias": key.alias, **_protection_json(key.protection)} for key in seen.keys],
        "hidden": [_protection_json(part) for part in seen.hidden],
    }


def _protection_json(protection: Protection) -> dict[str, Any]:
    return {"method": protection.name, "rounds": protection.rounds}


# --- what its password opens ------------------------------------------------------------------------------------------


def print_content(content: Keystore, reveal: bool) -> None:
    """Every entry of an opened keystore."""
    for entry in content.keys:
        result("  " + _("Key '{alias}', {use}").format(alias=safe_line(entry.alias), use=_(_use(entry))))
        for certificate in entry.chain:
            _print_certificate(certificate, reveal)
        if entry.chain and not chain_holds(entry.chain):
            result("    " + _("warning: this chain does not hold"))
    for alias, certificate in content.certificates:
        result("  " + shown(_("Certificate '{alias}'").format(alias=safe_line(alias)), reveal))
        _print_certificate(certificate, reveal)


def _print_certificate(certificate: x509.Certificate, reveal: bool) -> None:
    result("    " + shown(safe_line(certificate.subject.rfc4514_string()), reveal))
    begin, end = moment_text(certificate.not_valid_before_utc), moment_text(certificate.not_valid_after_utc)
    result("      " + _("valid from {begin} to {end}; number {number}").format(
        begin=begin, end=end, number=certificate.serial_number
    ))  # fmt: skip


def _use(entry: KeyEntry) -> str:
    if not entry.chain:
        return mark("without a certificate")
    if is_placeholder(entry.chain[0]):
        return mark("its certificate was not delivered yet")
    own = entry.chain[0].issuer == entry.chain[0].subject
    return mark("opens messages (ETK)") if own else mark("signs in at eHealth")


def content_json(content: Keystore, reveal: bool) -> dict[str, Any]:
    """Every entry of an opened keystore, for programs."""
    return {
        "entries": [
            {
                "alias": entry.alias,
                "placeholder": bool(entry.chain) and is_placeholder(entry.chain[0]),
                "etk": bool(entry.chain) and _use(entry) == "opens messages (ETK)",
                "chain_holds": bool(entry.chain) and chain_holds(entry.chain),
                "chain": [_certificate_json(certificate, reveal) for certificate in entry.chain],
            }
            for entry in content.keys
        ],
        "certificates": [
            {"alias": shown(alias, reveal), **_certificate_json(certificate, reveal)}
            for alias, certificate in content.certificates
        ],
    }


def _certificate_json(certificate: x509.Certificate, reveal: bool) -> dict[str, Any]:
    return {
        "subject": shown(certificate.subject.rfc4514_string(), reveal),
        "issuer": shown(certificate.issuer.rfc4514_string(), reveal),
        "environment": environment_of(certificate.issuer),
        "number": str(certificate.serial_number),
        "valid_from": moment_json(certificate.not_valid_before_utc),
        "valid_until": moment_json(certificate.not_valid_after_utc),
    }
