"""The fictive authorities of the sandbox: the Belgian ones of the cards, eHealth's own, and the signer of ETKs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from adapters.sandbox.files import write_whole
from steps.ports.keys import KeyMaker

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
RandomBytes = Callable[[int], bytes]

# Long enough for any clock that a test may set.
AUTHORITIES_FROM: Final = datetime(2010, 1, 1, tzinfo=UTC)
AUTHORITIES_UNTIL: Final = datetime(2070, 1, 1, tzinfo=UTC)

_NAMES: Final = {
    "belgium-root": {"CN": "Belgium Root CA (sandbox)", "C": "BE"},
    "citizen-ca": {"CN": "Citizen CA (sandbox)", "C": "BE", "serialNumber": "202601"},
    "ehealth-root": {"CN": "eHealth sandbox root CA 001", "O": "ehcert sandbox", "C": "BE"},
    "ehealth-issuing": {"CN": "eHealth sandbox issuing CA 001", "O": "ehcert sandbox", "C": "BE"},
    "etk-ra": {"CN": "ETK-RA", "OU": "eHealth-platform Belgium", "O": "Federal Government", "C": "BE"},
}
_ISSUERS: Final = {
    "belgium-root": "belgium-root",
    "citizen-ca": "belgium-root",
    "ehealth-root": "ehealth-root",
    "ehealth-issuing": "ehealth-root",
    "etk-ra": "ehealth-issuing",
}
_OIDS: Final = {
    "CN": NameOID.COMMON_NAME,
    "C": NameOID.COUNTRY_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key with its certificate."""

    private_key: rsa.RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Pki:
    """All authorities of a sandbox; whoever asks for a certificate gives its serial number."""

    belgium_root: Identity
    citizen_ca: Identity
    ehealth_root: Identity
    ehealth_issuing: Identity
    etk_ra: Identity

    @classmethod
    def make(cls, keys: KeyMaker) -> Self:
        """New authorities with new keys."""
        made: dict[str, Identity] = {}
        for serial, (name, issuer) in enumerate(_ISSUERS.items(), start=1):
            key = keys.make()
            issued = _authority(name, key.public_key(), made.get(issuer), key, serial)
            made[name] = Identity(key, issued)
        return cls(*made.values())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the authorities from their folder."""
        passphrase = (folder / "passphrase").read_bytes()
        return cls(*(_read_identity(folder, name, passphrase) for name in _ISSUERS))

    def save(self, folder: Path, passphrase: bytes) -> None:
        """Write certificates as PEM, keys as encrypted PKCS#8, and the passphrase in a private file of its own."""
        write_whole(folder / "passphrase", passphrase)
        for name, identity in zip(_ISSUERS, self.identities, strict=True):
            encryption = BestAvailableEncryption(passphrase)
            pem = identity.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
            write_whole(folder / f"{name}.key.pem", pem)
            write_whole(folder / f"{name}.pem", identity.certificate.public_bytes(Encoding.PEM))

    @property
    def identities(self) -> tuple[Identity, ...]:
        """In the order of their files."""
        return (self.belgium_root, self.citizen_ca, self.ehealth_root, self.ehealth_issuing, self.etk_ra)

    def issue_authentication(
        self, subject: x509.Name, key: rsa.RSAPublicKey, valid: tuple[datetime, datetime], serial: int
    ) -> x509.Certificate:
        """An eHealth authentication certificate with the extensions of a real one (PROTOCOL §14)."""
        issuer = self.ehealth_issuing
        builder = _builder(subject, issuer.certificate.subject, key, valid, serial)
        for extension, critical in _authentication_extensions(key, issuer.certificate):
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(issuer.private_key, hashes.SHA256())

    def issue_citizen(
        self, subject: x509.Name, key: PublicKey, valid: tuple[datetime, datetime], serial: int, *, signature: bool
    ) -> x509.Certificate:
        """A certificate of a card: digitalSignature only, or with `signature` nonRepudiation only."""
        issuer = self.citizen_ca
        usage = key_usage(digital_signature=not signature, content_commitment=signature)
        builder = _builder(subject, issuer.certificate.subject, key, valid, serial)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(_authority_key(issuer.certificate), critical=False)
        return builder.sign(issuer.private_key, hashes.SHA256())


def key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_encipherment: bool = False,
    data_encipherment: bool = False,
    authority: bool = False,
) -> x509.KeyUsage:
    """A key usage with these purposes; `authority` signs certificates and revocation lists."""
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=key_encipherment,
        data_encipherment=data_encipherment,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _authentication_extensions(
    key: rsa.RSAPublicKey, issuer: x509.Certificate
) -> list[tuple[x509.ExtensionType, bool]]:
    usage = key_usage(digital_signature=True, content_commitment=True, key_encipherment=True)
    revocation_list = x509.UniformResourceIdentifier("http://crl.ehealth-sandbox.invalid/issuing-001.crl")
    responder = x509.UniformResourceIdentifier("http://ocsp.ehealth-sandbox.invalid/")
    return [
        (x509.AuthorityInformationAccess([_ocsp(responder)]), False),
        (x509.SubjectKeyIdentifier.from_public_key(key), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_authority_key(issuer), False),
        (x509.CRLDistributionPoints([x509.DistributionPoint([revocation_list], None, None, None)]), False),
        (usage, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
    ]


def _ocsp(responder: x509.GeneralName) -> x509.AccessDescription:
    return x509.AccessDescription(AuthorityInformationAccessOID.OCSP, responder)


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, valid: tuple[datetime, datetime], serial: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer, subject, key, serial)
    return builder.not_valid_before(valid[0]).not_valid_after(valid[1])


def _authority(
    name: str, key: rsa.RSAPublicKey, issuer: Identity | None, own_key: rsa.RSAPrivateKey, serial: int
) -> x509.Certificate:
    """A certificate of one of the authorities; without an issuer it signs itself."""
    subject = x509.Name([x509.NameAttribute(_OIDS[short], value) for short, value in _NAMES[name].items()])
    is_authority = name in _ISSUERS.values() or name == "citizen-ca"
    issuer_name = subject if issuer is None else issuer.certificate.subject
    valid = (AUTHORITIES_FROM, AUTHORITIES_UNTIL)
    builder = _builder(subject, issuer_name, key, valid, serial)
    builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    usage = key_usage(authority=is_authority, digital_signature=not is_authority)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    if issuer is not None:
        builder = builder.add_extension(_authority_key(issuer.certificate), critical=False)
    return builder.sign(own_key if issuer is None else issuer.private_key, hashes.SHA256())


def _read_identity(folder: Path, name: str, passphrase: bytes) -> Identity:
    pem = (folder / f"{name}.key.pem").read_bytes()
    # The sandbox wrote the file itself: checking the numbers again would cost 30 ms a key.
    key = load_pem_private_key(pem, passphrase, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{name} is not an RSA key")
    return Identity(key, x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()))
