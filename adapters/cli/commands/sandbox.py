"""`ehcert sandbox`: the embedded eHealth, served, moved in time, and looked into."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.cli.commands.sandbox_cards import holder, trust
from adapters.cli.commands.sandbox_faults import faults, plan_of
from adapters.cli.commands.sandbox_team import approve, confirm, refuse
from adapters.cli.durations import Duration
from adapters.cli.options import json_option
from adapters.cli.output import emit, result
from adapters.cli.rehearsal import PASSWORD, PIN, furnish, issue_card, people
from adapters.cli.view import moment_json
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, masked, moment_text, set_language
from workflow.errors import Exit

if TYPE_CHECKING:
    from adapters.sandbox.desk import Rules
    from adapters.sandbox.home import Sandbox

TWO_MONTHS = timedelta(days=60)


@click.group()
def sandbox() -> None:
    """The embedded eHealth for rehearsals: nothing leaves this computer."""


@sandbox.command()
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The port; 0 takes a free one.")
@click.option("--messages", type=click.Path(path_type=Path), help="Keep every message in this folder.")
@click.option("--valid-for", default=TWO_MONTHS, type=Duration(), help="When the first keystore ends (60d).")
@click.option(
    "--faults",
    "plan",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Fail as the plan in this file says: see ehcert sandbox faults.",
)
@click.option("--manual-validation", is_flag=True, help="The support team looks at every request: see approve.")
@click.option("--old-key-needed", is_flag=True, help="Refuse a renewal whose old keystore was not opened.")
@click.option("--revocation-delay", default="0s", type=Duration(), help="How late a revocation becomes known (0s).")
@json_option
def serve(
    port: int,
    messages: Path | None,
    valid_for: timedelta,
    plan: Path | None,
    manual_validation: bool,
    old_key_needed: bool,
    revocation_delay: timedelta,
    as_json: bool,
) -> int:
    """Serve CertRA, EtkRA and EtkDepot on 127.0.0.1 until Ctrl-C."""
    from adapters.sandbox.desk import Rules
    from adapters.sandbox.faults import Faulty
    from adapters.sandbox.wsgi import serve as serve_sandbox

    wiring = _wiring()
    planned = plan_of(plan)
    rules = Rules(manual_validation=manual_validation, old_key_needed=old_key_needed, revocation_delay=revocation_delay)
    opened = _open(wiring, rules)
    keystores = wiring.keystores("sandbox")
    if not keystores.files():
        furnish(opened, keystores, people()["provider"], valid_for, "rsa")

    def ready(address: str) -> None:
        if as_json:
            files = [str(file.path) for file in keystores.files()]
            emit("sandbox.serve", address=address, keystores=files, password=PASSWORD, pin=PIN)
            return
        result(
            _("The sandbox listens on {address}; its clock says {moment}.").format(
                address=address, moment=moment_text(opened.clock.now())
            )
        )
        result(_("Password of its keystores: {password}; PIN of its cards: {pin}").format(password=PASSWORD, pin=PIN))
        result(_("In another terminal: ehcert renew --environment sandbox"))

    far_side = Faulty.around(opened, planned)
    serve_sandbox(wiring.folders.sandbox, port, messages, sandbox=opened, far_side=far_side, ready=ready)
    return Exit.OK


@sandbox.command()
@click.argument("by", type=Duration(), required=False)
@json_option
def clock(by: timedelta | None, as_json: bool) -> int:
    """Show the sandbox's clock, or move it: ehcert sandbox clock +2d."""
    from adapters.sandbox.clock import SandboxClock

    moved = SandboxClock(_wiring().folders.sandbox)
    if by is not None:
        moved.move(by)
    if as_json:
        emit("sandbox.clock", now=moment_json(moved.now()), offset_seconds=moved.offset().total_seconds())
    else:
        result(moment_text(moved.now()))
    return Exit.OK


# Negative durations look like options to click.
clock.ignore_unknown_options = True


@sandbox.command()
@click.argument("who", type=click.Choice(["provider", "colleague", "stranger", "manager", "scrutinized"]))
@click.option("--valid-for", default=TWO_MONTHS, type=Duration(), help="When the certificate ends (60d).")
@click.option("--card", "kind", default="rsa", type=click.Choice(["rsa", "ec"]), help="The kind of identity card.")
@click.option("--organization", "for_organization", is_flag=True, help="A keystore of his organization, not his own.")
@click.option("--no-certificate", is_flag=True, help="Only the card: he has no certificate yet.")
@json_option
def person(
    who: str, valid_for: timedelta, kind: str, for_organization: bool, no_certificate: bool, as_json: bool
) -> int:
    """Play another fictive person. His identity card takes the place of the one in the reader; a keystore is made."""
    wiring = _wiring()
    opened = _open(wiring)
    someone = people()[who]
    organizations = opened.authority.desk.register.organizations_of(someone.ssin)
    if for_organization and not organizations:
        raise click.UsageError(_("'{who}' manages no organization; 'manager' does").format(who=who))
    _take_cards_out(wiring.folders.sandbox / "cards")
    if no_certificate:
        issue_card(opened, someone, kind)
        if as_json:
            emit("sandbox.person", keystore=None, password=PASSWORD, pin=PIN)
        return Exit.OK
    organization = organizations[0] if for_organization else None
    path = furnish(opened, wiring.keystores("sandbox"), someone, valid_for, kind, organization)
    if as_json:
        emit("sandbox.person", keystore=str(path), password=PASSWORD, pin=PIN)
    else:
        result(str(path))
    return Exit.OK


def _take_cards_out(folder: Path) -> None:
    for file in folder.glob("*/card.json"):
        card = json.loads(file.read_text())
        file.write_text(json.dumps({**card, "inserted": False}))


@sandbox.command()
@json_option
def mails(as_json: bool) -> int:
    """List the mails that the sandbox sent."""
    import email
    from email import policy

    folder = _wiring().folders.sandbox / "mails"
    found = []
    for file in sorted(folder.glob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        found.append(
            {
                "file": str(file),
                "date": str(message["Date"]),
                "to": str(message["To"]),
                "subject": str(message["Subject"]),
                "text": "\n".join(body.get_content().splitlines()) if body is not None else "",
            }
        )
    if as_json:
        emit("sandbox.mails", mails=found)
        return Exit.OK
    for mail in found:
        result(f"{mail['date']}  {mail['to']}\n  {mail['subject']}\n{masked(mail['text'])}")
    return Exit.OK


@sandbox.command()
@json_option
def log(as_json: bool) -> int:
    """List the changes that the sandbox accepted, oldest first."""
    opened = _open(_wiring())
    accepted = opened.authority.accepted()
    counts = opened.authority.accepted_counts()
    opened.close()
    if as_json:
        lines = [
            {
                "number": change.n,
                "at": moment_json(change.at),
                "operation": change.operation,
                "message_id": change.message_id,
                "sha256": change.sha256,
                "public_key_identifier": change.public_key_identifier,
            }
            for change in accepted
        ]
        emit("sandbox.log", accepted=lines, counts=counts)
        return Exit.OK
    for change in accepted:
        result(f"{change.n:4}  {moment_text(change.at)}  {change.operation}  {change.public_key_identifier}")
    return Exit.OK


for command in (faults, approve, refuse, confirm, trust, holder):
    sandbox.add_command(command)


def _wiring() -> Wiring:
    wiring = wire(environment="sandbox")
    set_language(wiring.settings.language)
    return wiring


def _open(wiring: Wiring, rules: Rules | None = None) -> Sandbox:
    from adapters.sandbox.home import Sandbox

    return Sandbox.open(wiring.folders.sandbox, rules)
