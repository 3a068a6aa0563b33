"""A bundle is read as it was written, or refused: changed, newer, hostile, or something else."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.bundling import text
from adapters.cli.bundling.reading import read_bundle
from tests.adapters.cli.bundles import text_of
from tests.world.world import World
from workflow.errors import (
    BundleChangedError,
    BundleError,
    BundleNewerError,
    BundleNonsenseError,
    BundleUnreadableError,
    NotABundleError,
)


@cache
def good() -> str:
    world = World()
    try:
        world.finish("awaiting_delivery")
        return text_of(world)
    finally:
        world.close()


def signed(body: str) -> str:
    """Anybody can compute the sum."""
    return f"{body}# sha256: {hashlib.sha256(body.encode()).hexdigest()}\n"


def body_of(whole: str) -> str:
    return whole[: whole.rindex("# sha256: ")]


def with_content(change: Callable[[dict[str, Any]], object]) -> str:
    content = json.loads("\n".join(line for line in good().split("\n") if not line.startswith("#")))
    change(content)
    return signed(f"# ehcert bundle\n{json.dumps(content)}\n")


def put(path: Path, content: str | bytes) -> Path:
    file = path / "x.bundle"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_a_bundle_is_read_as_it_was_written(tmp_path: Path) -> None:
    bundle = read_bundle(put(tmp_path, good()))

    assert bundle.procedure.state == "awaiting_delivery"
    assert [one.number for one in bundle.journal] == list(range(1, len(bundle.journal) + 1))
    assert all(one.sound for one in bundle.journal)


def test_line_ends_of_another_system_are_no_change(tmp_path: Path) -> None:
    assert read_bundle(put(tmp_path, good().replace("\n", "\r\n"))).procedure.state == "awaiting_delivery"


def test_the_last_line_is_the_sum_that_other_programs_compute() -> None:
    body, last = good()[: good().rindex("# sha256")], good().splitlines()[-1]

    assert last == f"# sha256: {hashlib.sha256(body.encode()).hexdigest()}"


def test_it_is_yaml_as_well() -> None:
    from ruamel.yaml import YAML

    found = YAML(typ="safe", pure=True).load(good())

    assert found["procedure"]["state"] == "awaiting_delivery"


def test_a_change_of_any_line_is_noticed(tmp_path: Path) -> None:
    lines = good().split("\n")

    for number in range(len(lines) - 1):
        for changed in (lines[number] + " ", lines[number][:-1], None):
            altered = [*lines[:number], *([] if changed is None else [changed]), *lines[number + 1 :]]
            if altered == lines:
                continue
            with pytest.raises((BundleChangedError, NotABundleError)):
                read_bundle(put(tmp_path, "\n".join(altered)))


def test_two_lines_in_each_others_place_are_noticed(tmp_path: Path) -> None:
    lines = good().split("\n")
    lines[12], lines[13] = lines[13], lines[12]

    with pytest.raises(BundleChangedError):
        read_bundle(put(tmp_path, "\n".join(lines)))


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_noticed(cut: float, tmp_path: Path) -> None:
    with pytest.raises(BundleChangedError):
        read_bundle(put(tmp_path, good()[: int(len(good()) * cut)]))


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(schema="ehcert.bundle/2"),
        lambda body: body["procedure"].update(definition="invented_later"),
        lambda body: body["procedure"].update(definition_version=99),
    ],
    ids=["schema", "definition", "version"],
)
def test_what_a_newer_version_wrote_is_refused(change: Callable[[dict[str, Any]], object], tmp_path: Path) -> None:
    with pytest.raises(BundleNewerError) as raised:
        read_bundle(put(tmp_path, with_content(change)))

    assert (raised.value.code, raised.value.exit) == ("bundle_newer", 13)


HOSTILE: dict[str, Callable[[dict[str, Any]], object]] = {
    "no journal": lambda body: body.pop("journal"),
    "journal of text": lambda body: body.update(journal="x"),
    "facts of text": lambda body: body["facts"].update(holder="x"),
    "facts of lists": lambda body: body.update(facts=[]),
    "state and facts differ": lambda body: body["procedure"].update(state="done"),
    "no such state": lambda body: body["procedure"].update(state="nowhere"),
    "a moment that is none": lambda body: body["procedure"].update(since="soon"),
    "a moment without a zone": lambda body: body["procedure"].update(since="2031-03-04T09:10:11"),
    "a password that was chosen at no moment": lambda body: body["facts"]["password"].update(chosen_at="x"),
    "a wait until nonsense": lambda body: body["facts"].update(announced_for={"date": "tomorrow"}),
    "an id that steers": lambda body: body["procedure"].update(id="\x1b[31mabc"),
    "an environment that steers": lambda body: body["procedure"].update(environment="\x1b]52;c;"),
    "a trigger that steers": lambda body: body["journal"][1].update(trigger="\x1b]52;c;"),
    "a state that steers": lambda body: body["journal"][1].update(state="a\nb"),
    "a huge number": lambda body: body["procedure"].update(revision="9" * 100),
    "a postponement without a date": lambda body: body["journal"].append(
        {**body["journal"][-1], "kind": "postponed", "details": {"by": "x", "reason": "x"}}
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_ehcert_did_not_write_is_refused_although_the_sum_fits(name: str, tmp_path: Path) -> None:
    with pytest.raises(BundleNonsenseError) as raised:
        read_bundle(put(tmp_path, with_content(HOSTILE[name])))

    assert raised.value.exit == 13


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 50_000 + "1" + "}" * 50_000,
        '{"schema": "ehcert.bundle/1", "schema": "ehcert.bundle/1"}',
        '{"schema": "ehcert.bundle/1", "made_at": NaN}',
        '{"schema": "ehcert.bundle/1", "made_at": ' + "9" * 1_000_000 + "}",
        '{"schema": "ehcert.bundle/0"}',
        '{"schema": 7}',
        '{"schema": "ehcert.status/1"}',
        "[]",
        "7",
        "",
        '"' + '\\"' * 1_000_000,
        "{" + " " * 4_000_000 + "}",
    ],
    ids=range(13),
)
def test_hostile_texts_are_refused_at_once(body: str, tmp_path: Path) -> None:
    file = put(tmp_path, signed(f"# ehcert bundle\n{body}\n"))
    begun = time.monotonic()

    with pytest.raises(BundleError):
        read_bundle(file)

    assert time.monotonic() - begun < 5


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as made:
        made.truncate(text.LARGEST * 50)

    with pytest.raises(BundleNonsenseError, match="too large"):
        read_bundle(file)


@pytest.mark.parametrize("other", [b"", b"hello", b"\xff\xfe\x00", b"%PDF-1.7", b"# ehcert bundl\n"])
def test_something_else_is_no_bundle(other: bytes, tmp_path: Path) -> None:
    with pytest.raises(NotABundleError) as raised:
        read_bundle(put(tmp_path, other))

    assert raised.value.exit == 2


def test_a_folder_is_no_bundle_and_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NotABundleError):
        read_bundle(tmp_path)
    with pytest.raises(BundleUnreadableError) as raised:
        read_bundle(tmp_path / "none")

    assert raised.value.exit == 3
