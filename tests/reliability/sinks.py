"""Places where a text from outside ends up: files, the terminal, JSON, mails; each says what became of it."""

from __future__ import annotations

import contextlib
import email
import email.policy
import functools
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from adapters.keystore.folder import KeystoreFolder
from adapters.keystore.protection import Encryption
from adapters.keystore.writing import Rounds
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import PROVIDER
from steps.ports.keystore import AUTHENTICATION, KeyEntry, Keystore
from tests.adapters.keystore.samples import PASSWORD, issue
from tests.world.clock import START, FakeClock
from tests.world.keys import KeyPool, pooled_key
from tests.world.world import World, shared_pki
from workflow.errors import EhcertError
from workflow.forms import Choice, Field, Form, Kind, Offer, Shown
from workflow.procedure import ID_LETTERS, Line, Procedure, ProcedureId


@dataclass
class Ended:
    """What became of a text: `shown` on a terminal, `json`, and files that were made outside their folder.

    `reached`: it really came there, or it was refused there.
    """

    reached: bool
    shown: str = ""
    json: str = ""
    outside: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


# --- files --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _guarded() -> Iterator[tuple[KeystoreFolder, Callable[[], list[str]]]]:
    """A keystore folder deep in a folder of its own, and a look at whatever was made elsewhere in there."""
    with tempfile.TemporaryDirectory(prefix="ehcert-names-") as root:
        place = Path(root, "a", "b", "c", "keystore")
        place.mkdir(parents=True)
        known = _elsewhere()
        folder = KeystoreFolder(place, place / "pending", "sandbox", Encryption.COMPATIBLE, Rounds(10, 10))
        folder.check()

        def strays() -> list[str]:
            inside = [str(path) for path in Path(root).rglob("*") if path.is_file() and path.parent != folder.pending]
            return inside + sorted(_elsewhere() - known)

        yield folder, strays


def _elsewhere() -> set[str]:
    """Files with the mark in places that a path in a text may mean."""
    places = (Path.cwd(), Path(tempfile.gettempdir()), Path.home(), Path("/"), Path("/etc"))
    return {str(path) for place in places for path in place.glob("*zq7*")}


@functools.cache
def _keystore() -> Keystore:
    certificate = issue("SSIN=75031299943", pooled_key(0), "CA", pooled_key(1))
    return Keystore((KeyEntry(AUTHENTICATION, pooled_key(0), (certificate,)),))


def as_file_name(text: str) -> Ended:
    """The name of a new keystore."""
    with _guarded() as (folder, strays):
        ended = Ended(reached=False)
        for name in (text, f"{text}.sandbox.p12"):
            with _told(ended, ValueError):
                path = folder.create(name, _keystore(), PASSWORD)
                ended.reached = True
                if path.parent != folder.pending or not path.is_file():
                    ended.wrong.append(f"made {path}")
        ended.outside = strays()
        return ended


def as_application(text: str) -> Ended:
    """The application id in the name of a new keystore."""
    with _guarded() as (folder, strays):
        ended = Ended(reached=False)
        with _told(ended, ValueError):
            folder.create(folder.name_for("NIHII-HOSPITAL", "71999932", text, START), _keystore(), PASSWORD)
            ended.reached = True
        ended.outside = strays()
        return ended


def as_searched_name(text: str) -> Ended:
    """The name of a keystore that a stored fact gives."""
    with _guarded() as (folder, strays):
        Path(folder.folder.parent, "zq7").write_text("not to be found")
        ended = Ended(reached=True)
        with contextlib.suppress(ValueError):
            found = folder.find(text)
            if found is not None:
                ended.wrong.append(f"found {found}")
        ended.outside = [one for one in strays() if not one.endswith("/c/zq7")]
        return ended


def as_alias(text: str) -> Ended:
    """The alias and the name inside a certificate of a keystore, which is read and listed."""
    with _guarded() as (folder, strays):
        [entry] = _keystore().keys
        made = Keystore((replace(entry, alias=text),))
        try:
            path = folder.create("SSIN=75031299943 20310304-091011", made, PASSWORD)
        except UnicodeEncodeError:
            return Ended(reached=True, outside=strays())  # no keystore can hold it, so none can bring it
        alias = folder.open(path, PASSWORD).keys[0].alias
        folder.finish(path)
        return Ended(alias == text, outside=[one for one in strays() if "SSIN=75031299943" not in one])


# --- errors -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _told(ended: Ended, *passing: type[Exception]) -> Iterator[None]:
    """What a refusal says is shown as the program shows it."""
    try:
        yield
    except EhcertError as error:
        ended.reached = True
        ended.shown += _shown_error(error, as_json=False)
        ended.json += _shown_error(error, as_json=True)
    except passing:
        ended.reached = True


def _shown_error(error: BaseException, *, as_json: bool) -> str:
    from adapters.cli.failing import told

    with _captured() as output:
        told(error, as_json=as_json)
    return output.getvalue()


@contextlib.contextmanager
def _captured() -> Iterator[io.StringIO]:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        yield output


def in_an_error(text: str) -> Ended:
    """Every kind of error, with the text in each of its details."""
    from string import Formatter

    ended = Ended(reached=True)
    for family in _leaves(EhcertError):
        names = {
            name
            for source in (family.text, family.hint, *family.next)
            for _, name, _, _ in Formatter().parse(source)
            if name
        }
        given = {name.split("[")[0].split(".")[0]: text for name in names}
        error = family.__new__(family)
        Exception.__init__(error, "")
        error.details = given
        ended.shown += _shown_error(error, as_json=False)
        ended.json += _shown_error(error, as_json=True)
    return ended


def _leaves(family: type[EhcertError]) -> Iterator[type[EhcertError]]:
    for child in family.__subclasses__():
        if child.text:
            yield child
        yield from _leaves(child)


# --- commands -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _home(variables: Mapping[str, str] | None = None) -> Iterator[Path]:
    """A home of its own for commands in this process."""
    with tempfile.TemporaryDirectory(prefix="ehcert-shown-") as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EHCERT_")}
        wanted = {"EHCERT_HOME": folder, "EHCERT_ENVIRONMENT": "sandbox", "EHCERT_LANGUAGE": "en", **(variables or {})}
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update({**kept, **wanted})
        try:
            yield Path(folder)
        finally:
            os.environ.clear()
            os.environ.update(before)


def _run(*arguments: str) -> str:
    from adapters.cli.app import run

    with _captured() as output:
        run(list(arguments))
    return output.getvalue()


@functools.cache
def _finished() -> Procedure:
    """A finished renewal, whose facts are changed."""
    world = World()
    try:
        return world.finish()
    finally:
        world.close()


def in_a_procedure(text: str) -> Ended:
    """The facts and the journal of a stored procedure: names, paths, a refusal, what a service answered."""
    from adapters.cli.wiring import wire

    with _home():
        done = _finished()
        facts = {
            **done.facts,
            "holder": {**done.facts["holder"], "first_names": text, "surname": text},
            "new_keystore": {"name": text, "path": f"/keystore/{text}"},
            "refusal": {"code": text, "message": text},
        }
        procedure = replace(done, id=ProcedureId(ID_LETTERS[:8]), facts=facts, revision=0)
        details = {"operation": text, "message_id": text, "to": text, "code": text, "stored": text}
        trigger = text.replace("\udcff", "")  # stored in clear, which cannot hold it; steps only have words of ours
        kinds = ("moved", "back", "intent", "arrived", "refused", "trouble", "corrected")
        wire().store.insert(procedure, [Line(START, kind, "submitting", trigger, details) for kind in kinds], "someone")
        shown = _run("show", procedure.id) + _run("status", "--all")
        told = _run("show", procedure.id, "--json")
        return Ended(_meaning(text) in shown, shown, told + _run("status", "--all", "--json"))


def in_a_bundle(text: str) -> Ended:
    """A bundle of the same facts, and what the helpdesk sees of it; nothing of the text may be left in it."""
    from adapters.cli.wiring import wire

    with _home() as home:
        done = _finished()
        facts = {
            **done.facts,
            "holder": {**done.facts["holder"], "first_names": text, "surname": text},
            "new_keystore": {**done.facts["new_keystore"], "name": text, "path": f"/keystore/{text}"},
            "refusal": {"code": text, "message": text},
        }
        procedure = replace(done, id=ProcedureId(ID_LETTERS[:8]), facts=facts, revision=0)
        details = {"operation": text, "message_id": text, "code": text, "reason": text, "by": text, text: text}
        kinds = ("intent", "arrived", "refused", "trouble", "noted")
        wire().store.insert(procedure, [Line(START, kind, "submitting", "", details) for kind in kinds], "someone")
        file = home / "procedure.bundle"
        told = _run("bundle", procedure.id, str(file), "--json")
        shown = "".join(_run(look, "--bundle", str(file)) for look in ("explain", "history", "graph"))
        written = file.read_text("utf-8")
        ended = Ended("was not written by ehcert" not in shown, shown + written, told)
        if written.count("zq7") > written.count('code": "') + written.count('operation": "'):  # codes stay as they are
            ended.wrong.append("the text is in the bundle")
        if f'"surname": {json.dumps(text)}' in written or f'"surname": "{text}"' in written:
            ended.wrong.append("the name is in the bundle")
        return ended


def as_argument(text: str) -> Ended:
    """What somebody pastes into a command."""
    if "\x00" in text:
        return Ended(reached=True)  # no system hands it over
    with _home() as home:
        ended = Ended(reached=True)
        for words in (
            ["show", text],
            ["resume", text],
            [text],
            ["status", "--limit", text],
            ["renew", "--answers", text],
        ):
            ended.shown += _run(*words)
            ended.json += _run(*words, "--json")
        ended.outside = [str(path) for path in home.rglob("*zq7*")]
        return ended


def as_setting(text: str) -> Ended:
    """A value of the settings, in the environment and in the file."""
    if "\x00" in text or "\udcff" in text:
        return Ended(reached=True)  # neither can hold it
    with _home({"EHCERT_PIN_MODE": text, "EHCERT_LANGUAGE": text}):
        shown, told = _run("status"), _run("status", "--json")
    with _home() as home:
        file = home / "config" / "config.toml"
        file.parent.mkdir(parents=True)
        for line in (f"{json.dumps(text)} = 1", f"pin_mode = {json.dumps(text)}", text):
            file.write_text(line, "utf-8")
            shown, told = shown + _run("status"), told + _run("status", "--json")
    return Ended("setting" in shown, shown, told)


def in_an_answers_file(text: str) -> Ended:
    """Form, field and value of an answers file, and its name."""
    with _home() as home:
        ended = Ended(reached=True)
        documents = [{text: {"x": "y"}}, {"contact": {text: "x"}}, {"contact": {"email_private": text}}]
        documents += [{"consent": {"agree": text}}, {"keystore": {"file": text}}]
        for document in documents:
            file = home / "answers.yaml"
            file.write_text(json.dumps(document), "utf-8")
            ended.shown += _run("renew", "--answers", str(file))
            ended.json += _run("renew", "--answers", str(file), "--json")
        (home / "answers.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
        ended.shown += _run("renew", "--answers", str(home / "answers.yaml"))
        return ended


# --- the wizard ---------------------------------------------------------------------------------------------------


def in_the_wizard(text: str) -> Ended:
    """A screen: overview, contract, choices, and a default that eHealth gave."""
    from adapters.cli import terminal

    form = Form("approval", "Title", "Intro", (Field("email", Kind.TEXT, "E-mail"),))
    overview, documents = (Shown("For", text), Shown("E-mail", text)), {"fr": f"<p>{text}</p>", text: text}
    choices = (Choice("a", text), Choice("b", text))
    with _captured() as output:
        terminal._show(form, Offer(overview=overview, documents=documents), "Ctrl-C")
        _answering("1", lambda: terminal._choose(Field("card", Kind.CHOICE, "Card"), choices, None))
        typed = _answering("x@example.org", lambda: terminal._text(form.fields[0], text))
    ended = Ended(_meaning(text) in output.getvalue() or len(text) > 99, output.getvalue())
    if typed != "x@example.org":
        ended.wrong.append("the answer was not taken")
    return ended


def _answering(typed: str, ask: Callable[[], Any]) -> Any:
    from unittest import mock

    # Click's own reading wants a terminal; its prompt is printed all the same.
    def reading(prompt: str = "") -> str:
        print(prompt, end="")  # noqa: T201
        return typed

    with mock.patch("click.termui.visible_prompt_func", reading):
        return ask()


# --- the far side -------------------------------------------------------------------------------------------------


def in_a_mail(text: str) -> Ended:
    """The person's names and address in the mails of the sandbox."""
    from adapters.sandbox.certificates import Record, State
    from adapters.sandbox.dn import Subject
    from adapters.sandbox.identifiers import check_contact
    from adapters.sandbox.refusal import Refusal
    from steps.ports.registration import Actor, Contact

    sandbox = Sandbox.in_memory(FakeClock(), KeyPool(20), None, shared_pki())
    ended = Ended(reached=True)
    text = text.replace("\udcff", "")  # XML cannot hold it, so it never comes here
    try:
        for address in ("zoe@example.org", f"{text}@example.org", text):
            contact = Contact(address, "+32 470 00 00 00")
            try:
                check_contact(contact)
            except Refusal:
                continue
            record = Record(
                key="00" * 20,
                requested_at=START,
                subject=Subject("SSIN", PROVIDER.ssin, "X"),
                actor=Actor("SSIN", PROVIDER.ssin, text, text),
                contact=contact,
                base_services=(),
                requester=PROVIDER.ssin,
                state=State.WAITING,
                automatic=False,
                public_key=b"",
                replaces=None,
            )
            with sandbox.store.transaction():
                sandbox.authority.desk.mails.confirm(record, START)
        for content in sandbox.authority.desk.mails.all():
            found = email.message_from_bytes(content, policy=email.policy.default)
            if found["Bcc"] or len(found.get_all("To", [])) != 1 or found.is_multipart():
                ended.wrong.append("a header came in")
        return ended
    finally:
        sandbox.close()


def in_an_answer_of_ehealth(text: str) -> Ended:
    """Codes, texts and names that the service answers; what XML cannot hold never comes."""
    from adapters.ehealth.answers import shown

    ended = Ended(reached=True)
    for part in (shown(text), shown(f"{text}\n{text}")):
        if "\n" in part or any(not one.isprintable() for one in part):
            ended.wrong.append(f"kept as {part!r}")
    return ended


def _meaning(text: str) -> str:
    """The part of a text that is always shown."""
    return "zq7" if "zq7" in text else text


SINKS: dict[str, Callable[[str], Ended]] = {
    "file name": as_file_name,
    "application id": as_application,
    "searched name": as_searched_name,
    "alias": as_alias,
    "error": in_an_error,
    "show and status": in_a_procedure,
    "bundle": in_a_bundle,
    "argument": as_argument,
    "setting": as_setting,
    "answers file": in_an_answers_file,
    "wizard": in_the_wizard,
    "mail": in_a_mail,
    "answer of eHealth": in_an_answer_of_ehealth,
}
