"""The far side over HTTP, on this machine."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.files import private_folder
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import PROVIDER
from adapters.sandbox.pki import Pki
from adapters.sandbox.replies import Reply
from adapters.sandbox.wsgi import listening
from tests.adapters.sandbox.client import CERTRA_SERVICE, World, opened

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.soap


@pytest.fixture
def port(world: World, tmp_path: Path) -> Iterator[int]:
    with listening(world.sandbox, messages=tmp_path / "messages") as address:
        yield int(address.rpartition(":")[2])


def exchange(port: int, method: str, path: str, body: Any = None, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with closing(connection):
        chunked = headers.get("Transfer_Encoding") == "chunked"
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, fields, encode_chunked=chunked)
        response = connection.getresponse()
        response.content = response.read()  # type: ignore[attr-defined]
        return response


def test_a_message_is_answered(world: World, port: int) -> None:
    response = exchange(port, "POST", CERTRA_SERVICE, world.organization_types().body())

    assert response.status == 200
    assert response.version == 11
    assert response.getheader("Content-Type") == "text/xml; charset=utf-8"
    assert response.getheader("Connection") == "close"
    assert parsedate_to_datetime(response.getheader("Date") or "") == world.clock.now()
    assert opened(Reply(200, "", response.content)).is_success  # type: ignore[attr-defined]


def test_a_message_in_chunks_is_answered(world: World, port: int) -> None:
    body = world.request().body()
    chunks = [body[i : i + 1000] for i in range(0, len(body), 1000)]

    response = exchange(port, "POST", CERTRA_SERVICE, chunks, Transfer_Encoding="chunked")

    assert response.status == 200


def test_who_asks_before_he_sends_is_told_to_go_on(world: World, port: int) -> None:
    body = world.organization_types().body()
    head = f"POST {CERTRA_SERVICE} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"

    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode())
        first = connection.recv(100)
        connection.sendall(body)
        rest = connection.recv(100)

    assert first.startswith(b"HTTP/1.1 100 ")
    assert rest.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", CERTRA_SERVICE, None, 405),
        ("PUT", CERTRA_SERVICE, b"x", 405),
        ("POST", "/certra/v2", b"x", 404),
        ("GET", "/", None, 404),
        ("HEAD", CERTRA_SERVICE, None, 405),
        ("POST", CERTRA_SERVICE, b"x" * 1_000_001, 413),
        ("POST", CERTRA_SERVICE, b"x" * 3_000_000, 413),
        ("POST", CERTRA_SERVICE, b"x" * 1_000_000, 500),
        ("POST", CERTRA_SERVICE, b"", 500),
    ],
)
def test_other_requests_get_their_own_status(port: int, method: str, path: str, body: Any, status: int) -> None:
    response = exchange(port, method, path, body)

    assert response.status == status
    assert response.getheader("Allow") == ("POST" if status == 405 else None)


def test_a_length_that_is_no_number_is_refused(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"POST {CERTRA_SERVICE} HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n".encode())
        answer = connection.recv(100)

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_connection_that_breaks_does_no_harm(world: World, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"POST {CERTRA_SERVICE} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx".encode())

    assert exchange(port, "POST", CERTRA_SERVICE, world.organization_types().body()).status == 200


def test_many_ask_at_once(world: World, port: int) -> None:
    body = world.organization_types().body()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: exchange(port, "POST", CERTRA_SERVICE, body).status, range(24)))

    assert statuses == [200] * 24


def test_the_same_request_at_once_is_carried_out_once(world: World, port: int) -> None:
    body = world.request().body()
    gate = threading.Barrier(6)

    def send(_: int) -> bytes:
        gate.wait()
        return exchange(port, "POST", CERTRA_SERVICE, body).content  # type: ignore[attr-defined, no-any-return]

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(send, range(6)))

    assert len(answers) == 1
    assert world.authority.accepted_counts() == {"generateCertificate": 1}


def test_messages_are_recorded_byte_for_byte(world: World, port: int, tmp_path: Path) -> None:
    body = world.request().body()
    response = exchange(port, "POST", CERTRA_SERVICE, body)
    exchange(port, "POST", CERTRA_SERVICE, b"nonsense")

    files = {path.name: path.read_bytes() for path in (tmp_path / "messages").iterdir()}

    assert files["001-generateCertificate-request.xml"] == body
    assert files["001-generateCertificate-response.xml"] == response.content  # type: ignore[attr-defined]
    assert files["002-unknown-request.xml"] == b"nonsense"
    assert len(files) == 4


def test_a_recording_goes_on_after_the_last_number(world: World, tmp_path: Path) -> None:
    for _ in range(2):
        with listening(world.sandbox, messages=tmp_path) as address:
            exchange(int(address.rpartition(":")[2]), "POST", CERTRA_SERVICE, world.organization_types().body())

    names = sorted(path.name for path in tmp_path.glob("*-request.xml"))
    assert names == [f"00{n}-getGenericOrganizationTypes-request.xml" for n in (1, 2)]


def test_a_bug_of_the_sandbox_looks_like_a_broken_service(world: World, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def answer(self, service: str, body: bytes) -> Reply:
            raise RuntimeError(PROVIDER.ssin)

    with listening(world.sandbox, far_side=Broken()) as address:
        response = exchange(int(address.rpartition(":")[2]), "POST", CERTRA_SERVICE, b"x")

    assert response.status == 500
    assert opened(Reply(500, "", response.content)).code == "SOA-02001"  # type: ignore[attr-defined]
    assert "RuntimeError" in caplog.text
    assert "75031299943" not in caplog.text


def test_the_log_holds_no_personal_data(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "adapters.sandbox")
    world.done(world.qualities())
    world.done(world.request())

    assert "generateCertificate: done" in caplog.text
    assert not any(word in caplog.text for word in ("75031299943", "Exemple", "zoe@example.org", "EXEMPLE"))


SERVED = """
import sys
from pathlib import Path
from adapters.sandbox.wsgi import serve
serve(Path(sys.argv[1]), ready=lambda address: print(address, flush=True))
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_served_sandbox_tells_its_address_and_stops_cleanly(
    pki: Pki, tmp_path: Path, number: signal.Signals, make_world: Callable[..., World]
) -> None:
    folder = tmp_path / "sandbox"
    pki.save(private_folder(folder / "pki"), b"passphrase")
    command = [sys.executable, "-c", SERVED, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = process.stdout.readline().strip()
        told = json.loads((folder / "address.json").read_text())
        body = make_world().organization_types().body()
        response = exchange(int(address.rpartition(":")[2]), "POST", CERTRA_SERVICE, body)
        os.kill(process.pid, number)
        code = process.wait(10)
        errors = process.stderr.read()

    assert told == {"address": address, "pid": process.pid}
    assert response.status == 200
    assert (code, errors) == (0, "")
    assert not (folder / "address.json").exists()


def test_the_clock_of_a_sandbox_that_serves_can_be_moved(pki: Pki, tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    pki.save(private_folder(folder / "pki"), b"passphrase")
    sandbox = Sandbox.open(folder)

    with listening(sandbox) as address:
        port = int(address.rpartition(":")[2])
        before = parsedate_to_datetime(exchange(port, "GET", "/").getheader("Date") or "")
        (folder / "clock.json").write_text('{"offset_seconds": 172800}')
        after = parsedate_to_datetime(exchange(port, "GET", "/").getheader("Date") or "")
    sandbox.close()

    assert timedelta(days=2) <= after - before < timedelta(days=2, minutes=1)
