"""`ehcert doctor`: examines everything that ehcert keeps, and repairs what can be proved."""

from __future__ import annotations

import click

from adapters.cli.checkup.findings import Finding, Level
from adapters.cli.checkup.places import examine_places
from adapters.cli.checkup.store import StoreCheckup
from adapters.cli.checkup.surroundings import examine_cards, examine_clock, examine_keystores
from adapters.cli.options import json_option
from adapters.cli.output import emit, result
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, fill, masked, safe, set_language
from workflow.errors import EhcertError, Exit
from workflow.texts import mark

_SIGNS = {
    Level.OK: mark("ok"),
    Level.NOTE: mark("note"),
    Level.WARNING: mark("warning"),
    Level.FAILURE: mark("FAILURE"),
}


@click.command()
@click.option("--repair", is_flag=True, help="Repair what can be proved; leave everything else as it is.")
@json_option
def doctor(repair: bool, as_json: bool) -> int:
    """Examine everything that ehcert keeps, and tell who must act; nothing is changed without --repair."""
    wiring = wire()
    set_language(wiring.settings.language)
    found = examined(wiring)
    if repair:
        for finding in found:
            _repair(finding)
    if as_json:
        emit("doctor", findings=[_as_json(finding) for finding in found], failures=sum(one.bad for one in found))
    else:
        for finding in found:
            _print(finding)
    return Exit.FAILED if any(finding.bad for finding in found) else Exit.OK


def examined(wiring: Wiring) -> list[Finding]:
    """Everything that can be found out, each as a finding."""
    store = StoreCheckup(wiring)
    of_store = list(store.examine())
    environment = wiring.settings.environment
    folders = {
        name: wiring.keystores(name) for name in sorted({environment, *(one.environment for one in store.procedures)})
    }
    found = [*examine_places(wiring, list(folders.values())), *of_store]
    for name, folder in folders.items():
        found += examine_keystores(folder, [one for one in store.procedures if one.environment == name])
    return [*found, *examine_clock(wiring, environment), *examine_cards(wiring, environment)]


def _repair(finding: Finding) -> None:
    if finding.repair is None:
        return
    try:
        finding.repaired = finding.repair()
    except EhcertError as error:
        finding.failed = error


def _as_json(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "level": finding.kind.level.value,
        "message": _text(finding.kind.text, finding),
        "remedy": _text(finding.kind.remedy, finding),
        "details": {name: masked(safe(str(value))) for name, value in finding.details.items() if value is not None},
        "repairable": finding.repair is not None,
        "repaired": finding.repaired,
    }


def _print(finding: Finding) -> None:
    sign = _("repaired") if finding.repaired else _(_SIGNS[finding.kind.level])
    result(f"{sign:9}{_text(finding.kind.text, finding)} [{finding.code}]")
    if finding.failed is not None:
        result(f"{'':9}{masked(safe(fill(finding.failed.text, finding.failed.details)))}")
    elif finding.kind.remedy and not finding.repaired:
        result(f"{'':9}{_text(finding.kind.remedy, finding)}")


def _text(template: str, finding: Finding) -> str:
    return masked(safe(fill(template, finding.details))) if template else ""
