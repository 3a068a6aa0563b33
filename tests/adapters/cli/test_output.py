"""Lines fit the terminal; a file or a pipe gets them unbroken."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from adapters.cli.output import emit, fitted, paragraph, result, result_as_it_is, say, say_error, say_hint


def test_a_line_is_broken_between_words() -> None:
    assert fitted("one two three four", 9) == "one two\nthree\nfour"


def test_what_follows_is_indented_two_more() -> None:
    assert fitted("  one two three", 10) == "  one two\n    three"


def test_a_message_hangs_below_its_beginning() -> None:
    assert fitted("ehcert: error: one two", 16) == "ehcert: error:\n  one two"


def test_a_word_that_is_too_long_stays_whole() -> None:
    path = "/home/zoe/ehealth/keystore/a-long-name-with-hyphens.p12"

    assert fitted(f"see {path} now", 20) == f"see\n{path}\nnow"


def test_each_line_of_a_text_is_fitted_by_itself() -> None:
    assert fitted("one\n\n- two three", 7) == "one\n\n- two\n  three"


def test_a_pipe_gets_unbroken_lines(capsys: pytest.CaptureFixture[str]) -> None:
    line = "word " * 60 + "end"

    result(line)
    say(line)

    captured = capsys.readouterr()
    assert captured.out == f"{line}\n"
    assert captured.err == f"ehcert: {line}\n"


def test_results_and_messages_do_not_mix(capsys: pytest.CaptureFixture[str]) -> None:
    result("a")
    result_as_it_is("b")
    say_error("c")
    say_hint("d")

    captured = capsys.readouterr()
    assert captured.out == "a\nb\n"
    assert captured.err == "ehcert: error: c\nehcert: hint: d\n"


@pytest.mark.parametrize("print_it", [result, result_as_it_is, say_error, say_hint, say, paragraph])
def test_nothing_that_is_printed_steers_the_terminal(
    print_it: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    print_it("a\x1b]52;c;eA==\x07b\u202ec")

    captured = capsys.readouterr()
    assert "a\ufffd]52;c;eA==\ufffdb\ufffdc" in captured.out + captured.err


def test_json_is_one_line_with_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    emit("status", name="Zoé", text="one\ntwo")

    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"schema": "ehcert.status/1", "name": "Zoé", "text": "one\ntwo"}
