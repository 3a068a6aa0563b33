"""Where the eHealth services are and how they are called."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from workflow.errors import BadSettingError
from workflow.texts import mark

SERVICES: Final = ("certra", "etkra", "etkdepot")


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """The addresses of one environment, who calls, and how long a call may take (seconds).

    `contact` is a mail address for the `From` header; `version` is the one of ehcert in the `User-Agent`;
    `ec_signature` is `ecdsa-sha256` or `ecdsa-sha384` (PROTOCOL §5); `authorities` is a PEM file of TLS authorities
    to trust in place of the usual public ones. TLS is always verified.

    Raises:
        BadSettingError: an address is not https (http: this computer only), or the contact cannot be a header.
    """

    certra: str
    etkra: str
    etkdepot: str
    contact: str | None = None
    version: str = "0"
    ec_signature: str = "ecdsa-sha256"
    authorities: str | None = None
    connect_timeout: float = 30.0
    read_timeout: float = 30.0
    call_timeout: float = 120.0

    def __post_init__(self) -> None:
        for service in SERVICES:
            _check_address(service, getattr(self, service))
        if self.contact is not None and not (self.contact.isascii() and self.contact.isprintable()):
            raise _bad("contact", mark("this is not an e-mail address"))
        if self.ec_signature not in ("ecdsa-sha256", "ecdsa-sha384"):
            raise _bad("ec_signature", mark("it must be ecdsa-sha256 or ecdsa-sha384"))


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of the three services in one environment."""

    certra: str
    etkra: str
    etkdepot: str


def _endpoints(host: str) -> Endpoints:
    # The case of the paths matters.
    return Endpoints(f"https://{host}/CertRa/v2", f"https://{host}/EtkRa/v2", f"https://{host}/EtkDepot/v1")


# PROTOCOL §1.1; the sandbox's addresses are always given by its own configuration.
ENDPOINTS: Final = {
    "production": _endpoints("services.ehealth.fgov.be"),
    "acceptance": _endpoints("services-acpt.ehealth.fgov.be"),
}


def is_loopback(address: str) -> bool:
    """Whether a URL leads to this computer."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_address(service: str, address: str) -> None:
    key = f"endpoints.{service}"
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not address.isascii() or any(character.isspace() for character in address):
        raise _bad(key, mark("this is not an address"))
    if parts.username or parts.password:
        raise _bad(key, mark("an address with a password in it is not accepted"))
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(address)):
        raise _bad(key, mark("only https is accepted, except for this computer"))


def _bad(key: str, problem: str) -> BadSettingError:
    return BadSettingError(key=key, problem=problem, source="config.toml")
