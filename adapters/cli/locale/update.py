"""Brings every catalogue up to date with the program: `make messages`.

New texts are added without translation, texts that are gone are dropped, and the compiled catalogues are written
anew. The end tells which texts wait for a translator.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

LOCALE = Path(__file__).parent
ROOT = LOCALE.parents[2]
PACKAGES = ("workflow", "steps", "state", "adapters")
WIDTH = 120


def texts_of_program() -> dict[str, list[str]]:
    """Every English text that people may see, and the files in which it stands."""
    found: dict[str, list[str]] = {}
    for path in sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for text in texts_in(path.read_text("utf-8")):
            if name not in found.setdefault(text, []):
                found[text].append(name)
    return found


def texts_in(source: str) -> Iterator[str]:
    """The texts of one module: what is marked, the help of options, and what commands say about themselves."""
    # Not babel's extractor: it reads tokens, and misses what stands inside an f-string before Python 3.12.
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.FunctionDef) and any(map(_makes_command, node.decorator_list)):
            yield from filter(None, [ast.get_docstring(node)])


def _of_call(call: ast.Call) -> Iterator[str]:
    if isinstance(call.func, ast.Name) and call.func.id in ("mark", "_"):
        yield from _constants(call.args[:1])
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "option":
        yield from _constants(keyword.value for keyword in call.keywords if keyword.arg == "help")


def _constants(nodes: Iterable[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield node.value


def _makes_command(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr in ("command", "group")


def catalogues() -> dict[Path, Catalog]:
    """What the translators wrote: every `<language>/LC_MESSAGES/ehcert.po`."""
    return {path: read(path) for path in sorted(LOCALE.glob("*/LC_MESSAGES/ehcert.po"))}


def read(path: Path) -> Catalog:
    """A catalogue from its file; raises when it is malformed."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, abort_invalid=True)


def brought_up_to_date(catalogue: Catalog, texts: dict[str, list[str]]) -> Catalog:
    """The same catalogue with exactly these texts, in their order; known translations are kept."""
    fresh = Catalog(
        locale=catalogue.locale,
        header_comment=catalogue.header_comment,
        project="ehcert",
        version="1",
        creation_date=catalogue.creation_date,
        revision_date=catalogue.revision_date,
        last_translator="ehcert",
        language_team="ehcert",
        fuzzy=False,
    )
    for text, files in texts.items():
        known = catalogue.get(text)
        fresh.add(text, known.string if known else "", locations=[(name, 0) for name in files])
    return fresh


def write(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue and its compiled form."""
    with path.open("wb") as file:
        write_po(file, catalogue, width=WIDTH, include_lineno=False)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


def main() -> int:
    """Update everything; returns 1 when a translation is missing."""
    texts, missing = texts_of_program(), 0
    for path, catalogue in catalogues().items():
        fresh = brought_up_to_date(catalogue, texts)
        write(path, fresh)
        for message in fresh:
            if message.id and not message.string:
                missing += 1
                sys.stdout.write(f"{path.relative_to(LOCALE)}: {message.id}\n")
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/click.po")):
        write(path, read(path))
    sys.stdout.write(f"{len(texts)} texts, {missing} without translation\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
