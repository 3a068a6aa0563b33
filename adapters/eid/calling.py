"""One use of the library at a time, and calls that wait for a person without holding up the program.

Signing waits inside the library while the middleware's dialog is open, or while a person types on the reader. Python
cannot hear Ctrl-C there, so such a call runs in a thread of its own and the caller waits where it can be interrupted.
A call that was left so goes on until the dialog is closed; until then nobody else may use the library.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import TypeVar

from workflow.errors import CardUnusableError
from workflow.texts import mark

T = TypeVar("T")

STILL_OPEN = mark("a question for the PIN that was left is still open: close its window first")

_LOCK = threading.RLock()
"""Held around every use of the library; one for the process, as the library is."""

_SLICE = 0.2
"""Seconds: under Windows a wait hears Ctrl-C only when it ends."""

_left: list[threading.Thread] = []


@contextmanager
def alone() -> Iterator[None]:
    """Use the library while nobody else does. Raises `CardUnusableError` while a call that was left still waits."""
    with _LOCK:
        _left[:] = [thread for thread in _left if thread.is_alive()]
        if _left:
            raise CardUnusableError(reason=STILL_OPEN)
        yield


def interruptible(call: Callable[[], T]) -> T:
    """Make a call that may wait for a person, and wait for it so that Ctrl-C gets through. Raises what it raises."""
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:
            answer.set_exception(error)

    # A daemon: at the end of the program nobody waits for a dialog.
    thread = threading.Thread(target=work, name="card", daemon=True)
    thread.start()
    try:
        while not answer.done():
            wait([answer], timeout=_SLICE)
    except BaseException:
        _left.append(thread)
        raise
    return answer.result()
