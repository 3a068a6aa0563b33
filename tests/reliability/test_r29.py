"""R29, personal data at rest: in no file of ours in clear, and nothing is left when a procedure is forgotten.

That a fault fired is proved by the store itself: opened with its key, it gives back every value that is searched for;
and the same search finds each of them in a file that holds it, however it is encoded.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from adapters.sandbox.people import PROVIDER
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.desks import Desk, a_desk
from tests.reliability.driving import a_home
from tests.reliability.judging import disguises, files_under
from tests.reliability.processes import Home
from tests.world.person import ANSWERS
from tests.world.wire import Fault
from workflow.definition import Final
from workflow.definitions.renew import RENEW

pytestmark = [pytest.mark.slow, pytest.mark.soap]

_NOTHING_STORED = ("checking", "awaiting_consent", "awaiting_card")
_NOT_ON_THE_WAY = ("awaiting_validation",)
STATES = tuple(
    state.name
    for state in RENEW.states
    if not isinstance(state, Final) and state.name not in _NOTHING_STORED + _NOT_ON_THE_WAY
)


# --- what is searched for -----------------------------------------------------------------------------------------


def personal(facts: Mapping[str, Any]) -> dict[str, str]:
    """The personal values that these facts hold, by name, each in the forms in which it may be written."""
    contact = ANSWERS["contact"]
    values = {
        "national number": PROVIDER.ssin,
        "national number with dots": "75.03.12-999.43",
        "first names": PROVIDER.first_names,
        "surname": PROVIDER.surname,
        "names in capitals": "ZOE ELISE EXEMPLE",
        "e-mail": contact["email_private"],
        "phone": contact["phone_private"],
        "phone without blanks": contact["phone_private"].replace(" ", ""),
    }
    if "contract" in facts:
        texts = facts["contract"]["texts"]
        values |= {"DN": facts["contract"]["dn"], **{f"contract {code}": _sentence(texts[code]) for code in texts}}
    for fact in ("old_keystore", "new_keystore"):
        values |= {f"{fact} {name}": value for name, value in facts.get(fact, {}).items() if name in ("path", "name")}
    return values


def _sentence(html: str) -> str:
    """The longest piece of a text between two tags."""
    return max((piece.strip() for piece in html.replace(">", "<").split("<")), key=len)[:60]


def found_in(values: Mapping[str, str], sinks: Mapping[str, bytes]) -> Iterator[Problem]:
    """Every value that lies in a sink: as it is, encoded, or as JSON escapes it."""
    for name, value in values.items():
        for disguise, seen in {**disguises(value), **_shifted(value), "JSON": json.dumps(value)[1:-1].encode()}.items():
            for sink, content in sinks.items():
                if seen in content:
                    yield Problem(Harm.LEAKED, f"{name} in {Path(sink).name}, {disguise}")


def _shifted(value: str) -> dict[str, bytes]:
    """base64 of a value that begins inside a group of three bytes."""
    plain = value.encode()
    if len(plain) < 9:
        return {}
    return {
        f"base64 from {shift}": base64.b64encode(plain[shift : shift + (len(plain) - shift) // 3 * 3])
        for shift in (1, 2)
    }


def search_works(values: Mapping[str, str]) -> bool:
    """Whether each value is found in a file that holds it, whatever stands before it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "witness")
        for name, value in values.items():
            for before in (b"", b"x", b"xy"):
                file.write_bytes(base64.b64encode(before + value.encode()) if len(value) > 8 else value.encode())
                if not any(found_in({name: value}, files_under(Path(folder)))):
                    return False
    return True


def held(desk: Desk) -> bool:
    """Whether the store, opened with its key, gives the personal values back."""
    [procedure] = desk.world.all_procedures()
    facts = json.dumps(dict(procedure.facts), ensure_ascii=False)
    return all(value in facts for value in (PROVIDER.ssin, PROVIDER.first_names, PROVIDER.surname))


# --- the store ----------------------------------------------------------------------------------------------------


def stored_before(state: str) -> Verdict:
    """Everything in the data folder when a renewal stands before a state, with a crash behind it."""
    with a_desk(stored=True) as desk:
        desk.halt_before(state)
        [procedure] = desk.world.all_procedures()
        values = personal(procedure.facts)
        problems = found_in(values, files_under(desk.store_file.parent))
        return Verdict(held(desk) and search_works(values), tuple(problems))


def stored_at_the_end(then: Callable[[Desk], None] = lambda desk: None) -> Verdict:
    """A finished renewal."""
    with a_desk(stored=True) as desk:
        then(desk)
        desk.finish()
        [procedure] = desk.world.all_procedures()
        return Verdict(held(desk), tuple(found_in(personal(procedure.facts), files_under(desk.store_file.parent))))


def in_trouble(break_it: Callable[[Desk], object]) -> Verdict:
    """An error whose details name a file or a person is remembered in the journal."""
    with a_desk(stored=True) as desk:
        desk.halt_before("installing")
        break_it(desk)
        desk.sit()
        [procedure] = desk.world.all_procedures()
        told = desk.world.journal(procedure.id)[-1].line
        fired = told.kind == "trouble" and bool(desk.errors)
        problems = found_in(personal(procedure.facts), files_under(desk.store_file.parent))
        return Verdict(fired and held(desk), tuple(problems))


def refused_with(message: str) -> Verdict:
    """eHealth names the person in its refusal."""
    with a_desk(stored=True) as desk:
        desk.halt_before("submitting")
        answer = desk.world.authority.answer

        def refuse(service: str, body: bytes) -> Any:
            return _refusal_of(body, message, desk) or answer(service, body)

        desk.world.wire.far_side = type("Refusing", (), {"answer": staticmethod(refuse)})()
        ended = desk.finish()
        fired = ended is not None and message in str(ended.facts.get("refusal"))
        values = personal(ended.facts) if ended else {}
        return Verdict(fired, tuple(found_in(values, files_under(desk.store_file.parent))))


def _refusal_of(body: bytes, message: str, desk: Desk) -> Any:
    """The answer that refuses a request for a certificate; None for another message."""
    from adapters.sandbox import gate
    from adapters.sandbox.operations import CERTRA_PATH
    from adapters.sandbox.refusal import BadMessage, Refusal
    from adapters.sandbox.replies import refused

    try:
        operation, request = gate.read(CERTRA_PATH, body)
    except BadMessage:
        return None
    if operation.name != "generateCertificate":
        return None
    refusal = Refusal("SIM_DUPLICATE_KEY")
    refusal.message = message
    return refused(operation, "_refused", request.get("Id"), desk.world.clock.now(), refusal)


def journal_of_sqlite() -> Verdict:
    """The rollback journal, as it lies on disk at every commit of a renewal."""
    seen: list[bytes] = []
    with a_desk(stored=True) as desk:

        def look(connection: Any) -> None:
            beside = desk.store_file.with_name(desk.store_file.name + "-journal")
            if beside.exists():
                seen.append(beside.read_bytes())

        event.listen(Engine, "commit", look)
        try:
            desk.finish()
        finally:
            event.remove(Engine, "commit", look)
        [procedure] = desk.world.all_procedures()
        fired = held(desk) and any(procedure.id.encode() in content for content in seen)
        sinks = {f"journal {number}": content for number, content in enumerate(seen)}
        return Verdict(fired, tuple(found_in(personal(procedure.facts), sinks)))


# --- forgotten ----------------------------------------------------------------------------------------------------


def forgotten(state: str) -> Verdict:
    """When a procedure is forgotten no byte of it is left: not its identifier, not even what was encrypted."""
    with a_desk(stored=True) as desk:
        desk.halt_before(state)
        [procedure] = desk.world.all_procedures()
        pieces = {**personal(procedure.facts), **_pieces(desk), "identifier": procedure.id}
        before = b"".join(files_under(desk.store_file.parent).values())
        sealed = list(_pieces(desk).values())
        # Where SQLite goes on in another page a piece is in two parts: most are whole.
        fired = sum(piece.encode() in before for piece in sealed) > len(sealed) / 2
        desk.world.open_store().forget(procedure.id)
        after = files_under(desk.store_file.parent)
        left = [name for name, one in pieces.items() if any(one.encode() in content for content in after.values())]
        return Verdict(fired, tuple(Problem(Harm.LEAKED, f"{name} is left") for name in left))


def _pieces(desk: Desk) -> dict[str, str]:
    """The encrypted values as they lie in the file: a piece of each that cannot stand there by chance."""
    import sqlite3

    connection = sqlite3.connect(f"file:{desk.store_file}?mode=ro", uri=True)
    try:
        [facts] = connection.execute("SELECT facts FROM procedure").fetchone()
        details = [row[0] for row in connection.execute("SELECT details FROM journal")]
    finally:
        connection.close()
    sealed = [value["sealed"] for value in json.loads(facts).values() if isinstance(value, dict) and "sealed" in value]
    return {f"sealed value {number}": text[:40] for number, text in enumerate([*sealed, *details])}


# --- the commands -------------------------------------------------------------------------------------------------


def after_a_command(commands: Callable[[Home], None], state: str) -> Verdict:
    """Everything that real commands left in their folders, but for the far side's own and the keystores."""
    with a_home() as home:
        commands(home)
        shown = home.run("status", "--all", "--json").answer
        fired = bool(shown.get("procedures")) and shown["procedures"][0]["state"] == state
        files = files_under(home.folder / "data", home.folder / "config")
        ours = {name: content for name, content in files.items() if not name.startswith(str(home.sandbox))}
        values = personal({}) | {"keystore": "SSIN="}
        problems = [*found_in(values, ours), *found_in(values, {name: os.fsencode(name) for name in ours})]
        return Verdict(fired and search_works(values), tuple(problems))


def _renew(home: Home) -> None:
    home.renew()


def _renew_and_wait(home: Home) -> None:
    home.renew()
    home.move_clock(timedelta(days=2))
    home.resume(answers=False)


def _renew_to_the_end(home: Home) -> None:
    _renew_and_wait(home)
    home.resume()


def cases() -> list[Case]:
    """The store before every state, in trouble, refused, its journal, forgotten, and after real commands."""
    message = f"Unknown: {ANSWERS['contact']['email_private']} of {PROVIDER.first_names} {PROVIDER.surname}"
    return [
        *(Case(f"before {state}", partial(stored_before, state)) for state in STATES),
        Case("at the end", stored_at_the_end),
        Case("after a lost answer", partial(stored_at_the_end, _answer_lost)),
        Case("a wrong password in the journal", partial(in_trouble, _wrong_password)),
        Case("a missing file in the journal", partial(in_trouble, lambda desk: desk.file.unlink())),
        Case("a damaged file in the journal", partial(in_trouble, lambda desk: os.truncate(desk.file, 99))),
        Case("refused by name", partial(refused_with, message)),
        Case("the journal of SQLite", journal_of_sqlite),
        *(Case(f"forgotten {state}", partial(forgotten, state)) for state in STATES[::3]),
        Case("after renew", partial(after_a_command, _renew, "awaiting_delivery")),
        Case("after resume", partial(after_a_command, _renew_and_wait, "awaiting_handover")),
        Case("after the end", partial(after_a_command, _renew_to_the_end, "done")),
    ]


def _answer_lost(desk: Desk) -> None:
    desk.world.wire.fail(Fault.ANSWER_LOST, "generateCertificate")


def _wrong_password(desk: Desk) -> None:
    desk.world.person.secrets["new_keystore_password"] = ["not-the-one", "new-password"]


ROW = register(Row("R29", "personal data at rest", cases, share=1.0))


@pytest.mark.parametrize("case", ROW.chosen(), ids=str)
def test_no_personal_value_lies_in_clear(case: Case) -> None:
    assert_clean(case)
