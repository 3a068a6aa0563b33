"""A bundle as the user writes it and the helpdesk reads it, from the command line."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.journeys.canaries import found_in
from tests.journeys.practice import SECRETS, Practice


def test_a_bundle_is_written_once_private_and_without_people(practice: Practice) -> None:
    practice.furnish()
    practice.renew()
    [row] = practice.stored()
    file = practice.home / "for-the-helpdesk.txt"

    written = practice.ehcert("bundle", row[0][:4], str(file))
    again = practice.ehcert("bundle", row[0], str(file), "--json")

    assert (written.code, again.code, again.error["code"]) == (0, 2, "bundle_exists")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    canaries = {**SECRETS, "ssin": practice.person.ssin, "surname": practice.person.surname, "home": str(practice.home)}
    assert found_in(file.read_bytes(), canaries) == []
    assert "national-number (1)" in written.out


def test_the_helpdesk_reads_it_without_a_store(practice: Practice, tmp_path: Path) -> None:
    practice.furnish()
    practice.renew()
    [row] = practice.stored()
    file = practice.home / "for-the-helpdesk.txt"
    practice.ehcert("bundle", row[0], str(file))
    desk = {"EHCERT_HOME": str(tmp_path / "desk")}

    for look in ("explain", "history", "graph"):
        theirs = practice.ehcert(look, "--bundle", str(file), "--json", **desk)
        ours = practice.ehcert(look, row[0], "--json")
        assert (theirs.code, theirs.body["procedure"]["state"]) == (0, ours.body["procedure"]["state"])
        assert theirs.body["schema"] == f"ehcert.{look}/1"

    assert not (tmp_path / "desk" / "data" / "procedures.sqlite").exists()
    assert practice.ehcert("explain", row[0], "--bundle", str(file), "--json").error["code"] == "usage"


def test_a_changed_bundle_is_refused_everywhere(practice: Practice) -> None:
    practice.furnish()
    practice.renew()
    [row] = practice.stored()
    file = practice.home / "for-the-helpdesk.txt"
    practice.ehcert("bundle", row[0], str(file))
    file.write_text(file.read_text().replace('"awaiting_delivery"', '"done"', 1))

    for command in ("explain", "history", "graph", "rerun"):
        refused = practice.ehcert(command, "--bundle", str(file), "--json")
        assert (refused.code, refused.error["code"]) == (13, "bundle_changed")


def test_a_rerun_leaves_a_home_in_which_resume_goes_on(practice: Practice, tmp_path: Path) -> None:
    practice.furnish()
    practice.renew()
    [row] = practice.stored()
    file, home = practice.home / "for-the-helpdesk.txt", tmp_path / "rerun"
    practice.ehcert("bundle", row[0], str(file))

    ended = practice.ehcert("rerun", "--bundle", str(file), "--home", str(home), "--json")
    (home / "data" / "sandbox" / "address.json").write_text(json.dumps({"address": "http://127.0.0.1:9"}))
    variables = {"EHCERT_HOME": str(home), "EHCERT_ENVIRONMENT": "sandbox"}
    gone_on = practice.ehcert("resume", row[0], "--json", **variables)

    assert ended.body["procedure"]["state"] == "awaiting_delivery"
    assert ended.body["accepted"] == ["generateCertificate"]
    assert gone_on.error["code"] == "ehealth_unreachable"  # nobody serves the sandbox here: it was asked
    assert practice.ehcert("status", "--json", **variables).body["procedures"][0]["id"] == row[0]
