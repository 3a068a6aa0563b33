"""The text of a bundle: JSON, one topic after the other under headings in words, and a SHA-256 as the last line.

Lines that begin with `#` are for people; without them the text is JSON, with them it is YAML. The last line holds the
SHA-256 of all lines before it, so that `head -n -1 FILE | sha256sum` checks it without ehcert. It shows any change; it
does not prove who wrote the file, for everybody can compute it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from adapters.cli.words import escaped

FORMAT = 1
SCHEMA = f"ehcert.bundle/{FORMAT}"
LARGEST = 16 * 1024 * 1024
"""In bytes: some ten thousand lines of a journal."""

DEEPEST = 24
_SIGN = "# ehcert bundle"
_SUM = "# sha256: "
_SCHEMA = re.compile(r"ehcert\.bundle/([0-9]{1,6})")


class NoBundle(Exception):
    """The text is something else."""


class Changed(Exception):
    """The text is not as it was written."""


class Newer(Exception):
    """The text has a form of a later version."""


class Nonsense(Exception):
    """The text was not written by ehcert; the reason is a part of a sentence."""


def written(heading: str, topics: Mapping[str, tuple[str, Any]]) -> str:
    """The text of a bundle: for each topic its heading and its content. The first content must be the schema."""
    lines = [_SIGN, *_commented(heading), "", "{"]
    for number, (name, (about, content)) in enumerate(topics.items(), 1):
        if about:
            lines += ["", *_commented(about)]
        comma = "," if number < len(topics) else ""
        whole = f"{json.dumps(name)}: {json.dumps(content, ensure_ascii=False, indent=2)}{comma}"
        lines += [escaped(line) for line in whole.split("\n")]
    text = "\n".join([*lines, "}", ""])
    return f"{text}{_SUM}{_sum(text)}\n"


def read(text: str) -> dict[str, Any]:
    """The content of a bundle. Line ends may be those of another system.

    Raises `NoBundle`, `Changed`, `Newer`, `Nonsense`; what is too deep or too large for the memory is refused before
    anything is made of it.
    """
    text = text.replace("\r\n", "\n")
    if not text.startswith(f"{_SIGN}\n"):
        raise NoBundle
    body, found, given = text.rpartition(_SUM)
    if not found or not body.endswith("\n") or given != f"{_sum(body)}\n":
        raise Changed
    bare = "\n".join(line for line in body.split("\n") if not line.startswith("#"))
    _check_depth(bare)
    try:
        content = json.loads(bare, parse_constant=_no_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Nonsense(str(error)) from error
    if not isinstance(content, dict):
        raise Nonsense("it holds no topics")
    _check_schema(content.get("schema"))
    return content


def _check_schema(schema: object) -> None:
    known = _SCHEMA.fullmatch(schema) if isinstance(schema, str) else None
    if known is None:
        raise Nonsense("it has no schema")
    if int(known[1]) > FORMAT:
        raise Newer
    if int(known[1]) != FORMAT:
        raise Nonsense("there is no such schema")


def _commented(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.split("\n")]


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# A string that never ends is taken to the end of the text, once: looking for another beginning in it takes for ever.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


def _check_depth(text: str) -> None:
    """Count brackets outside of strings, in one pass."""
    depth = 0
    for match in _BRACKETS.finditer(text):
        if (found := match[0]) in "[{":
            depth += 1
        elif found in "]}":
            depth -= 1
        if depth > DEEPEST:
            raise Nonsense("it is nested too deeply")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no value")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in one place")
    return made
