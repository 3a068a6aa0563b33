"""`ehcert sandbox trust` and `holder`: a rehearsal with any identity card that a PKCS#11 library shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.cli.durations import Duration
from adapters.cli.options import card_options, json_option
from adapters.cli.output import emit, result, result_as_it_is
from adapters.cli.rehearsal import PASSWORD, keystore_for
from adapters.cli.wiring import Wiring, wire
from adapters.cli.words import _, masked, safe_line, set_language
from workflow.checks import mask_ssin
from workflow.errors import Exit

if TYPE_CHECKING:
    from cryptography import x509

    from adapters.sandbox.home import Sandbox

TWO_MONTHS = timedelta(days=60)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def trust(file: Path, as_json: bool) -> int:
    """Accept other identity cards. Their chains must end at an authority whose certificate is in FILE (PEM)."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except ValueError as error:
        raise click.UsageError(_("{path} holds no certificate in PEM").format(path=file)) from error
    authorities = [one for one in found if _is_authority(one)]
    if not authorities:
        raise click.UsageError(_("{path} holds no certificate of an authority").format(path=file))
    with _open(_wiring()) as sandbox:
        for one in authorities:
            sandbox.trust(one)
    names = [one.subject.rfc4514_string() for one in authorities]
    if as_json:
        emit("sandbox.trust", authorities=names)
    else:
        for name in names:
            result(_("trusted: {name}").format(name=masked(safe_line(name))))
    return Exit.OK


@click.command()
@click.option("--valid-for", default=TWO_MONTHS, type=Duration(), help="When the certificate ends (60d).")
@card_options
@json_option
def holder(valid_for: timedelta, as_json: bool) -> int:
    """Know the holder of the identity card in the reader, and give him a keystore whose certificate ends soon."""
    from adapters.sandbox.people import Person

    wiring = _wiring()
    found = wiring.cards("sandbox").card().summary.holder
    person = Person(found.ssin, found.first_names, found.surname)
    with _open(wiring) as sandbox:
        sandbox.know(person)
        path = keystore_for(sandbox, wiring.keystores("sandbox"), person, valid_for)
    if as_json:
        emit("sandbox.holder", keystore=str(path), password=PASSWORD, ssin=mask_ssin(found.ssin))
    else:
        result_as_it_is(str(path))
        result(_("Password of this keystore: {password}").format(password=PASSWORD))
    return Exit.OK


def _is_authority(certificate: x509.Certificate) -> bool:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _wiring() -> Wiring:
    wiring = wire(environment="sandbox")
    set_language(wiring.settings.language)
    return wiring


@contextmanager
def _open(wiring: Wiring) -> Iterator[Sandbox]:
    from adapters.sandbox.home import Sandbox

    sandbox = Sandbox.open(wiring.folders.sandbox)
    try:
        yield sandbox
    finally:
        sandbox.close()
