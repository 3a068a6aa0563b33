"""What is written is read back, by us and by others."""

from __future__ import annotations

import pytest
from asn1crypto import pkcs12
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.keystore.protection import Encryption
from adapters.keystore.reading import read
from adapters.keystore.writing import Rounds, write
from steps.ports.keystore import KeyEntry, Keystore
from tests.adapters.keystore.samples import FEW, PASSWORD, content, issue

_LETTERS = st.characters(exclude_categories=["Cs", "Cc"])
_ALIASES = st.one_of(
    st.text(_LETTERS, min_size=1, max_size=20),
    st.sampled_from(["authentication", " ", "Zoé Élise", "a b\tc", "9" * 38, "x" * 200, "😀", "İ"]),
)


@pytest.mark.parametrize("encryption", Encryption)
def test_a_finished_keystore_round_trips(finished: Keystore, encryption: Encryption) -> None:
    data = write(finished, PASSWORD, encryption, FEW)

    assert content(read(data, PASSWORD)) == content(finished)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    aliases=st.lists(_ALIASES, min_size=1, max_size=4, unique_by=str.lower),
    encryption=st.sampled_from(Encryption),
    bare=st.booleans(),
)
def test_any_keys_under_any_aliases_round_trip(
    pool: list[rsa.RSAPrivateKey], aliases: list[str], encryption: Encryption, bare: bool
) -> None:
    entries = [
        KeyEntry(alias, key, () if bare else (issue(f"Number {at}", key, f"Number {at}", key),))
        for at, (alias, key) in enumerate(zip(aliases, pool, strict=False))
    ]
    keystore = Keystore(tuple(entries))

    data = write(keystore, PASSWORD, encryption, FEW)

    assert content(read(data, PASSWORD)) == content(keystore)


def test_cryptography_opens_what_we_write(finished: Keystore) -> None:
    for encryption in Encryption:
        opened = load_pkcs12(write(finished, PASSWORD, encryption, FEW), PASSWORD.encode())

        assert opened.key is not None
        assert opened.cert is not None
        assert opened.cert.certificate == finished.keys[0].chain[0]


def test_the_usual_rounds_are_those_of_the_wizard(etk: KeyEntry) -> None:
    data = write(Keystore((etk,)), PASSWORD)

    pfx = pkcs12.Pfx.load(data)
    bag = pkcs12.SafeContents.load(pfx.authenticated_safe[0]["content"].native)[0]
    assert pfx["mac_data"]["iterations"].native == 100_000
    assert bag["bag_value"]["encryption_algorithm"].kdf_iterations == 50_000


def test_no_two_files_share_a_salt(etk: KeyEntry) -> None:
    keystore = Keystore((etk,))

    assert write(keystore, PASSWORD, rounds=FEW) != write(keystore, PASSWORD, rounds=FEW)


def test_a_certificate_of_two_chains_is_stored_once(pool: list[rsa.RSAPrivateKey], delivered: KeyEntry) -> None:
    one = Keystore((delivered,))
    second = KeyEntry("second", pool[2], (issue("Second", pool[2], "CA", pool[4]), *delivered.chain[1:]))
    two = Keystore((delivered, second))

    grown = len(write(two, PASSWORD, rounds=FEW)) - len(write(one, PASSWORD, rounds=FEW))
    whole = len(write(Keystore((second,)), PASSWORD, rounds=FEW))

    assert content(read(write(two, PASSWORD, rounds=FEW), PASSWORD)) == content(two)
    assert grown < whole - 1000  # the two CA certificates, some 700 bytes each, came for nothing


def test_an_alias_that_is_there_twice_is_refused(delivered: KeyEntry, etk: KeyEntry) -> None:
    twin = KeyEntry("AUTHENTICATION", etk.private_key, etk.chain)

    with pytest.raises(ValueError, match="alias"):
        write(Keystore((delivered, twin)), PASSWORD, rounds=FEW)


def test_a_certificate_of_another_key_is_refused(delivered: KeyEntry, etk: KeyEntry) -> None:
    mixed = KeyEntry("authentication", delivered.private_key, etk.chain)

    with pytest.raises(ValueError, match="certificate"):
        write(Keystore((mixed,)), PASSWORD, rounds=FEW)


def test_an_accented_password_opens_in_both_unicode_forms(etk: KeyEntry) -> None:
    data = write(Keystore((etk,)), "ge\u0301heim-1234", rounds=Rounds(10, 10))

    for typed in ("g\u00e9heim-1234", "ge\u0301heim-1234"):
        assert len(read(data, typed).keys) == 1
