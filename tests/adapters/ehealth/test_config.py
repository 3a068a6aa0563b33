"""Which addresses and settings are taken."""

from __future__ import annotations

import pytest

from adapters.ehealth.config import ENDPOINTS, ServiceConfig, is_loopback
from tests.adapters.ehealth.conftest import config_for
from workflow.errors import BadSettingError


def test_the_addresses_are_those_of_the_protocol():
    assert ENDPOINTS["production"].certra == "https://services.ehealth.fgov.be/CertRa/v2"
    assert ENDPOINTS["acceptance"].etkra == "https://services-acpt.ehealth.fgov.be/EtkRa/v2"
    assert ENDPOINTS["acceptance"].etkdepot == "https://services-acpt.ehealth.fgov.be/EtkDepot/v1"


@pytest.mark.parametrize(
    "address", ["https://services.example.org", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:8080"]
)
def test_https_and_this_computer_are_accepted(address):
    assert config_for(address).certra == f"{address}/CertRa/v2"


@pytest.mark.parametrize(
    "address",
    [
        "http://services.example.org",
        "http://127.0.0.1.example.org",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "services.example.org",
        "https://",
        "https://user:word@services.example.org",
        "https://services.example.org:x",
        "https://services.example.org /a",
        "https://ehéalth.example.org",
        "",
    ],
)
def test_other_addresses_are_refused(address):
    with pytest.raises(BadSettingError) as caught:
        config_for(address)

    assert caught.value.details["key"] == "endpoints.certra"


def test_every_service_is_checked():
    with pytest.raises(BadSettingError) as caught:
        ServiceConfig("https://a.example.org", "https://a.example.org", "http://a.example.org")

    assert caught.value.details["key"] == "endpoints.etkdepot"


@pytest.mark.parametrize("contact", ["zoé@example.org", "a@example.org\r\nX-Evil: 1"])
def test_a_contact_that_cannot_be_a_header_is_refused(contact):
    with pytest.raises(BadSettingError):
        config_for("https://a.example.org", contact=contact)


def test_an_unknown_signature_algorithm_is_refused():
    with pytest.raises(BadSettingError):
        config_for("https://a.example.org", ec_signature="rsa-sha1")


def test_a_name_that_looks_like_this_computer_is_not():
    assert is_loopback("http://127.9.9.9/")
    assert not is_loopback("http://localhost.example.org/")
