"""Each operation of a renewal meets each fault of the connection, over real HTTP: what becomes of the call."""

from __future__ import annotations

import itertools
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.ehealth.client import EhealthServices
from adapters.ehealth.reply import Reply
from adapters.sandbox.acts import Act
from adapters.sandbox.fault_kinds import _bomb_of
from adapters.sandbox.fault_plan import ANY_FAULT, FAULTS, FaultPlan
from adapters.sandbox.faults import Faulty
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import PROVIDER
from adapters.sandbox.pki import Pki
from adapters.sandbox.replies import Reply as SandboxReply
from adapters.sandbox.wsgi import listening
from steps.ports.registration import Delivered
from steps.ports.signing import Signer
from tests.adapters.ehealth.conftest import NOW, config_for
from tests.adapters.ehealth.test_against_sandbox import (
    CONTACT,
    actor_of,
    make_csr,
    make_encryption_certificate,
)
from workflow.errors import (
    EhcertError,
    EhealthFaultError,
    EhealthNoAnswerError,
    EhealthNonsenseError,
    EhealthUnreachableError,
)

pytestmark = pytest.mark.soap
ME = actor_of(PROVIDER)
READ, WHOLE = 0.8, 1.2
"""The time-outs, in seconds, where the fault is that the answer takes its time."""
SLOW = ("late", "drip")
PATIENT = 20.0
"""The time-out elsewhere: a busy machine is no fault."""

SHORT: dict[str, dict[str, float]] = {
    "refused": {"seconds": 0.5},
    "late": {"seconds": 5.0},
    "drip": {"seconds": 0.1},
    "huge": {"megabytes": 60},
    "bomb": {"megabytes": 60},
}
FAMILIES: dict[str, type[EhcertError]] = {
    "refused": EhealthUnreachableError,
    "fault_500": EhealthFaultError,
    "fault_200": EhealthFaultError,
    **dict.fromkeys(
        ["html_500", "maintenance", "empty", "wrong_type", "huge", "bomb", "redirect", "previous", "foreign"],
        EhealthNonsenseError,
    ),
    **dict.fromkeys(
        ["closed", "reset", "request_lost", "accepted_reset", "answer_lost", "late", "truncated", "drip"],
        EhealthNoAnswerError,
    ),
    "unavailable": EhealthNoAnswerError,
}
"""What the port promises (`RegistrationAuthority`): only the first of them says that nothing was sent."""


AT_THE_DOOR = {"reset": EhealthUnreachableError, "closed": EhealthUnreachableError}
"""A reset can come before the first byte left: then, too, nothing was sent."""


class Clock:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


class Keys:
    """Keys that are made once for all tests of this file, given out in order."""

    made: list[rsa.RSAPrivateKey] = []

    def __init__(self) -> None:
        self.given = 0

    def make(self) -> rsa.RSAPrivateKey:
        if self.given == len(self.made):
            self.made.append(rsa.generate_private_key(65537, 2048))
        self.given += 1
        return self.made[self.given - 1]


class Counting(Faulty):
    """Counts the connections that came and the messages that were read."""

    connections = 0
    messages = 0

    def connecting(self) -> Act | None:
        self.connections += 1
        return super().connecting()

    def answer(self, service: str, body: bytes) -> SandboxReply:
        self.messages += 1
        return super().answer(service, body)


class Ready:
    """A sandbox that listens, and services that reach it: `direct` without the network, to prepare."""

    def __init__(self, sandbox: Sandbox, clock: Clock, far_side: Counting, address: str) -> None:
        self.sandbox, self.clock, self.far_side, self.keys = sandbox, clock, far_side, sandbox.keys
        patient = config_for(address, read_timeout=PATIENT, call_timeout=PATIENT)
        self.patient = EhealthServices(patient, clock.now)
        self.hasty = EhealthServices(config_for(address, read_timeout=READ, call_timeout=WHOLE), clock.now)
        self.direct = EhealthServices(patient, clock.now, self._post)
        self.services = self.patient
        self.card = sandbox.make_card(PROVIDER)

    def _post(self, address: str, body: bytes, headers: dict[str, str]) -> Reply:
        service = "/" + "/".join(address.split("/")[3:])
        reply = self.sandbox.authority.answer(service, body)
        return Reply(reply.status, "text/xml", None, reply.body)

    def enrolled(self, with_etk: bool) -> Signer:
        entry = self.sandbox.enrol(PROVIDER, timedelta(days=30), with_etk=with_etk).keys[0]
        return Signer(entry.private_key, entry.chain)

    def requested(self) -> tuple[rsa.RSAPrivateKey, Any]:
        """A key and the signed request for its certificate, not sent."""
        key = self.keys.make()
        contract = self.direct.contract(CONTACT, ME, ME)
        csr = make_csr(key, ME, "ZOE ELISE EXEMPLE")
        return key, self.direct.sign_certificate_request(csr, CONTACT, contract, self.card.signature)

    def delivered(self) -> Signer:
        key, message = self.requested()
        submitted = self.direct.submit(message)
        self.clock.moment += timedelta(days=2)
        found = self.direct.certificate(submitted.public_key_identifier)
        assert isinstance(found, Delivered)
        return Signer(key, tuple(x509.load_der_x509_certificate(der) for der in found.chain))

    def started(self, signer: Signer) -> Any:
        """The signed completion of an encryption key, not sent."""
        key = self.keys.make()
        challenge = self.direct.start_etk(spki(key), signer)
        return self.direct.sign_etk_completion(make_encryption_certificate(challenge, key, signer), signer)


def spki(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


Call = Callable[[], object]


def _submit(ready: Ready) -> Call:
    _, message = ready.requested()
    return lambda: ready.services.submit(message)


def _fetch(ready: Ready) -> Call:
    signer = ready.delivered()
    identifier = x509.SubjectKeyIdentifier.from_public_key(signer.certificate.public_key()).digest.hex()
    return lambda: ready.services.certificate(identifier)


def _info(ready: Ready) -> Call:
    signer = ready.enrolled(with_etk=True)
    return lambda: ready.services.certificate_info(signer)


def _start(ready: Ready) -> Call:
    signer, key = ready.enrolled(with_etk=False), ready.keys.make()
    return lambda: ready.services.start_etk(spki(key), signer)


def _complete(ready: Ready) -> Call:
    message = ready.started(ready.enrolled(with_etk=False))
    return lambda: ready.services.complete_etk(message)


def _activate(ready: Ready) -> Call:
    ready.enrolled(with_etk=True)
    signer = ready.delivered()
    ready.direct.complete_etk(ready.started(signer))
    message = ready.direct.sign_etk_activation(signer)
    return lambda: ready.services.activate_etk(message)


def _etk(ready: Ready) -> Call:
    ready.enrolled(with_etk=True)
    return lambda: ready.services.etk("SSIN", PROVIDER.ssin)


OPERATIONS: dict[str, Callable[[Ready], Call]] = {
    "getGenericOrganizationTypes": lambda ready: lambda: ready.services.service_time(),
    "getActorQualities": lambda ready: lambda: ready.services.qualities(PROVIDER.ssin, ready.card.authentication),
    "getCertificateInfoForCitizen": lambda ready: (
        lambda: ready.services.certificates_of_citizen(ready.card.authentication)
    ),
    "getCertificateInfoForAuthenticationCertificate": _info,
    "generateContract": lambda ready: lambda: ready.services.contract(CONTACT, ME, ME),
    "generateCertificate": _submit,
    "getCertificate": _fetch,
    "startETKRegistration": _start,
    "completeETKRegistration": _complete,
    "activateETK": _activate,
    "getEtk": _etk,
}
CHANGES = {"generateCertificate", "startETKRegistration", "completeETKRegistration", "activateETK"}
UNTOUCHED = {("getEtk", "foreign")}
"""This interface has no InResponseTo (PROTOCOL §11.3)."""


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki.make(Keys())


@pytest.fixture
def ready(pki: Pki) -> Iterator[Ready]:
    clock, keys = Clock(), Keys()
    keys.given = 5  # the first ones are the authorities'
    sandbox = Sandbox.in_memory(clock, keys, pki=pki)
    far_side = Counting.around(sandbox)
    with listening(sandbox, far_side=far_side) as address:
        yield Ready(sandbox, clock, far_side, address)
    sandbox.close()


def test_every_fault_has_its_family() -> None:
    assert set(FAMILIES) == set(ANY_FAULT)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_without_a_fault_goes_well(operation: str, ready: Ready) -> None:
    call = OPERATIONS[operation](ready)
    before = len(ready.sandbox.authority.accepted())

    call()

    assert len(ready.sandbox.authority.accepted()) - before == (operation in CHANGES)


@pytest.mark.parametrize(
    ("operation", "fault"), [pair for pair in itertools.product(OPERATIONS, ANY_FAULT) if pair not in UNTOUCHED]
)
def test_a_fault_is_told_as_what_it_is_and_nothing_is_sent_twice(operation: str, fault: str, ready: Ready) -> None:
    ready.patient.service_time()  # the answer that 'previous' gives again
    ready.services = ready.hasty if fault in SLOW else ready.patient
    call = OPERATIONS[operation](ready)
    before = len(ready.sandbox.authority.accepted())
    ready.far_side.connections = ready.far_side.messages = 0
    _bomb_of(int(SHORT["bomb"]["megabytes"]))
    ready.far_side.arm(FaultPlan.once(fault, **SHORT.get(fault, {})))
    if fault == "refused":
        _until(lambda: bool(ready.far_side.fired()))
    seconds = -time.monotonic()

    with pytest.raises(EhcertError) as caught:
        call()

    seconds += time.monotonic()
    _until(lambda: bool(ready.far_side.fired()))
    assert caught.type in {FAMILIES[fault], AT_THE_DOOR.get(fault, FAMILIES[fault])}
    assert [fired.fault for fired in ready.far_side.fired()] == [fault]
    assert seconds < (WHOLE if fault in SLOW else PATIENT) + 2
    assert ready.far_side.connections == (fault != "refused")
    assert ready.far_side.messages == (fault not in ("refused", "closed", "reset"))
    done = len(ready.sandbox.authority.accepted()) - before
    assert done == (operation in CHANGES and FAULTS[fault].carried_out)
    assert PROVIDER.ssin not in f"{caught.value} {caught.value.details}"


def test_not_sent_is_only_said_when_nothing_arrived() -> None:
    told = {fault for fault, family in FAMILIES.items() if family is EhealthUnreachableError}

    assert told == {"refused"}
    assert not FAULTS["refused"].carried_out


@pytest.mark.parametrize("fault", ["huge", "bomb"])
def test_memory_stays_bounded(fault: str, ready: Ready) -> None:
    megabyte = 1_000_000
    _bomb_of(int(SHORT["bomb"]["megabytes"]))
    ready.services.service_time()
    ready.far_side.arm(FaultPlan.once(fault, **SHORT[fault]))
    tracemalloc.start()
    try:
        with pytest.raises(EhealthNonsenseError):
            ready.services.service_time()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 20 * megabyte


def _until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.02)
