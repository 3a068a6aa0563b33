"""Foreign, odd, wrong and damaged files: read whole or refused with the right reason."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from asn1crypto import algos, core, keys, pkcs12
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization import pkcs12 as plain_pkcs12

from adapters.keystore.protection import Encryption, Secret, checksum
from adapters.keystore.reading import read
from adapters.keystore.writing import Rounds, write
from steps.ports.keystore import KeyEntry, Keystore
from tests.adapters.keystore.samples import FEW, PASSWORD, SERIAL, content, issue
from workflow.errors import KeystoreDamagedError, KeystoreError, KeystorePasswordError, NotAKeystoreError

Bag = dict[str, object]


def plain_key(private_key: rsa.RSAPrivateKey, alias: str | None, local_id: bytes | None = None) -> Bag:
    der = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return {"bag_id": "key_bag", "bag_value": keys.PrivateKeyInfo.load(der)} | _attributes(alias, local_id)


def plain_certificate(certificate: x509.Certificate, alias: str | None, local_id: bytes | None = None) -> Bag:
    octets = core.ParsableOctetString(certificate.public_bytes(Encoding.DER))
    return {
        "bag_id": "cert_bag",
        "bag_value": pkcs12.CertBag({"cert_id": "x509", "cert_value": octets}),
    } | _attributes(alias, local_id)


def _attributes(alias: str | None, local_id: bytes | None) -> Bag:
    found: list[dict[str, object]] = []
    if alias is not None:
        found.append({"type": "friendly_name", "values": [alias]})
    if local_id is not None:
        found.append({"type": "local_key_id", "values": [local_id]})
    return {"bag_attributes": found} if found else {}


def around(*bags: Bag) -> bytes:
    """A file with these bags, unencrypted, under a good checksum."""
    contents = pkcs12.SafeContents([pkcs12.SafeBag(bag) for bag in bags]).dump()
    return sealed(pkcs12.AuthenticatedSafe([{"content_type": "data", "content": contents}]).dump())


def sealed(safe: bytes, rounds: int = 10) -> bytes:
    digest = checksum(safe, Secret(PASSWORD), b"salt", min(rounds, 10), "sha256")
    mac = {"mac": {"digest_algorithm": {"algorithm": "sha256"}, "digest": digest}, "mac_salt": b"salt"}
    pfx = {"version": "v3", "auth_safe": {"content_type": "data", "content": safe}}
    return bytes(pkcs12.Pfx(pfx | {"mac_data": mac | {"iterations": rounds}}).dump())


def indefinite(tag: int, *parts: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(parts) + b"\x00\x00"


def chunks(tag: int, data: bytes) -> bytes:
    """An octet string in pieces of 1000 bytes."""
    return indefinite(tag, *(core.OctetString(data[at : at + 1000]).dump() for at in range(0, len(data), 1000)))


def safe_in_ber(safe: bytes) -> bytes:
    """An authenticated safe with indefinite lengths, as BouncyCastle writes it."""
    parts = []
    for part in pkcs12.AuthenticatedSafe.load(safe):
        if part["content_type"].native == "data":
            inside = chunks(0x24, part["content"].native)
        else:
            hidden = part["content"]["encrypted_content_info"]
            algorithm, data = hidden["content_encryption_algorithm"], hidden["encrypted_content"].native
            info = indefinite(0x30, hidden["content_type"].dump(), algorithm.dump(), chunks(0xA0, data))
            inside = indefinite(0x30, part["content"]["version"].dump(), info)
        parts.append(indefinite(0x30, part["content_type"].dump(), indefinite(0xA0, inside)))
    return indefinite(0x30, *parts)


def in_ber(data: bytes) -> bytes:
    """A whole file as BouncyCastle writes it; the checksum is over the safe as it then is."""
    safe = safe_in_ber(pkcs12.Pfx.load(data)["auth_safe"]["content"].native)
    pfx = pkcs12.Pfx.load(sealed(safe))
    content_info = indefinite(0x30, pfx["auth_safe"]["content_type"].dump(), indefinite(0xA0, chunks(0x24, safe)))
    return indefinite(0x30, pfx["version"].dump(), content_info, pfx["mac_data"].dump())


# --- pairing ------------------------------------------------------------------------------------------------------


def test_a_second_key_is_never_dropped(finished: Keystore) -> None:
    data = write(finished, PASSWORD, rounds=FEW)

    assert plain_pkcs12.load_pkcs12(data, PASSWORD.encode()).key is not None  # that reader shows one key only
    assert [entry.alias for entry in read(data, PASSWORD).keys] == ["authentication", str(SERIAL)]


def test_keys_without_any_attribute_find_their_certificates(pool: list[rsa.RSAPrivateKey], finished: Keystore) -> None:
    certificates = [plain_certificate(entry.chain[0], None) for entry in reversed(finished.keys)]

    found = read(around(plain_key(pool[0], None), plain_key(pool[1], ""), *certificates), PASSWORD)

    assert [(entry.alias, entry.chain) for entry in found.keys] == [
        ("1", finished.keys[0].chain[:1]),
        ("2", finished.keys[1].chain[:1]),
    ]
    assert found.certificates == ()


def test_of_two_certificates_of_a_key_the_local_id_chooses(pool: list[rsa.RSAPrivateKey]) -> None:
    old, new = (issue("Zoé", pool[0], "CA", pool[4], serial=serial) for serial in (1, 2))
    bags = [plain_certificate(old, "old", b"1"), plain_certificate(new, "new", b"2")]

    found = read(around(plain_key(pool[0], "new", b"1"), *bags), PASSWORD)

    assert found.keys[0].chain == (old,)
    assert found.certificates == (("new-2", new),)


def test_without_a_local_id_the_alias_chooses(pool: list[rsa.RSAPrivateKey]) -> None:
    old, new = (issue("Zoé", pool[0], "CA", pool[4], serial=serial) for serial in (1, 2))

    found = read(around(plain_key(pool[0], "B"), plain_certificate(old, "a"), plain_certificate(new, "b")), PASSWORD)

    assert found.keys[0].chain == (new,)


def test_a_local_id_of_another_keys_certificate_misleads_nobody(
    pool: list[rsa.RSAPrivateKey], finished: Keystore
) -> None:
    wrong, right = finished.keys[1].chain[0], finished.keys[0].chain[0]

    found = read(
        around(plain_key(pool[0], "a", b"1"), plain_certificate(wrong, "b", b"1"), plain_certificate(right, "c")),
        PASSWORD,
    )

    assert found.keys[0].chain == (right,)


def test_two_keys_of_one_alias_are_both_kept(pool: list[rsa.RSAPrivateKey]) -> None:
    found = read(around(plain_key(pool[0], "same"), plain_key(pool[1], "SAME")), PASSWORD)

    assert [entry.alias for entry in found.keys] == ["same", "SAME-2"]


def test_keys_in_nested_bags_are_found(pool: list[rsa.RSAPrivateKey]) -> None:
    inner = pkcs12.SafeContents([pkcs12.SafeBag(plain_key(pool[0], "deep"))])

    found = read(around({"bag_id": "safe_contents", "bag_value": inner}), PASSWORD)

    assert [entry.alias for entry in found.keys] == ["deep"]


def test_the_issuer_that_really_signed_is_taken_when_two_have_its_name(
    pool: list[rsa.RSAPrivateKey], delivered: KeyEntry
) -> None:
    impostor = issue("CA", pool[3], "Root", pool[5])
    bags = [plain_certificate(one, None) for one in (impostor, *delivered.chain)]

    found = read(around(plain_key(pool[0], "authentication"), *bags), PASSWORD)

    assert found.keys[0].chain == delivered.chain


def test_issuers_in_a_circle_end(pool: list[rsa.RSAPrivateKey]) -> None:
    one, two = issue("One", pool[0], "Two", pool[1]), issue("Two", pool[1], "One", pool[0])

    found = read(around(plain_key(pool[0], "a"), plain_certificate(one, None), plain_certificate(two, None)), PASSWORD)

    assert found.keys[0].chain == (one, two)


@pytest.mark.parametrize("encryption", Encryption)
def test_a_file_in_ber_is_read(finished: Keystore, encryption: Encryption) -> None:
    data = write(finished, PASSWORD, encryption, FEW)

    assert content(read(in_ber(data), PASSWORD)) == content(finished)


def test_bytes_after_the_end_do_no_harm(finished: Keystore) -> None:
    data = write(finished, PASSWORD, rounds=FEW)

    assert content(read(data + b"\r\n\x00\x00", PASSWORD)) == content(finished)


# --- no keystore --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (bytes(4096), "zeros"),
        (bytes.fromhex("feedfeed00000002") + bytes(100), "JKS"),
        (bytes.fromhex("cececece00000002") + bytes(100), "JKS"),
        (b"\n-----BEGIN CERTIFICATE-----\nMIIB\n", "PEM"),
        ("Geachte heer, hierbij het certificaat. é".encode(), "text"),
        (b"\x89PNG\r\n\x1a\n\xff\x00", "another kind"),
        (b"\x30\x03\x02\x01\x05", "another kind"),
        (b"\x30\x82\x10\x00\x30", "cut off"),
        (b"\x30", "text"),
        (bytes(1_000_001), "larger"),
    ],
)
def test_what_is_no_keystore_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(NotAKeystoreError, match=reason):
        read(data, PASSWORD)


def test_a_certificate_alone_is_named(delivered: KeyEntry) -> None:
    with pytest.raises(NotAKeystoreError, match="certificate without its key"):
        read(delivered.chain[0].public_bytes(Encoding.DER), PASSWORD)


def test_a_key_of_another_kind_is_refused_rather_than_skipped() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    data = plain_pkcs12.serialize_key_and_certificates(
        b"a", key, None, None, BestAvailableEncryption(PASSWORD.encode())
    )

    with pytest.raises(NotAKeystoreError, match="RSA"):
        read(data, PASSWORD)


def test_a_secret_is_refused_rather_than_skipped() -> None:
    secret = pkcs12.SecretBag({"secret_type_id": "1.2.3", "secret_value": b"x"})

    with pytest.raises(NotAKeystoreError, match="secret"):
        read(around({"bag_id": "secret_bag", "bag_value": secret}), PASSWORD)


# --- password or damage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "geheim-1235", PASSWORD + " ", "x" * 200, "\udcff", "é\x00"])
def test_a_wrong_password_is_called_so(finished: Keystore, typed: str) -> None:
    for encryption in Encryption:
        data = write(finished, PASSWORD, encryption, FEW)

        with pytest.raises(KeystorePasswordError):
            read(data, typed)


def test_a_file_without_checksum_is_damaged(finished: Keystore) -> None:
    pfx = pkcs12.Pfx.load(write(finished, PASSWORD, rounds=FEW))
    data = pkcs12.Pfx({"version": "v3", "auth_safe": pfx["auth_safe"]}).dump()

    with pytest.raises(KeystoreDamagedError, match="no checksum"):
        read(data, PASSWORD)


def test_a_broken_checksum_is_damage_and_no_wrong_password(finished: Keystore) -> None:
    for encryption in Encryption:
        data = write(finished, PASSWORD, encryption, FEW)
        digest = pkcs12.Pfx.load(data)["mac_data"]["mac"]["digest"].native

        with pytest.raises(KeystoreDamagedError, match="checksum"):
            read(data.replace(digest, bytes(len(digest))), PASSWORD)


def test_damage_to_the_certificates_is_no_wrong_password(finished: Keystore) -> None:
    data = bytearray(write(finished, PASSWORD, Encryption.AES, FEW))
    data[len(data) * 3 // 4] ^= 1

    with pytest.raises(KeystoreDamagedError):
        read(bytes(data), PASSWORD)


def test_a_key_under_another_password_is_damage(pool: list[rsa.RSAPrivateKey]) -> None:
    der = pool[0].private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"another"))
    bag = {"bag_id": "pkcs8_shrouded_key_bag", "bag_value": keys.EncryptedPrivateKeyInfo.load(der)}

    with pytest.raises(KeystoreDamagedError, match="does not open"):
        read(around(plain_key(pool[1], "good"), bag), PASSWORD)


@pytest.mark.parametrize("rounds", [0, -1, 5_000_001, 2**31, 2**70])
def test_absurd_round_counts_are_refused_at_once(rounds: int) -> None:
    start = time.monotonic()

    with pytest.raises(KeystoreDamagedError):
        read(sealed(b"\x30\x00", rounds), PASSWORD)
    assert time.monotonic() - start < 1


def test_absurd_rounds_of_a_key_are_refused_at_once() -> None:
    algorithm = algos.EncryptionAlgorithm(
        {"algorithm": "pkcs12_sha1_tripledes_3key", "parameters": {"salt": b"12345678", "iterations": 2**31 - 1}}
    )
    value = keys.EncryptedPrivateKeyInfo({"encryption_algorithm": algorithm, "encrypted_data": bytes(64)})
    start = time.monotonic()

    with pytest.raises(KeystoreDamagedError, match="rounds"):
        read(around({"bag_id": "pkcs8_shrouded_key_bag", "bag_value": value}), PASSWORD)
    assert time.monotonic() - start < 1


def test_an_error_never_shows_the_password_or_the_key(finished: Keystore) -> None:
    data = bytearray(write(finished, PASSWORD, rounds=FEW))
    data[300] ^= 1

    with pytest.raises(KeystoreError) as caught:
        read(bytes(data), PASSWORD)
    chain, error = "", caught.value
    while error is not None:
        chain, error = chain + repr(error), error.__cause__ or error.__context__  # type: ignore[assignment]
    assert PASSWORD not in chain
    assert PASSWORD not in repr(Secret(PASSWORD))


# --- generated damage ---------------------------------------------------------------------------------------------


def same_or_refused(data: bytes, expected: object) -> None:
    try:
        found = read(data, PASSWORD)
    except KeystoreError:
        return
    assert content(found) == expected


@pytest.mark.parametrize("encryption", Encryption)
def test_a_file_cut_anywhere_is_refused(finished: Keystore, encryption: Encryption) -> None:
    data = write(finished, PASSWORD, encryption, FEW)

    for at in range(0, len(data), 64):
        with pytest.raises((NotAKeystoreError, KeystoreDamagedError)):
            read(data[:at], PASSWORD)


def flips(data: bytes, every: int) -> list[bytes]:
    return [
        data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]
        for at in range(0, len(data), every)
        for mask in (0x01, 0x80, 0xFF)
    ]


@pytest.mark.parametrize("encryption", Encryption)
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 13])
def test_a_flipped_byte_never_loses_a_key(etk: KeyEntry, encryption: Encryption, every: int) -> None:
    keystore = Keystore((etk,))

    for damaged in flips(write(keystore, PASSWORD, encryption, FEW), every):
        start = time.monotonic()
        same_or_refused(damaged, content(keystore))
        assert time.monotonic() - start < 20


@pytest.mark.parametrize("every", [pytest.param(61, marks=pytest.mark.slow), 307])
@pytest.mark.parametrize("rewrite", [bytes, safe_in_ber])
def test_a_flipped_byte_under_a_good_checksum_never_loses_a_key(
    etk: KeyEntry, rewrite: Callable[[bytes], bytes], every: int
) -> None:
    keystore = Keystore((etk,))
    safe = pkcs12.Pfx.load(write(keystore, PASSWORD, Encryption.AES, Rounds(1, 1)))["auth_safe"]["content"].native

    for damaged in flips(rewrite(safe), every):
        try:
            found = read(sealed(damaged), PASSWORD)
        except KeystoreError:
            continue
        assert [one.private_key.private_numbers() for one in found.keys] == [etk.private_key.private_numbers()]
