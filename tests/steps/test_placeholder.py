"""The placeholder is recognised, and nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import algos, keys
from asn1crypto import x509 as raw_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from steps.placeholder import is_placeholder, placeholder_certificate

NOW = datetime(2031, 3, 4, 9, 10, 11, 999_999, tzinfo=UTC)


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(
    subject: list[tuple[x509.ObjectIdentifier, str]],
    private_key: rsa.RSAPrivateKey,
    signer: rsa.RSAPrivateKey | None = None,
    ca: bool = False,
) -> x509.Certificate:
    """A certificate that names itself as its issuer."""
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in subject])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(signer or private_key, hashes.SHA256())
    )


def of_the_reference_client(private_key: rsa.RSAPrivateKey) -> bytes:
    """Subject and issuer `C=Dummy`, serial number 0 (PROTOCOL §10.1); built by hand, since builders refuse both."""
    public = private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    name, way = raw_x509.Name.build({"country_name": "Dummy"}), algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
    past = NOW.replace(microsecond=0) - timedelta(days=1)
    tbs = raw_x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": 0,
            "signature": way,
            "issuer": name,
            "validity": {
                "not_before": raw_x509.Time({"utc_time": past}),
                "not_after": raw_x509.Time({"utc_time": past + timedelta(minutes=1)}),
            },
            "subject": name,
            "subject_public_key_info": keys.PublicKeyInfo.load(public),
        }
    )
    signature = private_key.sign(tbs.dump(), padding.PKCS1v15(), hashes.SHA256())
    whole = {"tbs_certificate": tbs, "signature_algorithm": way, "signature_value": signature}
    return bytes(raw_x509.Certificate(whole).dump())


def test_our_placeholder_was_valid_for_a_minute_yesterday(private_key: rsa.RSAPrivateKey) -> None:
    made = placeholder_certificate(private_key, NOW)

    assert made.not_valid_before_utc == datetime(2031, 3, 3, 9, 10, 11, tzinfo=UTC)
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(minutes=1)
    assert made.public_key() == private_key.public_key()
    assert made.subject.rfc4514_string() == "CN=placeholder\\, not an eHealth certificate"
    usage = made.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_encipherment
    assert usage.data_encipherment
    assert not usage.digital_signature


def test_the_zone_of_now_does_not_matter(private_key: rsa.RSAPrivateKey) -> None:
    brussels = NOW.astimezone(timezone(timedelta(hours=1)))

    assert placeholder_certificate(private_key, brussels) == placeholder_certificate(private_key, NOW)


def test_our_placeholder_is_recognised(private_key: rsa.RSAPrivateKey) -> None:
    assert is_placeholder(placeholder_certificate(private_key, NOW))


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_the_placeholder_of_the_reference_client_is_recognised(private_key: rsa.RSAPrivateKey) -> None:
    loaded = x509.load_der_x509_certificate(of_the_reference_client(private_key))

    assert is_placeholder(loaded)


def test_the_certificate_of_an_etk_key_is_no_placeholder(
    private_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey
) -> None:
    names = [(NameOID.ORGANIZATIONAL_UNIT_NAME, "SSIN=75031299943"), (NameOID.COMMON_NAME, "SSIN=75031299943")]

    assert not is_placeholder(certificate(names, private_key, signer=other_key))
    assert not is_placeholder(certificate(names, private_key))


@pytest.mark.parametrize("unit", ["NIHII-HOSPITAL=71999932", "NIHII11=12345678901", "CBE=0123456789"])
def test_a_certificate_that_names_a_provider_is_no_placeholder(private_key: rsa.RSAPrivateKey, unit: str) -> None:
    assert not is_placeholder(certificate([(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)], private_key))


def test_a_root_is_no_placeholder(private_key: rsa.RSAPrivateKey) -> None:
    assert not is_placeholder(certificate([(NameOID.COMMON_NAME, "Some Root")], private_key, ca=True))


def test_a_certificate_signed_by_another_is_no_placeholder(
    private_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey
) -> None:
    assert not is_placeholder(certificate([(NameOID.COMMON_NAME, "x")], private_key, signer=other_key))
