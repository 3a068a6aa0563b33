"""R25, keystores by others and damaged ones: never a key silently missing, and what we write opens elsewhere.

That a fault fired is proved by other readers and makers: openssl counts the keys that a file of the corpus holds; a
damaged file differs from one that was read whole; and openssl opens nothing of what is no keystore.
"""

from __future__ import annotations

import functools
import time
import warnings
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from adapters.keystore.protection import Encryption
from adapters.keystore.reading import read
from steps.ports.keystore import Keystore
from tests.adapters.keystore.samples import PASSWORD
from tests.adapters.keystore.samples import content as comparable
from tests.reliability import keystore_makers as makers
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.keystore_makers import FOREIGN, GOOD, HAS_TOOLS, File
from workflow.errors import KeystoreDamagedError, KeystoreError, NotAKeystoreError

pytestmark = [pytest.mark.tools, pytest.mark.skipif(not HAS_TOOLS, reason="needs keytool and openssl")]

CUTS = 16
MASKS = (0x01, 0x80, 0xFF, 0x20)
_LONGEST = 20.0


def _moduli(keystore: Keystore) -> set[int]:
    return {entry.private_key.public_key().public_numbers().n for entry in keystore.keys}


# --- whole files --------------------------------------------------------------------------------------------------


def whole(make: Callable[[], File]) -> Verdict:
    """A file of the corpus: every key is read, each with its own certificate."""
    file = make()
    fired = makers.keys_for_openssl(file.data) == file.keys
    found = read(file.data, PASSWORD)
    problems = []
    if _moduli(found) != file.keys or len(found.keys) != len(file.keys):
        problems.append(Problem(Harm.LOST, f"{len(found.keys)} keys of {len(file.keys)} read"))
    for entry in found.keys:
        if entry.chain and entry.chain[0].public_key() != entry.private_key.public_key():
            problems.append(Problem(Harm.LOST, "a key has another one's certificate"))
    if len({entry.alias.lower() for entry in found.keys}) != len(found.keys):
        problems.append(Problem(Harm.LOST, "two entries have one alias"))
    return Verdict(fired, tuple(problems))


def foreign(make: Callable[[], bytes], reason: str) -> Verdict:
    """A file that is no keystore is called by its name."""
    data = make()
    try:
        read(data, PASSWORD)
    except NotAKeystoreError as error:
        told = str(error)
    else:
        told = "nothing"
    problems = [] if reason in told else [Problem(Harm.STUCK, f"told: {told}")]
    return Verdict(not makers.opens_for_openssl(data), tuple(problems))


# --- what we write ------------------------------------------------------------------------------------------------


def elsewhere(make: Callable[[], File]) -> Verdict:
    """A file of ours opens in openssl, keytool and cryptography, and comes back from keytool with every key."""
    file = make()
    problems, fired = [], _moduli(read(file.data, PASSWORD)) == file.keys
    if makers.keys_for_openssl(file.data) != file.keys:
        problems.append(Problem(Harm.LOST, "openssl does not find every key"))
    if makers.entries_for_java(file.data) != len(file.keys):
        problems.append(Problem(Harm.LOST, "keytool does not list every key"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = load_pkcs12(file.data, PASSWORD.encode()).key
    if not isinstance(first, rsa.RSAPrivateKey) or first.public_key().public_numbers().n not in file.keys:
        problems.append(Problem(Harm.LOST, "cryptography finds no key"))
    back = read(makers.by_java(file).data, PASSWORD)
    if _moduli(back) != file.keys:
        problems.append(Problem(Harm.LOST, "keytool did not keep every key"))
    return Verdict(fired, tuple(problems))


# --- damaged files ------------------------------------------------------------------------------------------------

BASES: dict[str, Callable[[], File]] = {
    "ours": lambda: makers.ours(makers.content(2)),
    "ours with AES": lambda: makers.ours(makers.content(2), Encryption.AES),
    "keytool 17": lambda: makers.java(2),
    "keytool 8": lambda: makers.java(2, makers.LEGACY),
    "openssl": lambda: makers.openssl("-legacy"),
}


@functools.cache
def _base(name: str) -> tuple[bytes, object]:
    """A file, once for each process, and what it holds."""
    data = BASES[name]().data
    return data, comparable(read(data, PASSWORD))


def flipped(name: str, block: int, blocks: int) -> Verdict:
    """Some bytes of a file, one after the other, each with a bit or all bits turned: refused, or read the same."""
    data, expected = _base(name)
    positions = range(block, len(data), blocks)
    problems, fired = [], len(positions) > 0
    for at in positions:
        damaged = data[:at] + bytes([data[at] ^ MASKS[at % len(MASKS)]]) + data[at + 1 :]
        fired = fired and damaged != data
        problems += [Problem(Harm.LOST, f"byte {at}: {what}") for what in _wrong(damaged, expected)]
    return Verdict(fired, tuple(problems))


def cut(name: str, start: int) -> Verdict:
    """A file cut at every 64th byte is refused, and never for its password."""
    data, _ = _base(name)
    problems = []
    places = range(start * 64, min(len(data), (start + CUTS) * 64), 64)
    for at in places:
        try:
            read(data[:at], PASSWORD)
        except (NotAKeystoreError, KeystoreDamagedError):
            continue
        except KeystoreError as error:
            problems.append(Problem(Harm.STUCK, f"cut at {at}: {error.code}"))
        else:
            problems.append(Problem(Harm.LOST, f"cut at {at}: it was read"))
    return Verdict(len(places) > 0, tuple(problems))


def _wrong(damaged: bytes, expected: object) -> Iterator[str]:
    begun = time.monotonic()
    try:
        if comparable(read(damaged, PASSWORD)) != expected:
            yield "read otherwise than it was written"
    except KeystoreError:
        pass
    if time.monotonic() - begun > _LONGEST:
        yield "took too long"


# --- the rows -----------------------------------------------------------------------------------------------------

WRITTEN = ("ours, 1 keys, compatible", "ours, 2 keys, compatible", "ours, 2 keys, aes", "ours, 3 keys, compatible")
SIZES = {"ours": 200, "ours with AES": 200, "keytool 17": 200, "keytool 8": 200, "openssl": 120}
"""How many cases share the bytes of a file; about thirty bytes each."""


def corpus() -> list[Case]:
    """Whole files of every maker, files that are none, and what we write for others."""
    found = [Case(f"read: {name}", functools.partial(whole, make)) for name, make in GOOD.items()]
    found += [Case(f"no keystore: {name}", functools.partial(foreign, *one)) for name, one in FOREIGN.items()]
    found += [Case(f"elsewhere: {name}", functools.partial(elsewhere, GOOD[name])) for name in WRITTEN]
    return found


def damaged_files() -> list[Case]:
    """Every byte of five files turned, and the files cut."""
    turned = [
        Case(f"{name}, bytes {block} and every {blocks}th", functools.partial(flipped, name, block, blocks))
        for name, blocks in SIZES.items()
        for block in range(blocks)
    ]
    shorter = [
        Case(f"{name}, cut from {start * 64}", functools.partial(cut, name, start))
        for name in SIZES
        for start in range(0, 48, CUTS)
    ]
    return [*turned, *shorter]


ROW = register(Row("R25", "keystores by others, and ours elsewhere", corpus, share=1.0))
DAMAGED = register(Row("R25d", "damaged keystores", damaged_files, share=0.03))


@pytest.mark.parametrize("case", ROW.chosen(), ids=str)
def test_no_key_of_any_maker_is_silently_missing(case: Case) -> None:
    assert_clean(case)


@pytest.mark.parametrize("case", DAMAGED.chosen(), ids=str)
def test_a_damaged_file_is_refused_or_read_the_same(case: Case) -> None:
    assert_clean(case)
