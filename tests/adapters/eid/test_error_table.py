"""Each error of the card software, as a person reads it: the table of what was measured, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pkcs11
import pytest

from adapters.cli import failing
from steps.ports.card import PinEntry
from tests.adapters.eid.conftest import Virtual
from tests.adapters.eid.people import Asked, Person
from tests.adapters.eid.signing import sign, verify
from tests.adapters.eid.virtual import BEID, CANCEL, OPENSC_27, SILENT, VirtualCard
from workflow.errors import CardError

Make = Callable[..., Virtual]

REMOVED = "the card was taken out"
MALFORMED = "a PIN has 4 to 12 digits; the card was not asked and no try was lost"
CANCELLED = "the PIN was not given"
WRONG = "wrong PIN; tries left: unknown"
BLOCKED = "the PIN of this card is blocked"
NO_CONTRACTS = "this card software cannot be used for that: it refuses the key with which contracts are signed"
NO_MECHANISM = "this card software cannot be used for that: it does not know the keys of this card"
FAILED = "the card or its software failed: {}"
NO_DIALOG = FAILED.format("the key is not usable, or the eID software could not open its window for the PIN")
NO_KEY = FAILED.format("the private key is not on the card, or hidden until a PIN is given: see the setting pin_mode")
IN_USE = FAILED.format("another program is using the card")

SIGNING: list[tuple[str, type[pkcs11.PKCS11Error], str, str]] = [
    ("the dialog is cancelled", pkcs11.FunctionCancelled, "pin_cancelled", CANCELLED),
    ("the reader's key for cancel", pkcs11.FunctionRejected, "pin_cancelled", CANCELLED),
    ("a wrong PIN", pkcs11.PinIncorrect, "pin_wrong", WRONG),
    ("the third wrong PIN", pkcs11.PinLocked, "pin_blocked", BLOCKED),
    ("not 4 to 12 digits, in the dialog", pkcs11.FunctionFailed, "pin_malformed", MALFORMED),
    ("the card out in a session", pkcs11.DeviceRemoved, "card_removed", REMOVED),
    ("the card out in the dialog", pkcs11.TokenNotPresent, "card_removed", REMOVED),
    ("OpenSC, the card out and back", pkcs11.SessionHandleInvalid, "card_removed", REMOVED),
    ("no dialog, or a key not usable", pkcs11.GeneralError, "card_unusable", NO_DIALOG),
    ("a mechanism not on the card", pkcs11.MechanismInvalid, "card_software_unsuitable", NO_MECHANISM),
    ("OpenSC and the Signature key", pkcs11.FunctionNotSupported, "card_software_unsuitable", NO_CONTRACTS),
    ("a search left open", pkcs11.OperationActive, "card_unusable", FAILED.format("OperationActive")),
    ("not logged in", pkcs11.UserNotLoggedIn, "card_unusable", NO_KEY),
    ("no such attribute", pkcs11.AttributeTypeInvalid, "card_unusable", FAILED.format("AttributeTypeInvalid")),
    ("anything else", pkcs11.PKCS11Error, "card_unusable", FAILED.format("PKCS11Error")),
]  # fmt: skip

LOGIN: list[tuple[str, type[pkcs11.PKCS11Error], str, str]] = [
    ("a wrong PIN", pkcs11.PinIncorrect, "pin_wrong", WRONG),
    ("the third wrong PIN", pkcs11.PinLocked, "pin_blocked", BLOCKED),
    ("OpenSC, too short", pkcs11.PinLenRange, "pin_malformed", MALFORMED),
    ("OpenSC, empty", pkcs11.ArgumentsBad, "pin_malformed", MALFORMED),
    ("the official software, not digits", pkcs11.FunctionFailed, "pin_malformed", MALFORMED),
    ("other characters", pkcs11.PinInvalid, "pin_malformed", MALFORMED),
    ("cancelled on the reader", pkcs11.FunctionCancelled, "pin_cancelled", CANCELLED),
    ("the card out", pkcs11.DeviceRemoved, "card_removed", REMOVED),
    ("logged in already", pkcs11.UserAlreadyLoggedIn, "card_unusable", IN_USE),
    ("another user", pkcs11.AnotherUserAlreadyLoggedIn, "card_unusable", IN_USE),
    ("no dialog", pkcs11.GeneralError, "card_unusable", NO_DIALOG),
]


def raising(error: type[pkcs11.PKCS11Error]) -> Callable[[], None]:
    def happens() -> None:
        raise error

    return happens


def told(error: CardError, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code and the message, as the command line tells them."""
    code = failing.told(error, as_json=False)
    shown = capsys.readouterr().err
    assert "hint: " in shown
    return code, shown.splitlines()[0].removeprefix("ehcert: error: ")


def parameters(table: list[tuple[str, type[pkcs11.PKCS11Error], str, str]]) -> list[Any]:
    return [pytest.param(*row[1:], id=f"{row[0]}: {row[1].__name__}") for row in table]


@pytest.mark.parametrize(("error", "code", "text"), parameters(SIGNING))
def test_while_signing(
    virtual: Make,
    person: Person,
    capsys: pytest.CaptureFixture[str],
    error: type[pkcs11.PKCS11Error],
    code: str,
    text: str,
) -> None:
    made = virtual(BEID, person)
    signer = made.cards().card().signature(Asked())
    made.library.on["sign"] = raising(error)

    with pytest.raises(CardError) as raised:
        sign(signer)

    assert (raised.value.code, *told(raised.value, capsys)) == (code, 4, text)
    assert isinstance(raised.value.__cause__, error)
    assert made.library.calls.count("sign") == 1
    verify(signer.certificate, sign(signer))


@pytest.mark.parametrize(("error", "code", "text"), parameters(LOGIN))
def test_while_logging_in(
    virtual: Make,
    person: Person,
    capsys: pytest.CaptureFixture[str],
    error: type[pkcs11.PKCS11Error],
    code: str,
    text: str,
) -> None:
    made = virtual(SILENT, person)
    asked = Asked()
    signer = made.cards().card().authentication(asked)
    made.library.on["login"] = raising(error)

    with pytest.raises(CardError) as raised:
        sign(signer)

    assert (raised.value.code, *told(raised.value, capsys)) == (code, 4, text)
    assert (asked.times, made.library.calls.count("login")) == (1, 1)
    verify(signer.certificate, sign(signer))


SAID: list[tuple[str, Callable[[Virtual, Person], None], str]] = [
    ("cancelled", lambda made, who: made.library.dialog.append(CANCEL), "pin_cancelled"),
    ("wrong", lambda made, who: made.library.dialog.append("9999"), "pin_wrong"),
    ("blocked", lambda made, who: setattr(made.reader.card, "tries", 0), "pin_blocked"),
    ("malformed", lambda made, who: made.library.dialog.append("12"), "pin_malformed"),
    ("taken out", lambda made, who: made.reader.take_out(), "card_removed"),
    ("exchanged", lambda made, who: made.reader.insert(VirtualCard(who, "FFFFFFFFFFFFFFFF")), "card_of_other_person"),
    ("no display", lambda made, who: setattr(made.library, "no_display", True), "card_unusable"),
]


@pytest.mark.parametrize(("happens", "code"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_what_happens_at_the_card_has_a_message_of_its_own(
    virtual: Make, zoe: Person, pol: Person, happens: Callable[[Virtual, Person], None], code: str
) -> None:
    made = virtual(BEID, zoe)
    signer = made.cards().card().signature(Asked())
    happens(made, pol)

    with pytest.raises(CardError) as raised:
        sign(signer)

    assert raised.value.code == code


def test_no_two_of_these_messages_are_the_same() -> None:
    messages = {text for _, _, _, text in (*SIGNING, *LOGIN)}

    assert {CANCELLED, WRONG, BLOCKED, MALFORMED} <= messages
    assert len({row[2] for row in SAID}) == len(SAID)


def test_a_pin_is_in_no_error(virtual: Make, pol: Person) -> None:
    made = virtual(OPENSC_27, pol)

    with pytest.raises(CardError) as raised:
        sign(made.cards(PinEntry.PROMPT).card().authentication(Asked("918273")))

    assert "918273" not in repr((raised.value, raised.value.__cause__, raised.value.details))
