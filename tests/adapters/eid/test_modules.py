"""The library is found by itself, once, under one name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.eid.middleware import Pkcs11Cards
from adapters.eid.modules import find_module, installed_places
from tests.adapters.eid.people import NOW
from workflow.errors import MiddlewareMissingError, ModuleMissingError


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_an_explicit_setting_comes_first(tmp_path: Path) -> None:
    wanted, other = made(tmp_path / "mine.so"), made(tmp_path / "libbeidpkcs11.so.0")

    assert find_module(str(wanted), candidates=[other]) == wanted


def test_an_explicit_setting_that_is_not_there_is_not_replaced(tmp_path: Path) -> None:
    other = made(tmp_path / "libbeidpkcs11.so.0")

    with pytest.raises(ModuleMissingError, match=r"mine\.so"):
        find_module(str(tmp_path / "mine.so"), candidates=[other])


def test_a_name_without_a_folder_is_left_to_the_loader() -> None:
    assert find_module("libbeidpkcs11.so.0") == "libbeidpkcs11.so.0"


def test_opensc_comes_last(tmp_path: Path) -> None:
    opensc = made(tmp_path / "opensc-pkcs11.so")
    official = made(tmp_path / "libbeidpkcs11.so.0")

    assert find_module(None, candidates=[opensc, official]) == official
    assert find_module("", candidates=[opensc]) == opensc


def test_two_names_of_one_library_are_one_name(tmp_path: Path) -> None:
    library = made(tmp_path / "libbeidpkcs11.so.0.0.0")
    link = tmp_path / "pkcs11" / "beidpkcs11.so"
    link.parent.mkdir()
    link.symlink_to(library)

    assert find_module(None, candidates=[link]) == find_module(str(link)) == library


def test_without_any_library_the_person_is_told_what_to_install() -> None:
    with pytest.raises(MiddlewareMissingError) as error:
        find_module(None, candidates=[])

    assert "eid.belgium.be" in error.value.hint


@pytest.mark.parametrize(
    ("system", "place"),
    [
        ("linux", "/usr/lib/x86_64-linux-gnu/libbeidpkcs11.so.0"),
        ("linux", "/usr/lib/x86_64-linux-gnu/libbeidpkcs11.so"),
        ("linux", "/usr/lib/x86_64-linux-gnu/pkcs11/beidpkcs11.so"),
        ("linux", "/usr/lib64/libbeidpkcs11.so.0"),
        ("linux", "/usr/lib64/pkcs11/beidpkcs11.so"),
        ("linux", "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"),
        ("darwin", "/Library/Belgium Identity Card/Pkcs11/libbeidpkcs11.dylib"),
        ("darwin", "/usr/local/lib/libbeidpkcs11.dylib"),
        ("win32", r"C:\Windows\System32\beidpkcs11.dll"),
    ],
)
def test_the_places_of_each_system_are_known(system: str, place: str) -> None:
    places = installed_places(system, "x86_64-linux-gnu", bits64=True)

    assert Path(place) in places
    assert "opensc" in places[-1].name


def test_a_32_bit_python_looks_for_the_32_bit_library() -> None:
    assert Path(r"C:\Windows\SysWOW64\beidpkcs11.dll") in installed_places("win32", bits64=False)


def test_on_every_system_the_official_library_comes_before_opensc() -> None:
    for system in ("linux", "darwin", "win32"):
        names = ["opensc" in place.name for place in installed_places(system, "x86_64-linux-gnu", bits64=True)]

        assert names == sorted(names)
        assert True in names


def test_a_file_that_is_no_library_is_missing_software(tmp_path: Path) -> None:
    cards = Pkcs11Cards(made(tmp_path / "libbeidpkcs11.so.0"), now=lambda: NOW)

    with pytest.raises(ModuleMissingError, match="cannot be loaded"):
        cards.check()


def test_a_name_that_the_loader_does_not_find_is_missing_software() -> None:
    with pytest.raises(ModuleMissingError, match="libnowhere"):
        Pkcs11Cards("libnowhere-pkcs11.so.0", now=lambda: NOW).check()


def test_missing_software_is_noticed_at_the_first_use(tmp_path: Path) -> None:
    cards = Pkcs11Cards(tmp_path / "none.so", now=lambda: NOW)

    for use in (cards.check, cards.present, cards.card):
        with pytest.raises(MiddlewareMissingError):
            use()


def test_python_pkcs11_is_imported_late() -> None:
    program = "import adapters.eid.middleware, adapters.eid.software, sys; sys.exit('pkcs11' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[3], check=False).returncode == 0
