"""`ehcert provider`: records, numbers, the badge, and the keystore for the practice software."""

from __future__ import annotations

import io
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.sandbox.people import COLLEAGUE, PROVIDER
from steps.placeholder import placeholder_certificate
from steps.ports.keystore import KeyEntry, Keystore
from tests.adapters.cli.furnished import NOW, PASSWORD, FurnishedHome, enrolled, renewed
from tests.world.keys import pooled_key

PERSON = f'provider:\n  name: Zoé Élise Exemple\n  ssin: "{PROVIDER.ssin}"\n'
NUMBER = 'inami_number:\n  kind: physician\n  number: "1-99999-15-000"\n  since: 01/09/2020\n'
SECRETS = {"keystore_password": PASSWORD}


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> FurnishedHome:
    return FurnishedHome(tmp_path / "home", capsys, monkeypatch)


@pytest.fixture
def recorded(home: FurnishedHome) -> FurnishedHome:
    """A home with the record of a physician."""
    assert home.run("provider", "add", "--answers", home.answers(PERSON + NUMBER)).code == 0
    return home


def practice(home: FurnishedHome) -> Path:
    """The folder that the sandbox's practice software reads."""
    return home.root / "data" / "sandbox" / "practice"


def shown(home: FurnishedHome) -> dict[str, object]:
    told = home.run("provider", "show")
    assert told.code == 0, told.out
    found: dict[str, object] = told.body["provider"]
    return found


def codes(home: FurnishedHome) -> list[str]:
    return [warning["code"] for warning in shown(home)["warnings"]]  # type: ignore[attr-defined]


# --- records ----------------------------------------------------------------------------------------------------------


def test_a_record_holds_who_and_which_numbers(home: FurnishedHome) -> None:
    told = home.run("provider", "add", "--answers", home.answers(PERSON + NUMBER))

    assert told.code == 0, told.out
    assert told.body["schema"] == "ehcert.provider.add/1"
    record = told.body["provider"]
    assert record["name"] == "Zoé Élise Exemple"
    assert record["ssin"] == "75.03.12-***.**"
    assert record["numbers"] == [{"kind": "physician", "number": "19999915000", "since": "2020-09-01"}]
    assert (record["badge"], record["keystore"], record["warnings"]) == ("none", None, [])


def test_a_provider_without_a_number_is_told_that_one_is_needed(home: FurnishedHome) -> None:
    told = home.run("provider", "add", "--answers", home.answers(PERSON))

    assert [warning["code"] for warning in told.body["provider"]["warnings"]] == ["no_number"]


def test_answers_may_be_piped_in(home: FurnishedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    piped = SimpleNamespace(buffer=io.BytesIO(PERSON.encode()), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", piped)

    assert home.run("provider", "add", "--answers", "-").code == 0


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (PERSON.replace("75031299943", "75031299944"), "malformed_ssin"),
        (PERSON + NUMBER.replace("15-000", "16-000"), "malformed_inami"),
        (PERSON + NUMBER.replace("physician", "dentist"), "inami_of_other_kind"),
        (PERSON + NUMBER.replace("physician", "astronaut"), "bad_value"),
        (PERSON + NUMBER.replace("01/09/2020", "31/02/2020"), "malformed_date"),
        (PERSON + "inami_number:\n  kind: physician\n", "answer_missing"),
        ("provider:\n  name: Zoé\n", "answer_missing"),
        ("", "answer_missing"),
    ],
)
def test_a_value_that_will_not_do_is_refused_and_nothing_is_stored(
    home: FurnishedHome, answers: str, code: str
) -> None:
    told = home.run("provider", "add", "--answers", home.answers(answers))

    assert (told.code, told.error) == (2, code)
    assert home.run("provider", "list").body["providers"] == []
    assert "75031299944" not in told.out + told.err


def test_numbers_are_never_arguments(home: FurnishedHome) -> None:
    told = home.run("provider", "add", PROVIDER.ssin)

    assert (told.code, told.error) == (2, "usage")
    assert PROVIDER.ssin not in told.out


def test_a_person_is_recorded_once(recorded: FurnishedHome) -> None:
    told = recorded.run("provider", "add", "--answers", recorded.answers(PERSON))

    assert (told.code, told.error) == (2, "provider_exists")


def test_a_number_is_added_changed_and_removed(recorded: FurnishedHome) -> None:
    other = NUMBER.replace("physician", "dentist").replace("1-99999-15-000", "39999929000")
    later = NUMBER.replace("2020", "2021")

    added = recorded.run("provider", "number", "--answers", recorded.answers(other))
    changed = recorded.run("provider", "number", "--answers", recorded.answers(later))
    gone = 'removed_number:\n  number: "39999929000"\n'
    removed = recorded.run("provider", "number", "--remove", "--answers", recorded.answers(gone))
    again = recorded.run("provider", "number", "--remove", "--answers", recorded.answers(gone))

    assert [one["kind"] for one in added.body["provider"]["numbers"]] == ["physician", "dentist"]
    assert [one["since"] for one in changed.body["provider"]["numbers"]] == ["2020-09-01", "2021-09-01"]
    assert [one["kind"] for one in removed.body["provider"]["numbers"]] == ["physician"]
    assert (again.code, again.error) == (3, "no_such_number")


def test_unusual_check_digits_are_a_warning(recorded: FurnishedHome) -> None:
    unusual = NUMBER.replace("1-99999-15-000", "19999973000")

    told = recorded.run("provider", "number", "--answers", recorded.answers(unusual))

    assert [warning["code"] for warning in told.body["provider"]["warnings"]] == ["unusual_number"]


def test_the_national_number_is_shown_only_when_it_is_to_be_revealed(recorded: FurnishedHome) -> None:
    masked = [recorded.run("provider", one, json=json) for one in ("show", "list") for json in (True, False)]
    told = [recorded.run("provider", one, "--reveal", json=json) for one in ("show", "list") for json in (True, False)]

    assert not [one for one in masked if PROVIDER.ssin in one.out + one.err]
    assert all(PROVIDER.ssin in one.out for one in told)


def test_the_records_of_an_environment_are_its_own(recorded: FurnishedHome) -> None:
    elsewhere = recorded.run("provider", "show", "--environment", "acceptance")

    assert (elsewhere.code, elsewhere.error) == (3, "no_such_provider")
    assert recorded.run("provider", "list", "--environment", "acceptance").body["providers"] == []


def test_with_several_records_one_is_named(recorded: FurnishedHome) -> None:
    other = PERSON.replace(PROVIDER.ssin, COLLEAGUE.ssin)
    added = recorded.run("provider", "add", "--answers", recorded.answers(other)).body["provider"]["id"]

    unnamed, named = recorded.run("provider", "show"), recorded.run("provider", "show", added)

    assert (unnamed.code, unnamed.error) == (2, "which_provider")
    assert named.body["provider"]["id"] == added


def test_a_removed_record_leaves_every_keystore(recorded: FurnishedHome) -> None:
    path = recorded.put(enrolled())
    recorded.run("provider", "link", secrets=SECRETS)

    removed = recorded.run("provider", "remove")

    assert removed.body["removed"] == [str(practice(recorded) / path.name)]
    assert path.exists()
    assert recorded.run("provider", "list").body["providers"] == []


# --- link -------------------------------------------------------------------------------------------------------------


def test_the_newest_finished_keystore_is_put_where_the_software_reads(recorded: FurnishedHome) -> None:
    recorded.put(enrolled(), at=NOW - timedelta(days=500))
    newest = recorded.put(enrolled(), at=NOW - timedelta(days=100))

    told = recorded.run("provider", "link", secrets=SECRETS)

    target = practice(recorded) / newest.name
    assert told.code == 0, told.out
    assert told.body["keystore"] == str(target)
    assert target.read_bytes() == newest.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600
    assert told.body["provider"]["badge"] == "valid"


def test_people_are_told_the_clicks_that_remain_and_the_numbers(recorded: FurnishedHome) -> None:
    path = recorded.put(enrolled())

    told = recorded.run("provider", "link", secrets=SECRETS, json=False)

    assert told.code == 0, told.out
    for part in (
        "Fichiers > Prestataires de soins",
        "Info prestataire",
        "Ouvrir",
        "Administratif, NISS: 75.03.12-***.**",
        "Numéros INAMI, at physician: 19999915000, beside the start date 1 September 2020",
        str(practice(recorded) / path.name),
    ):
        assert part in told.out


def test_a_keystore_that_a_procedure_proves_needs_no_password(recorded: FurnishedHome) -> None:
    _procedure, path = renewed(recorded)

    told = recorded.run("provider", "link")

    assert told.code == 0, told.out
    assert Path(told.body["keystore"]).name == path.name


def test_a_keystore_that_was_linked_before_needs_no_password(recorded: FurnishedHome) -> None:
    recorded.put(enrolled())
    recorded.run("provider", "link", secrets=SECRETS)

    assert recorded.run("provider", "link").code == 0


def test_any_other_keystore_is_opened(recorded: FurnishedHome) -> None:
    recorded.put(enrolled())

    nobody = recorded.run("provider", "link")
    wrong = recorded.run("provider", "link", secrets={"keystore_password": "wrong"})

    assert (nobody.code, nobody.error) == (2, "secret_missing")
    assert (wrong.code, wrong.error) == (5, "keystore_password_wrong")
    assert not practice(recorded).exists()


def requested() -> Keystore:
    key = pooled_key(0)
    return Keystore((KeyEntry("authentication", key, (placeholder_certificate(key, NOW),)),))


def test_an_unfinished_keystore_is_never_linked(recorded: FurnishedHome) -> None:
    pending = recorded.put(requested(), finished=False)
    wizards = recorded.put(requested(), at=NOW + timedelta(days=1))

    told = [recorded.run("provider", "link", secrets=SECRETS)]
    told += [recorded.run("provider", "link", "--file", str(path), secrets=SECRETS) for path in (pending, wizards)]

    assert [(one.code, one.error) for one in told] == [
        (3, "nothing_to_link"),
        (5, "keystore_unfinished"),
        (5, "keystore_unfinished"),
    ]


def test_a_newer_unfinished_keystore_is_passed_over(recorded: FurnishedHome) -> None:
    """The manual's "8, not 4": the newest by name is not the right one."""
    finished = recorded.put(enrolled(), at=NOW - timedelta(days=100))
    recorded.put(requested(), at=NOW)

    told = recorded.run("provider", "link", secrets=SECRETS)

    assert Path(told.body["keystore"]).name == finished.name


def test_the_keystore_of_another_person_is_refused_whatever_its_name(recorded: FurnishedHome) -> None:
    misnamed = recorded.put(enrolled(COLLEAGUE))

    told = recorded.run("provider", "link", "--file", str(misnamed), secrets=SECRETS)

    assert (told.code, told.error) == (5, "keystore_of_other_provider")
    assert not practice(recorded).exists()


def test_an_older_keystore_is_refused(recorded: FurnishedHome) -> None:
    older = recorded.put(enrolled(valid_for=timedelta(days=100)), at=NOW - timedelta(days=500))
    recorded.put(enrolled(), at=NOW - timedelta(days=100))

    told = recorded.run("provider", "link", "--file", str(older), secrets=SECRETS)

    assert (told.code, told.error) == (5, "keystore_not_newest")


def test_the_newest_by_content_counts_where_it_is_known(recorded: FurnishedHome) -> None:
    """A copy of the old keystore under a newer name does not pass for the newest."""
    procedure, new = renewed(recorded)
    old = next(file.path for file in recorded.folder().files() if file.path != new)
    copy = recorded.folder().folder / new.name.replace("20310304", "20310404")
    shutil.copy(old, copy)

    chosen = recorded.run("provider", "link", secrets={"keystore_password": "old-password"})
    named = recorded.run("provider", "link", "--file", str(new), secrets={"keystore_password": "old-password"})

    assert procedure.state == "awaiting_handover"
    assert (chosen.code, chosen.error) == (5, "keystore_not_newest")
    assert named.code == 0, named.out


def test_an_ended_certificate_is_refused(recorded: FurnishedHome) -> None:
    recorded.put(enrolled(valid_for=timedelta(days=10)))
    recorded.at(NOW + timedelta(days=11))

    told = recorded.run("provider", "link", secrets=SECRETS)

    assert (told.code, told.error) == (8, "certificate_expired")


@pytest.mark.parametrize("content", [b"Dear practice, " * 50, b"0\x82\x10\x00\x02\x01\x03\x30\x82"])
def test_a_damaged_file_is_refused(recorded: FurnishedHome, content: bytes) -> None:
    path = recorded.root / "broken.sandbox.p12"
    path.write_bytes(content)

    told = recorded.run("provider", "link", "--file", str(path), secrets=SECRETS)

    assert told.code == 5
    assert told.error in ("keystore_damaged", "not_a_keystore")


def test_another_file_of_its_name_is_never_overwritten(recorded: FurnishedHome) -> None:
    path = recorded.put(enrolled())
    practice(recorded).mkdir(mode=0o700)
    (practice(recorded) / path.name).write_bytes(b"something else")

    told = recorded.run("provider", "link", secrets=SECRETS)

    assert (told.code, told.error) == (5, "practice_file_taken")
    assert (practice(recorded) / path.name).read_bytes() == b"something else"
    assert shown(recorded)["keystore"] is None


def test_the_sandbox_never_comes_near_the_folder_of_the_practice_software(
    recorded: FurnishedHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "practice software"
    real.mkdir(mode=0o700)
    monkeypatch.setenv("EHCERT_PRACTICE_SOFTWARE", str(real))
    path = recorded.put(enrolled())

    sandbox = recorded.run("provider", "link", secrets=SECRETS)
    person = recorded.answers(PERSON)
    recorded.run("provider", "add", "--answers", person, "--environment", "production")
    production = recorded.run("provider", "link", "--file", str(path), "--environment", "production", secrets=SECRETS)

    assert sandbox.code == 0
    assert (production.code, production.error) == (5, "keystore_of_other_environment")
    assert list(real.iterdir()) == []
    assert not recorded.usual.exists() or list(recorded.usual.glob("*.p12")) == []


def test_a_folder_of_the_practice_software_that_is_not_there_is_not_made(
    recorded: FurnishedHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name may be mistyped, or its drive not connected."""
    from adapters.cli import linking, wiring

    monkeypatch.setattr(wiring.Wiring, "practice_folder", lambda self, environment: tmp_path / "mistyped")
    recorded.put(enrolled())

    told = recorded.run("provider", "link", secrets=SECRETS)

    assert linking
    assert (told.code, told.error) == (13, "folder_not_writable")
    assert not (tmp_path / "mistyped").exists()


# --- unlink -----------------------------------------------------------------------------------------------------------


def test_unlink_removes_what_link_put_there_and_nothing_else(recorded: FurnishedHome) -> None:
    path = recorded.put(enrolled())
    recorded.run("provider", "link", secrets=SECRETS)
    (practice(recorded) / "another.p12").write_bytes(b"of the practice")

    told = recorded.run("provider", "unlink")

    assert told.body["removed"] == [str(practice(recorded) / path.name)]
    assert [one.name for one in practice(recorded).iterdir()] == ["another.p12"]
    assert path.exists()
    assert shown(recorded)["keystore"] is None
    again = recorded.run("provider", "unlink")
    assert (again.code, again.error) == (3, "not_linked")


def test_a_file_that_was_there_before_stays(recorded: FurnishedHome) -> None:
    path = recorded.put(enrolled())
    practice(recorded).mkdir(mode=0o700)
    shutil.copy(path, practice(recorded) / path.name)
    recorded.run("provider", "link", secrets=SECRETS)

    told = recorded.run("provider", "unlink")

    assert told.body["removed"] == []
    assert (practice(recorded) / path.name).exists()


def test_a_file_that_was_changed_since_stays_and_is_named(recorded: FurnishedHome) -> None:
    path = recorded.put(enrolled())
    recorded.run("provider", "link", secrets=SECRETS)
    target = practice(recorded) / path.name
    target.write_bytes(b"written by another program")

    told = recorded.run("provider", "unlink")

    assert (told.body["removed"], told.body["left"]) == ([], [str(target)])
    assert target.read_bytes() == b"written by another program"


def test_earlier_keystores_stay_for_old_messages_until_unlink(recorded: FurnishedHome) -> None:
    old = recorded.put(enrolled(valid_for=timedelta(days=100)), at=NOW - timedelta(days=500))
    recorded.run("provider", "link", secrets=SECRETS)
    new = recorded.put(enrolled(), at=NOW - timedelta(days=100))
    recorded.run("provider", "link", secrets=SECRETS)

    both = sorted(one.name for one in practice(recorded).iterdir())
    told = recorded.run("provider", "unlink")

    assert both == sorted([old.name, new.name])
    assert sorted(told.body["removed"]) == sorted(str(practice(recorded) / one) for one in both)


def test_where_the_software_reads_the_keystore_folder_nothing_is_copied_or_removed(home: FurnishedHome) -> None:
    """The usual case: the folder of finished keystores is the one that practice software reads."""
    from adapters.cli import wiring

    home.monkeypatch.setattr(wiring.Wiring, "practice_folder", lambda self, environment: home.folder().folder)
    home.run("provider", "add", "--answers", home.answers(PERSON))
    path = home.put(enrolled())

    linked = home.run("provider", "link", secrets=SECRETS)
    unlinked = home.run("provider", "unlink")

    assert linked.body["keystore"] == str(path)
    assert unlinked.body["removed"] == []
    assert path.exists()


def test_killed_between_record_and_file_unlink_is_still_right(
    recorded: FurnishedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters.cli import linking

    path = recorded.put(enrolled())

    def dies(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(linking.Linking, "_write", dies)
        assert recorded.run("provider", "link", secrets=SECRETS).code == 130
    missing = codes(recorded)

    assert missing == ["file_missing"]
    assert recorded.run("provider", "link").code == 0
    assert recorded.run("provider", "unlink").body["removed"] == [str(practice(recorded) / path.name)]


def test_after_a_change_of_password_it_is_linked_again(recorded: FurnishedHome) -> None:
    """What link put there is replaced; it is no different file, but the same one with its earlier password."""
    path = recorded.put(enrolled())
    recorded.run("provider", "link", secrets=SECRETS)
    (recorded.root / "data" / "sandbox" / "address.json").write_text('{"address": "http://127.0.0.1:9"}')
    new = {**SECRETS, "new_keystore_password": "a-third-password"}
    assert recorded.run("password", str(path), secrets=new).code == 0

    again = recorded.run("provider", "link", secrets={"keystore_password": "a-third-password"})

    assert again.code == 0, again.out
    assert (practice(recorded) / path.name).read_bytes() == path.read_bytes()
    assert recorded.run("provider", "unlink").body["removed"] == [str(practice(recorded) / path.name)]


# --- badge and warnings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "badge", "words"),
    [
        (0, "valid", "eHealth certificate, valid until"),
        (309, "valid", "eHealth certificate, valid until"),
        (311, "renew", "it is time to renew it"),
        (401, "none", "No eHealth certificate"),
    ],
)
def test_the_badge_says_in_words_how_it_stands(recorded: FurnishedHome, days: int, badge: str, words: str) -> None:
    recorded.put(enrolled())
    recorded.run("provider", "link", secrets=SECRETS)
    recorded.at(NOW + timedelta(days=days))

    assert shown(recorded)["badge"] == badge
    assert words in recorded.run("provider", "show", json=False).out


def test_without_a_link_there_is_no_certificate(recorded: FurnishedHome) -> None:
    told = recorded.run("provider", "show", json=False)

    assert "No eHealth certificate" in told.out
    assert "ehcert provider link" in told.out


def linked(home: FurnishedHome) -> Path:
    path = home.put(enrolled(), at=NOW - timedelta(days=100))
    home.run("provider", "link", secrets=SECRETS)
    return practice(home) / path.name


def test_a_linked_file_that_is_gone_is_warned_of(recorded: FurnishedHome) -> None:
    linked(recorded).unlink()

    assert codes(recorded) == ["file_missing"]
    assert shown(recorded)["badge"] == "none"


def test_a_linked_file_that_was_changed_is_warned_of(recorded: FurnishedHome) -> None:
    path = linked(recorded)
    path.write_bytes(path.read_bytes() + b" ")

    assert codes(recorded) == ["file_changed"]
    assert shown(recorded)["badge"] == "none"


def test_the_file_of_another_person_in_its_place_is_warned_of(recorded: FurnishedHome) -> None:
    path = linked(recorded)
    _procedure, others = renewed_as(recorded, path)

    assert others
    assert codes(recorded) == ["other_person"]
    assert shown(recorded)["badge"] == "none"


def renewed_as(home: FurnishedHome, path: Path) -> tuple[object, Path]:
    """Put the keystore of a colleague, which his procedure proves, in the place of a file."""
    from tests.world.world import World

    folder = home.folder()
    world = World(keystores=folder, person=COLLEAGUE)
    try:
        procedure = world.finish("awaiting_handover")
    finally:
        world.close()
    home.store(procedure)
    found = folder.find(procedure.facts["new_keystore"]["name"])
    assert found is not None
    shutil.copy(found, path)
    return procedure, found


def test_a_newer_finished_keystore_is_warned_of(recorded: FurnishedHome) -> None:
    linked(recorded)
    newer = recorded.put(enrolled(valid_for=timedelta(days=900)), at=NOW)

    told = shown(recorded)

    assert [warning["code"] for warning in told["warnings"]] == ["not_newest"]  # type: ignore[attr-defined]
    assert told["badge"] == "valid"
    assert newer.exists()


def test_an_ended_certificate_is_warned_of(recorded: FurnishedHome) -> None:
    linked(recorded)
    recorded.at(NOW + timedelta(days=401))

    assert codes(recorded) == ["ended"]


def test_every_warning_is_told_to_people(recorded: FurnishedHome) -> None:
    linked(recorded).unlink()

    told = recorded.run("provider", "show", json=False)

    assert "warning: the linked keystore" in told.out
    assert PROVIDER.ssin not in told.out


@pytest.mark.parametrize(("variable", "coloured"), [("", True), ("1", False)])
def test_colours_repeat_what_the_words_say_unless_no_color_is_set(
    recorded: FurnishedHome, monkeypatch: pytest.MonkeyPatch, variable: str, coloured: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", variable)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda self: True, raising=False)

    told = recorded.run("provider", "show", json=False)

    assert ("\x1b[31m" in told.out) is coloured
    assert "No eHealth certificate" in told.out


def test_a_damaged_record_is_told_and_can_be_removed(recorded: FurnishedHome) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(recorded.root / "data" / "procedures.sqlite")) as connection:
        connection.execute("UPDATE provider SET name = 'x'")
        connection.commit()

    shown_, listed = recorded.run("provider", "show"), recorded.run("provider", "list")
    found = recorded.run("doctor").body["findings"]

    assert (shown_.code, shown_.error) == (13, "provider_damaged")
    assert len(listed.body["damaged"]) == 1
    assert "provider_damaged" in {one["code"] for one in found if one["level"] == "failure"}
    assert recorded.run("provider", "remove").code == 0
