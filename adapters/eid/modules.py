"""Where the PKCS#11 library for the identity card is on this computer."""

from __future__ import annotations

import ctypes
import platform
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from workflow.errors import MiddlewareMissingError, ModuleMissingError

LOADER_NAME = "libbeidpkcs11.so.0"
"""The official library under Linux, as the dynamic loader finds it in folders that we do not know."""


def find_module(setting: str | None, candidates: Iterable[Path] | None = None) -> Path | str:
    """The library to load: the explicit setting, else the official middleware, else OpenSC.

    A path is returned without links in it, so that one file never has two names: loading it a second time under
    another name fails. A name without a folder is left to the dynamic loader. Raises `ModuleMissingError` for a
    setting, else `MiddlewareMissingError`.
    """
    if setting:
        return _explicit(setting)
    known = list(installed_places() if candidates is None else candidates)
    official = [path for path in known if "beid" in path.name]
    others = [path for path in known if "beid" not in path.name]
    for path in official:
        if path.is_file():
            return path.resolve()
    if candidates is None and sys.platform.startswith("linux") and _loader_finds(LOADER_NAME):
        return LOADER_NAME
    for path in others:
        if path.is_file():
            return path.resolve()
    raise MiddlewareMissingError


def installed_places(
    system: str = sys.platform, multiarch: str | None = None, bits64: bool = sys.maxsize > 2**32
) -> list[Path]:
    """Where the installers of the official middleware and of OpenSC put their library, the best first."""
    if system == "win32":
        return _windows_places(bits64)
    if system == "darwin":
        return [
            Path("/Library/Belgium Identity Card/Pkcs11/libbeidpkcs11.dylib"),
            Path("/usr/local/lib/libbeidpkcs11.dylib"),
            Path("/Library/OpenSC/lib/opensc-pkcs11.so"),
            Path("/usr/local/lib/opensc-pkcs11.so"),
        ]
    return _linux_places(multiarch or _multiarch())


def _explicit(setting: str) -> Path | str:
    if Path(setting).name == setting:
        return setting
    path = Path(setting).expanduser()
    if not path.is_file():
        raise ModuleMissingError(path=setting)
    return path.resolve()


def _windows_places(bits64: bool) -> list[Path]:
    # The 32-bit library is another file; a 32-bit Python cannot load the 64-bit one.
    system_folder, programs = ("System32", "Program Files") if bits64 else ("SysWOW64", "Program Files (x86)")
    return [
        Path(rf"C:\Windows\{system_folder}\beidpkcs11.dll"),
        Path(rf"C:\{programs}\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll"),
    ]


def _linux_places(multiarch: str) -> list[Path]:
    folders = [Path("/usr/lib", multiarch), Path("/usr/lib64"), Path("/usr/lib"), Path("/usr/local/lib")]
    # The name without '.0' comes only with the development package; the p11-kit folder may hold another link.
    official = ("libbeidpkcs11.so.0", "libbeidpkcs11.so", "pkcs11/beidpkcs11.so")
    opensc = ("opensc-pkcs11.so", "pkcs11/opensc-pkcs11.so")
    return [folder / name for names in (official, opensc) for folder in folders for name in names]


def _multiarch() -> str:
    return sysconfig.get_config_var("MULTIARCH") or f"{platform.machine()}-linux-gnu"


def _loader_finds(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
