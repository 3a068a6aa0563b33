"""The practice software gets its keystore: record, renewal, link, handover, badge, each in a process of its own."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pexpect

from tests.journeys.practice import NEW_PASSWORD, SECRETS, Practice


def answers(practice: Practice) -> str:
    """The record of this practice's person, piped in."""
    return (
        f'provider:\n  name: Zoé Élise Exemple\n  ssin: "{practice.person.ssin}"\n'
        'inami_number:\n  kind: physician\n  number: "19999915000"\n  since: 2020-09-01\n'
    )


def test_from_the_record_to_the_green_badge(practice: Practice) -> None:
    practice.furnish(with_etk=True)
    (practice.home / "provider.yaml").write_text(answers(practice))
    added = practice.ehcert("provider", "add", "--answers", "provider.yaml", "--json")
    (practice.home / "provider.yaml").unlink()
    practice.renew("--json")
    practice.far_side.move(timedelta(days=2))
    waiting = practice.resume()

    linked = practice.ehcert("provider", "link", "--json")
    at_handover = practice.ehcert("provider", "show", "--json")
    ended = practice.ehcert(
        "resume", "--json", "--answers", "handover.yaml", secrets={"new_keystore_password": NEW_PASSWORD}
    )
    shown = practice.ehcert("provider", "show")
    listed = practice.ehcert("keystore", "list", "--json")

    assert added.code == 0, added.out
    assert waiting.body["procedure"]["state"] == "awaiting_handover"
    assert linked.code == 0, linked.out
    target = Path(linked.body["keystore"])
    assert target.parent == practice.sandbox_folder / "practice"
    assert target.read_bytes() == Path(waiting.body["keystore"]).read_bytes()
    assert at_handover.body["provider"]["badge"] == "valid"
    assert ended.body["procedure"]["state"] == "done"
    assert "eHealth certificate, valid until" in shown.out
    assert "warning" not in shown.out
    assert [one["in_use"] for one in listed.body["keystores"]] == [True, False]
    texts = [text for one in (added, waiting, at_handover, ended, shown, listed) for text in (one.out, one.err)]
    names = [path.name for path in practice.keystore_folder.rglob("*.p12")]
    for name in names:
        texts = [text.replace(name, "") for text in texts]
    assert practice.leaks(texts, SECRETS) == []
    unlinked = practice.ehcert("provider", "unlink", "--json")
    assert unlinked.body["removed"] == [str(target)]
    assert Path(waiting.body["keystore"]).exists()


def test_at_a_terminal_a_mistyped_number_is_asked_again(practice: Practice) -> None:
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "adapters.cli.app", "provider", "add"],
        env=practice.variables(TERM="dumb"),
        cwd=str(practice.home),
        encoding="utf-8",
        timeout=60,
    )
    wrong = practice.person.ssin[:-2] + f"{(int(practice.person.ssin[-2:]) + 1) % 97:02}"
    for question, typed in (
        ("Name: ", "Zoé Élise Exemple"),
        ("NISS.*: ", wrong),
        ("this is not a national number", None),
        ("NISS.*: ", practice.person.ssin),
        ("Has this person an INAMI number", "yes"),
        ("Kind of provider: ", "1"),
        ("INAMI number: ", "29999922000"),
        ("Holds from .*: ", "01/09/2020"),
        ("is not that of a physician", None),
        ("Kind of provider: ", "2"),
        ("INAMI number: ", "29999922000"),
        ("Holds from .*: ", "01/09/2020"),
        ("No eHealth certificate", None),
    ):
        terminal.expect(question)
        if typed is not None:
            terminal.sendline(typed)
    terminal.expect(pexpect.EOF)
    terminal.close()
    listed = practice.ehcert("provider", "list", "--json")

    assert terminal.exitstatus == 0
    [record] = listed.body["providers"]
    assert record["numbers"] == [{"kind": "pharmacist", "number": "29999922000", "since": "2020-09-01"}]
