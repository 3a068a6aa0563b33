"""The contracts that people sign: made from what they are about, so that a changed one can be told."""

from __future__ import annotations

import html

from adapters.sandbox.dn import parse
from steps.ports.registration import Actor, Contract

_PAGE = (
    '<!DOCTYPE html>\n<html lang="{lang}">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
    "<body>{body}</body>\n</html>"
)


def request_texts(dn: str, signer: Actor) -> dict[str, str]:
    """The contract for a certificate with this distinguished name, in French and in Dutch."""
    who, name = _escaped(signer, dn)
    french = (
        "<h1>Contrat de demande d'un certificat eHealth</h1>"
        "<p><strong>BAC À SABLE : ce texte n'engage personne.</strong></p>"
        f"<p>Je soussigné(e), {who}, demande un certificat eHealth au nom suivant&nbsp;:</p><p><code>{name}</code></p>"
        "<ul><li>Je garde la clé privée et son mot de passe pour moi.</li>"
        "<li>Je révoque le certificat dès que quelqu'un d'autre a pu voir la clé.</li>"
        "<li>Je conserve l'ancien certificat pour lire les anciens messages.</li></ul>"
    )
    dutch = (
        "<h1>Contract voor de aanvraag van een eHealth-certificaat</h1>"
        "<p><strong>ZANDBAK: deze tekst verbindt niemand.</strong></p>"
        f"<p>Ondergetekende, {who}, vraagt een eHealth-certificaat aan op deze naam:</p><p><code>{name}</code></p>"
        "<ul><li>Ik houd de private sleutel en zijn wachtwoord voor mij.</li>"
        "<li>Ik herroep het certificaat zodra iemand anders de sleutel kon zien.</li>"
        "<li>Ik bewaar het oude certificaat om oude berichten te lezen.</li></ul>"
    )
    return _pages(("Contrat", french), ("Contract", dutch))


def revocation_texts(dn: str, signer: Actor, reason: str, key: str) -> dict[str, str]:
    """The contract for revoking one certificate, in French and in Dutch."""
    who, name = _escaped(signer, dn)
    about = f"<p><code>{name}</code></p><p><code>{key.upper()}</code></p><p>{html.escape(reason)}</p>"
    french = (
        "<h1>Révocation d'un certificat eHealth</h1>"
        "<p><strong>BAC À SABLE : ce texte n'engage personne.</strong></p>"
        f"<p>Je soussigné(e), {who}, révoque définitivement ce certificat et son ETK&nbsp;:</p>{about}"
    )
    dutch = (
        "<h1>Herroeping van een eHealth-certificaat</h1>"
        "<p><strong>ZANDBAK: deze tekst verbindt niemand.</strong></p>"
        f"<p>Ondergetekende, {who}, herroept dit certificaat en zijn ETK definitief:</p>{about}"
    )
    return _pages(("Révocation", french), ("Herroeping", dutch))


def is_same(sent: Contract, made: Contract) -> bool:
    """Whether a contract came back as it was made; the distinguished name is compared by meaning (PROTOCOL §9.1)."""
    try:
        same_name = parse(sent.dn) == parse(made.dn)
    except ValueError:
        return False
    return same_name and sent.signer == made.signer and dict(sent.texts) == dict(made.texts)


def _escaped(signer: Actor, dn: str) -> tuple[str, str]:
    return html.escape(f"{signer.first_names or ''} {signer.name} ({signer.identifier})".strip()), html.escape(dn)


def _pages(french: tuple[str, str], dutch: tuple[str, str]) -> dict[str, str]:
    return {
        language: _PAGE.format(lang=language, title=title, body=body)
        for language, (title, body) in (("fr", french), ("nl", dutch))
    }
