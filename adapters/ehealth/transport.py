"""How bytes go to eHealth and come back: one connection, one attempt, bounded in time and size."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NameResolutionError, ReadTimeoutError
from zeep.transports import Transport

from adapters.ehealth.config import ServiceConfig, is_loopback
from adapters.ehealth.reply import Reply
from adapters.xml.parsing import MAX_BYTES
from workflow.errors import EhealthNoAnswerError, EhealthNonsenseError, EhealthUnreachableError, TemporaryError
from workflow.texts import mark

WSDL_FOLDER: Final = Path(__file__).parent / "wsdl"
_CHUNK: Final = 65_536
# What these write at DEBUG, zeep.xsd even at ERROR, quotes messages: they hold national numbers.
_TALKATIVE: Final = ("zeep", "urllib3", "requests")


class EhealthTransport(Transport):
    """What zeep reads its WSDLs with, from the program's own folder only, and what messages are posted with."""

    def __init__(self, config: ServiceConfig) -> None:
        super().__init__(operation_timeout=config.read_timeout)  # type: ignore[no-untyped-call]
        self._config = config
        silence_loggers()

    def load(self, url: str) -> bytes:
        """Read a WSDL or schema of the program; nothing is ever fetched."""
        path = Path(url).resolve()
        if path.parent != WSDL_FOLDER.resolve():
            raise ValueError("only the program's own WSDLs are read")
        return path.read_bytes()

    def get(self, address: str, params: Any, headers: Any) -> Any:
        """Not used by SOAP 1.1: refused."""
        raise ValueError("nothing is fetched with GET")

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> Reply:
        """Post the bytes as they are, once.

        Raises:
            EhealthUnreachableError: no connection stood, so nothing left.
            EhealthNoAnswerError: the connection broke, or the time ran out, before the answer was complete.
            EhealthNonsenseError: the answer is too large or compressed.
        """
        with _Call(self._config.call_timeout) as call, requests.Session() as session:
            try:
                return self._exchange(session, call, address, message, headers)
            except (requests.RequestException, HTTPError, OSError) as error:
                raise _translate(error, call, address) from error

    def _exchange(
        self, session: requests.Session, call: _Call, address: str, message: bytes, headers: dict[str, str]
    ) -> Reply:
        # Environment variables could name a password file or other authorities: only their proxies are used.
        session.trust_env = False
        session.mount("http://", _Adapter(call))
        session.mount("https://", _Adapter(call))
        session.headers.clear()
        with session.post(
            address,
            data=message,
            headers=self._headers() | headers,
            timeout=(self._config.connect_timeout, self._config.read_timeout),
            allow_redirects=False,
            stream=True,
            verify=self._config.authorities or True,
            proxies={} if is_loopback(address) else requests.utils.get_environ_proxies(address),
        ) as response:
            body = _read(response)
        if call.late:
            raise requests.Timeout
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Reply(response.status_code, media_type, response.headers.get("Date"), body)

    def _headers(self) -> dict[str, str]:
        who = {"User-Agent": f"ehcert/{self._config.version}"}
        if self._config.contact:
            who["From"] = self._config.contact
        return who | {"Accept": "text/xml", "Accept-Encoding": "identity", "Connection": "close"}


def silence_loggers() -> None:
    """Keep what goes over the wire out of every log, whatever level the program logs at."""
    for name in list(logging.Logger.manager.loggerDict):
        if name.split(".")[0] in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)


class _Call:
    """What is known of one call: whether its connection stood, and the socket to cut when its time is up."""

    def __init__(self, seconds: float) -> None:
        self.connected = False
        self.late = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def watch(self, opened: socket.socket) -> None:
        """Remember a second handle on the socket: TLS takes the first one over."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._socket = opened.dup()
        if self.late:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self.late = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """Never tries again, and tells the call about its connection."""

    def __init__(self, call: _Call) -> None:
        self._call = call
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
        pool = super().get_connection_with_tls_context(*arguments, **options)
        pool.ConnectionCls = _watched(pool.ConnectionCls, self._call)
        return pool


def _watched(connection: Any, call: _Call) -> Any:
    class Watched(connection):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            opened: socket.socket = super()._new_conn()
            call.watch(opened)
            return opened

        def connect(self) -> None:
            super().connect()
            # The TLS handshake is behind us: from here on the request may have arrived.
            call.connected = True

    return Watched


def _read(response: requests.Response) -> bytes:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise EhealthNonsenseError(reason=mark("it is compressed, which was not asked for"))
    body = bytearray()
    for chunk in response.raw.stream(_CHUNK, decode_content=False):
        body += chunk
        if len(body) > MAX_BYTES:
            raise EhealthNonsenseError(reason=mark("it is far too large"))
    return bytes(body)


def _translate(error: Exception, call: _Call, address: str) -> TemporaryError:
    """The one place where failures of the network become errors of ours."""
    if call.connected:
        return EhealthNoAnswerError(reason=_reason_after(error, call))
    return EhealthUnreachableError(address=address, reason=_reason_before(error))


def _reason_after(error: Exception, call: _Call) -> str:
    timeouts = (requests.Timeout, TimeoutError, ReadTimeoutError)
    if call.late or any(isinstance(cause, timeouts) for cause in _causes(error)):
        return mark("the time ran out")
    return mark("the connection broke")


def _reason_before(error: Exception) -> str:
    causes = _causes(error)
    if any(isinstance(cause, NameResolutionError | socket.gaierror) for cause in causes):
        return mark("its name is unknown here")
    if any(isinstance(cause, requests.exceptions.SSLError) for cause in causes):
        return mark("its identity could not be verified (TLS)")
    if any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes):
        return mark("the proxy does not let it through")
    if any(isinstance(cause, requests.Timeout | TimeoutError) for cause in causes):
        return mark("no connection in time")
    return mark("no connection")


def _causes(error: BaseException) -> list[BaseException]:
    """The error, what it wraps as `reason` or argument, and what it came from."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        current = waiting.pop()
        if isinstance(current, BaseException) and current not in found:
            found.append(current)
            waiting += [*current.args, getattr(current, "reason", None), current.__cause__, current.__context__]
    return found
