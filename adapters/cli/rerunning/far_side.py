"""The sandbox as the far side of a rerun: it delivers, refuses and fails when the journal says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

from adapters.ehealth.client import EhealthServices
from adapters.ehealth.config import ServiceConfig
from adapters.ehealth.reply import Reply
from adapters.sandbox.acts import ConnectionLost
from adapters.sandbox.certificates import Record, State
from adapters.sandbox.desk import DELIVERY_DELAY, Rules
from adapters.sandbox.fault_plan import ANY_OPERATION, FaultPlan, Rule
from adapters.sandbox.faults import Faulty, read_head
from adapters.sandbox.home import Sandbox
from adapters.sandbox.operations import ETKDEPOT_PATH
from adapters.sandbox.refusal import Refusal
from adapters.sandbox.replies import Reply as Answer
from adapters.sandbox.replies import refused
from adapters.sandbox.rule_file import keep_rules
from workflow.errors import EhealthNoAnswerError, EhealthNonsenseError, EhealthUnreachableError
from workflow.texts import mark

NEVER = timedelta(days=3650)
"""The delay of a delivery that comes when the journal says so."""
_ADDRESS = "http://127.0.0.1:9"  # nobody is asked there: the messages stay in this process
_SERVICES = ServiceConfig(f"{_ADDRESS}/CertRa/v2", f"{_ADDRESS}/EtkRa/v2", f"{_ADDRESS}/EtkDepot/v1")


class _Retold(Refusal):
    """A refusal with a code and a message that the sandbox itself does not have."""

    def __init__(self, code: str, message: str) -> None:
        Exception.__init__(self, code)
        self.code, self.message, self.parameters = code, message, {}


class FarSide:
    """The wire to a sandbox in this process, and what is done at its office."""

    def __init__(self, sandbox: Sandbox, now: Callable[[], datetime]) -> None:
        """`now` is the clock of the client."""
        self._sandbox = sandbox
        self._faulty = Faulty(sandbox.authority, sandbox.clock.now)
        self._refusal: Refusal | None = None
        self._refused: str | None = None
        self.services = EhealthServices(_SERVICES, now, self._post)

    # --- what goes wrong ------------------------------------------------------------------------------------------

    def calm(self) -> None:
        """From now on everything goes well."""
        self._faulty.disarm()
        self._refusal = None

    def fail(self, fault: str, operation: str = ANY_OPERATION, *, once: bool = False, **parameters: float) -> None:
        """From now on this fault strikes: one call, or all of them."""
        times = 1 if once else None
        self._faulty.arm(FaultPlan((Rule((fault,), operation, times=times, parameters=parameters),)))

    def refuse(self, code: str, message: str, operation: str | None = None) -> None:
        """From now on every request is refused, or those of one operation."""
        self._refusal, self._refused = _Retold(code, message), operation

    # --- what the office does -------------------------------------------------------------------------------------

    def deliver(self, key: str) -> None:
        """The certificate of this PublicKeyIdentifier is delivered now."""
        record = self._record(key)
        if record is not None and record.certificate is None:
            self._put(replace(record, state=State.APPROVED, deliver_at=self._sandbox.clock.now()))

    def confirm(self, key: str) -> None:
        """A foreigner has confirmed his request; or the support team has found it in order."""
        record = self._record(key)
        if record is not None and record.state in (State.CONFIRMING, State.WAITING):
            now = self._sandbox.clock.now()
            self._put(self._sandbox.authority.desk.approve(replace(record, automatic=True), now))

    def reject(self, key: str) -> None:
        """The request is refused for good."""
        if record := self._record(key):
            self._put(replace(record, state=State.REFUSED))

    def is_delivered(self, key: str) -> bool:
        """Whether there is a certificate."""
        record = self._record(key)
        if record is None:
            return False
        due = record.deliver_at is not None and record.deliver_at <= self._sandbox.clock.now()
        return due or record.certificate is not None

    def leave_for_others(self) -> None:
        """From now on the usual rules hold again: what was not delivered is delivered after the usual time."""
        for record in self._sandbox.authority.desk.certificates.all():
            if record.state is State.APPROVED and record.certificate is None:
                self._put(replace(record, deliver_at=record.requested_at + DELIVERY_DELAY))
        if self._sandbox.folder is not None:
            keep_rules(self._sandbox.folder, Rules())

    def _record(self, key: str) -> Record | None:
        return self._sandbox.authority.desk.certificates.by_key(key.lower())

    def _put(self, record: Record) -> None:
        with self._sandbox.store.transaction():
            self._sandbox.authority.desk.certificates.put(record)

    # --- the wire -------------------------------------------------------------------------------------------------

    def _post(self, address: str, body: bytes, headers: dict[str, str]) -> Reply:
        """In the place of `EhealthTransport.post`, with its errors."""
        answer = self._answer(urlsplit(address).path, body)
        known = dict(answer.headers)
        if "Content-Encoding" in known:
            raise EhealthNonsenseError(reason=mark("it is compressed, which was not asked for"))
        date = known.get("Date", format_datetime(self._sandbox.clock.now(), usegmt=True))
        return Reply(answer.status, answer.content_type.partition(";")[0], date, answer.body)

    def _answer(self, service: str, body: bytes) -> Answer:
        if self._refusal is not None and service != ETKDEPOT_PATH:
            operation, message = read_head(service, body)
            if operation is not None and self._refused in (None, operation.name):
                desk = self._sandbox.authority.desk
                return refused(operation, desk.identifier(), message, self._sandbox.clock.now(), self._refusal)
        try:
            return self._faulty.simulate(service, body)
        except ConnectionLost as lost:
            if lost.sent:
                raise EhealthNoAnswerError(reason=mark("the connection broke")) from lost
            raise EhealthUnreachableError(address=_ADDRESS, reason=mark("the connection is refused")) from lost
