"""How readers and identity cards are shown: as lines for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.cli.view import moment_json
from adapters.cli.words import _, fill, masked, moment_text, safe, safe_line
from steps.ports.card import PinEntry
from workflow.checks import mask_ssin
from workflow.errors import CardError
from workflow.texts import mark

if TYPE_CHECKING:
    from cryptography import x509

    from adapters.eid.description import Description, Seen
    from steps.ports.card import CardSummary

_USES = {"Authentication": mark("signs in"), "Signature": mark("signs contracts")}
_ENTRIES = {
    PinEntry.PROMPT: mark("ehcert asks for the PIN"),
    PinEntry.DIALOG: mark("the eID software asks for the PIN in a window"),
    PinEntry.PAD: mark("the PIN is typed on the reader"),
}


@dataclass(frozen=True, slots=True)
class Tried:
    """How a key of a card did: it signed with an algorithm, or failed with an error, or was not tried."""

    key: str
    algorithm: str = ""
    seconds: float = 0.0
    error: CardError | None = None


# --- readers ------------------------------------------------------------------------------------------------------


def seen_as_text(seen: Seen) -> str:
    """One line for a reader."""
    if seen.card is not None:
        what = _("{name}, {number}, valid until {until}; card {serial}").format(
            name=_name(seen.card),
            number=mask_ssin(seen.card.holder.ssin),
            until=moment_text(seen.card.valid_until),
            serial=seen.card.serial,
        )
    else:
        what = _("empty") if seen.problem is None else _message(seen.problem)
    return _("{label}: {value}").format(label=safe_line(seen.reader), value=masked(safe_line(what)))


def seen_as_json(seen: Seen) -> dict[str, Any]:
    """One reader; `card` and `problem` are null when there is none."""
    problem = None if seen.problem is None else _told(seen.problem)
    return {"reader": seen.reader, "card": None if seen.card is None else _summary(seen.card), "problem": problem}


# --- a card -------------------------------------------------------------------------------------------------------


def as_json(card: Description, reveal: bool) -> dict[str, Any]:
    """Everything that is known of a card; what is printed on it is not proven."""
    certificates = [
        {
            "key": purpose.value.lower(),
            "subject_common_name": _common_name(chain[0]),
            "issuer_common_name": _common_name(chain[0], issuer=True),
            "algorithm": _algorithm(chain[0]),
            "valid_from": moment_json(chain[0].not_valid_before_utc),
            "valid_until": moment_json(chain[0].not_valid_after_utc),
            "chain_length": len(chain),
            "refused_by_module": card.refused.get(purpose),
        }
        for purpose, chain in card.chains.items()
    ]
    number = card.printed.card_number
    printed = {
        "card_number": number if reveal else _covered(number),
        "valid_from": card.printed.valid_from,
        "valid_until": card.printed.valid_until,
    }
    return {
        **_summary(card.summary, reveal=reveal),
        "reader": card.summary.reader,
        "module": card.module,
        "applet": card.applet,
        "pin_mode": card.pin_entry.value,
        "tries_left": card.tries_left,
        "printed": printed,
        "certificates": certificates,
    }


def as_lines(card: Description, reveal: bool) -> Iterator[str]:
    """The same for people."""
    ssin, number = card.summary.holder.ssin, card.printed.card_number
    unknown = _("not told")
    yield safe_line(_name(card.summary))
    for label, value in (
        (_("National number"), ssin if reveal else mask_ssin(ssin)),
        (_("Number printed on the card"), (number if reveal else _covered(number)) or unknown),
        (_("Validity printed on the card"), _printed_validity(card) or unknown),
        (_("Number for --card"), card.summary.serial),
        (_("Reader"), card.summary.reader),
        (_("Card software"), card.module),
        (_("Program on the card"), card.applet or unknown),
        (_("PIN"), _(_ENTRIES[card.pin_entry])),
        (_("Tries left for the PIN"), unknown if card.tries_left is None else str(card.tries_left)),
    ):
        yield "  " + _("{label}: {value}").format(label=label, value=safe_line(value))
    yield _("Certificates")
    for purpose, chain in card.chains.items():
        text = _("{key} ({use}): {algorithm}, until {until}, issued by {issuer}").format(
            key=_(purpose.value),
            use=_(_USES[purpose.value]),
            algorithm=_algorithm(chain[0]),
            until=moment_text(chain[0].not_valid_after_utc),
            issuer=_common_name(chain[0], issuer=True),
        )
        yield f"  {safe_line(text)}"
        if purpose in card.refused:
            yield "    " + _("cannot be used: {reason}").format(reason=_(card.refused[purpose]))
    if "Signature" not in {purpose.value for purpose in card.chains}:
        yield "  " + _("there is no Signature certificate: this card is not fully active")


def _printed_validity(card: Description) -> str:
    first, last = card.printed.valid_from, card.printed.valid_until
    return f"{first or '?'} - {last or '?'}" if first or last else ""


# --- the trial ----------------------------------------------------------------------------------------------------


def tried_as_json(tried: Tried) -> dict[str, Any]:
    """How one key did; `outcome` is signed, failed or not_tried."""
    body: dict[str, Any] = {"key": tried.key.lower(), "outcome": _outcome(tried)}
    if tried.algorithm:
        body |= {"algorithm": tried.algorithm, "seconds": tried.seconds}
    return body if tried.error is None else {**body, "error": _told(tried.error)}


def tried_as_lines(tried: Tried) -> Iterator[str]:
    """The same for people."""
    if tried.algorithm:
        told = _("signed and verified ({algorithm}, {seconds} s)")
        said = told.format(algorithm=tried.algorithm, seconds=tried.seconds)
    else:
        said = _("not tried") if tried.error is None else _message(tried.error)
    yield _("{label}: {value}").format(label=_(tried.key), value=said)
    if tried.error is not None:
        yield f"  {_hint(tried.error)}"


def _outcome(tried: Tried) -> str:
    if tried.algorithm:
        return "signed"
    return "not_tried" if tried.error is None else "failed"


# --- small parts --------------------------------------------------------------------------------------------------


def _summary(card: CardSummary, *, reveal: bool = False) -> dict[str, Any]:
    holder = card.holder
    return {
        "serial": card.serial,
        "first_names": holder.first_names,
        "surname": holder.surname,
        "ssin": holder.ssin if reveal else mask_ssin(holder.ssin),
        "valid_until": moment_json(card.valid_until),
    }


def _name(card: CardSummary) -> str:
    return f"{card.holder.first_names} {card.holder.surname}".strip()


def _covered(number: str | None) -> str | None:
    """A card number that may be shown: its last three signs."""
    return None if number is None else f"***{number[-3:]}"


def _common_name(certificate: x509.Certificate, *, issuer: bool = False) -> str:
    from cryptography.x509.oid import NameOID

    name = certificate.issuer if issuer else certificate.subject
    values = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(values[0].value) if values else ""


def _algorithm(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    return key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__


def _message(error: CardError) -> str:
    return masked(safe(fill(error.text, error.details)))


def _hint(error: CardError) -> str:
    return masked(safe(fill(error.hint, error.details)))


def _told(error: CardError) -> dict[str, str]:
    return {"code": error.code, "message": _message(error), "hint": _hint(error)}
