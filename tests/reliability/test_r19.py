"""R19, malformed and hostile XML: both sides refuse it at once, fetch nothing, and use only what was signed.

That a fault fired is proved three ways: the message without its defect is taken in the same world; the bytes with
it reached the side under test; and what is said when they are refused names this defect and no other. A document
that asks for a file or an address also makes an obliging parser fetch it, which the traps must see.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.ehealth.client import EhealthServices
from adapters.ehealth.config import ServiceConfig
from adapters.ehealth.reply import Reply
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import COLLEAGUE, PROVIDER
from adapters.xml.parsing import serialize
from steps.ports.registration import Qualities
from tests.adapters.sandbox.client import CERTRA_SERVICE, World, opened
from tests.reliability.counting import (
    FULL,
    SEED,
    Case,
    Harm,
    Problem,
    Row,
    Verdict,
    assert_clean,
    problems_of,
    register,
)
from tests.reliability.hostile_documents import DOCUMENTS, Document, taken_apart
from tests.reliability.hostile_signatures import FORGERIES, VICTIM, Forgery, Scene
from tests.reliability.watching import CANARY, Seen, Traps
from tests.world.clock import START, FakeClock
from tests.world.keys import KeyPool
from tests.world.world import shared_card, shared_pki
from workflow.errors import EhcertError, EhealthNonsenseError

MOST_SECONDS, MOST_MEMORY = 1.0, 200_000_000


# --- the two sides ------------------------------------------------------------------------------------------------


def a_world() -> World:
    """A far side with two people and their cards, and a client of its own for it."""
    clock = FakeClock()
    sandbox = Sandbox.in_memory(clock, KeyPool(20), None, shared_pki())
    cards = {person: shared_card(person) for person in (PROVIDER, COLLEAGUE)}
    return World(sandbox, clock, cards, lambda *_: None)


@functools.cache
def _services() -> tuple[EhealthServices, list[Callable[[bytes], bytes]], World]:
    """The client, what is done to the next answer, and the far side that gives the good ones."""
    world, poison = a_world(), list[Callable[[bytes], bytes]]()

    def post(address: str, body: bytes, headers: dict[str, str]) -> Reply:
        answer = world.authority.answer(CERTRA_SERVICE, body).body
        return Reply(200, "text/xml", format_datetime(START, usegmt=True), poison.pop()(answer) if poison else answer)

    addresses = (f"http://127.0.0.1:9/{path}" for path in ("CertRa/v2", "EtkRa/v2", "EtkDepot/v1"))
    return EhealthServices(ServiceConfig(*addresses), world.clock.now, post), poison, world


def read_by_client(poison: Callable[[bytes], bytes]) -> Qualities:
    """What the client makes of an answer with a defect."""
    services, poisons, world = _services()
    poisons.append(poison)
    return services.qualities(PROVIDER.ssin, world.authentication())


def said_by_client(poison: Callable[[bytes], bytes]) -> str:
    """What the client says of an answer with a defect; nothing when it takes it."""
    try:
        found = read_by_client(poison)
    except EhealthNonsenseError as error:
        return str(error)
    return "" if found.care_provider else "read otherwise than it was written"


def said_by_sandbox(world: World, body: bytes) -> str:
    """What the sandbox says of a request with a defect; nothing when it carries it out."""
    answered = opened(world.authority.answer(CERTRA_SERVICE, body))
    if answered.is_success:
        return ""
    return " ".join(str(text) for text in answered.content.itertext() if text.strip())


# --- documents ----------------------------------------------------------------------------------------------------


def _document(side: str, document: Document) -> Verdict:
    traps = Traps()
    try:
        made: list[bytes] = []
        if side == "client":
            control = said_by_client(lambda answer: answer)
            with traps.watching() as seen:
                said = said_by_client(lambda answer: _poisoned(answer, b"true", document, traps, made))
        else:
            world = a_world()
            request = serialize(etree.fromstring(world.qualities().body()))
            control = said_by_sandbox(world, request)
            body = _poisoned(request, PROVIDER.ssin.encode(), document, traps, made)
            with traps.watching() as seen:
                said = said_by_sandbox(world, body)
        asked = not document.asks or _fetched_by_an_obliging_parser(made[0], traps)
        return _judged(control, said, document.reason, seen, arrived=bool(made) and asked)
    finally:
        traps.close()


def _poisoned(whole: bytes, text: bytes, document: Document, traps: Traps, made: list[bytes]) -> bytes:
    made.append(document.make(taken_apart(whole, text), traps))
    return made[-1]


def _fetched_by_an_obliging_parser(data: bytes, traps: Traps) -> bool:
    """Whether a parser that opens every door fetches something for this document, as the traps see it."""
    asked: list[str] = []

    class Resolver(etree.Resolver):  # type: ignore[misc]
        def resolve(self, url: str, public: str, context: Any) -> Any:
            asked.append(url)
            return self.resolve_string("", context) if url.startswith("http") else None

    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    parser.resolvers.add(Resolver())
    with traps.watching() as seen, contextlib.suppress(etree.XMLSyntaxError):
        etree.fromstring(data, parser).getroottree().xinclude()
    return bool(seen.files) or traps.url in asked


def _judged(control: str, said: str, reason: str | None, seen: Seen, *, arrived: bool) -> Verdict:
    """`control` is what was said of the message without its defect: nothing, when all is well."""
    problems = problems_of(Harm.LEAKED, seen.problems(MOST_SECONDS, MOST_MEMORY))
    if CANARY in said:
        problems.append(Problem(Harm.LEAKED, "the content of a file is shown"))
    named = reason is None or not said or any(part in said for part in reason.split("|"))
    if reason is None and said:
        problems.append(Problem(Harm.LOST, f"refused, although it is harmless: {said}"))
    if reason is not None and not said:
        problems.append(Problem(Harm.LOST, "taken, although it is hostile"))
    if not named:
        problems.append(Problem(Harm.LOST, f"refused for another reason: {said}"))
    return Verdict(arrived and not control and named, tuple(problems))


# --- signatures ---------------------------------------------------------------------------------------------------


def _forgery(forgery: Forgery) -> Verdict:
    traps = Traps()
    try:
        world = a_world()
        scene = Scene(world, world.request(PROVIDER, world.sandbox.keys.make()).request, world.signature(), traps)
        body = forgery.make(scene)
        with traps.watching() as seen:
            said = said_by_sandbox(world, body)
        accepted = world.authority.accepted_counts()
        verdict = _judged(
            "" if _control_is_taken() else "the control is refused", said, forgery.reason, seen, arrived=True
        )
        return Verdict(verdict.fired, verdict.problems + tuple(_wrongly_accepted(world, accepted, forgery)))
    finally:
        traps.close()


@functools.cache
def _control_is_taken() -> bool:
    world = a_world()
    return world.post(world.request(PROVIDER, world.sandbox.keys.make())).is_success


def _wrongly_accepted(world: World, accepted: dict[str, int], forgery: Forgery) -> Iterator[Problem]:
    """Changes that must not have happened, and what was read elsewhere than in the signed element."""
    if forgery.reason is not None and accepted:
        yield Problem(Harm.DOUBLED, f"carried out: {accepted}")
    for change in world.authority.accepted():
        record = world.sandbox.authority.desk.certificates.by_key(change.public_key_identifier or "")
        if record is None or record.contact.email_private != VICTIM:
            yield Problem(Harm.LOST, "something else than the signed element was used")


# --- the sizes that only a stream can have ------------------------------------------------------------------------


def _flood_of_the_client() -> Verdict:
    """100 MB in an answer, over HTTP: reading stops at the cap."""
    from adapters.ehealth.transport import EhealthTransport
    from tests.adapters.ehealth.far_side import head, running
    from workflow.errors import EhealthNoAnswerError

    sent: list[int] = []

    def flood(connection: Any, _: Any) -> None:
        connection.sendall(head(200, 100_000_000))
        for _number in range(1_000):
            connection.sendall(b" " * 100_000)
            sent.append(100_000)

    traps = Traps()
    try:
        with running() as far:
            far.then(flood)
            addresses = (f"{far.address}/{path}" for path in ("CertRa/v2", "EtkRa/v2", "EtkDepot/v1"))
            transport = EhealthTransport(ServiceConfig(*addresses))
            said = ""
            with traps.watching() as seen:
                try:
                    transport.post(far.address, b"<x/>", {"Content-Type": "text/xml"})
                except (EhealthNonsenseError, EhealthNoAnswerError) as error:
                    said = str(error)
        seen.connections = [one for one in seen.connections if far.address.rpartition(":")[2] not in one]
        return _judged("", said, "far too large", seen, arrived=bool(sent))
    finally:
        traps.close()


def _flood_of_the_sandbox() -> Verdict:
    """100 MB in a request: read and forgotten in pieces."""
    from adapters.sandbox.wsgi import Application

    class Stream:
        read_so_far = 0

        def read(self, size: int) -> bytes:
            self.read_so_far += size
            return bytes(size)

    world, stream, answered, traps = a_world(), Stream(), list[str](), Traps()
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": CERTRA_SERVICE, "CONTENT_LENGTH": "100000000"}
    try:
        application = Application(world.authority, lambda: datetime.now(UTC))
        with traps.watching() as seen:
            application({**environ, "wsgi.input": stream}, lambda status, headers: answered.append(status))
        return _judged("", answered[0], "413", seen, arrived=stream.read_so_far > 0)
    finally:
        traps.close()


# --- the row ------------------------------------------------------------------------------------------------------


def cases() -> list[Case]:
    """Every document towards both sides, every forgery towards the sandbox, the floods."""
    documents = [
        Case(f"{side}: {name}", functools.partial(_document, side, document))
        for side, (name, document) in itertools.product(("client", "sandbox"), DOCUMENTS.items())
    ]
    forgeries = [Case(f"signature: {name}", functools.partial(_forgery, one)) for name, one in FORGERIES.items()]
    floods = [Case("client: 100 MB", _flood_of_the_client), Case("sandbox: 100 MB", _flood_of_the_sandbox)]
    return [*documents, *forgeries, *floods]


ROW = register(Row("R19", "malformed and hostile XML", cases, share=1.0))


@pytest.mark.soap
@pytest.mark.parametrize("case", ROW.chosen(), ids=str)
def test_hostile_xml_is_refused_at_once_and_fetches_nothing(case: Case) -> None:
    assert_clean(case)


def test_there_are_enough_vectors_and_most_must_fail() -> None:
    reasons = [one.reason for one in (*DOCUMENTS.values(), *FORGERIES.values())]

    assert len(reasons) >= 80
    assert sum(reason is not None for reason in reasons) >= 60


# --- damage by chance ---------------------------------------------------------------------------------------------

PIECES = [b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"&x;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?x?>", b"\x00", b"\xff"]
PIECES += [b'Id="_1" ', b"<x>", b"</x>", b"xmlns=''", b"&#0;", b"\xef\xbb\xbf", b"</s:Body>", b"<s:Body>", b"'", b'"']


@st.composite
def damage(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """A few bytes changed, cut out, doubled, or pieces of XML put in."""
    edits = draw(
        st.lists(
            st.tuples(st.floats(0, 1), st.integers(0, 40), st.one_of(st.sampled_from(PIECES), st.binary(max_size=4))),
            min_size=1,
            max_size=4,
        )
    )

    def apply(data: bytes) -> bytes:
        for place, cut, put in edits:
            at = int(place * len(data))
            data = data[:at] + put + data[at + cut :]
        return data

    return apply


def _fuzzed(test: Callable[..., None]) -> Callable[..., None]:
    """Seconds in CI, minutes with FULL=1; the same examples for the same SEED."""
    limits = settings(
        max_examples=20_000 if FULL else 150,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    return seed(SEED)(limits(test))


@_fuzzed
@given(damage())
def test_a_damaged_answer_is_taken_for_what_it_is_or_refused(apply: Callable[[bytes], bytes]) -> None:
    with contextlib.suppress(EhcertError):
        read_by_client(apply)


@functools.cache
def _signed_once() -> tuple[World, bytes]:
    world = a_world()
    return world, world.request(PROVIDER, world.sandbox.keys.make()).body()


@_fuzzed
@given(damage())
def test_a_damaged_request_is_never_carried_out_otherwise_than_signed(apply: Callable[[bytes], bytes]) -> None:
    world, body = _signed_once()

    said_by_sandbox(world, apply(body))

    for change in world.authority.accepted():
        record = world.authority.desk.certificates.by_key(change.public_key_identifier or "")
        assert record is not None
        assert record.contact.email_private == VICTIM
        assert record.subject.identifier == PROVIDER.ssin
