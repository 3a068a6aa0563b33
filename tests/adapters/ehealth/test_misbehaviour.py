"""What becomes of every way in which the far side can fail."""

from __future__ import annotations

import gzip
import socket
import time

import pytest

from adapters.ehealth.client import EhealthServices
from tests.adapters.ehealth import samples
from tests.adapters.ehealth.conftest import NOW, config_for
from tests.adapters.ehealth.far_side import (
    answers,
    hang_up,
    head,
    http,
    reset,
    silence,
    soap,
    trickle,
)
from workflow.errors import (
    EhealthFaultError,
    EhealthNoAnswerError,
    EhealthNonsenseError,
    EhealthUnreachableError,
    RefusedError,
)

pytestmark = pytest.mark.soap


def fetch(services: EhealthServices):
    return services.certificate(samples.PKI)


GOOD = samples.delivered(b"x")
WHOLE = soap(samples.refused("r:GetCertificate", "CERT_NOT_YET_DELIVERED")("_1"))
HTML = b"<!DOCTYPE html><html><body>Maintenance</body></html>"

NONSENSE = {
    "an HTML error page": http(500, HTML, "text/html"),
    "an HTML page said to be XML": http(200, HTML),
    "a maintenance page": http(200, HTML, "text/html"),
    "nothing": http(200, b""),
    "cut in the head": lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-"),
    "plain text": http(200, b"ok", "text/plain"),
    "JSON": http(200, b"{}", "application/json"),
    "no content type": http(200, WHOLE, ""),
    "an attachment": http(200, WHOLE, "multipart/related; boundary=x"),
    "XML cut off": http(200, WHOLE[:-20]),
    "a bomb": http(200, b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'),
    "XML that is not SOAP": http(200, b"<a/>"),
    "SOAP 1.2": http(200, WHOLE.replace(b"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope")),
    "an empty body": http(200, soap("")),
    "two elements in the body": http(200, soap("<a/><b/>")),
    "another operation's answer": answers(samples.SUBMITTED),
    "another message's answer": answers(lambda _: samples.delivered(b"x")("_other")),
    "no status": answers(samples.answer("r:GetCertificate", "", status="")),
    "a status without a value": answers(
        samples.answer("r:GetCertificate", "", status="<k:Status><k:StatusCode/></k:Status>")
    ),
    "success without content": answers(samples.answer("r:GetCertificate", "")),
    "something that is no certificate": answers(samples.delivered(b"x")),
    "something that is not base64": answers(
        samples.answer("r:GetCertificate", "<r:X509Certificate>?</r:X509Certificate>")
    ),
    "a redirect": http(302, b"", Location="http://127.0.0.1:9/"),
    "a permanent redirect": http(308, b"", Location="/elsewhere"),
    "not found": http(404, HTML, "text/html"),
    "no rights": http(403, WHOLE),
    "our answer with status 500": http(500, WHOLE),
    "a compressed bomb": http(200, gzip.compress(b"<a>" + b" " * 50_000_000), Content_Encoding="gzip"),
    "something huge": http(200, b"<a>" + b" " * 6_000_000 + b"</a>"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_what_is_not_an_answer_is_nonsense(name, far, services):
    far.then(NONSENSE[name])

    with pytest.raises(EhealthNonsenseError) as caught:
        fetch(services)

    assert caught.value.details["reason"]
    assert len(far.received) == 1


def test_something_huge_without_an_end_is_stopped(far, services):
    def flood(connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
        while True:
            connection.sendall(b" " * 65_536)

    far.then(flood)

    with pytest.raises(EhealthNonsenseError, match="too large"):
        fetch(services)


def test_the_previous_answer_again_is_nonsense(far, services, rsa_card):
    kept = []

    def first(connection, received):
        kept.append(soap(samples.INFOS(received.request.get("Id"))))
        http(200, kept[0])(connection, received)

    far.then(first, lambda connection, received: http(200, kept[0])(connection, received))
    services.certificates_of_citizen(rsa_card)

    with pytest.raises(EhealthNonsenseError, match="another message"):
        services.certificates_of_citizen(rsa_card)


NO_ANSWER = {
    "reset": reset,
    "closed without a word": hang_up,
    "cut in the body": lambda connection, _: connection.sendall(head(200, len(WHOLE)) + WHOLE[:50]),
    "something that is not HTTP": lambda connection, _: connection.sendall(b"220 mail.example.org ESMTP\r\n\r\n"),
    "service unavailable": http(503, HTML, "text/html", Retry_After="120"),
    "bad gateway": http(502, b"", "text/plain"),
    "gateway timeout": http(504, HTML, "text/html"),
}


@pytest.mark.parametrize("name", NO_ANSWER)
def test_a_broken_connection_is_a_doubt_and_nothing_is_sent_again(name, far, services):
    far.then(NO_ANSWER[name], answers(samples.refused("r:GetCertificate", "CERT_NOT_YET_DELIVERED")))

    with pytest.raises(EhealthNoAnswerError):
        fetch(services)

    assert len(far.received) == 1


def test_silence_ends_after_the_read_timeout(far, make_services):
    far.then(silence(far.closing))
    started = time.monotonic()

    with pytest.raises(EhealthNoAnswerError, match="time ran out"):
        fetch(make_services(read_timeout=0.2))

    assert time.monotonic() - started < 2


@pytest.mark.parametrize("start", [b"", head(200, len(WHOLE))], ids=["in the head", "in the body"])
def test_one_byte_at_a_time_ends_after_the_call_timeout(start, far, make_services):
    slow = trickle(head(200, len(WHOLE)) + WHOLE if not start else WHOLE, 0.05, far.closing)

    def answer(connection, received):
        connection.sendall(start)
        slow(connection, received)

    far.then(answer)
    started = time.monotonic()

    with pytest.raises(EhealthNoAnswerError, match="time ran out"):
        fetch(make_services(read_timeout=5.0, call_timeout=0.4))

    assert time.monotonic() - started < 2


def test_nobody_listening_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"

    with pytest.raises(EhealthUnreachableError) as caught:
        fetch(EhealthServices(config_for(address), now=lambda: NOW))

    assert address in caught.value.details["address"]


def test_an_unknown_name_is_unreachable(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("no_proxy", "*")

    with pytest.raises(EhealthUnreachableError, match="name is unknown"):
        fetch(EhealthServices(config_for("https://nowhere.invalid"), now=lambda: NOW))


def test_no_connection_in_time_is_unreachable_after_one_attempt(monkeypatch):
    attempts = []

    def slow(*_, **__):
        attempts.append(1)
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", slow)

    with pytest.raises(EhealthUnreachableError, match="in time"):
        fetch(EhealthServices(config_for("http://127.0.0.1:9"), now=lambda: NOW))

    assert len(attempts) == 1


def test_a_proxy_of_the_environment_is_not_used_for_this_computer(far, services, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    far.then(answers(samples.refused("r:GetCertificate", "CERT_NOT_YET_DELIVERED")))

    fetch(services)

    assert len(far.received) == 1


def test_a_dead_proxy_means_unreachable(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)

    with pytest.raises(EhealthUnreachableError):
        fetch(EhealthServices(config_for("https://services.example.invalid"), now=lambda: NOW))


@pytest.mark.parametrize("status", [200, 500, 503])
def test_a_fault_of_the_platform(status, far, services):
    far.then(http(status, soap(samples.SOA_FAULT)))

    with pytest.raises(EhealthFaultError) as caught:
        fetch(services)

    details = caught.value.details
    assert details["fault_code"] == "SOA-02001"
    assert details["fault"] == "Service temporarily not available for ***********"
    assert (details["retry"], details["environment"], details["fault_id"]) == ("true", "Acceptation", "f-1")


def test_a_bare_fault(far, services):
    far.then(http(500, soap(samples.fault())))

    with pytest.raises(EhealthFaultError) as caught:
        fetch(services)

    assert (caught.value.details["fault_code"], caught.value.details["fault"]) == ("S:Server", "technical")


def test_an_empty_fault(far, services):
    far.then(http(500, soap('<S:Fault xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"/>')))

    with pytest.raises(EhealthFaultError):
        fetch(services)


def test_a_refusal_keeps_every_code_and_parameter(far, services, rsa_card):
    parameters = "<Parameters><Name>ssin</Name><Value>75031299943</Value></Parameters>"
    parameters += "<Parameters><Name>from</Name><Value>2033-12-04\x7f</Value></Parameters>"
    far.then(answers(samples.refused("r:GetActorQualities", "SIM_A", "SIM_B", parameters=parameters)))

    with pytest.raises(RefusedError) as caught:
        services.qualities("75031299943", rsa_card)

    details = caught.value.details
    assert (details["refusal_code"], details["refusal"]) == ("SIM_A", "about SIM_A")
    assert details["parameters"] == {"ssin": "***********", "from": "2033-12-04"}
    assert [error["code"] for error in details["errors"]] == ["SIM_A", "SIM_B"]
    assert "75031299943" not in str(caught.value)


def test_a_refusal_without_detail_gives_the_status(far, services):
    far.then(answers(samples.refused("r:GetCertificate", value="urn:x:Requester")))

    with pytest.raises(RefusedError) as caught:
        fetch(services)

    assert (caught.value.refusal_code, caught.value.details["refusal"]) == ("urn:x:Requester", "no")


def test_a_refusal_without_detail_gives_the_nested_status(far, services):
    nested = (
        '<k:Status><k:StatusCode Value="urn:x:Requester"><k:StatusCode Value="urn:x:DataNotFound"/></k:StatusCode>'
        "</k:Status>"
    )
    far.then(answers(samples.answer("r:GetCertificate", "", status=nested)))

    with pytest.raises(RefusedError) as caught:
        fetch(services)

    assert caught.value.refusal_code == "urn:x:DataNotFound"


def test_almost_success_is_not_success(far, services):
    status = samples.status_of(value="urn:be:fgov:ehealth:2.0:status:Success ")
    far.then(answers(samples.answer("r:GetCertificate", "", status=status)))

    with pytest.raises(RefusedError):
        fetch(services)


def test_a_changing_call_in_doubt_is_not_repeated(far, services, authentication):
    message = services.sign_etk_activation(authentication)
    far.then(reset, answers(samples.ACTIVATED))

    with pytest.raises(EhealthNoAnswerError):
        services.activate_etk(message)

    assert len(far.received) == 1


DAMAGED_INFO = {
    "a boolean that is none": ("<c:Replaceable>false</c:Replaceable>", "<c:Replaceable>maybe</c:Replaceable>"),
    "a missing boolean": ("<c:Replaceable>false</c:Replaceable>", ""),
    "a doubled boolean": (
        "<c:Replaceable>false</c:Replaceable>",
        "<c:Replaceable>false</c:Replaceable><c:Replaceable>true</c:Replaceable>",
    ),
    "an element in a boolean": ("<c:Replaceable>false</c:Replaceable>", "<c:Replaceable>false<x/></c:Replaceable>"),
    "an unknown state": ("VALID_ACTIVE", "SLEEPING"),
    "an unknown state of the token": ("WAIT_FOR_ACTIVATION", "SLEEPING"),
    "a day that is none": ("2034-03-04T09:10:11Z", "2034-02-30T09:10:11Z"),
    "a moment that is none": ("2034-03-04T09:10:11Z", "soon"),
    "a short identifier": (samples.PKI.upper(), "0011"),
    "an identifier that is not hexadecimal": (samples.PKI.upper(), "x" * 40),
    "a person without a number": ('<k:Id Type="SSIN">75031299943</k:Id>', '<k:Id Type="SSIN"/>'),
    "a person without a type": ('<k:Id Type="SSIN">', "<k:Id>"),
    "no person": ("c:Actor>", "c:Nobody>"),
}


@pytest.mark.parametrize("name", DAMAGED_INFO)
def test_a_damaged_info_is_nonsense(name, far, services, authentication):
    old, new = DAMAGED_INFO[name]
    far.then(answers(lambda message_id: samples.INFO(message_id).replace(old, new)))

    with pytest.raises(EhealthNonsenseError) as caught:
        services.certificate_info(authentication)

    assert "75031299943" not in str(caught.value)


def test_an_activation_is_never_skipped_for_an_odd_boolean(far, services, authentication):
    message = services.sign_etk_completion(b"certificate", authentication)
    far.then(answers(lambda message_id: samples.REGISTERED(message_id).replace(">true<", ">TRUE<")))

    with pytest.raises(EhealthNonsenseError):
        services.complete_etk(message)


@pytest.mark.parametrize(
    "texts",
    [
        "",
        "<c:Value>x</c:Value>",
        '<c:Value xml:lang="fr">x</c:Value><c:Value xml:lang="fr">y</c:Value>',
    ],
    ids=["none", "without a language", "a language twice"],
)
def test_a_contract_that_could_not_be_sent_back_is_nonsense(texts, far, services, contact, person):
    far.then(answers(lambda message_id: samples.CONTRACT(message_id).replace(samples.TEXTS, texts)))

    with pytest.raises(EhealthNonsenseError):
        services.contract(contact, person, person)
