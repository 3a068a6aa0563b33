"""Writes `docs/procedures/`, a page for each procedure, from the definitions: `make pages`."""

from __future__ import annotations

import sys
from pathlib import Path

from workflow.definition import Asking, Definition, Final, State, Waiting, Working
from workflow.definitions import DEFINITIONS
from workflow.diagram import mermaid
from workflow.forms import FORMS, PIN

FOLDER = Path(__file__).parents[2] / "docs" / "procedures"

_SECRETS = {
    PIN: "the PIN of the card",
    "keystore_password": "the password of the keystore",
    "new_keystore_password": "the new password",
}
_LEAVING = ("cancel", "abandon", "back")


def page(definition: Definition) -> str:
    """The page of a procedure: its diagram, and what the user sees in each state."""
    parts = [
        "<!-- Made from the definition by `make pages`: change workflow/definitions/, not this file. -->",
        f"# {definition.title}",
        f"Definition `{definition.name}`, version {definition.version}. `back`, `cancel` and `abandon` are left out of "
        "the diagram; the table has them.",
        f"```mermaid\n{mermaid(definition, without=_LEAVING)}```",
        "## What the user sees",
        "\n".join([_HEAD, *(_row(definition, state) for state in definition.states)]),
    ]
    return "\n\n".join(parts) + "\n"


_HEAD = """\
| state | what it says | what to do | whose turn | asks for | leave by |
|---|---|---|---|---|---|"""


def _row(definition: Definition, state: State) -> str:
    leaving = [f"`{trigger}`" for trigger in _LEAVING if trigger in definition.triggers(state.name)]
    cells = (f"`{state.name}`", state.says, state.todo, _turn(state), _asked(state), ", ".join(leaving))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _turn(state: State) -> str:
    if isinstance(state, Final):
        return "the end"
    if isinstance(state, Working):
        return "the program"
    return state.turn.value


def _asked(state: State) -> str:
    asked: list[str] = []
    if isinstance(state, Asking):
        asked += [field.label for field in FORMS[state.form].fields]
    if isinstance(state, (Working, Asking, Waiting)):
        asked += [_SECRETS[name] for name in state.secrets]
    return "; ".join(asked)


def pages() -> dict[Path, str]:
    """Every page, by its file."""
    found = {FOLDER / f"{name}.md": page(definition) for name, definition in DEFINITIONS.items()}
    listed = [f"- [{definition.title}]({name}.md)" for name, definition in DEFINITIONS.items()]
    head = "# The procedures\n\nEach page is made from the definition that the program runs.\n\n"
    return {FOLDER / "README.md": head + "\n".join(listed) + "\n", **found}


def main() -> None:
    """Write the pages, and remove those of procedures that are gone."""
    FOLDER.mkdir(exist_ok=True)
    wanted = pages()
    for path in FOLDER.glob("*.md"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        path.write_text(text, "utf-8")
    sys.stdout.write(f"{len(wanted)} pages in {FOLDER}\n")


if __name__ == "__main__":
    main()
