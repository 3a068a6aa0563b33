"""Every error becomes a message, a hint, a stable code and an exit code; nothing of it needs guessing."""

from __future__ import annotations

import ast
import errno
import inspect
import json
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest

from adapters.cli import failing
from adapters.cli.app import COMMANDS, ehcert
from adapters.cli.words import set_language
from workflow import errors
from workflow.errors import EhcertError, Exit

ROOT = Path(errors.__file__).parents[1]


def leaves(family: type[EhcertError] = EhcertError) -> Iterator[type[EhcertError]]:
    below = family.__subclasses__()
    if "code" in vars(family) and family.text:
        yield family
    for one in below:
        yield from leaves(one)


LEAVES = sorted(set(leaves()), key=lambda leaf: leaf.code)
each_leaf = pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.code)


def names_in(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def needed(leaf: type[EhcertError]) -> set[str]:
    return set().union(*map(names_in, (leaf.text, leaf.hint, *leaf.next)))


def made(leaf: type[EhcertError]) -> EhcertError:
    if leaf is errors.RefusedError:
        return errors.RefusedError(refusal_code="NOT_REPLACEABLE", refusal="no")
    if leaf is errors.WrongPinError:
        return errors.WrongPinError(attempts_left=2)
    given: dict[str, Any] = dict.fromkeys(needed(leaf), "x")
    given |= {name: datetime(2027, 1, 22, tzinfo=UTC) for name in given if name in ("until", "since")}
    return leaf(**(given | ({"id": "23456789"} if "id" in given else {})))


# --- every leaf ---------------------------------------------------------------------------------------------------


def test_codes_are_stable_and_unique() -> None:
    codes = [leaf.code for leaf in LEAVES]

    assert len(codes) == len(set(codes))
    assert all(code.replace("_", "").isalnum() and code == code.lower() for code in codes)


@each_leaf
def test_each_error_is_one_json_object(leaf: type[EhcertError], capsys: pytest.CaptureFixture[str]) -> None:
    code = failing.told(made(leaf), as_json=True)

    captured = capsys.readouterr()
    body = json.loads(captured.out)
    assert body.keys() == {"schema", "error"}
    assert body["schema"] == "ehcert.error/1"
    assert body["error"].keys() == {"code", "message", "hint", "next", "exit"}
    assert body["error"]["code"] == leaf.code
    assert body["error"]["exit"] == code == leaf.exit
    assert body["error"]["message"]
    assert "{" not in body["error"]["message"] + body["error"]["hint"]
    assert captured.err == ""


@each_leaf
def test_each_error_tells_what_to_do(leaf: type[EhcertError], capsys: pytest.CaptureFixture[str]) -> None:
    code = failing.told(made(leaf), as_json=False)

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("ehcert: error: ")
    assert "ehcert: hint: " in captured.err
    assert code == leaf.exit


@each_leaf
def test_each_error_speaks_french(leaf: type[EhcertError], capsys: pytest.CaptureFixture[str]) -> None:
    error = made(leaf)
    failing.told(error, as_json=False)
    english = capsys.readouterr().err

    set_language("fr")
    failing.told(error, as_json=False)

    french = capsys.readouterr().err
    assert french.startswith("ehcert: erreur: ")
    assert set(french.splitlines()).isdisjoint(english.splitlines())


@each_leaf
def test_the_style_of_each_text(leaf: type[EhcertError]) -> None:
    for text in (leaf.text, leaf.hint):
        assert not text.endswith((".", "!"))
        assert not text[0].isupper() or text.startswith(("INAMI", "PIN"))


EXITS = {
    Exit.FAILED: "internal_error consent_refused contract_not_approved not_loaded_yet contract_mismatch "
    "certificate_wrong etk_wrong",
    Exit.USAGE: "bad_value malformed_email malformed_phone malformed_ssin malformed_inami password_not_allowed "
    "passwords_differ answer_missing reason_missing secret_missing bad_answers bad_setting action_not_possible "
    "which_procedure procedure_under_way request_under_way",
    Exit.NOT_FOUND: "no_such_procedure nothing_to_resume nothing_to_renew",
    Exit.CARD: "card_middleware_missing card_reader_absent card_absent card_not_eid card_several card_not_active "
    "card_expired card_of_other_person card_removed pin_wrong pin_blocked pin_malformed pin_cancelled card_unusable",
    Exit.KEYSTORE: "keystore_missing not_a_keystore keystore_damaged keystore_password_wrong keystore_of_other_person "
    "old_keystore_password_wrong "
    "keystore_unfinished keystore_not_ehealth keystore_changed keystore_of_other_environment",
    Exit.NETWORK: "ehealth_unreachable ehealth_no_answer ehealth_nonsense ehealth_fault challenge_wrong not_proven "
    "in_doubt",
    Exit.REFUSED: "ehealth_refused",
    Exit.TIME: "too_early certificate_expired certificate_revoked clock_off certificate_not_yet_valid",
    Exit.BUSY: "busy",
    Exit.STORE: "folder_not_writable store_newer procedure_newer store_damaged store_unusable",
}  # fmt: skip


@pytest.mark.parametrize(("code", "exit_code"), [(code, end) for end, codes in EXITS.items() for code in codes.split()])
def test_scripts_can_rely_on_the_exit_code(code: str, exit_code: Exit) -> None:
    assert {leaf.code: leaf.exit for leaf in LEAVES}[code] is exit_code


@each_leaf
def test_the_next_commands_are_real(leaf: type[EhcertError]) -> None:
    for command in leaf.next:
        program, name, *arguments = command.format(id="23456789").split()
        assert program == "ehcert"
        assert name in COMMANDS
        found = ehcert.get_command(click.Context(ehcert), name)
        assert found is not None
        found.make_context(name, arguments, resilient_parsing=True)  # raises for an option that there is not


def raised() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Where errors are made: the place, the class and the names of its details."""
    known = {name for name, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, EhcertError)}
    for path in sorted(
        file for package in ("workflow", "steps", "state", "adapters") for file in (ROOT / package).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
                names = frozenset(keyword.arg or "**" for keyword in node.keywords)
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.func.id, names


def test_whoever_raises_an_error_gives_all_that_its_texts_name() -> None:
    own = {"RefusedError", "WrongPinError"}  # these have a constructor of their own, which mypy checks
    short = [
        (place, name, sorted(needed(getattr(errors, name)) - details))
        for place, name, details in raised()
        if name not in own and "**" not in details and needed(getattr(errors, name)) - details
    ]

    assert short == []


def test_when_nothing_was_kept_nobody_is_sent_to_resume(capsys: pytest.CaptureFixture[str]) -> None:
    failing.told(errors.EhealthNonsenseError(reason="x"), as_json=True, start="ehcert renew")

    body = json.loads(capsys.readouterr().out)["error"]
    assert body["next"] == ["ehcert renew"]
    assert body["hint"] == "nothing was kept; run ehcert renew again in some minutes"


def test_a_procedure_that_is_under_way_is_still_named(capsys: pytest.CaptureFixture[str]) -> None:
    failing.told(errors.ProcedureUnderWayError(id="23456789"), as_json=True, start="ehcert renew")

    assert json.loads(capsys.readouterr().out)["error"]["next"] == ["ehcert resume 23456789"]


# --- what is not ours ---------------------------------------------------------------------------------------------


def test_a_national_number_and_an_escape_in_a_value_are_made_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    failing.told(errors.KeystoreMissingError(path=Path("/x/SSIN=75031299943\x1b[2J.p12")), as_json=False)

    error = capsys.readouterr().err
    assert "75031299943" not in error
    assert "\x1b" not in error


def test_a_refusal_of_ehealth_is_shown_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    failing.told(errors.RefusedError(refusal_code="X\x1b", refusal="no\x1b]52;c;x\x07 75031299943"), as_json=False)

    error = capsys.readouterr().err
    assert "\x1b" not in error
    assert "75031299943" not in error


def test_a_bug_shows_where_it_is_but_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise ValueError("the PIN is 918273")

    try:
        broken()
    except ValueError as error:
        code = failing.told(error, as_json=True)

    captured = capsys.readouterr()
    assert code == Exit.FAILED
    assert json.loads(captured.out)["error"]["code"] == "internal_error"
    assert "ValueError" in captured.err
    assert "918273" not in captured.out + captured.err.replace('raise ValueError("the PIN is 918273")', "")


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), click.Abort(), EOFError()], ids=lambda error: type(error).__name__
)
def test_an_interruption_has_its_own_exit_code(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert failing.told(error, as_json=True) == Exit.INTERRUPTED
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "interrupted"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO], ids=errno.errorcode.get)
def test_a_disk_that_refuses_is_no_bug(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    code = failing.told(OSError(number, "x", "/home/SSIN=75031299943.p12"), as_json=True)

    body = json.loads(capsys.readouterr().out)["error"]
    assert code == Exit.STORE
    assert body["code"] == "disk"
    assert "75031299943" not in body["message"]


def test_a_usage_error_names_the_help_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.UsageError) as refused:
        ehcert.main(["show"], prog_name="ehcert", standalone_mode=False)

    code = failing.told(refused.value, as_json=True)

    body = json.loads(capsys.readouterr().out)["error"]
    assert code == Exit.USAGE
    assert body["code"] == "usage"
    assert body["next"] == ["ehcert show --help"]
