"""The file of a backup: what goes in comes out; everything else is refused by name, within bounds."""

from __future__ import annotations

import hashlib
import json
import os
import random
import stat
from pathlib import Path

import pytest

from adapters.system.backup import Backup, Cost, Part, opened, read_backup, sealed, write_backup
from workflow.errors import (
    BackupDamagedError,
    BackupError,
    BackupExistsError,
    BackupNewerError,
    BackupPassphraseError,
    BackupUnreadableError,
    NotABackupError,
)

CHEAP = Cost(n=16, r=1)
PASSPHRASE = "four words, ça suffit"
CONTENT = Backup(
    {"program": "0", "made_at": "2026-03-02T09:00:00+00:00"},
    (Part({"kind": "store"}, b"\x00\n\xff" * 500), Part({"kind": "store_key"}, b""), Part({"kind": "x"}, b"\n")),
)
PATH = Path("a.backup")


@pytest.fixture(scope="module")
def data() -> bytes:
    return sealed(CONTENT, PASSPHRASE, CHEAP)


def with_header(data: bytes, **changes: object) -> bytes:
    """The file with another header, and a fitting hash: as somebody with intent would write it."""
    mark, header, rest = data[:-32].split(b"\n", 2)
    changed = {**json.loads(header), **changes}
    body = b"\n".join((mark, json.dumps(changed).encode(), rest))
    return body + hashlib.sha256(body).digest()


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    size = write_backup(tmp_path / "a.backup", CONTENT, PASSPHRASE, CHEAP)

    assert read_backup(tmp_path / "a.backup", PASSPHRASE) == CONTENT
    assert (tmp_path / "a.backup").stat().st_size == size
    assert [file.name for file in tmp_path.iterdir()] == ["a.backup"]


def test_the_usual_cost_needs_128_megabytes_a_guess() -> None:
    assert Cost().n * Cost().r * 128 == 128 * 1024 * 1024


def test_it_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_backup(tmp_path / "a.backup", CONTENT, PASSPHRASE, CHEAP)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "a.backup").stat().st_mode) == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.backup").write_text("precious")

    with pytest.raises(BackupExistsError):
        write_backup(tmp_path / "a.backup", CONTENT, PASSPHRASE, CHEAP)

    assert (tmp_path / "a.backup").read_text() == "precious"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.backup").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(BackupExistsError):
        write_backup(tmp_path / "a.backup", CONTENT, PASSPHRASE, CHEAP)

    assert not (tmp_path / "elsewhere").exists()


def test_nothing_of_the_content_is_readable(data: bytes) -> None:
    assert b"made_at" not in data
    assert b"store_key" not in data
    assert CONTENT.parts[0].content[:20] not in data


@pytest.mark.parametrize("wrong", ["", "four words", "Four words, ça suffit", PASSPHRASE + " "])
def test_a_wrong_passphrase_is_told_from_damage(data: bytes, wrong: str) -> None:
    with pytest.raises(BackupPassphraseError):
        opened(data, wrong, PATH)


def test_a_passphrase_typed_on_another_computer_is_the_same(data: bytes) -> None:
    decomposed = "four words, c\u0327a suffit"

    assert decomposed != PASSPHRASE
    assert opened(data, decomposed, PATH) == CONTENT


@pytest.mark.parametrize("length", [*range(0, 400, 13), -1, -2, -33, -500])
def test_a_cut_file_is_damaged(data: bytes, length: int) -> None:
    with pytest.raises((BackupDamagedError, NotABackupError)):
        opened(data[:length], PASSPHRASE, PATH)


def test_every_flipped_bit_is_noticed(data: bytes) -> None:
    draw = random.Random(7)
    for _ in range(300):
        changed = bytearray(data)
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)

        with pytest.raises((BackupDamagedError, NotABackupError, BackupNewerError)):
            opened(bytes(changed), PASSPHRASE, PATH)


def test_a_change_with_a_fitting_hash_is_noticed_all_the_same(data: bytes) -> None:
    body = bytearray(data[:-32])
    body[-100] ^= 1

    with pytest.raises(BackupDamagedError):
        opened(bytes(body) + hashlib.sha256(body).digest(), PASSPHRASE, PATH)


def test_a_newer_format_is_told(data: bytes) -> None:
    with pytest.raises(BackupNewerError):
        opened(with_header(data, format=2), PASSPHRASE, PATH)


@pytest.mark.parametrize(
    "kdf",
    [
        {"n": 2**40},
        {"n": 2**19, "r": 4096},
        {"p": 10**9},
        {"n": 3},
        {"n": "16"},
        {"n": -16},
        {"salt": ""},
        {"name": "pbkdf2"},
        {"r": None},
    ],
)
def test_parameters_that_cost_too_much_or_too_little_are_refused_before_they_are_used(
    data: bytes, kdf: dict[str, object]
) -> None:
    header = json.loads(data.split(b"\n", 2)[1])

    with pytest.raises(BackupDamagedError, match="not allowed"):
        opened(with_header(data, kdf={**header["kdf"], **kdf}), PASSPHRASE, PATH)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"ehcert backup", b"ehcert backup\n", b"ehcert backup\n{}\n" + bytes(40), bytes(5000)]
)
def test_another_file_is_no_backup(data: bytes) -> None:
    with pytest.raises((NotABackupError, BackupDamagedError)):
        opened(data, PASSPHRASE, PATH)


def test_a_header_without_end_is_not_searched_for_ever() -> None:
    with pytest.raises(BackupDamagedError):
        opened(b"ehcert backup\n" + b"{" * 1_000_000, PASSPHRASE, PATH)


def test_a_folder_a_pipe_and_nothing_are_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for name, error in ((".", NotABackupError), ("pipe", NotABackupError), ("none", BackupUnreadableError)):
        with pytest.raises(error):
            read_backup(tmp_path / name, PASSPHRASE)


def test_no_error_holds_the_passphrase(data: bytes) -> None:
    try:
        opened(data, "a very secret passphrase", PATH)
    except BackupError as error:
        told = repr(error) + str(error.__dict__)

    assert "very secret" not in told
