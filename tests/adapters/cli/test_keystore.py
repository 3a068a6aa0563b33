"""`ehcert keystore`: which keystores there are, and what is in one."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sandbox.people import COLLEAGUE, PROVIDER
from steps.encryption_token import certificate_in
from steps.placeholder import placeholder_certificate
from steps.ports.keystore import KeyEntry, Keystore
from tests.adapters.cli.furnished import NOW, PASSWORD, FurnishedHome, enrolled, renewed
from tests.world.keys import pooled_key
from tests.world.world import NEW_PASSWORD, World

SECRETS = {"keystore_password": PASSWORD}


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> FurnishedHome:
    return FurnishedHome(tmp_path / "home", capsys, monkeypatch)


def requested() -> Keystore:
    key = pooled_key(0)
    return Keystore((KeyEntry("authentication", key, (placeholder_certificate(key, NOW),)),))


def listed(home: FurnishedHome, *arguments: str) -> list[dict[str, object]]:
    told = home.run("keystore", "list", *arguments)
    assert told.code == 0, told.out
    found: list[dict[str, object]] = told.body["keystores"]
    return found


# --- list -------------------------------------------------------------------------------------------------------------


def test_where_there_are_none_it_says_so(home: FurnishedHome) -> None:
    assert listed(home) == []
    assert "There are no keystores" in home.run("keystore", "list", json=False).out


def test_the_newest_finished_one_of_each_person_is_in_use(home: FurnishedHome) -> None:
    home.put(enrolled(), at=NOW - timedelta(days=500))
    newest = home.put(enrolled(), at=NOW - timedelta(days=100))
    colleague = home.put(enrolled(COLLEAGUE), ssin=COLLEAGUE.ssin, at=NOW - timedelta(days=600))
    home.put(requested(), finished=False)

    used = [one["path"] for one in listed(home, "--reveal") if one["in_use"]]

    assert used == [str(newest), str(colleague)]


def test_each_says_how_far_it_is(home: FurnishedHome) -> None:
    home.put(enrolled(), at=NOW - timedelta(days=100))
    home.put(requested(), at=NOW, finished=False)
    home.put(requested(), at=NOW + timedelta(days=1))
    (home.folder().folder / "letter.sandbox.p12").write_bytes(b"Dear practice, " * 40)

    standings = {str(one["path"]).rsplit("/", 1)[-1]: one["standing"] for one in listed(home)}

    assert sorted(map(str, standings.values())) == ["damaged", "finished", "unfinished", "unfinished"]


def test_one_that_waits_names_its_procedure(home: FurnishedHome) -> None:
    procedure, path = renewed(home, to="awaiting_delivery")

    [found] = [one for one in listed(home, "--reveal") if one["path"] == str(path)]

    assert (found["standing"], found["procedure"]) == ("waiting", procedure.id)
    assert f"ehcert resume {procedure.id}" in home.run("keystore", "list", json=False).out


def test_a_renamed_one_is_known_by_its_content(home: FurnishedHome) -> None:
    procedure, path = renewed(home, to="awaiting_delivery")
    path.rename(path.with_name("my new one.sandbox.p12"))

    [found] = [one for one in listed(home) if one["standing"] == "waiting"]

    assert found["procedure"] == procedure.id


def test_the_end_of_the_certificate_is_told_where_the_store_knows_it(home: FurnishedHome) -> None:
    procedure, path = renewed(home)

    by_path = {one["path"]: one for one in listed(home, "--reveal")}

    new = by_path[str(path)]
    assert new["standing"] == "finished"
    assert str(new["valid_until"])[:10] == procedure.facts["installed"]["valid_until"][:10]
    old = by_path[procedure.facts["old_keystore"]["path"]]
    assert str(old["valid_until"])[:10] == procedure.facts["old_keystore"]["valid_until"][:10]


def test_the_end_of_the_certificate_is_told_by_the_token_beside_it(home: FurnishedHome) -> None:
    world = World(keystores=home.folder())
    world.finish("awaiting_handover")
    token = world.services.etk("SSIN", PROVIDER.ssin)
    world.close()
    assert token is not None
    path = world.old_path
    path.with_suffix(".etk").write_bytes(token)
    stranger = home.put(enrolled(COLLEAGUE, seed=7), ssin=COLLEAGUE.ssin)
    shutil.copy(path.with_suffix(".etk"), stranger.with_suffix(".etk"))

    by_path = {one["path"]: one["valid_until"] for one in listed(home, "--reveal")}

    der = certificate_in(token)
    assert der is not None
    certificate = world.old_keystore.keys[1].chain[0]
    assert by_path[str(path)] == certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert by_path[str(stranger)] is None


def test_after_a_change_of_password_it_is_still_known(home: FurnishedHome) -> None:
    _procedure, path = renewed(home)
    home.run("sandbox", "clock")
    (home.root / "data" / "sandbox" / "address.json").write_text('{"address": "http://127.0.0.1:9"}')
    secrets = {"keystore_password": NEW_PASSWORD, "new_keystore_password": "a-third-password"}
    assert home.run("password", str(path), secrets=secrets).code == 0

    [found] = [one for one in listed(home, "--reveal") if one["path"] == str(path)]

    assert found["standing"] == "finished"
    assert found["valid_until"] is not None


def test_the_layout_of_the_wizard_is_read_by_content(home: FurnishedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHCERT_PENDING_FOLDER", "")
    finished = home.put(enrolled(), at=NOW - timedelta(days=100))
    home.put(requested(), at=NOW)

    found = listed(home, "--reveal")

    assert [one["standing"] for one in found] == ["unfinished", "finished"]
    assert [one["path"] for one in found if one["in_use"]] == [str(finished)]


def test_national_numbers_are_masked_unless_revealed(home: FurnishedHome) -> None:
    path = home.put(enrolled())

    masked = [home.run("keystore", "list", json=json) for json in (True, False)]
    masked += [home.run("keystore", "show", str(path), json=json, secrets=SECRETS) for json in (True, False)]
    shown = [home.run("keystore", "list", "--reveal", json=json) for json in (True, False)]
    shown += [home.run("keystore", "show", str(path), "--reveal", json=json, secrets=SECRETS) for json in (True, False)]

    assert not [one.out for one in masked if PROVIDER.ssin in one.out + one.err]
    assert "75.03.12-***.**" in masked[0].out
    assert all(PROVIDER.ssin in one.out for one in shown)


# --- show -------------------------------------------------------------------------------------------------------------


def test_without_the_password_the_protection_and_the_names_of_the_keys_are_shown(home: FurnishedHome) -> None:
    path = home.put(enrolled())

    told = home.run("keystore", "show", str(path))

    found = told.body["keystore"]
    assert told.code == 0
    assert found["checksum"] == {"method": "SHA-1", "rounds": 2}
    assert found["keys"][0]["alias"] == "authentication"
    assert len(found["keys"]) == 2
    assert {key["method"] for key in found["keys"]} == {"3DES, SHA-1"}
    assert found["opened"] is False
    assert "entries" not in found


def test_with_the_password_every_entry_is_shown(home: FurnishedHome) -> None:
    path = home.put(enrolled())

    found = home.run("keystore", "show", str(path), secrets=SECRETS).body["keystore"]

    assert found["opened"] is True
    authentication, encryption = found["entries"]
    assert (authentication["etk"], encryption["etk"]) == (False, True)
    assert authentication["chain_holds"]
    assert len(authentication["chain"]) >= 2
    assert authentication["chain"][0]["environment"] == "sandbox"
    assert encryption["alias"] == encryption["chain"][0]["number"]


def test_people_see_the_same(home: FurnishedHome) -> None:
    path = home.put(enrolled())

    without = home.run("keystore", "show", str(path), json=False).out
    opened = home.run("keystore", "show", str(path), json=False, secrets=SECRETS).out

    assert "Checksum: SHA-1, 2 rounds" in without
    assert "nothing above is proved" in without
    assert "signs in at eHealth" in opened
    assert "opens messages (ETK)" in opened


def test_an_undelivered_certificate_is_named_so(home: FurnishedHome) -> None:
    path = home.put(requested(), finished=False)

    found = home.run("keystore", "show", str(path), secrets=SECRETS).body["keystore"]

    assert found["entries"][0]["placeholder"] is True
    assert found["standing"] == "unfinished"


def test_a_file_of_another_environment_is_shown_too(home: FurnishedHome) -> None:
    path = home.put(enrolled())
    other = home.root / path.name.replace(".sandbox.p12", ".acc.p12")
    shutil.copy(path, other)

    found = home.run("keystore", "show", str(other)).body["keystore"]

    assert found["environment"] == "acceptance"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "keystore_missing"),
        (b"", "not_a_keystore"),
        (b"Dear practice, " * 40, "not_a_keystore"),
        (b"\x30\x82\x10\x00\x02\x01\x03\x30\x82", "keystore_damaged"),
    ],
)
def test_a_file_that_is_none_is_said(home: FurnishedHome, content: bytes | None, code: str) -> None:
    path = home.root / "file.p12"
    if content is not None:
        path.write_bytes(content)

    told = home.run("keystore", "show", str(path))

    assert (told.code, told.error) == (5, code)


def test_a_wrong_password_is_said(home: FurnishedHome) -> None:
    told = home.run("keystore", "show", str(home.put(enrolled())), secrets={"keystore_password": "wrong"})

    assert (told.code, told.error) == (5, "keystore_password_wrong")


def test_looking_changes_nothing(home: FurnishedHome) -> None:
    home.put(enrolled())
    before = {path: path.read_bytes() for path in home.folder().folder.rglob("*") if path.is_file()}

    home.run("keystore", "list")
    for path in before:
        home.run("keystore", "show", str(path), secrets=SECRETS)

    assert {path: path.read_bytes() for path in home.folder().folder.rglob("*") if path.is_file()} == before
