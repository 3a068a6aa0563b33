"""The far side as one object: it takes the bytes of a message and gives the bytes of an answer."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.sandbox import asking, depot, following, gate, registering, requesting, revoking
from adapters.sandbox.certificates import Certificates, Record, State
from adapters.sandbox.clock import Clock
from adapters.sandbox.desk import Answer, Call, Desk, Rules
from adapters.sandbox.ledger import Accepted, Ledger
from adapters.sandbox.mails import Mails
from adapters.sandbox.operations import SERVICES
from adapters.sandbox.people import Register
from adapters.sandbox.pki import Pki, RandomBytes
from adapters.sandbox.refusal import BadMessage, Refusal
from adapters.sandbox.replies import BREAKS_INTERFACE, XML_TYPE, Reply, fault, good, refused
from adapters.sandbox.store import Store
from adapters.sandbox.tokens import Tokens
from adapters.sandbox.trust import Trust

_log = logging.getLogger(__name__)

_HANDLERS: Final[dict[str, Callable[[Desk, Call], Answer]]] = {
    "getActorQualities": asking.get_actor_qualities,
    "generateContract": requesting.generate_contract,
    "generateCertificate": requesting.generate_certificate,
    "getCertificate": following.get_certificate,
    "getCertificateInfoForCitizen": following.info_for_citizen,
    "getCertificateInfoForAuthenticationCertificate": following.info_for_certificate,
    "generateRevocationContract": revoking.generate_revocation_contract,
    "revoke": revoking.revoke,
    "getGenericOrganizationTypes": asking.get_generic_organization_types,
    "getExistingApplicationIds": asking.get_existing_application_ids,
    "submitCSRForForeigner": requesting.submit_csr_for_foreigner,
    "startETKRegistration": registering.start,
    "completeETKRegistration": registering.complete,
    "activateETK": registering.activate,
    "getEtk": depot.get_etk,
}


class Authority:
    """CertRA, EtkRA and EtkDepot of a sandbox: honest, and safe for threads.

    `answer` never fails on purpose: what it gets is answered, refused or answered with a fault. Faults of the
    connection and of the content are no part of it: they stand between this object and its caller.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        pki: Pki,
        rules: Rules | None = None,
        mails_folder: Path | None = None,
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.RLock()
        self._ledger = Ledger(store)
        register, certificates = Register(store), Certificates(store)
        tokens, mails = Tokens(store, certificates), Mails(store, mails_folder)
        self.desk = Desk(pki, register, certificates, tokens, mails, rules or Rules(), random_bytes)
        self._trust = Trust(pki, register, certificates)
        with store.transaction():
            register.populate()

    def answer(self, service: str, body: bytes) -> Reply:
        """Answer one message; `service` is the path of the address, such as `/CertRa/v2`."""
        if service not in SERVICES:
            return Reply(404, "text/plain; charset=utf-8", b"there is no such service\n")
        with self._lock:
            now = self._clock.now()
            self._deliver_due(now)
            reply = self._answered(service, body, now)
            self.desk.mails.deliver()
        return reply

    def accepted(self) -> list[Accepted]:
        """Every change that was carried out, oldest first: the judge of tests."""
        return self._ledger.accepted()

    def accepted_counts(self) -> dict[str, int]:
        """How many changes of each operation were carried out."""
        return self._ledger.counts()

    def repeats(self) -> list[tuple[str, str]]:
        """Operation and Id of every changing message that came again byte for byte."""
        return self._ledger.repeats()

    def waiting(self) -> list[str]:
        """The PublicKeyIdentifiers of the requests that the support team looks at, oldest first."""
        return [record.key for record in self.desk.certificates.all() if record.state is State.WAITING]

    def approve(self, public_key_identifier: str) -> None:
        """The support team says yes to a request that waits for it; delivery begins now. Raises LookupError."""
        with self._lock, self._store.transaction():
            record = self._in_state(public_key_identifier, State.WAITING)
            self.desk.certificates.put(self.desk.approve(record, self._clock.now()))

    def refuse(self, public_key_identifier: str) -> None:
        """The support team says no to a request that waits for it. Raises LookupError."""
        with self._lock:
            with self._store.transaction():
                record = self._in_state(public_key_identifier, State.WAITING)
                self.desk.certificates.put(replace(record, state=State.REFUSED))
                self.desk.mails.decline(record, self._clock.now())
            self.desk.mails.deliver()

    def confirm_foreigner(self, validation_url: str) -> None:
        """A foreigner logs in at the address that he was given. Raises LookupError."""
        with self._lock:
            now = self._clock.now()
            with self._store.transaction():
                record = self.desk.certificates.by_token(validation_url.rpartition("/")[2])
                if record is None or record.state is not State.CONFIRMING or record.is_lapsed(now):
                    raise LookupError("nothing to confirm there")
                record = self.desk.approve(replace(record, automatic=True), now)
                self.desk.certificates.put(record)
                self.desk.mails.confirm(record, now)
            self.desk.mails.deliver()

    def _in_state(self, public_key_identifier: str, state: State) -> Record:
        record = self.desk.certificates.by_key(public_key_identifier.lower())
        if record is None or record.state is not state:
            raise LookupError(f"no request of this PublicKeyIdentifier is {state.value}")
        return record

    def _deliver_due(self, now: datetime) -> None:
        if self.desk.certificates.due(now):
            with self._store.transaction():
                for record in self.desk.certificates.due(now):
                    self.desk.deliver(record)

    def _answered(self, service: str, body: bytes, now: datetime) -> Reply:
        try:
            operation, request = gate.read(service, body)
        except BadMessage as error:
            _log.info("%s: breaks the interface", service)
            return fault(self.desk.identifier(), BREAKS_INTERFACE, str(error))
        call = Call(operation, request, request.get("Id"), hashlib.sha256(body).hexdigest(), now)
        try:
            with self._store.transaction():
                reply = self._carried_out(call)
        except Refusal as refusal:
            _log.info("%s: %s", operation.name, refusal.code)
            return refused(operation, self.desk.identifier(), call.message_id, now, refusal)
        _log.info("%s: done", operation.name)
        return reply

    def _carried_out(self, call: Call) -> Reply:
        """Inside the transaction that also holds the log entry, so that they happen together or not at all."""
        if call.operation.key is None and not call.operation.changes:
            return self._good(call, _HANDLERS[call.operation.name](self.desk, call))
        digest = gate.digest(call.request)
        call, chain = gate.verify(call)
        message = call.message_id or digest
        earlier = self._earlier(call, message, digest)
        if earlier is not None:
            return earlier
        call = gate.admit(call, chain, self._trust)
        answer = _HANDLERS[call.operation.name](self.desk, call)
        reply = self._good(call, answer)
        if call.operation.changes:
            self._ledger.accept(call.now, call.operation.name, call.message_id, call.sha256, answer.key, answer.ssin)
        self._ledger.remember(message, digest, reply.body if call.operation.changes else None)
        return reply

    def _earlier(self, call: Call, message: str, digest: str) -> Reply | None:
        """The answer that was given to this very message, when it changed something.

        The reference client posts the same bytes again when a connection closes without an answer (PROTOCOL §1.2).
        """
        seen = self._ledger.seen(message)
        if seen is None:
            return None
        if seen.digest != digest:
            raise Refusal("SIM_REPEATED_ID")
        if seen.reply is None:
            return None
        self._ledger.note_repeat(call.now, call.operation.name, message)
        return Reply(200, XML_TYPE, seen.reply)

    def _good(self, call: Call, answer: Answer) -> Reply:
        return good(call.operation, self.desk.identifier(), call.message_id, call.now, answer.children)
