"""R26, the keystore is moved, renamed, replaced or gone: it is found by its keys, never by its name, or asked for.

That a fault fired is proved at the files: what lies where the procedure wrote its keystore is not what lay there before
(another inode, other bytes or nothing), or a conflict copy lies beside it, or a write to its folder is refused.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.reliability.desks import Desk, a_desk

STATES = ("installing", "completing_etk", "activating_etk")
"""The file is unfinished with one key, unfinished with both, and finished."""

NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike` does the harm to the file; `repair` undoes it as a person would, None: the program must go on alone.

    `code` is what a person must be told before the repair.
    """

    strike: Callable[[Desk, Path], object]
    repair: Callable[[Desk, Path], object] | None = None
    code: str = ""


def _aside(desk: Desk) -> Path:
    """A place that the program does not look at."""
    return desk.folder / "elsewhere.p12"


def _away(desk: Desk, file: Path) -> None:
    shutil.move(file, _aside(desk))


def _back(desk: Desk, file: Path) -> None:
    if file.is_dir():
        file.rmdir()
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(_aside(desk), file)


def _back_under_another_name(desk: Desk, file: Path) -> None:
    file.unlink(missing_ok=True)
    shutil.move(_aside(desk), desk.keystores.folder / "from the waste bin.p12")


def _renamed(make: Callable[[str], str]) -> Callable[[Desk, Path], object]:
    return lambda desk, file: file.rename(file.with_name(make(file.name)))


def _other_folder(desk: Desk, file: Path) -> None:
    folders = [desk.keystores.folder, desk.keystores.pending]
    other = folders[1 - [one.samefile(file.parent) for one in folders].index(True)]
    shutil.move(file, other / "moved by hand.p12")


def _copied_over_by_the_old_one(desk: Desk, file: Path) -> None:
    shutil.copy2(file, _aside(desk))
    shutil.copy2(desk.world.old_path, file)


def _swapped_with_the_old_one(desk: Desk, file: Path) -> None:
    file.rename(file.with_name("the new one.sandbox.p12"))
    shutil.copy2(desk.world.old_path, file)


def _conflict_copy(desk: Desk, file: Path) -> None:
    shutil.copy2(file, file.with_name(f"{file.stem} (conflicted copy 2031-03-04).p12"))


def _older_copy_with_the_newer_beside(desk: Desk, file: Path) -> None:
    """A synchronised folder puts the first version back, and keeps the last one as a conflict copy."""
    file.rename(file.with_name(f"{file.stem} (conflicted copy 2031-03-04).p12"))
    _write_first_version(desk, file)


def _write_first_version(desk: Desk, file: Path) -> None:
    """The file as it was when the key had just been made."""
    from dataclasses import replace

    from adapters.keystore.writing import write
    from steps.placeholder import placeholder_certificate
    from steps.ports.keystore import AUTHENTICATION, Keystore
    from tests.world.world import NEW_PASSWORD

    opened = next(one for one in desk.opened() if one.key(AUTHENTICATION) and one != desk.world.old_keystore)
    entry = opened.key(AUTHENTICATION)
    assert entry is not None
    first = replace(entry, chain=(placeholder_certificate(entry.private_key, desk.world.clock.now()),))
    file.write_bytes(write(Keystore((first,)), NEW_PASSWORD, rounds=desk.keystores.rounds))


def _cut(desk: Desk, file: Path) -> None:
    shutil.copy2(file, _aside(desk))
    os.truncate(file, file.stat().st_size // 2)


def _emptied(desk: Desk, file: Path) -> None:
    shutil.copy2(file, _aside(desk))
    file.write_bytes(b"")


def _a_folder_in_its_place(desk: Desk, file: Path) -> None:
    _away(desk, file)
    file.mkdir()


def _a_link_in_its_place(desk: Desk, file: Path) -> None:
    _away(desk, file)
    file.symlink_to(_aside(desk))


def _a_dead_link_in_its_place(desk: Desk, file: Path) -> None:
    _away(desk, file)
    file.symlink_to(desk.folder / "nowhere")


def _relinked(desk: Desk, file: Path) -> None:
    file.unlink()
    _back(desk, file)


def _drive_gone(desk: Desk, file: Path) -> None:
    desk.keystores.folder.rename(desk.folder / "unplugged")


def _drive_back(desk: Desk, file: Path) -> None:
    shutil.rmtree(desk.keystores.folder, ignore_errors=True)
    (desk.folder / "unplugged").rename(desk.keystores.folder)


def _touched(desk: Desk, file: Path) -> None:
    """Another program saves the same bytes anew: another inode, another moment."""
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)
    os.utime(file, (0, 0))


GONE, CHANGED = "new_keystore_missing", "keystore_changed"

FAULTS: dict[str, Fault] = {
    "renamed": Fault(_renamed(lambda name: "my new certificate.sandbox.p12")),
    "renamed to another kind": Fault(_renamed(lambda name: f"{name}.bak")),
    "the same name in capitals": Fault(_renamed(str.upper)),
    "renamed for another environment": Fault(_renamed(lambda name: name.replace(".sandbox", ""))),
    "moved to the other folder": Fault(_other_folder),
    "saved anew": Fault(_touched),
    "a conflict copy beside it": Fault(_conflict_copy),
    "swapped with the old keystore": Fault(_swapped_with_the_old_one),
    "an older copy, the newer one beside it": Fault(_older_copy_with_the_newer_beside),
    "reached through a link": Fault(_a_link_in_its_place),
    "deleted and restored": Fault(_away, _back, GONE),
    "deleted and restored under another name": Fault(_away, _back_under_another_name, GONE),
    "copied over by the old keystore": Fault(_copied_over_by_the_old_one, _back, "keystore_password_wrong"),
    "copied over, restored under another name": Fault(
        _copied_over_by_the_old_one, _back_under_another_name, "keystore_password_wrong"
    ),
    "cut": Fault(_cut, _back, "keystore_damaged"),
    "emptied": Fault(_emptied, _back, "not_a_keystore"),
    "a folder in its place": Fault(_a_folder_in_its_place, _back, GONE),
    "a dead link in its place": Fault(_a_dead_link_in_its_place, _relinked, GONE),
    "the drive is gone": Fault(_drive_gone, _drive_back, GONE),
}


def displaced(state: str, fault: Fault) -> Verdict:
    """A renewal whose keystore is displaced before a state."""
    with a_desk() as desk:
        desk.halt_before(state)
        file, before = desk.file, _look(desk.file)
        fault.strike(desk, file)
        fired = _look(file) != before or len(list(file.parent.iterdir())) > 1
        problems = list(_asked_for(desk, fault)) if fault.repair else []
        if fault.repair:
            fault.repair(desk, file)
        ended = desk.finish()
        if fault.repair is None and desk.errors:
            problems.append(Problem(Harm.STUCK, f"not found: {desk.errors[0]}"))
        return Verdict(fired, tuple(problems + desk.judged(ended)))


def _asked_for(desk: Desk, fault: Fault) -> Iterator[Problem]:
    """While it is gone: the right words, and nothing done at eHealth or to a file."""
    accepted, files = desk.world.accepted, _files(desk)
    error = desk.sit()
    if error is None or error.code != fault.code:
        yield Problem(Harm.STUCK, f"told '{error and error.code}' rather than '{fault.code}'")
    elif not error.hint or desk.world.old_path.name in str(error):
        yield Problem(Harm.STUCK, f"unhelpful: {error}")
    if desk.world.accepted != accepted:
        yield Problem(Harm.LOST, "something was changed at eHealth without the keystore")
    if _files(desk) != files:
        yield Problem(Harm.LOST, "a file was changed that is not the keystore")


def _files(desk: Desk) -> dict[str, bytes]:
    folder = desk.keystores.folder
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()} if folder.exists() else {}


def _look(file: Path) -> tuple[object, ...]:
    try:
        status = file.lstat()
        return status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode
    except OSError:
        return ()


# --- rights -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _without_privileges(folder: Path) -> Iterator[None]:
    """As an ordinary user, when the tests run as root, whom no right stops."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@functools.cache
def _import_everything() -> None:
    """Whatever is imported on use is imported before the rights are given up."""
    with a_desk() as desk:
        desk.finish()


def read_only(state: str, mode: int, whole_folder: bool) -> Verdict:
    """The file or its folder may not be written: told, nothing lost, and it goes on when the right is back."""
    _import_everything()
    with a_desk() as desk:
        desk.halt_before(state)
        target = desk.file.parent if whole_folder else desk.file
        with _without_privileges(desk.folder):
            target.chmod(mode)
            fired = _is_refused(target)
            desk.sit()
            told = {error.code for error in desk.errors} - {"folder_not_writable", "keystore_damaged"}
            with contextlib.suppress(FileNotFoundError):  # the folder may be written, so the file may be renewed
                target.chmod(0o700 if whole_folder else 0o600)
            ended = desk.finish()
        problems = desk.judged(ended)
        if told:
            problems.append(Problem(Harm.STUCK, f"told: {told}"))
        return Verdict(fired, tuple(problems))


def _is_refused(target: Path) -> bool:
    try:
        with open(target / "x" if target.is_dir() else target, "ab"):
            return False
    except PermissionError:
        return True


# --- a cancelled procedure ----------------------------------------------------------------------------------------


def cancelled_after(strike: Callable[[Desk, Path], object], removes: bool) -> Verdict:
    """Cancelling removes the key that was never sent wherever it is, and no file that took its name."""
    with a_desk() as desk:
        desk.halt_before("submitting")
        file, before = desk.file, _look(desk.file)
        strike(desk, file)
        fired, kept = _look(file) != before, _files(desk)
        in_use = desk.world.old_path.read_bytes() if desk.world.old_path.exists() else b""
        desk.world.cancel()
        left = _files(desk)
        problems = [
            Problem(Harm.LOST, f"removed {Path(name).name}")
            for name in kept.keys() - left.keys()
            if not removes or kept[name] == in_use
        ]
        if removes and kept.keys() == left.keys():
            problems.append(Problem(Harm.LOST, "the key that was never sent was not removed"))
        return Verdict(fired, tuple(problems))


CANCELLED: dict[str, tuple[Callable[[Desk, Path], object], bool]] = {
    "renamed": (_renamed(lambda name: "x.p12"), True),
    "copied over by the old keystore": (_copied_over_by_the_old_one, False),
    "swapped with the old keystore": (_swapped_with_the_old_one, True),
    "moved to the other folder": (_other_folder, False),
    "deleted": (_away, False),
    "the drive is gone": (_drive_gone, False),
}


def cases() -> list[Case]:
    """Every displacement before every state that needs the file, rights, and cancelling."""
    moved = [
        Case(f"{name}, {state}", partial(displaced, state, one)) for state in STATES for name, one in FAULTS.items()
    ]
    rights = [
        Case(f"{what} read only, {state}", partial(read_only, state, mode, whole))
        for state in STATES
        for what, mode, whole in (("folder", 0o500, True), ("file", 0o400, False))
    ]
    cancelled = [Case(f"cancelled: {name}", partial(cancelled_after, *one)) for name, one in CANCELLED.items()]
    return [*moved, *rights, *cancelled]


ROW = register(Row("R26", "the keystore is moved, renamed, replaced or gone", cases, share=0.45))


@pytest.mark.parametrize("case", ROW.chosen(), ids=str)
def test_a_displaced_keystore_is_found_by_its_keys_or_asked_for(case: Case) -> None:
    assert_clean(case)
