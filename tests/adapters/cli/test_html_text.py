"""Foreign HTML becomes words and line breaks, nothing else."""

from __future__ import annotations

import time

import pytest

from adapters.cli.html_text import plain_text
from adapters.cli.words import safe

READ = {
    "paragraphs": ("<p>One</p><p>Two</p>", "One\n\nTwo"),
    "lines": ("One<br>Two<br/>Three", "One\nTwo\nThree"),
    "a list": ("<ul><li>One</li><li>Two</li></ul>After", "- One\n- Two\nAfter"),
    "a table": ("<table><tr><td>a</td><td> b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
    "entities": ("<p>caf&eacute; &amp; th&#233; &lt;b&gt;</p>", "café & thé <b>"),
    "spaces": ("<p>  One \n\n  two\t three </p>", "One two three"),
    "a script": ("<p>One</p><script>alert('Two')</script><style>p {}</style>Three", "One\nThree"),
    "a head": ("<html><head><title>T</title></head><body>One</body></html>", "One"),
    "comments": ("One<!-- Two --><p>Three", "One\nThree"),
    "what is never closed": ("<p>One<b>Two<div>Three", "OneTwo\nThree"),
    "no HTML": ("One\ntwo,\nthree.\n\nFour\n", "One two, three.\n\nFour"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("html", "text"), READ.values(), ids=READ)
def test_it_is_read(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_a_hidden_part_that_is_never_closed_hides_the_rest() -> None:
    assert plain_text("<p>One</p><script>Two") == "One"


def test_an_escape_cannot_steer_the_terminal_not_even_as_an_entity() -> None:
    text = safe(plain_text("<p>One\x1b]52;c;Zm9v\x07 &#27;[2J &#x202e;owT</p>"))

    assert text == "One\ufffd]52;c;Zm9v\ufffd [2J \ufffdowT"


def test_a_hostile_document_takes_no_time() -> None:
    begun = time.monotonic()

    plain_text("<div>" * 100_000 + "<" * 10_000 + "&#" * 10_000)

    assert time.monotonic() - begun < 5
