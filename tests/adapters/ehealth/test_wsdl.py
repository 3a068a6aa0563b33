"""The WSDLs: all operations, nothing fetched, and their answers fit those of eHealth."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest
from lxml import etree

from adapters.ehealth.config import ENDPOINTS
from adapters.ehealth.transport import WSDL_FOLDER, EhealthTransport
from adapters.xml.parsing import parse
from tests.adapters.ehealth import samples
from tests.adapters.ehealth.conftest import config_for

COUNTS = {"certra": 11, "etkra": 3, "etkdepot": 1}
ANSWERS = {
    "certra": {
        "qualities": samples.QUALITIES,
        "contract": samples.CONTRACT,
        "submitted": samples.SUBMITTED,
        "infos": samples.INFOS,
        "info": samples.INFO,
        "types": samples.TYPES,
        "delivered": samples.delivered(b"x"),
        "refused": samples.refused("r:GetCertificate", "CERT_NOT_YET_DELIVERED"),
        "revocation contract": samples.revocation_contract(),
        "revoked": samples.REVOKED,
        "application ids": samples.APPLICATION_IDS,
        "foreigner": samples.to_confirm(),
    },
    "etkra": {
        "challenge": samples.CHALLENGE,
        "registered": samples.REGISTERED,
        "activated": samples.ACTIVATED,
    },
    "etkdepot": {
        "found": samples.depot("200", "<d:ETK>ZXRr</d:ETK>"),
        "none": samples.depot("404"),
    },
}
EVERY_ANSWER = [(service, name) for service, found in ANSWERS.items() for name in found]


@pytest.fixture(scope="module")
def clients():
    from zeep import Client, Settings

    transport = EhealthTransport(config_for("https://services.example.org"))
    settings = Settings(forbid_dtd=True, forbid_external=True)
    return {
        service: Client(str(WSDL_FOLDER / f"{service}.wsdl"), transport=transport, settings=settings)
        for service in COUNTS
    }


@pytest.mark.parametrize("service", COUNTS)
def test_all_operations_are_there(service, clients):
    operations = clients[service].service._binding._operations

    assert len(operations) == COUNTS[service]


@pytest.mark.parametrize("service", COUNTS)
def test_the_default_address_is_production(service, clients):
    address = clients[service].service._binding_options["address"]

    assert address == getattr(ENDPOINTS["production"], service)


@pytest.mark.parametrize(("service", "name"), EVERY_ANSWER)
def test_an_official_answer_fits(service, name, clients, official):
    answer = parse(ANSWERS[service][name]("_1").encode())
    official(service, answer)
    types = clients[service].wsdl.types

    types.get_element(etree.QName(answer)).parse(answer, types)


def test_nothing_is_fetched_while_reading_the_wsdls(monkeypatch):
    from zeep import Client

    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    transport = EhealthTransport(config_for("https://services.example.org"))

    for service in COUNTS:
        Client(str(WSDL_FOLDER / f"{service}.wsdl"), transport=transport)


@pytest.mark.parametrize("url", ["/etc/passwd", "https://www.w3.org/2001/xml.xsd", "file:///etc/passwd"])
def test_the_transport_reads_nothing_else(url):
    transport = EhealthTransport(config_for("https://services.example.org"))

    with pytest.raises(ValueError, match="own WSDLs"):
        transport.load(url)


def test_zeep_is_imported_only_when_a_client_is_made():
    code = (
        "import sys, adapters.ehealth, adapters.ehealth.client; print('zeep' in sys.modules, 'requests' in sys.modules)"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.split() == ["False", "False"]
