"""`ehcert doctor` names what is wrong, repairs what can be proved, and changes nothing unasked."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox.people import PROVIDER
from tests.journeys.two_computers import accepted, content_of, finish, interrupted_at, let_time_pass, problems
from tests.reliability.driving import a_home
from tests.reliability.processes import Home

pytestmark = [pytest.mark.slow, pytest.mark.soap]


@pytest.fixture(scope="module")
def far_side() -> Iterator[Home]:
    """A home with a renewal that waits for delivery, and the served sandbox."""
    with a_home() as made:
        interrupted_at(made, "renew.awaiting_delivery.before")
        yield made


@pytest.fixture
def home(far_side: Home, tmp_path: Path) -> Home:
    """A copy of it, to be damaged."""
    return Home(far_side.folder, tmp_path / "home")


def doctor(home: Home, *options: str) -> tuple[int | None, dict[str, dict[str, Any]]]:
    """The exit code and the findings by their code."""
    ended = home.run("doctor", "--json", *options, secrets=False)
    assert ended.answer, ended.errors
    assert PROVIDER.ssin not in json.dumps(ended.answer)
    return ended.code, {finding["code"]: finding for finding in ended.answer["findings"]}


def bad(found: dict[str, dict[str, Any]]) -> set[str]:
    return {code for code, finding in found.items() if finding["level"] == "failure" and not finding["repaired"]}


def sql(home: Home, statement: str) -> None:
    connection = sqlite3.connect(home.folder / "data" / "procedures.sqlite")
    assert connection.execute(statement).rowcount > 0
    connection.commit()
    connection.close()


def test_a_sound_home_has_no_failure_and_is_left_as_it_is(home: Home) -> None:
    before = content_of(home.folder)

    code, found = doctor(home)

    assert (code, bad(found)) == (0, set())
    assert {"files_private", "store_sound", "anchor_sound", "procedures_sound", "clock_right"} <= set(found)
    assert content_of(home.folder) == before


def test_a_new_home_is_not_furnished(tmp_path: Path, far_side: Home) -> None:
    template = tmp_path / "template"
    shutil.copytree(far_side.sandbox / "keystore", template / "data" / "sandbox" / "keystore")
    for folder in (template / "data", template / "data" / "sandbox"):
        folder.chmod(0o700)
    home = Home(template, tmp_path / "home")

    code, found = doctor(home)

    assert code == 0
    assert "store_absent" in found
    assert [path.name for path in (home.folder / "data").iterdir()] == ["sandbox"]


def test_every_sentence_is_told_to_people_too(home: Home) -> None:
    (home.folder / "data" / "anchor.json").write_text("{}")

    ended = home.run("doctor")

    assert ended.code == 1
    text = home.run("doctor", "--repair").answer
    assert text == {}, "no JSON unless it is asked for"


@pytest.mark.parametrize("place", ["", "procedures.sqlite", "anchor.json", "locks", "sandbox/keystore/pending"])
def test_what_others_can_read_is_named_and_made_private(home: Home, place: str) -> None:
    path = home.folder / "data" / place
    path.chmod(path.stat().st_mode | 0o044)

    code, found = doctor(home)
    repaired, after = doctor(home, "--repair")

    assert (code, bad(found)) == (1, {"file_readable_by_others"})
    assert (repaired, after["file_readable_by_others"]["repaired"]) == (0, True)
    assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_a_loose_store_key_stops_every_command_until_it_is_private(home: Home) -> None:
    (home.folder / "data" / "store.key").chmod(0o644)

    stopped = home.run("status", "--json")
    doctor(home, "--repair")

    assert stopped.code == 13
    assert home.run("status", "--json").code == 0


def test_a_planted_link_is_named_and_left_to_a_person(home: Home, tmp_path: Path) -> None:
    (home.folder / "data" / "locks" / "link").symlink_to(tmp_path)

    code, found = doctor(home, "--repair")

    assert (code, bad(found)) == (1, {"file_is_link"})


@pytest.mark.parametrize(
    "damage", ["UPDATE procedure SET facts = '{}'", "UPDATE procedure SET environment = 'production'"]
)
def test_a_damaged_procedure_is_stopped_and_repaired(home: Home, damage: str) -> None:
    sql(home, damage)

    stopped = home.resume()
    before, found = doctor(home)
    repaired, _ = doctor(home, "--repair")
    after, _ = doctor(home)

    assert stopped.code == 13
    assert (before, bad(found)) == (1, {"procedure_damaged_provable"})
    assert (repaired, after) == (0, 0)
    journal = home.run("show", _id(home), "--json").answer["journal"]
    assert journal[-1]["kind"] == "repaired"
    assert home.run("status", "--json").answer["procedures"][0]["state"] == "awaiting_delivery"


def test_a_changed_line_is_named_with_its_number_and_mended(home: Home) -> None:
    sql(home, "UPDATE journal SET state = 'done' WHERE number = 4")

    stopped = home.resume()
    _, found = doctor(home)
    repaired, _ = doctor(home, "--repair")

    assert (stopped.code, stopped.answer["error"]["code"]) == (13, "journal_damaged")
    assert "line 4 of its journal was changed" in found["journal_changed"]["message"]
    assert (repaired, doctor(home)[0]) == (0, 0)


def test_what_nothing_proves_is_left_and_it_says_who_must_act(home: Home) -> None:
    sql(home, "UPDATE procedure SET facts = '{}'")
    sql(home, "UPDATE journal SET details = 'x' WHERE number = 4")
    before = content_of(home.folder)

    code, found = doctor(home, "--repair")

    assert code == 1
    assert "helpdesk" in found["procedure_damaged"]["remedy"]
    assert content_of(home.folder) == before


def test_an_older_copy_of_the_store_is_refused_before_anything_is_sent(home: Home, far_side: Home) -> None:
    store = home.folder / "data" / "procedures.sqlite"
    older = store.read_bytes()
    sent = accepted(far_side)
    let_time_pass(home)
    home.resume()
    store.write_bytes(older)

    stopped = home.resume()
    code, found = doctor(home, "--repair")

    assert (stopped.code, stopped.answer["error"]["code"]) == (13, "store_damaged")
    assert code == 1
    assert "procedure_older" in bad(found)
    assert accepted(far_side) == sent
    assert home.run("renew", "--answers", "answers.yaml", "--json").code != 0


def test_a_store_that_is_gone_is_not_taken_for_a_new_one(home: Home) -> None:
    (home.folder / "data" / "procedures.sqlite").unlink()

    code, found = doctor(home)
    begun = home.renew()

    assert (code, bad(found)) == (1, {"store_unusable"})
    assert (begun.code, begun.answer["error"]["code"]) == (13, "store_damaged")


def test_a_missing_store_key_is_not_made_anew(home: Home) -> None:
    key = home.folder / "data" / "store.key"
    key.unlink()

    code, found = doctor(home, "--repair")

    assert (code, bad(found)) == (1, {"store_key_missing"})
    assert home.resume().code == 13
    assert not key.exists()


def test_a_missing_anchor_is_made_anew(home: Home) -> None:
    (home.folder / "data" / "anchor.json").unlink()

    code, found = doctor(home, "--repair")

    assert code == 0
    assert found["anchor_missing"]["repaired"]
    assert "anchor_sound" in doctor(home)[1]


def test_a_damaged_anchor_stops_until_it_is_made_anew(home: Home) -> None:
    (home.folder / "data" / "anchor.json").write_text("{}")

    stopped = home.resume()
    before, found = doctor(home)
    after, _ = doctor(home, "--repair")

    assert (stopped.code, stopped.answer["error"]["code"]) == (13, "anchor_damaged")
    assert (before, after, bad(found)) == (1, 0, {"anchor_damaged"})
    assert doctor(home)[0] == 0


def test_a_page_of_zeros_is_named(home: Home) -> None:
    store = home.folder / "data" / "procedures.sqlite"
    data = bytearray(store.read_bytes())
    data[4096 * 3 : 4096 * 4] = bytes(4096)
    store.write_bytes(data)

    code, found = doctor(home)

    assert code == 1
    assert bad(found) & {"store_corrupt", "store_unusable"}


def test_a_missing_keystore_and_one_without_a_procedure_are_named(home: Home, tmp_path: Path) -> None:
    pending = home.sandbox / "keystore" / "pending"
    [unfinished] = pending.glob("*.p12")
    shutil.move(unfinished, tmp_path / "moved away.p12")
    another = pending / unfinished.name.replace(" 20", " 19")
    another.touch(0o600)
    another.write_bytes(b"another")

    code, found = doctor(home)

    assert (code, bad(found)) == (1, {"keystore_missing"})
    assert found["keystore_orphan"]["level"] == "warning"


def test_a_renamed_keystore_is_not_missing(home: Home) -> None:
    pending = home.sandbox / "keystore" / "pending"
    [unfinished] = pending.glob("*.p12")
    shutil.move(unfinished, pending / "of another name.sandbox.p12")

    code, found = doctor(home)

    assert (code, bad(found)) == (0, set())
    assert "keystore_orphan" not in found


def test_a_wrong_clock_is_a_failure(home: Home) -> None:
    let_time_pass(home)

    code, found = doctor(home)

    assert (code, bad(found)) == (1, {"clock_off"})


def test_without_the_network_the_clock_is_not_judged(home: Home) -> None:
    (home.sandbox / "address.json").write_text('{"address": "http://127.0.0.1:9"}')

    code, found = doctor(home)

    assert code == 0
    assert "clock_unknown" in found


def test_without_a_card_reader_it_warns(home: Home) -> None:
    shutil.rmtree(home.sandbox / "cards")

    code, found = doctor(home)

    assert code == 0
    assert found["card_reader_not_ready"]["level"] == "warning"


def test_a_repaired_renewal_ends_as_any_other(far_side: Home, tmp_path: Path) -> None:
    """Last in this file: it takes the far side to the end."""
    home = Home(far_side.folder, tmp_path / "home")
    sql(home, "UPDATE procedure SET facts = '{}'")
    doctor(home, "--repair")
    let_time_pass(home, far_side)

    assert finish(home, far_side)[-1] == "done"
    assert problems(far_side, home) == []


def _id(home: Home) -> str:
    return str(home.run("status", "--all", "--json").answer["procedures"][0]["id"])
