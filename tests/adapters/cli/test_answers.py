"""An answers file is checked whole, with the line of what is wrong, before anything is done."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.cli import failing
from adapters.cli.answers import LARGEST, read_answers
from workflow.errors import BadAnswersError, BadValueError, Exit, MalformedEmailError

GOOD = """\
consent:
  agree: true
contact:
  email_private: exemple@example.org
  phone_private: "+32 470 00 00 00"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answers.yaml"


def test_answers_come_in_their_normal_form(file: Path) -> None:
    file.write_text('contact:\n  email_private: " exemple@example.org "\n  phone_private: "0470  00 00 00"\n')

    answers = read_answers(file)

    assert answers == {"contact": {"email_private": "exemple@example.org", "phone_private": "0470 00 00 00"}}


def test_an_empty_file_has_no_answers(file: Path) -> None:
    file.write_text("# nothing yet\n")

    assert read_answers(file) == {}


def test_a_file_of_a_windows_editor_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())

    assert read_answers(file)["consent"] == {"agree": True}


REFUSED = {
    "a tag of Python": ("consent: !!python/object/apply:os.system\n  - touch x\n", 1, "tags"),
    "a tag on a value": ("consent:\n  agree: !!bool true\n", 2, "tags"),
    "a tag of our own": ("consent:\n  agree: !secret x\n", 2, "tags"),
    "an alias": ("consent: &a\n  agree: true\napproval: *a\n", 1, "anchors and aliases"),
    "a bomb of aliases": ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n", 1, "anchors and aliases"),
    "a merge": ("consent:\n  <<: {agree: true}\n", 2, "merging"),
    "the same form twice": ("consent:\n  agree: true\nconsent:\n  agree: true\n", 3, "twice"),
    "the same field twice": ("consent:\n  agree: false\n  agree: true\n", 3, "twice"),
    "a field with fields": ("contact:\n  email_private:\n    of: me\n", 3, "only a form, its fields"),
    "a depth without end": ("[" * 60_000, 1, "only a form, its fields"),
    "depth by lists": ("- " * 30_000, 1, "only a form, its fields"),
    "two documents": ("consent: {}\n---\napproval: {}\n", 2, "one document"),
    "a list": ("- consent\n", 1, "a form with its fields"),
    "a word": ("yes\n", 1, "a form with its fields"),
    "a form without fields": ("consent:\n", 1, "fields with their values"),
    "a form that is a list": ("consent: [agree]\n", 1, "fields with their values"),
    "a form that is not known": ("\nconsnet:\n  agree: true\n", 2, "there is no form 'consnet'"),
    "a field that is not known": ("contact:\n  mail: a@example.org\n", 2, "'contact' has no field 'mail'"),
    "a number for a text": ("contact:\n  phone_private: 0470000000\n", 2, "'phone_private' must be a text"),
    "a boolean for a text": ("contact:\n  email_private: true\n", 2, "'email_private' must be a text"),
    "a date for a text": ("contact:\n  phone_private: 2026-01-01\n", 2, "'phone_private' must be a text"),
    "nothing for a text": ("contact:\n  phone_private:\n", 2, "'phone_private' must be a text"),
    "a number for a yes": ("consent:\n  agree: 1\n", 2, "'agree' must be true or false"),
    "a text for a yes": ('consent:\n  agree: "true"\n', 2, "'agree' must be true or false"),
    "a password in clear": ("keystore:\n  keystore_password: geheim\n", 2, "a secret never stands in a file"),
    "a new password in clear": ("password:\n  new_keystore_password: geheim1\n", 2, "a secret never stands"),
    "no YAML": ("consent: 'agree\n", 2, "this is not YAML"),
    "a tab": ("consent:\n\tagree: true\n", 2, "this is not YAML"),
    "a control character": ("consent:\n  agree: \x00\n", 1, "this is not YAML"),
}


@pytest.mark.parametrize(("text", "line", "problem"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_with_its_line_and_its_problem(file: Path, text: str, line: int, problem: str) -> None:
    file.write_text(text)
    begun = time.monotonic()

    with pytest.raises(BadAnswersError) as refused:
        read_answers(file)

    assert problem in str(refused.value)
    assert refused.value.details["line"] == line
    assert refused.value.exit is Exit.USAGE
    assert time.monotonic() - begun < 5  # bounded, also on a busy machine


def test_a_file_that_is_too_large_is_not_parsed(file: Path) -> None:
    file.write_text("#" * (LARGEST + 1))

    with pytest.raises(BadAnswersError, match="too large"):
        read_answers(file)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"consent: {agree: true} # \xe9"], ids=["UTF-16", "Latin-1"])
def test_another_encoding_cannot_be_read(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    with pytest.raises(BadAnswersError, match="cannot be read"):
        read_answers(file)


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(BadAnswersError, match="there is no such file"):
        read_answers(file)


def test_a_pipe_is_not_waited_for(file: Path) -> None:
    os.mkfifo(file)

    with pytest.raises(BadAnswersError, match="no ordinary file"):
        read_answers(file)


def test_a_malformed_value_is_told_with_its_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(GOOD.replace("exemple@example.org", "exemple@"))

    with pytest.raises(MalformedEmailError) as refused:
        read_answers(file)
    failing.told(refused.value, as_json=False)

    error = capsys.readouterr().err
    assert f"email_private: this is not an e-mail address ({file}, line 4)" in error


def test_a_national_number_in_the_wrong_place_is_not_repeated(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text('"75031299943":\n  agree: true\n')

    with pytest.raises(BadAnswersError) as refused:
        read_answers(file)
    failing.told(refused.value, as_json=True)

    assert "75031299943" not in capsys.readouterr().out


@given(text=st.text(alphabet="consentagr: \n-{}[]&*!|>'\"%?#\t0\u00e9", max_size=60))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_it_only_our_errors_come_out(file: Path, text: str) -> None:
    file.write_text(text)

    try:
        answers = read_answers(file)
    except (BadAnswersError, BadValueError):
        return

    assert all(isinstance(fields, dict) for fields in answers.values())


@pytest.mark.parametrize("written", ["2020-09-01", '"2020-09-01"', '"1/9/2020"', "1.9.2020"])
def test_a_day_may_be_written_in_the_usual_ways(tmp_path: Path, written: str) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(f"inami_number:\n  since: {written}\n")

    assert read_answers(path) == {"inami_number": {"since": "2020-09-01"}}


def test_answers_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    piped = SimpleNamespace(buffer=io.BytesIO(b"consent:\n  agree: true\n"))
    monkeypatch.setattr(sys, "stdin", piped)

    assert read_answers(Path("-")) == {"consent": {"agree": True}}


def test_too_much_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b" " * (64 * 1024 + 1))))

    with pytest.raises(BadAnswersError, match="too large"):
        read_answers(Path("-"))
