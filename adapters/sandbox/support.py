"""What people do at the far side: the support team decides on a request, a foreigner confirms his own."""

from __future__ import annotations

from typing import ClassVar

from adapters.sandbox.authority import Authority
from workflow.errors import Exit, UserActionError
from workflow.texts import mark


class NothingWaitsError(UserActionError):
    """No request, or not the named one, waits for a decision."""

    code: ClassVar[str] = "sandbox_nothing_waits"
    exit: ClassVar[Exit] = Exit.NOT_FOUND
    text: ClassVar[str] = mark("no such request waits for the support team of the sandbox")
    hint: ClassVar[str] = mark(
        "only some wait: those of ehcert sandbox person scrutinized, or all with serve --manual-validation"
    )


class SeveralWaitError(UserActionError):
    """Several requests wait, and none was named."""

    code: ClassVar[str] = "sandbox_several_wait"
    exit: ClassVar[Exit] = Exit.USAGE
    text: ClassVar[str] = mark("several requests wait for the support team of the sandbox: {keys}")
    hint: ClassVar[str] = mark("name one, or the beginning of its name")


class NothingToConfirmError(UserActionError):
    """Nobody is expected at an address."""

    code: ClassVar[str] = "sandbox_nothing_to_confirm"
    exit: ClassVar[Exit] = Exit.NOT_FOUND
    text: ClassVar[str] = mark("nothing is to be confirmed at this address")
    hint: ClassVar[str] = mark("give the whole address that the request showed; it works once, and before its end")


def waiting_request(authority: Authority, beginning: str | None) -> str:
    """The PublicKeyIdentifier of the request that waits: the only one, or the only one with this beginning.

    Raises `NothingWaitsError`, `SeveralWaitError`.
    """
    found = [key for key in authority.waiting() if key.startswith((beginning or "").lower())]
    if not found:
        raise NothingWaitsError()
    if len(found) > 1:
        raise SeveralWaitError(keys=", ".join(found))
    return found[0]


def approve(authority: Authority, beginning: str | None) -> str:
    """The support team says yes; returns which request it was. Raises as `waiting_request` does."""
    key = waiting_request(authority, beginning)
    authority.approve(key)
    return key


def refuse(authority: Authority, beginning: str | None) -> str:
    """The support team says no; returns which request it was. Raises as `waiting_request` does."""
    key = waiting_request(authority, beginning)
    authority.refuse(key)
    return key


def confirm(authority: Authority, address: str) -> None:
    """A foreigner logs in at the address that his request showed. Raises `NothingToConfirmError`."""
    try:
        authority.confirm_foreigner(address.strip())
    except LookupError as error:
        raise NothingToConfirmError() from error
