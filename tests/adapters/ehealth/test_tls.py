"""TLS is always verified, and a failed handshake means that nothing was sent."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from adapters.ehealth.client import EhealthServices
from steps.ports.registration import NotYetDelivered
from tests.adapters.ehealth import samples
from tests.adapters.ehealth.conftest import NOW, config_for
from tests.adapters.ehealth.far_side import answers, hang_up, head, running, silence, trickle
from workflow.errors import EhealthNoAnswerError, EhealthUnreachableError

pytestmark = pytest.mark.soap
NOT_YET = answers(samples.refused("r:GetCertificate", "CERT_NOT_YET_DELIVERED"))


class Authority:
    """A TLS authority that makes server certificates; these must hold today, whatever the messages say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Fictive TLS authority")])
        others = "content_commitment key_encipherment data_encipherment key_agreement encipher_only decipher_only"
        usage = dict.fromkeys(others.split(), False)
        certificate = (
            self._builder(self.name, self.key, self._now() + timedelta(days=9))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage), critical=True
            )
            .sign(self.key, hashes.SHA256())
        )
        self.path = folder / "authority.pem"
        self.path.write_bytes(certificate.public_bytes(Encoding.PEM))

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now() - timedelta(days=9))
            .not_valid_after(until)
        )

    def server(self, name: str = "127.0.0.1", days: int = 5) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        certificate = (
            self._builder(x509.Name([]), key, self._now() + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([names]), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        path = self.folder / "server.pem"
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


@pytest.fixture
def authority(tmp_path) -> Authority:
    return Authority(tmp_path)


def fetch(far, authorities: Path | None, **changes):
    config = config_for(far.address, authorities=None if authorities is None else str(authorities), **changes)
    return EhealthServices(config, now=lambda: NOW).certificate(samples.PKI)


def wrapped(context: ssl.SSLContext):
    return lambda connection: context.wrap_socket(connection, server_side=True)


def test_a_trusted_server_is_spoken_to(authority):
    with running(wrapped(authority.server())) as far:
        far.then(NOT_YET)

        assert fetch(far, authority.path) == NotYetDelivered()


def test_a_server_of_an_unknown_authority_gets_nothing(authority):
    with running(wrapped(authority.server())) as far:
        far.then(NOT_YET)

        with pytest.raises(EhealthUnreachableError, match="TLS"):
            fetch(far, None)
        assert far.received == []


@pytest.mark.parametrize(
    "server", [{"name": "127.0.0.2"}, {"name": "services.example.org"}, {"days": -1}], ids=["ip", "name", "expired"]
)
def test_a_server_with_a_wrong_certificate_gets_nothing(server, authority):
    with running(wrapped(authority.server(**server))) as far:
        far.then(NOT_YET)

        with pytest.raises(EhealthUnreachableError, match="TLS"):
            fetch(far, authority.path)
        assert far.received == []


def test_the_environment_cannot_name_other_authorities(authority, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(authority.path))
    with running(wrapped(authority.server())) as far:
        far.then(NOT_YET)

        with pytest.raises(EhealthUnreachableError):
            fetch(far, None)
        assert far.received == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_gets_nothing(authority):
    context = authority.server()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with running(wrapped(context)) as far:
        with pytest.raises(EhealthUnreachableError):
            fetch(far, authority.path)
        assert far.received == []


def test_a_server_without_tls_gets_nothing():
    with running() as far:
        far.address = far.address.replace("http:", "https:")

        with pytest.raises(EhealthUnreachableError):
            fetch(far, None, connect_timeout=0.3)


def test_a_handshake_that_never_ends_is_unreachable(authority):
    def stall(connection: socket.socket) -> socket.socket:
        connection.recv(10_000)
        far.closing.wait(10)
        return connection

    with running(stall) as far, pytest.raises(EhealthUnreachableError):
        fetch(far, authority.path, connect_timeout=0.2)


def test_a_connection_cut_after_the_handshake_is_a_doubt(authority):
    with running(wrapped(authority.server())) as far:
        far.then(hang_up)

        with pytest.raises(EhealthNoAnswerError):
            fetch(far, authority.path)


def test_the_call_timeout_also_cuts_tls(authority):
    with running(wrapped(authority.server())) as far:
        far.then(trickle(head(200, 100), 0.05, far.closing))

        with pytest.raises(EhealthNoAnswerError, match="time ran out"):
            fetch(far, authority.path, call_timeout=0.4)


def test_the_read_timeout_also_counts_in_tls(authority):
    with running(wrapped(authority.server())) as far:
        far.then(silence(far.closing))

        with pytest.raises(EhealthNoAnswerError, match="time ran out"):
            fetch(far, authority.path, read_timeout=0.2)
