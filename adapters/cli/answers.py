"""Reads an answers file: YAML, form, then field, then value; checked whole before anything is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workflow.errors import BadAnswersError, BadValueError
from workflow.forms import FORMS, Form, Kind
from workflow.texts import mark

LARGEST = 64 * 1024

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
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = _text(path)
        return YAML(typ="rt", pure=True).load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadAnswersError(path=path, line=line, problem=error.problem or mark("this is not YAML")) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise BadAnswersError(path=path, line=1, problem=mark("this is not YAML")) from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise BadAnswersError(path=path, line=1, problem=mark("the file is too large"))
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadAnswersError(path=path, line=1, problem=mark("the file cannot be read")) from error
    if "&" in text and "*" in text:
        _refuse_aliases(path, text)
    return text


def _refuse_aliases(path: Path, text: str) -> None:
    from ruamel.yaml import YAML
    from ruamel.yaml.events import AliasEvent

    for event in YAML(typ="safe", pure=True).parse(text):
        if isinstance(event, AliasEvent):
            raise BadAnswersError(path=path, line=event.start_mark.line + 1, problem=mark("aliases are not accepted"))


def _form(path: Path, document: Any, name: Any) -> dict[str, Any]:
    line = document.lc.key(name)[0] + 1
    form = FORMS.get(str(name))
    if form is None:
        raise BadAnswersError(path=path, line=line, problem=f"unknown form '{name}'")
    fields = document[name]
    if not isinstance(fields, dict):
        raise BadAnswersError(path=path, line=line, problem=mark("fields with their values are expected"))
    return {str(field): _value(path, form, fields, field) for field in fields}


def _value(path: Path, form: Form, fields: Any, name: Any) -> Any:
    line = fields.lc.key(name)[0] + 1
    field = form.field(str(name))
    if field is None:
        raise BadAnswersError(path=path, line=line, problem=f"unknown field '{name}' of form '{form.name}'")
    if field.secret:
        raise BadAnswersError(path=path, line=line, problem=mark("a secret never stands in a file"))
    value = fields[name]
    if field.kind is Kind.YES and not isinstance(value, bool):
        raise BadAnswersError(path=path, line=line, problem=f"'{name}' must be true or false")
    if field.kind is not Kind.YES and not isinstance(value, str):
        raise BadAnswersError(path=path, line=line, problem=f"'{name}' must be a text: write it between quotes")
    try:
        return field.check(value if field.kind is Kind.YES else str(value))
    except BadValueError as error:
        error.add_note(f"{path}, line {line}")
        raise
