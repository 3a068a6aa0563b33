"""Errors: each tells what happened and what to do now."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflow import errors
from workflow.errors import EhcertError, Exit, RefusedError, WrongPinError

PROJECT = Path(errors.__file__).parents[1]
SOURCES = [path for folder in ("workflow", "steps", "state", "adapters") for path in (PROJECT / folder).rglob("*.py")]


def descendants(family: type[EhcertError]) -> Iterator[type[EhcertError]]:
    for child in family.__subclasses__():
        yield child
        yield from descendants(child)


ALL = list(descendants(EhcertError))
LEAVES = [error for error in ALL if error.text]
NOT_RAISED_BY_NAME = {"BadValueError"}
every_leaf = pytest.mark.parametrize("error", LEAVES, ids=lambda error: error.__name__)


def placeholders(text: str) -> set[str]:
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def needed(error: type[EhcertError]) -> set[str]:
    """What must be told when it is raised, for its text, its hint and the commands that follow."""
    return set().union(*(placeholders(text) for text in (error.text, error.hint, *error.next)))


def given_by_itself(error: type[EhcertError]) -> set[str]:
    return {"attempts_left"} if issubclass(error, WrongPinError) else set()


def raised_in(source: str) -> Iterator[tuple[int, type[EhcertError], set[str]]]:
    """Every line that makes an error, with the names that it gives."""
    by_name = {error.__name__: error for error in LEAVES}
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), keywords=keywords) if name in by_name:
                if all(keyword.arg for keyword in keywords):
                    yield node.lineno, by_name[name], {str(keyword.arg) for keyword in keywords}
            case ast.Raise(exc=ast.Name(id=name) | ast.Attribute(attr=name)) if name in by_name:
                yield node.lineno, by_name[name], set()


def silent_about(source: str) -> list[tuple[int, str, set[str]]]:
    """The lines that make an error without telling all that its texts need."""
    return [
        (line, error.__name__, missing)
        for line, error, given in raised_in(source)
        if (missing := needed(error) - given_by_itself(error) - given)
    ]


@every_leaf
def test_each_error_says_what_happened_in_the_house_style(error: type[EhcertError]) -> None:
    assert error.code
    assert re.fullmatch(r"[a-z0-9_]+", error.code)
    assert not error.text.endswith(".")
    first = error.text.split()[0]
    assert first[0].islower() or first[0] in "{'" or first == "eHealth", error.text


@every_leaf
def test_each_error_says_what_to_do_now(error: type[EhcertError]) -> None:
    if error is errors.BadValueError:
        return  # its leaves do

    assert error.hint
    assert not error.hint.endswith(".")


def test_no_two_errors_have_the_same_code() -> None:
    codes = [error.code for error in LEAVES]

    assert sorted(codes) == sorted(set(codes))


@every_leaf
def test_a_command_that_follows_is_one_of_ours(error: type[EhcertError]) -> None:
    assert all(command.startswith("ehcert ") for command in error.next)


@every_leaf
def test_an_error_can_be_made_and_told_with_what_it_needs(error: type[EhcertError]) -> None:
    details = {name: f"<{name}>" for name in needed(error)}
    made = RefusedError(refusal_code="SIM_NO", refusal="No") if error is RefusedError else None
    made = WrongPinError(attempts_left=2) if error is WrongPinError else made or error(**details)

    for text in (made.text, made.hint, *made.next):
        text.format(**made.details)
    assert "{" not in str(made)


def test_each_place_that_raises_an_error_gives_what_it_tells() -> None:
    silent = {path.relative_to(PROJECT): found for path in SOURCES if (found := silent_about(path.read_text("utf-8")))}

    assert silent == {}


def test_the_search_finds_a_place_that_tells_too_little() -> None:
    source = "raise TooEarlyError(until=1)\nraise errors.CardRemovedError\nfail(BusyError())\nraise CardRemovedError()"

    assert silent_about(source) == [
        (1, "TooEarlyError", {"replaceable_from"}),
        (3, "BusyError", {"id", "pid", "since"}),
    ]


def test_each_error_is_raised_somewhere() -> None:
    raised = {error for path in SOURCES for _, error, _ in raised_in(path.read_text("utf-8"))}

    assert {error.__name__ for error in set(LEAVES) - raised} <= NOT_RAISED_BY_NAME


def test_the_exit_codes_are_those_of_the_one_table() -> None:
    assert {code.name: code.value for code in Exit} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "NOT_FOUND": 3,
        "CARD": 4,
        "KEYSTORE": 5,
        "NETWORK": 6,
        "REFUSED": 7,
        "TIME": 8,
        "BUSY": 9,
        "STORE": 13,
        "INTERRUPTED": 130,
    }


@pytest.mark.parametrize(
    ("family", "allowed"),
    [
        (errors.CardError, {Exit.CARD}),
        (errors.KeystoreError, {Exit.KEYSTORE}),
        (errors.StoreError, {Exit.STORE}),
        (errors.TemporaryError, {Exit.NETWORK, Exit.TIME}),
        (errors.RefusedError, {Exit.REFUSED}),
        (errors.BadValueError, {Exit.USAGE}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_family_has_its_exit_code(family: type[EhcertError], allowed: set[Exit]) -> None:
    assert {error.exit for error in (family, *descendants(family))} <= allowed


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.WrongPinError, 4),
        (errors.KeystorePasswordError, 5),
        (errors.EhealthNoAnswerError, 6),
        (errors.StillInDoubtError, 6),
        (errors.RefusedError, 7),
        (errors.TooEarlyError, 8),
        (errors.CertificateExpiredError, 8),
        (errors.CertificateNotYetValidError, 8),
        (errors.ClockOffError, 8),
        (errors.BusyError, 9),
        (errors.FolderNotWritableError, 13),
        (errors.StoreDamagedError, 13),
        (errors.NoSuchProcedureError, 3),
        (errors.ProcedureUnderWayError, 2),
        (errors.ActionNotPossibleError, 2),
        (errors.DefinitionError, 1),
        (errors.WrongCertificateError, 1),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_exit_code_of_an_error(error: type[EhcertError], code: int) -> None:
    assert error.exit == code


def test_each_error_belongs_to_one_family_that_tells_the_engine_what_to_do() -> None:
    families = (errors.UserActionError, errors.TemporaryError, errors.RefusedError, errors.DefinitionError)

    for error in LEAVES:
        assert sum(issubclass(error, family) for family in families) == 1, error


def test_a_wrong_pin_tells_how_many_tries_are_left() -> None:
    assert str(WrongPinError(attempts_left=2)) == "wrong PIN; tries left: 2"
    assert str(WrongPinError(attempts_left=None)) == "wrong PIN; tries left: unknown"
    assert WrongPinError(attempts_left=2).attempts_left == 2


def test_a_refusal_keeps_the_code_of_ehealth() -> None:
    refusal = RefusedError(refusal_code="SIM_NO", refusal="No.")

    assert refusal.refusal_code == "SIM_NO"
    assert str(refusal) == "eHealth refused: No. (SIM_NO)"


def test_only_a_start_that_cannot_succeed_is_pointless() -> None:
    assert {error.__name__ for error in LEAVES if error.pointless} == {
        "TooEarlyError",
        "CertificateExpiredError",
        "CertificateRevokedError",
        "RequestUnderWayError",
        "NothingToRenewError",
        "CertificateStillValidError",
        "RenewInsteadError",
        "NothingToRevokeError",
        "NotAppointedError",
        "EncryptionKeyLostError",
        "KeystoreFinishedError",
        "RequestUnknownError",
    }
