"""Each fault strikes, is written down first, and does to a plain HTTP client exactly what it says."""

from __future__ import annotations

import contextlib
import gzip
import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from adapters.sandbox.acts import AnswerLate, ConnectionLost
from adapters.sandbox.fault_plan import ANY_OPERATION, FAULTS, FaultPlan
from adapters.sandbox.faults import Faulty
from adapters.sandbox.people import PROVIDER, STRANGER
from adapters.sandbox.wsgi import listening
from tests.adapters.sandbox.client import Draft, World, decoded, element, encryption_certificate, tag
from tests.adapters.sandbox.raw import Heard, say

pytestmark = pytest.mark.soap


class Rehearsal:
    """A world whose sandbox listens, with a plan around its authority."""

    def __init__(self, world: World, address: str, far_side: Faulty) -> None:
        self.world, self.address, self.far_side = world, address, far_side

    def arm(self, fault: str, operation: str = ANY_OPERATION, call: int = 1, **parameters: float) -> None:
        self.far_side.arm(FaultPlan.once(fault, operation, call, **parameters))

    def say(self, draft: Draft, wait: float = 5.0) -> Heard:
        return say(self.address, draft, wait)

    def accepted(self) -> int:
        return len(self.world.authority.accepted())


@pytest.fixture
def rehearsal(world: World) -> Iterator[Rehearsal]:
    far_side = Faulty.around(world.sandbox)
    with listening(world.sandbox, far_side=far_side) as address:
        yield Rehearsal(world, address, far_side)


@pytest.fixture
def change(world: World, key_pool: list[Any]) -> Draft:
    """A message that changes something, and that the far side would accept."""
    return world.start(world.enrolled(with_etk=False), key_pool[-1])


SHORT: dict[str, dict[str, float]] = {
    "refused": {"seconds": 0.3},
    "late": {"seconds": 0.4},
    "drip": {"seconds": 0.05},
    "huge": {"megabytes": 3},
    "bomb": {"megabytes": 3},
}
"""Parameters that make a fault quick enough for a test."""


def _is_html(status: int) -> Callable[[Heard], bool]:
    return lambda h: h.status == status and h.headers["Content-Type"].startswith("text/html") and b"<html" in h.body


def _is_fault(status: int) -> Callable[[Heard], bool]:
    return lambda h: h.status == status and h.is_whole and h.answered.code == "SOA-02001"


DOES: dict[str, Callable[[Heard], bool]] = {
    "refused": lambda h: h.end == "refused",
    "closed": lambda h: h.end in ("closed", "reset") and h.data == b"",
    "reset": lambda h: h.end == "reset" and h.data == b"",
    "request_lost": lambda h: h.end == "reset" and h.data == b"",
    "accepted_reset": lambda h: h.end == "reset" and h.data == b"",
    "answer_lost": lambda h: h.end == "closed" and h.data == b"",
    "late": lambda h: h.is_whole and h.answered.is_success and h.seconds >= 0.4,
    "truncated": lambda h: h.end == "closed" and 0 < len(h.body) < int(h.headers["Content-Length"]),
    "drip": lambda h: h.end == "closed" and h.is_whole and h.answered.is_success,
    "unavailable": lambda h: _is_html(503)(h) and h.headers["Retry-After"] == "120",
    "fault_500": _is_fault(500),
    "fault_200": _is_fault(200),
    "html_500": _is_html(500),
    "maintenance": _is_html(200),
    "empty": lambda h: h.status == 200 and h.is_whole and h.body == b"",
    "wrong_type": lambda h: h.headers["Content-Type"] == "application/octet-stream" and h.answered.is_success,
    "huge": lambda h: h.status == 200 and len(h.body) >= 3_000_000,
    "bomb": lambda h: h.headers["Content-Encoding"] == "gzip" and len(gzip.decompress(h.body)) > 3_000_000,
    "redirect": lambda h: h.status == 302 and h.headers["Location"].startswith("http://"),
    "previous": lambda h: h.answered.content.get("InResponseTo") == "_before",
    "foreign": lambda h: h.answered.is_success and h.answered.content.get("InResponseTo") != "_now",
}
CONNECTION = [name for name, fault in FAULTS.items() if name in DOES]


def test_every_fault_is_described_and_tested() -> None:
    assert set(FAULTS) == set(DOES) | set(FALSIFIES) | {"date_off", "found_then_not_yet"}
    assert all(fault.says and "\n" not in fault.says for fault in FAULTS.values())


@pytest.mark.parametrize("name", [name for name in CONNECTION if name != "drip"])
def test_a_connection_fault_does_what_it_says(name: str, rehearsal: Rehearsal, change: Draft) -> None:
    before = rehearsal.world.organization_types()
    before.request.set("Id", "_before")
    rehearsal.say(before)
    change.request.set("Id", "_now")
    rehearsal.arm(name, **SHORT.get(name, {}))
    if name == "refused":
        _until(lambda: bool(rehearsal.far_side.fired()))

    heard = rehearsal.say(change)

    assert DOES[name](heard), heard
    (fired,) = rehearsal.far_side.fired()
    assert fired.fault == name
    assert fired.carried_out == FAULTS[name].carried_out == (rehearsal.accepted() == 1)


def test_a_drip_comes_byte_by_byte_and_is_whole_in_the_end(rehearsal: Rehearsal) -> None:
    rehearsal.arm("drip", seconds=0.0)

    heard = rehearsal.say(rehearsal.world.certificate("00" * 20))

    assert heard.end == "closed"
    assert heard.is_whole
    rehearsal.arm("drip", seconds=0.4)
    slow = rehearsal.say(rehearsal.world.certificate("00" * 20), wait=0.3)
    assert (slow.end, slow.data) == ("still open", b"H")


@pytest.mark.parametrize("name", [name for name in CONNECTION if FAULTS[name].either and name != "previous"])
@pytest.mark.parametrize("carried_out", [False, True])
def test_where_both_may_be_the_plan_decides(name: str, carried_out: bool, rehearsal: Rehearsal, change: Draft) -> None:
    parameters = SHORT.get(name, {}) | {"carried_out": float(carried_out)}
    rehearsal.arm(name, **parameters)

    heard = rehearsal.say(change)

    assert DOES[name](heard)
    assert rehearsal.accepted() == carried_out
    assert [fired.carried_out for fired in rehearsal.far_side.fired()] == [carried_out]


def test_after_a_refusal_the_sandbox_listens_again_at_the_same_address(rehearsal: Rehearsal, change: Draft) -> None:
    rehearsal.arm("refused", seconds=0.2)
    _until(lambda: bool(rehearsal.far_side.fired()))

    heard = [rehearsal.say(change)]
    _until(lambda: heard.append(rehearsal.say(change)) or heard[-1].end != "refused")

    assert heard[0].end == "refused"
    assert heard[-1].answered.is_success


def test_a_sandbox_that_refuses_can_be_stopped(rehearsal: Rehearsal) -> None:
    rehearsal.arm("refused", seconds=60)

    _until(lambda: bool(rehearsal.far_side.fired()))


# --- wrong content ------------------------------------------------------------------------------------------------


def _leaf(heard: Heard) -> x509.Certificate:
    return x509.load_der_x509_certificate(decoded(heard.answered.texts("r:X509Certificate")[0]))


def _issuer(heard: Heard) -> x509.Certificate:
    return x509.load_der_x509_certificate(decoded(heard.answered.texts("r:X509Certificate")[1]))


def _holds(heard: Heard) -> bool:
    try:
        _leaf(heard).verify_directly_issued_by(_issuer(heard))
    except ValueError:
        return False
    return True


def _common(heard: Heard) -> str:
    return _leaf(heard).issuer.rfc4514_string()


FALSIFIES: dict[str, tuple[str, Callable[[Heard, Heard], bool]]] = {
    "not_yet": ("certificate", lambda h, good: h.answered.code == "CERT_NOT_YET_DELIVERED"),
    "unknown_yet": ("certificate", lambda h, good: h.answered.code == "SIM_UNKNOWN_PUBLIC_KEY"),
    "not_in_depot": ("etk", lambda h, good: h.answered.code == "404"),
    "certificate_other_key": ("certificate", lambda h, good: _leaf(h).public_key() != _leaf(good).public_key()),
    "certificate_other_person": ("certificate", lambda h, good: STRANGER.ssin in _leaf(h).subject.rfc4514_string()),
    "certificate_other_environment": ("certificate", lambda h, good: "acceptance" in _common(h)),
    "certificate_unknown_issuer": ("certificate", lambda h, good: "unknown" in _common(h)),
    "certificate_not_yet_valid": ("certificate", lambda h, good: _leaf(h).not_valid_before_utc > _date_of(h)),
    "certificate_expired": ("certificate", lambda h, good: _leaf(h).not_valid_after_utc < _date_of(h)),
    "certificate_weak_key": ("certificate", lambda h, good: _leaf(h).public_key().key_size == 1024),
    "certificate_wrong_usage": (
        "certificate",
        lambda h, good: not _leaf(h).extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature,
    ),
    "certificate_broken_chain": ("certificate", lambda h, good: not _holds(h) and _leaf(h) == _leaf(good)),
    "etk_of_another": ("etk", lambda h, good: STRANGER.ssin.encode() in decoded(h.answered.texts("d:ETK")[0])),
    "list_with_stranger": (
        "info_for_citizen",
        lambda h, good: len(_infos(h)) == len(_infos(good)) + 1 and STRANGER.ssin in "".join(_infos(h)[-1].itertext()),
    ),
    "revoked_meanwhile": (
        "info_for_citizen",
        lambda h, good: set(h.answered.texts("c:AuthenticationCertificateStatus")) == {"REVOKED"},
    ),
    "challenge_wrong_hash": (
        "start",
        lambda h, good: len(decoded(h.answered.text("t:Challenge"))) == len(decoded(good.answered.text("t:Challenge"))),
    ),
    "receipt_other_key": (
        "request",
        lambda h, good: h.answered.is_success and h.answered.text("r:PublicKeyIdentifier") != "",
    ),
    "contract_of_stranger": (
        "contract",
        lambda h, good: STRANGER.ssin in h.answered.text("c:DN") and PROVIDER.ssin not in h.answered.text("c:DN"),
    ),
}
"""The message that a fault falsifies, and what it makes of the answer, next to the honest one."""


def _date_of(heard: Heard) -> Any:
    return parsedate_to_datetime(heard.headers["Date"])


def _infos(heard: Heard) -> list[Any]:
    return heard.answered.content.findall(tag("r:CertificateInfo"))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", FALSIFIES)
def test_a_wrong_content_is_what_it_says(name: str, rehearsal: Rehearsal) -> None:
    message, does = FALSIFIES[name]
    ask = _asking(rehearsal.world, message)
    good = rehearsal.say(ask()) if message != "request" else Heard()
    accepted = rehearsal.accepted()
    rehearsal.arm(name)

    heard = rehearsal.say(ask())

    assert does(heard, good), heard.answered.code
    (fired,) = rehearsal.far_side.fired()
    assert (fired.fault, fired.carried_out) == (name, True)
    assert (rehearsal.accepted() > accepted) == (message in ("start", "request"))
    if name == "receipt_other_key":
        (change,) = rehearsal.world.authority.accepted()
        assert heard.answered.text("r:PublicKeyIdentifier").lower() != change.public_key_identifier


def _asking(world: World, message: str) -> Callable[[], Draft]:
    """A way to say a message again and again, each time with a new Id."""
    if message == "certificate":
        signer = world.delivered()
        identifier = x509.SubjectKeyIdentifier.from_public_key(signer.certificate.public_key()).digest.hex()
        return lambda: world.certificate(identifier)
    if message == "start":
        owner, key = world.enrolled(with_etk=False), world.sandbox.keys.make()
        return lambda: world.start(owner, key)
    if message in ("etk", "info_for_citizen"):
        world.enrolled()
    return getattr(world, message)  # type: ignore[no-any-return]


def test_a_certificate_can_be_found_and_then_not_any_more(rehearsal: Rehearsal) -> None:
    ask = _asking(rehearsal.world, "certificate")
    rehearsal.arm("found_then_not_yet")

    codes = [rehearsal.say(ask()).answered.code for _ in range(3)]

    assert codes == ["Success", "CERT_NOT_YET_DELIVERED", "Success"]


def test_a_date_can_be_off(rehearsal: Rehearsal) -> None:
    rehearsal.arm("date_off", minutes=30)

    heard = rehearsal.say(rehearsal.world.organization_types())

    assert parsedate_to_datetime(heard.headers["Date"]) - rehearsal.world.clock.now().replace(
        microsecond=0
    ) == timedelta(minutes=30)


def test_the_answer_of_another_token_registration(rehearsal: Rehearsal) -> None:
    world = rehearsal.world
    signer = world.enrolled(with_etk=False)
    key = world.sandbox.keys.make()
    certificate = encryption_certificate(signer.certificate, signer.private_key, key, world.challenged(signer, key))
    rehearsal.arm("etk_of_another", "completeETKRegistration")

    heard = rehearsal.say(world.complete(signer, certificate))

    assert STRANGER.ssin.encode() in decoded(heard.answered.text("t:ETK"))
    assert world.authority.accepted_counts()["completeETKRegistration"] == 1


def test_what_has_not_the_content_does_not_count(rehearsal: Rehearsal) -> None:
    world = rehearsal.world
    key = world.sandbox.keys.make()
    world.done(world.request(key=key))
    rehearsal.arm("certificate_other_key")

    waiting = rehearsal.say(world.certificate(key))
    world.clock.move(timedelta(days=2))
    delivered = rehearsal.say(world.certificate(key))

    assert waiting.answered.code == "CERT_NOT_YET_DELIVERED"
    assert _leaf(delivered).public_key() != key.public_key()


# --- in process ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONNECTION)
def test_in_process_a_lost_connection_is_an_exception(name: str, world: World, change: Draft) -> None:
    far_side = Faulty.around(world.sandbox)
    far_side.simulate(world.organization_types().service, world.organization_types().body())
    far_side.arm(FaultPlan.once(name, "startETKRegistration", **SHORT.get(name, {})))

    lost = None
    try:
        reply = far_side.simulate(change.service, change.body())
    except ConnectionLost as error:
        lost = error

    assert [fired.fault for fired in far_side.fired()] == [name]
    assert (len(world.authority.accepted()) == 1) == FAULTS[name].carried_out
    silent = {"refused", "closed", "reset", "request_lost", "accepted_reset", "answer_lost", "truncated"}
    if name in silent | {"late", "drip"}:
        assert lost is not None
        assert lost.sent == (name != "refused")
        assert isinstance(lost, AnswerLate) == (name in ("late", "drip"))
    else:
        assert lost is None
        assert reply.act is None


@pytest.mark.parametrize("operation", ["revoke", "submitCSRForForeigner"])
@pytest.mark.parametrize("name", CONNECTION)
def test_a_revocation_and_the_request_of_a_foreigner_meet_every_fault(name: str, operation: str, world: World) -> None:
    signer = world.enrolled(with_etk=False)
    identifier = x509.SubjectKeyIdentifier.from_public_key(signer.certificate.public_key()).digest.hex()
    change = world.revocation(identifier) if operation == "revoke" else world.foreigner()
    far_side = Faulty.around(world.sandbox)
    far_side.simulate(world.organization_types().service, world.organization_types().body())
    far_side.arm(FaultPlan.once(name, operation, **SHORT.get(name, {})))

    with contextlib.suppress(ConnectionLost):
        far_side.simulate(change.service, change.body())

    assert [fired.fault for fired in far_side.fired()] == [name]
    assert world.authority.accepted_counts() == ({operation: 1} if FAULTS[name].carried_out else {})


def test_the_contract_of_a_revocation_can_be_for_a_stranger(rehearsal: Rehearsal) -> None:
    signer = rehearsal.world.enrolled(with_etk=False)
    identifier = x509.SubjectKeyIdentifier.from_public_key(signer.certificate.public_key()).digest.hex()
    rehearsal.arm("contract_of_stranger", "generateRevocationContract")

    heard = rehearsal.say(rehearsal.world.revocation_contract(identifier))

    assert STRANGER.ssin in heard.answered.text("c:DN")
    assert PROVIDER.ssin not in heard.answered.text("c:DN")


def test_without_a_plan_everything_goes_well(rehearsal: Rehearsal, change: Draft) -> None:
    rehearsal.arm("request_lost", call=2)
    rehearsal.far_side.disarm()

    assert rehearsal.say(change).answered.is_success
    assert rehearsal.far_side.fired() == []


# --- the record ---------------------------------------------------------------------------------------------------


def test_what_struck_is_on_disk_before_it_acts(world: World, change: Draft, tmp_path: Path) -> None:
    far_side = Faulty(world.authority, world.clock.now, tmp_path, FaultPlan.once("late", seconds=5))
    with listening(world.sandbox, far_side=far_side) as address:
        heard = say(address, change, wait=0.5)

        (line,) = (tmp_path / "faults-fired.jsonl").read_text().splitlines()

    assert heard.data == b""
    written = json.loads(line)
    assert written["fault"] == "late"
    assert written["message_id"] == change.request.get("Id")
    assert (tmp_path / "faults-fired.jsonl").stat().st_mode & 0o777 == 0o600
    assert PROVIDER.ssin not in line


def test_a_message_that_cannot_be_read_meets_the_plan_too(rehearsal: Rehearsal) -> None:
    unreadable = Draft("/CertRa/v2", element("s:Nothing"))
    rehearsal.arm("maintenance")

    heard = rehearsal.say(unreadable)

    assert DOES["maintenance"](heard)
    assert [fired.operation for fired in rehearsal.far_side.fired()] == [ANY_OPERATION]


def _until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.02)
