# ruff: noqa: T201
"""`python -m tests.bench [N]`: how fast the commands that look answer in a store of N procedures (100,000).

Whole processes, the median of several runs each, beside `python -c pass` on the same machine.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from adapters.system.store_key import store_key
from state.database import open_database
from state.keys import StoreKeys
from state.rows import FIRST_LINK, journal_rows, procedure_row
from state.tables import JOURNAL, PROCEDURE
from workflow.definition import Turn
from workflow.procedure import ID_LENGTH, ID_LETTERS, Line, Procedure, ProcedureId

RUNS = 5
_AT_ONCE = 1000
_OPEN = 0.2
_LINES = 14


def main(count: int) -> None:
    """Fill a store in a home of its own, and time the commands."""
    with tempfile.TemporaryDirectory(prefix="ehcert-bench-") as folder:
        home = Path(folder)
        (home / "data").mkdir(mode=0o700)
        home.chmod(0o700)
        some = fill(home, count)
        commands = {
            "python -c pass": ["-c", "pass"],
            "ehcert --version": ["-m", "adapters.cli.app", "--version"],
            "ehcert status": ["-m", "adapters.cli.app", "status"],
            "ehcert status --stuck": ["-m", "adapters.cli.app", "status", "--stuck"],
            "ehcert due": ["-m", "adapters.cli.app", "due"],
            "ehcert explain ID": ["-m", "adapters.cli.app", "explain", some],
            "ehcert history ID": ["-m", "adapters.cli.app", "history", some],
        }
        size = (home / "data" / "procedures.sqlite").stat().st_size / count
        print(f"{count:,} procedures, {size:,.0f} bytes each; median of {RUNS} runs\n")
        print("| command | seconds | × pass |\n|---|---|---|")
        usual = None
        for name, arguments in commands.items():
            seconds = timed(home, arguments)
            usual = usual or seconds
            print(f"| `{name}` | {seconds:.3f} | {seconds / usual:.0f} |", flush=True)


def fill(home: Path, count: int) -> ProcedureId:
    """Write procedures as the store would; returns one that waits for eHealth."""
    key = store_key(home / "data" / "store.key", make=True)
    engine, keys = open_database(f"sqlite:///{home / 'data' / 'procedures.sqlite'}"), StoreKeys.of(key)
    made = procedures(count)
    some = None
    while batch := [one for _, one in zip(range(_AT_ONCE), made, strict=False)]:
        rows, lines = [], []
        for one in batch:
            found, head = journal_rows(keys, one.id, journal(one), after=0, head=FIRST_LINK)
            rows.append(procedure_row(keys, one, identity=f"{one.id}", lines=len(found), head=head))
            lines += found
            some = one.id if some is None and not one.ended else some
        with engine.begin() as connection:
            connection.execute(insert(PROCEDURE), rows)
            connection.execute(insert(JOURNAL), lines)
    assert some is not None, "some procedure has not ended"
    return some


def procedures(count: int) -> Iterator[Procedure]:
    """One fifth is open; facts of about 1.5 kB, as a renewal has them."""
    chance, now = random.Random(1), datetime.now(UTC)
    for _ in range(count):
        since = now - timedelta(minutes=chance.randrange(500_000))
        ended = chance.random() > _OPEN
        until = (now + timedelta(days=chance.randrange(20, 900))).isoformat()
        yield Procedure(
            id=ProcedureId("".join(chance.choices(ID_LETTERS, k=ID_LENGTH))),
            definition="renew",
            definition_version=2,
            environment="production",
            state="done" if ended else "awaiting_delivery",
            turn=Turn.NOBODY if ended else Turn.EHEALTH,
            facts=facts(f"{chance.randrange(10**11):011}", since, until, ended=ended),
            created_at=since - timedelta(hours=1),
            since=since,
            wake_at=None if ended else now + timedelta(minutes=chance.randrange(-600, 600)),
            expected_by=None if ended else since + timedelta(days=10),
            ended=ended,
        )


def facts(ssin: str, since: datetime, until: str, *, ended: bool) -> dict[str, object]:
    """What a renewal knows when it waits, and at its end."""
    at = since.isoformat()
    known: dict[str, object] = {
        "requirements": {"checked_at": at},
        "consent": {"at": at, "language": "fr", "text_sha256": "0" * 64},
        "holder": {"ssin": ssin, "first_names": "Zoé Élise", "surname": "Exemple"},
        "old_keystore": {"path": "/x.p12", "fingerprint": "0" * 64, "valid_until": until},
        "record": {"valid_until": until, "care_provider": True, "contact": {"email_private": "exemple@example.org"}},
        "contact": {"email_private": "exemple@example.org", "phone_private": "+32 470 00 00 00"},
        "contract": {"dn": "CN=SSIN=75031299943", "signer": ["SSIN"], "texts": {"fr": "x" * 400}},
        "approval": {"at": at, "language": "fr", "text_sha256": "0" * 64},
        "password": {"chosen_at": at},
        "key": {"public_key_identifier": "ab" * 20, "made_at": at},
        "new_keystore": {"name": "x.p12", "sha256": "0" * 64},
        "request": {"at": at, "message_id": "_x", "automatically_validated": True},
    }
    if ended:
        steps = ("certificate", "encryption_certificate", "etk", "handover", "activation", "proof")
        known |= {name: {"at": at} for name in steps}
        known |= {"installed": {"at": at, "valid_until": until}, "etk": {"at": at, "to_be_activated": True}}
    return known


def journal(procedure: Procedure) -> list[Line]:
    """As many lines as a renewal has."""
    return [
        Line(procedure.created_at + timedelta(minutes=number), "moved", "checking", "ready", {"to": "awaiting_consent"})
        for number in range(_LINES)
    ]


def timed(home: Path, arguments: list[str]) -> float:
    """The median of the seconds that a command takes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EHCERT_")}
    variables = {**kept, "EHCERT_HOME": str(home), "EHCERT_LANGUAGE": "en", "PYTHONPATH": str(Path.cwd())}
    found = []
    for _ in range(RUNS):
        begun = time.monotonic()
        done = subprocess.run([sys.executable, *arguments], env=variables, capture_output=True, text=True)
        found.append(time.monotonic() - begun)
        if done.returncode != 0:
            raise SystemExit(f"{arguments}: {done.returncode} {done.stdout} {done.stderr}")
    return statistics.median(found)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
