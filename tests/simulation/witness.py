"""Judges a life: by the log of the far side and by the keystores, and our own memory must tell the same story."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from adapters.sandbox.certificates import Record, State
from steps.ports.keystore import Keystore
from tests.reliability import judging
from tests.reliability.counting import Harm, Problem, problems_of
from tests.simulation.disk import FragileKeystores
from tests.simulation.network import CHANGING
from tests.simulation.story import Story
from tests.simulation.weather import Weather
from tests.world.wire import Sent
from tests.world.world import World
from workflow.definition import Final
from workflow.definitions import DEFINITIONS
from workflow.errors import (
    CertificateExpiredError,
    CertificateRevokedError,
    ContractMismatchError,
    DefinitionError,
    EhcertError,
    WrongCertificateError,
    WrongEtkError,
)
from workflow.procedure import Line, Procedure, ProcedureId
from workflow.record import Report
from workflow.replaying import replayed
from workflow.status import status_of

_NEVER_TRUE = {WrongCertificateError.code, WrongEtkError.code, ContractMismatchError.code, CertificateRevokedError.code}
"""What eHealth, which is honest here, gives no reason for."""


@dataclass
class _Known:
    """What was seen of a procedure earlier."""

    procedure: Procedure
    lines: list[Line]
    told_sent: bool = False


@dataclass
class Witness:
    """Sees every look, and says at once what is wrong; each harm once."""

    world: World
    story: Story
    weather: Weather
    problems: list[Problem] = field(default_factory=list)
    cancels: int = 0
    _known: dict[ProcedureId, _Known] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._has_old = hasattr(self.world, "old_path")
        self._old = self._content()[self.world.old_path] if self._has_old else None
        self._old_until = self.world.old_keystore.keys[0].chain[0].not_valid_after_utc if self._has_old else None

    def problem(self, harm: Harm, detail: str) -> None:
        """Something is wrong."""
        found = Problem(harm, detail)
        if found not in self.problems:
            self.story.tell(f"!! {found}")
            self.problems.append(found)

    # --- what the program says ------------------------------------------------------------------------------------

    def cancelled(self) -> None:
        """The person wants to stop for good."""
        self.cancels += 1

    def heard(self, error: EhcertError) -> None:
        """An error that the person hears: it must be of a family, true, and say in words what to do (P5)."""
        if isinstance(error, DefinitionError):
            self.problem(Harm.STUCK, f"the program contradicts itself: {error}")
        untrue = _NEVER_TRUE - ({CertificateRevokedError.code} if self.is_revoked() else set())
        if error.code in untrue or (error.code == CertificateExpiredError.code and not self._is_expired()):
            self.problem(Harm.LOST, f"told what is not so: {error}")
        try:
            said = [error.hint.format(**error.details), *(one.format(**error.details) for one in error.next)]
        except (KeyError, IndexError) as missing:
            self.problem(Harm.STUCK, f"the hint of {error.code} cannot be shown: {missing}")
            return
        if not any(said):
            self.problem(Harm.STUCK, f"{error.code} names no next action")

    def escaped(self, error: Exception) -> None:
        """An exception that nobody meant."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        words = f"{type(error).__name__}: {error} ({place.filename.rpartition('/')[2]}, {place.name})"
        self.problem(Harm.STUCK, f"escaped: {words}")

    def overtaken(self, message: Sent) -> None:
        """A changing message left while an earlier one could still arrive (P2)."""
        if not self.weather.is_very_late:
            self.problem(Harm.DOUBLED, f"{message.operation} sent again while an earlier one was under way")

    def acknowledged(self, report: Report) -> None:
        """What a report tells is durable (P1)."""
        told = report.procedure
        if not told.revision:
            return
        if not self.world.locks.held and not self.story.depth:
            stored = self._stored().get(told.id)
            if (
                stored is None
                or stored.revision < told.revision
                or (stored.revision == told.revision and stored.facts != told.facts)
            ):
                self.problem(Harm.LOST, f"told '{told.state}', which is not stored")
        known = self._known.setdefault(told.id, _Known(told, []))
        known.told_sent |= "request" in told.facts

    # --- what is there --------------------------------------------------------------------------------------------

    def look_around(self) -> None:
        """After every look: nothing is lost, doubled or orphaned, and the journal goes on where it was."""
        if self._has_old and self._content().get(self.world.old_path) != self._old:
            self.problem(Harm.LOST, "the keystore in use was changed")  # P4
        self._add(Harm.ORPHANED, judging.orphaned(self.world.sandbox, self._keystores()))  # P3
        stored = self._stored()
        for gone in self._known.keys() - stored.keys():
            if self._known[gone].told_sent or "key" in self._known[gone].procedure.facts:
                self.problem(Harm.LOST, f"procedure {gone} is gone")
        for procedure in stored.values():
            self._look_at(procedure)

    def _look_at(self, procedure: Procedure) -> None:
        known = self._known.setdefault(procedure.id, _Known(procedure, []))
        if known.lines and known.procedure == procedure:
            return
        lines = [written.line for written in self.world.journal(procedure.id)]
        if lines[: len(known.lines)] != known.lines:
            self.problem(Harm.LOST, f"the journal of {procedure.id} was changed")
        if known.procedure.ended and procedure != known.procedure:
            self.problem(Harm.LOST, f"{procedure.id} had ended as {known.procedure.state}")
        if known.told_sent and "request" not in procedure.facts:
            self.problem(Harm.LOST, f"{procedure.id} forgot its request")
        known.procedure, known.lines = procedure, lines
        again = replayed(procedure.id, lines)
        if again is None or again.facts != procedure.facts:
            self.problem(Harm.LOST, f"the journal of {procedure.id} tells another story")
        state = DEFINITIONS[procedure.definition].state(procedure.state)
        status_of(procedure, self.world.own_clock.now())
        if not isinstance(state, Final) and not state.todo:
            self.problem(Harm.STUCK, f"'{state.name}' names no next action")

    # --- the end --------------------------------------------------------------------------------------------------

    def is_in_doubt(self) -> bool:
        """Whether something was sent that nobody answered."""
        return any("intent" in procedure.facts and not procedure.ended for procedure in self._stored().values())

    def is_possible(self) -> bool:
        """Whether eHealth would take what the person wants today: a first request and a revocation it always does."""
        if not self.world.definition.startswith("renew"):
            return True
        old = self._old_record()
        return old is not None and old.is_in_window(self.world.clock.now())

    def is_revoked(self) -> bool:
        """Whether the certificate of the beginning was revoked."""
        old = self._old_record()
        return old is not None and old.revoked_at is not None

    def is_over(self) -> bool:
        """Whether the certificate of the beginning cannot be revoked any more."""
        return self.is_revoked() or self._is_expired()

    def _old_record(self) -> Record | None:
        if not self._has_old:
            return None
        records = self.world.authority.desk.certificates
        return records.by_key(judging.identifier_of(self.world.old_keystore.keys[0].private_key))

    def _is_expired(self) -> bool:
        return self._old_until is not None and self.world.clock.now() >= self._old_until

    def judge_the_end(self) -> None:
        """When everything has ended."""
        self.look_around()
        sandbox = self.world.sandbox
        now = self.world.clock.now()
        records = sandbox.authority.desk.certificates.all()
        refused = {r.key for r in records if r.state is State.REFUSED or r.is_lapsed(now)}
        strange = self._strange()
        intents = dict.fromkeys((*judging.REQUESTS, "completeETKRegistration"), 1 + len(strange))
        intents |= dict.fromkeys(judging.REQUESTS, 1 + len(refused) + len(strange))
        self._add(Harm.DOUBLED, judging.doubled(sandbox, intents))  # P2
        if not self.weather.is_very_late:
            self._add(Harm.DOUBLED, self._sent_again(refused | strange))
        renewed = [one for one in self._stored().values() if one.state == "done" and "key" in one.facts]
        people = [(one.facts["holder"]["ssin"], one.facts["key"]["public_key_identifier"]) for one in renewed]
        live = [
            a
            for a in sandbox.authority.accepted()
            if a.operation in judging.REQUESTS and a.public_key_identifier not in refused
        ]
        if live or renewed:
            self._add(Harm.LOST, judging.unfinished(sandbox, self._keystores(), refused))
        if len({ssin for ssin, _ in people}) < len(set(people)):
            self.problem(Harm.DOUBLED, "two certificates of one person are done")
        if sum(one.state == "cancelled" for one in self._stored().values()) > self.cancels:
            self.problem(Harm.LOST, "cancelled, which nobody wanted")
        for procedure in self._stored().values():
            self._judge_end(procedure, refused)

    def _judge_end(self, procedure: Procedure, refused: set[str]) -> None:
        key = procedure.facts.get("key", {}).get("public_key_identifier")
        accepted = {a.public_key_identifier for a in self.world.authority.accepted() if a.operation in judging.REQUESTS}
        match procedure.state:
            case "refused" if procedure.definition == "revoke" and key is None and self._is_expired():
                pass  # what ended before it was revoked cannot be revoked
            case "refused" if self._is_refused_for_a_sister(procedure):
                pass
            case "refused" if key not in refused:
                self.problem(Harm.LOST, f"ended as refused, which eHealth did not say: {procedure.facts['refusal']}")
            case "expired" if key in refused:
                pass  # nobody confirmed it in time
            case "expired" if key in accepted or not self._is_expired():
                self.problem(Harm.LOST, "ended as expired, wrongly")
            case "cancelled" if key in accepted:
                self.problem(Harm.LOST, "ended as cancelled after it was sent")

    def _strange(self) -> set[str]:
        """The keys of what was asked with another person's card: that person may have a certificate, too."""
        found = [one.facts for one in self._stored().values() if "key" in one.facts and "holder" in one.facts]
        own = self.world.holder.ssin
        if self.world.definition == "request_foreigner":
            return set()
        return {facts["key"]["public_key_identifier"] for facts in found if facts["holder"]["ssin"] != own}

    def _is_refused_for_a_sister(self, procedure: Procedure) -> bool:
        """Without a card nothing can be looked up before: who asks once more when all is done, is refused."""
        others = [one for one in self._stored().values() if one.id != procedure.id]
        return procedure.definition == "request_foreigner" and any(one.state == "done" for one in others)

    def _sent_again(self, refused: set[str]) -> Iterator[str]:
        """Changing messages that left while an earlier one had been, or was still to be, accepted."""
        accepted = {entry.sha256: entry for entry in self.world.authority.accepted()}
        done = any(one.state == "done" for one in self._stored().values())
        for operation in CHANGING:
            if done and operation == "submitCSRForForeigner":
                continue  # see `_is_refused_for_a_sister`; what was accepted twice is counted
            earlier = None
            for message in self.world.wire.sent:
                if message.operation != operation:
                    continue
                if earlier is not None and earlier.public_key_identifier not in refused:
                    yield f"{operation} sent again (message {message.number})"
                earlier = accepted.get(hashlib.sha256(message.body).hexdigest(), earlier)

    # --- small questions ------------------------------------------------------------------------------------------

    def _add(self, harm: Harm, details: Iterator[str]) -> None:
        for problem in problems_of(harm, details):
            self.problem(problem.harm, problem.detail)

    def _content(self) -> dict[Path, tuple[Keystore | None, str]]:
        assert isinstance(self.world.keystores, FragileKeystores)
        return dict(self.world.keystores.content)

    def _keystores(self) -> list[Keystore]:
        """Every keystore that opens with a password that the person knows."""
        assert isinstance(self.world.keystores, FragileKeystores)
        passwords = set(self.world.person.secrets.values())
        content = self.world.keystores.content.values()
        return [keystore for keystore, password in content if keystore is not None and password in passwords]

    def _stored(self) -> dict[ProcedureId, Procedure]:
        return {procedure.id: procedure for procedure in self.world.all_procedures()}
