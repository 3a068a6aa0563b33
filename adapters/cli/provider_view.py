"""The record of a care provider as people and programs see it: badge, numbers, link and warnings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.cli.linking import Linking, is_newer
from adapters.cli.output import result, result_as_it_is, result_in_colour
from adapters.cli.shelf import Entry
from adapters.cli.view import moment_json
from adapters.cli.words import _, day_text, fill, masked, moment_text, safe_line
from workflow.checks import inami_is_unusual, mask_ssin
from workflow.provider import KINDS, Badge, InamiNumber, Provider, badge_of, newest
from workflow.texts import mark

_COLOURS = {Badge.NONE: "red", Badge.VALID: "green", Badge.RENEW: "yellow"}
_BADGES = {
    Badge.NONE: mark("No eHealth certificate"),
    Badge.VALID: mark("eHealth certificate, valid until {until}"),
    Badge.RENEW: mark("eHealth certificate, valid until {until}: it is time to renew it"),
}
_WARNINGS = {
    "file_missing": mark("the linked keystore {path} is gone: put it back, or link again"),
    "other_person": mark("the linked keystore {path} is another person's: link the right one"),
    "file_changed": mark("the linked keystore {path} was changed since it was linked: link it again"),
    "ended": mark("the certificate of the linked keystore ended on {until}"),
    "not_newest": mark("the linked keystore is not the newest finished one: that is {newest}"),
    "no_number": mark("no INAMI number holds today; the practice software needs one beside the national number"),
    "unusual_number": mark(
        "the INAMI number {number} has unusual check digits: right for some series, or a digit is mistyped"
    ),
}
_CLICKS = (
    mark("In CGM Oxygen: menu Fichiers > Prestataires de soins, double click on {name}."),
    mark("Tab Info prestataire, the certificate button at the top right: choose the file above, then Ouvrir."),
    mark("The button must then show in green: Certificat eHealth, {until}."),
    mark("Tab Administratif, NISS: {ssin}"),
)
_NUMBER_CLICK = mark("Tab Info prestataire, Numéros INAMI, at {kind}: {number}, beside the start date {since}")


@dataclass(frozen=True, slots=True)
class Seen:
    """A record beside what is on disk now."""

    provider: Provider
    badge: Badge
    valid_until: datetime | None
    warnings: tuple[tuple[str, dict[str, Any]], ...]


def seen(linking: Linking, provider: Provider, now: datetime) -> Seen:
    """Compare a record with the keystores on disk; no password is needed."""
    warnings = list(_about_link(linking, provider, now))
    usable = provider.link is not None and not {code for code, _details in warnings} & _SPOILING
    until = provider.link.valid_until if provider.link is not None and usable else None
    warnings += _about_numbers(provider, now)
    return Seen(provider, badge_of(until, now), until, tuple(warnings))


_SPOILING = {"file_missing", "other_person", "file_changed"}


def _about_link(linking: Linking, provider: Provider, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    link = provider.link
    if link is None:
        return
    entry = linking.shelf.entry(Path(link.file.path))
    if not entry.file.path.exists():
        yield "file_missing", {"path": entry.file.path.name}
        return
    if _is_of_another(entry, provider):
        yield "other_person", {"path": entry.file.path.name}
    elif entry.sha256 != link.file.sha256:
        yield "file_changed", {"path": entry.file.path.name}
    if now >= link.valid_until:
        yield "ended", {"until": link.valid_until}
    for other in linking.candidates(provider):
        if other.sha256 != link.file.sha256 and is_newer(other, entry, link.valid_until):
            yield "not_newest", {"newest": other.file.path.name}
            return


def _is_of_another(entry: Entry, provider: Provider) -> bool:
    return entry.owner is not None and entry.owner[0] == "SSIN" and entry.owner[1] != provider.ssin


def _about_numbers(provider: Provider, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    for number in provider.numbers:
        if inami_is_unusual(number.number):
            yield "unusual_number", {"number": number.number}
    if not newest(provider.numbers, now.astimezone().date()):
        yield "no_number", {}


# --- for people -------------------------------------------------------------------------------------------------------


def heading(provider: Provider, reveal: bool) -> str:
    """Who it is, on one line."""
    ssin = provider.ssin if reveal else mask_ssin(provider.ssin)
    return f"{provider.id}  {safe_line(provider.name)}, {ssin} ({provider.environment})"


def print_badge(found: Seen) -> None:
    """The badge: its words say all, the colour repeats it."""
    until = moment_text(found.valid_until) if found.valid_until else ""
    result_in_colour(f"  {_(_BADGES[found.badge]).format(until=until)}", _COLOURS[found.badge])


def print_record(found: Seen, reveal: bool) -> None:
    """All of a record."""
    provider = found.provider
    result(heading(provider, reveal))
    print_badge(found)
    for number in provider.numbers:
        text = _("INAMI, {kind}: {number}, from {since}")
        kind = _(KINDS.get(number.kind, number.kind))
        result("  " + text.format(kind=kind, number=number.number, since=day_text(number.since)))
    if provider.link is not None:
        path = provider.link.file.path if reveal else masked(provider.link.file.path)
        result_as_it_is("  " + _("Keystore: {path}").format(path=safe_line(path)))
    for code, details in found.warnings:
        result("  " + masked(_("warning: {text}").format(text=fill(_WARNINGS[code], details))))
    if provider.link is None:
        result("  " + _("Go on with: {command}").format(command=f"ehcert provider link {provider.id}"))


def print_clicks(provider: Provider, now: datetime, reveal: bool) -> None:
    """What remains to be done in the practice software, with the values that must stand there."""
    link = provider.link
    if link is None:
        return
    result_as_it_is(_("Keystore: {path}").format(path=safe_line(link.file.path)))
    ssin = provider.ssin if reveal else _("{ssin} (--reveal shows it whole)").format(ssin=mask_ssin(provider.ssin))
    values = {"name": safe_line(provider.name), "until": moment_text(link.valid_until), "ssin": ssin}
    for number, click in enumerate(_CLICKS, 1):
        result(f"{number}. {_(click).format(**values)}")
    for number, one in enumerate(newest(provider.numbers, now.astimezone().date()).values(), len(_CLICKS) + 1):
        kind, since = _(KINDS.get(one.kind, one.kind)), day_text(one.since)
        result(f"{number}. {_(_NUMBER_CLICK).format(kind=kind, number=one.number, since=since)}")


# --- for programs -----------------------------------------------------------------------------------------------------


def as_json(found: Seen, reveal: bool) -> dict[str, Any]:
    """A record; the national number is masked unless it is to be revealed."""
    provider, link = found.provider, found.provider.link
    path = None if link is None else (link.file.path if reveal else masked(link.file.path))
    return {
        "id": provider.id,
        "environment": provider.environment,
        "name": provider.name,
        "ssin": provider.ssin if reveal else mask_ssin(provider.ssin),
        "numbers": [_number_json(one) for one in provider.numbers],
        "badge": found.badge.value,
        "keystore": path,
        "valid_until": moment_json(link.valid_until) if link else None,
        "linked_at": moment_json(link.linked_at) if link else None,
        "warnings": [
            {"code": code, "message": masked(fill(_WARNINGS[code], details))} for code, details in found.warnings
        ],
    }


def _number_json(number: InamiNumber) -> dict[str, str]:
    return {"kind": number.kind, "number": number.number, "since": number.since.isoformat()}
