"""Makes the troubles of a journal happen again: faults of the sandbox, refusals, a wrong clock, a process that ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from adapters.cli.rerunning.clocks import Clock
from adapters.cli.rerunning.course import Course
from adapters.cli.rerunning.far_side import FarSide
from workflow.errors import EhcertError, TemporaryError, UserActionError
from workflow.narrating import errors_by_code
from workflow.procedure import Line, Procedure
from workflow.texts import mark

_LOST = {
    "ehealth_unreachable": ("refused", "refused"),
    "ehealth_no_answer": ("request_lost", "answer_lost"),
    "ehealth_nonsense": ("maintenance", "maintenance"),
    "ehealth_fault": ("fault_500", "fault_500"),
}
"""The fault of the sandbox for an error of the connection: when the message had not arrived, and when it had."""

_EITHER = frozenset({"maintenance", "fault_500"})
_WRONG = {
    "contract_mismatch": "contract_of_stranger",
    "challenge_wrong": "challenge_wrong_hash",
    "wrong_etk": "etk_of_another",
    "certificate_not_yet_valid": "certificate_not_yet_valid",
}
_WRONG_CERTIFICATE = {
    "it is for another key": "certificate_other_key",
    "it is for another person": "certificate_other_person",
    "its chain does not hold": "certificate_broken_chain",
    "it is not for signing in": "certificate_wrong_usage",
    "it has already ended": "certificate_expired",
    "it is of another environment or of an unknown authority": "certificate_other_environment",
}
_ABOUT_CERTIFICATE = frozenset({"wrong_certificate", "certificate_not_yet_valid"})
_STARTS_ETK = "starting_etk"
_REFUSED = frozenset({"ehealth_refused", "revocation_not_known_yet"})
_USUAL_MINUTES = 10


class Interrupted(BaseException):
    """The process of the rerun ends here, as after a power cut; the next one goes on."""


@dataclass(frozen=True, slots=True)
class Acted:
    """How the trouble of a line was made. `real`: as it may have come; else the error was raised for the step."""

    line: int
    how: str
    real: bool


class Troubles:
    """What goes wrong with the next line. `acted` tells what was done so far."""

    def __init__(self, course: Course, facts: Mapping[str, Any], far_side: FarSide, clock: Clock) -> None:
        """`facts` are those of the bundle."""
        self.far_side = far_side
        self.clock = clock
        self.acted: list[Acted] = []
        self.dies_at_answer = False
        self._course = course
        self._facts = facts
        self._raises: EhcertError | None = None

    def forget(self) -> None:
        """From now on everything goes well."""
        self.dies_at_answer = False
        self._raises, self.clock.skew = None, timedelta(0)
        self.far_side.calm()

    def strike(self) -> None:
        """When a step begins: raises the error of the next line, where nothing else can bring it."""
        if self._raises is not None:
            raise self._raises

    def before_step(self, index: int, line: Line, procedure: Procedure) -> None:
        """Prepare the trouble of the line of this index, in the step of its state."""
        code, details = str(line.details.get("code", "")), line.details
        if code == "in_doubt" and details.get("needs_card") != "True" and self._course.was_carried_out(index) is False:
            return  # it comes by itself: it is too early to tell
        if code == "clock_off":
            minutes = str(details.get("minutes"))
            self.clock.skew = timedelta(minutes=int(minutes) if minutes.lstrip("-").isdigit() else _USUAL_MINUTES)
            self._note(index, mark("the clock of the computer is wrong"))
        elif code in _LOST:
            # assumption: a start of an ETK without an answer had arrived; the journal does not say.
            starts = line.state == _STARTS_ETK and code != "ehealth_unreachable"
            self._lose(index, code, carried_out=starts, operation="startETKRegistration" if starts else "*")
        elif code in _REFUSED:
            self._refuse(index, details)
        elif "intent" not in procedure.facts and (fault := _wrong(code, details)):
            if code in _ABOUT_CERTIFICATE:
                self.far_side.deliver(key_of(procedure))
            self._fail(index, fault)
        else:
            self._raises = _error(code, details)
            self._note(index, mark("raised in the place of the step"), real=False)

    def before_sending(self, index: int, line: Line) -> None:
        """Prepare what becomes of a message whose intent is on disk. Raises `Interrupted` when it was never sent."""
        code = str(line.details.get("code", ""))
        carried_out = self._course.was_carried_out(index) is not False
        match line.kind:
            case "moved" if line.trigger == "refused":
                self._refuse(index, self._facts.get("refusal", {}), self._sent(index))
            case "moved":
                return
            case "refused":
                self._refuse(index, line.details, self._sent(index))
            case "not_arrived" if code:
                self._lose(index, "ehealth_unreachable", carried_out=False)
            case "trouble" if code in _LOST and code != "ehealth_unreachable":
                self._lose(index, code, carried_out=carried_out, once=True)
            case "trouble" if code in _WRONG:
                self._fail(index, _WRONG[code], once=True)
            case _:
                self._note(index, mark("the process ended here"))
                if not carried_out:
                    raise Interrupted
                self.dies_at_answer = True

    def _lose(self, index: int, code: str, *, carried_out: bool, operation: str = "*", once: bool = False) -> None:
        fault = _LOST[code][carried_out]
        parameters = {"carried_out": float(carried_out)} if fault in _EITHER else {}
        self._fail(index, fault, operation, once=once, **parameters)

    def _fail(self, index: int, fault: str, operation: str = "*", *, once: bool = False, **parameters: float) -> None:
        self.far_side.fail(fault, operation, once=once, **parameters)
        self._note(index, fault)

    def _sent(self, index: int) -> str | None:
        """The operation of the intent just before a line."""
        intent = self._course.line(index - 1)
        return None if intent is None else intent.details.get("operation")

    def _refuse(self, index: int, details: Mapping[str, Any], operation: str | None = None) -> None:
        code = str(details.get("refusal_code") or details.get("code") or "?")
        self.far_side.refuse(code, str(details.get("refusal") or details.get("message") or code), operation)
        self._note(index, code)

    def _note(self, index: int, how: str, *, real: bool = True) -> None:
        if not self.acted or self.acted[-1].line != index + 1:
            self.acted.append(Acted(index + 1, how, real))


def key_of(procedure: Procedure) -> str:
    """The PublicKeyIdentifier of its key; empty before there is one."""
    return str(procedure.facts.get("key", {}).get("public_key_identifier", ""))


def _wrong(code: str, details: Mapping[str, Any]) -> str | None:
    """The wrong content that brings an error, if there is one."""
    if code == "wrong_certificate":
        return _WRONG_CERTIFICATE.get(str(details.get("reason")))
    return _WRONG.get(code)


def _error(code: str, details: Mapping[str, Any]) -> EhcertError:
    """An error as the journal keeps it: its code, its family and its details; its words are not needed."""
    known = errors_by_code().get(code, UserActionError)
    family = TemporaryError if issubclass(known, TemporaryError) else UserActionError
    kept = {name: value for name, value in details.items() if name != "code"}
    made: EhcertError = type("RetoldError", (family,), {"code": code})(**kept)
    return made
