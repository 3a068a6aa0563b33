"""Reads an answers file: YAML, form, then field, then value; checked whole before anything is done."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

from adapters.cli.words import _
from workflow.errors import BadAnswersError, BadValueError
from workflow.forms import FORMS, Form, Kind
from workflow.texts import mark

LARGEST = 64 * 1024
STANDARD_INPUT = Path("-")
"""Instead of a file: what is piped into the command."""
_DEEPEST = 2
"""A form, and its fields."""

Answers = dict[str, dict[str, Any]]


def read_answers(path: Path) -> Answers:
    """The answers in a file, each in its normal form.

    Raises `BadAnswersError` with the line; `BadValueError` for a value that breaks the rule of its field. Secrets
    are refused: they never stand in a file.
    """
    document = _parsed(path)
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise BadAnswersError(path=path, line=1, problem=mark("a form with its fields is expected"))
    return {str(name): _form(path, document, name) for name in document}


def _parsed(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    text = _text(path)
    try:
        _refuse_tricks(path, text)
        return YAML(typ="rt", pure=True).load(text)
    except DuplicateKeyError as error:
        raise BadAnswersError(path=path, line=_line(error), problem=mark("a name stands there twice")) from error
    except MarkedYAMLError as error:
        raise BadAnswersError(path=path, line=_line(error), problem=mark("this is not YAML")) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise BadAnswersError(path=path, line=1, problem=mark("this is not YAML")) from error


def _text(path: Path) -> str:
    try:
        if path == STANDARD_INPUT:
            return _decoded(sys.stdin.buffer.read(LARGEST + 1), path)
        if not path.is_file():  # nor a pipe, which could make us wait for ever
            problem = mark("this is no ordinary file") if path.exists() else mark("there is no such file")
            raise BadAnswersError(path=path, line=1, problem=problem)
        with path.open("rb") as file:
            return _decoded(file.read(LARGEST + 1), path)
    except (OSError, ValueError) as error:
        raise BadAnswersError(path=path, line=1, problem=mark("the file cannot be read")) from error


def _decoded(content: bytes, path: Path) -> str:
    if len(content) > LARGEST:
        raise BadAnswersError(path=path, line=1, problem=mark("the file is too large"))
    return content.decode("utf-8-sig")


def _refuse_tricks(path: Path, text: str) -> None:
    """Look at the structure before anything is built from it: what an answers file never needs is refused."""
    from ruamel.yaml import YAML
    from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, ScalarEvent

    depth = documents = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        documents += isinstance(event, DocumentStartEvent)
        problem = None
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
            problem = mark("anchors and aliases are not accepted")
        elif isinstance(event, (CollectionStartEvent, ScalarEvent)) and event.ctag is not None:
            problem = mark("tags are not accepted")
        elif isinstance(event, ScalarEvent) and event.value == "<<":
            problem = mark("merging is not accepted")
        elif depth > _DEEPEST:
            problem = mark("only a form, its fields and their values are expected")
        elif documents > 1:
            problem = mark("one document is expected")
        if problem is not None:
            raise BadAnswersError(path=path, line=event.start_mark.line + 1, problem=problem)


def _line(error: Any) -> int:
    return error.problem_mark.line + 1 if error.problem_mark else 1


def _form(path: Path, document: Any, name: Any) -> dict[str, Any]:
    line = document.lc.key(name)[0] + 1
    form = FORMS.get(str(name))
    if form is None:
        raise BadAnswersError(path=path, line=line, problem=_told(mark("there is no form '{name}'"), name=name))
    fields = document[name]
    if not isinstance(fields, dict):
        raise BadAnswersError(path=path, line=line, problem=mark("fields with their values are expected"))
    return {str(field): _value(path, form, fields, field) for field in fields}


def _value(path: Path, form: Form, fields: Any, name: Any) -> Any:
    line = fields.lc.key(name)[0] + 1
    field = form.field(str(name))
    if field is None:
        problem = _told(mark("the form '{form}' has no field '{name}'"), form=form.name, name=name)
        raise BadAnswersError(path=path, line=line, problem=problem)
    if field.secret:
        raise BadAnswersError(path=path, line=line, problem=mark("a secret never stands in a file"))
    value = fields[name]
    if field.kind is Kind.DAY and type(value) is date:  # what YAML makes of a day without quotes
        value = value.isoformat()
    if field.kind is Kind.YES and not isinstance(value, bool):
        raise BadAnswersError(path=path, line=line, problem=_told(mark("'{name}' must be true or false"), name=name))
    if field.kind is not Kind.YES and not isinstance(value, str):
        problem = _told(mark("'{name}' must be a text: write it between quotes"), name=name)
        raise BadAnswersError(path=path, line=line, problem=problem)
    try:
        return field.check(value if field.kind is Kind.YES else str(value))
    except BadValueError as error:
        error.add_note(_told(mark("{path}, line {line}"), path=path, line=line))
        raise


def _told(problem: str, **values: object) -> str:
    """A problem in the user's language: the error that carries it knows no values of its own."""
    return _(problem).format(**values)
