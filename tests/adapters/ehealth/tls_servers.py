"""TLS servers with one defect each: their certificates must hold today, whatever the messages say."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.adapters.ehealth.far_side import FarSide, running

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Wrap = Callable[[socket.socket], socket.socket]
HERE = "127.0.0.1"
FEW_DAYS = timedelta(days=5)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, and the authorities between it and the root."""

    certificate: x509.Certificate
    key: Key
    between: tuple[x509.Certificate, ...] = ()

    def context(self, folder: Path) -> ssl.SSLContext:
        """A server's context with this certificate."""
        path = folder / "server.pem"
        chain = (self.certificate, *self.between)
        path.write_bytes(
            self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + b"".join(one.public_bytes(Encoding.PEM) for one in chain)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Otherwise OpenSSL would not even serve with a weak key.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(path)
        return context


@functools.cache
def authority(name: str = "Fictive TLS authority") -> Issued:
    """A root that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Issued(_certificate(name, key, None, authority=True), key)


def server(
    *,
    name: str | None = HERE,
    start: timedelta = -FEW_DAYS,
    end: timedelta = FEW_DAYS,
    issuer: Issued | None = None,
    key: Key | None = None,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
) -> Issued:
    """A server's certificate; without changes all is well with it. `name` None: it names no host."""
    signer, own = issuer or authority(), key or ec.generate_private_key(ec.SECP256R1())
    more: list[x509.ExtensionType] = [x509.ExtendedKeyUsage([purpose])]
    if name is not None:
        known = x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        more.append(x509.SubjectAlternativeName([known]))
    made = _certificate(name or HERE, own, signer, more, period=(start, end))
    between = () if issuer is None or issuer.certificate.issuer == issuer.certificate.subject else (issuer.certificate,)
    return Issued(made, own, between)


def self_signed() -> Issued:
    """A server that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HERE))])
    return Issued(_certificate(HERE, key, None, [names]), key)


def _certificate(
    name: str,
    key: Key,
    issuer: Issued | None,
    more: list[x509.ExtensionType] | None = None,
    *,
    authority: bool = False,
    period: tuple[timedelta, timedelta] = (-FEW_DAYS, FEW_DAYS),
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer.certificate.subject if issuer else subject, subject, key.public_key(), x509.random_serial_number()
    )
    builder = builder.not_valid_before(now + period[0]).not_valid_after(now + period[1])
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    usage = dict.fromkeys(_USAGES, False) | {"digital_signature": True, "key_cert_sign": authority}
    builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    signing = issuer.key if issuer else key
    own_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    its_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    for extension in (own_key, its_key, *(more or [])):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signing, hashes.SHA256())


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


# --- the defects --------------------------------------------------------------------------------------------------


def _with(issued: Callable[[], Issued], change: Callable[[ssl.SSLContext], None] = lambda context: None) -> Defect:
    def prepare(folder: Path) -> Wrap:
        context = issued().context(folder)
        change(context)
        return lambda connection: context.wrap_socket(connection, server_side=True)

    return prepare


def _old(context: ssl.SSLContext) -> None:
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1


def _ciphers(names: str) -> Callable[[ssl.SSLContext], None]:
    def change(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(names)

    return change


def _weak_key() -> Issued:
    return server(key=rsa.generate_private_key(public_exponent=65537, key_size=1024))


def _no_tls(folder: Path) -> Wrap:
    return lambda connection: connection


def _cut(folder: Path) -> Wrap:
    """Reset in the middle of the handshake."""

    def wrap(connection: socket.socket) -> socket.socket:
        connection.recv(10_000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        return connection

    return wrap


def _garbage(folder: Path) -> Wrap:
    def wrap(connection: socket.socket) -> socket.socket:
        connection.recv(10_000)
        connection.sendall(b"\x16\x03\x03\xff\xff" + b"\0" * 200)
        return connection

    return wrap


Defect = Callable[[Path], Wrap]
DEFECTS: dict[str, Defect] = {
    "expired": _with(lambda: server(start=-2 * FEW_DAYS, end=timedelta(days=-1))),
    "not valid yet": _with(lambda: server(start=timedelta(days=1))),
    "another name": _with(lambda: server(name="services.example.org")),
    "another address": _with(lambda: server(name="127.0.0.2")),
    "a name only in the subject": _with(lambda: server(name=None)),
    "an unknown authority": _with(lambda: server(issuer=authority("Another fictive authority"))),
    "an authority of the same name": _with(lambda: server(issuer=_impostor())),
    "signed by itself": _with(self_signed),
    "issued by a server": _with(lambda: server(issuer=server())),
    "made for clients": _with(lambda: server(purpose=ExtendedKeyUsageOID.CLIENT_AUTH)),
    "a weak key": _with(_weak_key),
    "TLS 1.0 and 1.1 only": _with(server, _old),
    "no encryption": _with(server, _ciphers("NULL:@SECLEVEL=0")),
    "no authentication": _with(server, _ciphers("aNULL:@SECLEVEL=0")),
    "no TLS at all": _no_tls,
    "cut in the handshake": _cut,
    "garbage in the handshake": _garbage,
}


def _impostor() -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    return Issued(_certificate("Fictive TLS authority", key, None, authority=True), key)


@contextlib.contextmanager
def defective(name: str, folder: Path) -> Iterator[FarSide]:
    """A server with this defect; it would answer whoever speaks to it all the same."""
    with running(DEFECTS[name](folder)) as far:
        far.address = far.address.replace("http:", "https:")
        yield far


def trusted(folder: Path) -> Path:
    """The file with the only authority that is trusted."""
    path = folder / "authority.pem"
    path.write_bytes(authority().certificate.public_bytes(Encoding.PEM))
    return path
