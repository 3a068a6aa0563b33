"""Does the simulation bite? Every sabotage of the program or of its surroundings must be noticed within some lives."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from steps import submit_request
from steps.activate_etk import ActivateEtk
from steps.install_certificate import InstallCertificate
from steps.ports.keystore import Keystore
from steps.prove_keystore import ProveKeystore
from steps.submit_request import SubmitRequest
from tests.reliability.counting import Harm
from tests.simulation.life import Simulation
from tests.simulation.locks import LooseLocks
from tests.world.keys import pooled_key
from tests.world.memory import MemoryLocks, MemoryStore
from workflow import run
from workflow.errors import TemporaryError
from workflow.ports import NotArrived, Outcome, Work
from workflow.procedure import Line, Procedure, ProcedureId
from workflow.record import Record

pytestmark = pytest.mark.slow

_MOST_LIVES = 250

Sabotage = Callable[[pytest.MonkeyPatch], None]


def no_intent(patch: pytest.MonkeyPatch) -> None:
    """The message is sent before it is written down that it will be."""
    patch.setattr(Record, "save_intent", lambda record, intent: None)


def no_question(patch: pytest.MonkeyPatch) -> None:
    """After a doubt nobody asks eHealth: the request counts as lost."""
    patch.setattr(SubmitRequest, "find_out", lambda step, work, intent: NotArrived())


def no_patience(patch: pytest.MonkeyPatch) -> None:
    """What eHealth does not know yet counts as lost at once."""
    for step in ("submit_request", "complete_etk", "activate_etk"):
        patch.setattr(f"steps.{step}.may_still_arrive", lambda intent, now, service_time: None)


def no_answer_is_no(patch: pytest.MonkeyPatch) -> None:
    """A message without an answer counts as not sent."""
    patch.setattr(run, "EhealthUnreachableError", TemporaryError)


def a_new_key_for_each_message(patch: pytest.MonkeyPatch) -> None:
    """The request is made for a key that nobody wrote down."""
    made = submit_request.signing_request

    def with_a_new_key(keystore: Any, dn: str) -> bytes:
        entry = replace(keystore.authentication, private_key=pooled_key(40))
        return made(replace(keystore, content=Keystore((entry,))), dn)

    patch.setattr(submit_request, "signing_request", with_a_new_key)


def no_activation(patch: pytest.MonkeyPatch) -> None:
    """The end is told without having activated or proved anything."""
    patch.setattr(ActivateEtk, "prepare", lambda step, work: Outcome("activated", {"activation": {"at": ""}}))
    patch.setattr(ProveKeystore, "__call__", lambda step, work: Outcome("proved", {"proof": {"at": ""}}))


def the_old_file_overwritten(patch: pytest.MonkeyPatch) -> None:
    """The new certificate is installed in the place of the old file, too."""
    install = InstallCertificate.__call__

    def over_the_old_one(step: InstallCertificate, work: Work) -> Outcome:
        outcome = install(step, work)
        keystores: Any = step.keystores
        new = keystores.find(work.facts["new_keystore"]["name"])
        keystores.content[Path(work.facts["old_keystore"]["path"])] = keystores.content[new]
        return outcome

    patch.setattr(InstallCertificate, "__call__", over_the_old_one)


def files_that_are_not_synced(patch: pytest.MonkeyPatch) -> None:
    """A new keystore is gone when the process dies before its sitting is over."""
    sit = Simulation._sit

    def losing(simulation: Simulation, *arguments: Any) -> None:
        before = dict(simulation.keystores.content)
        died = len([line for line in simulation.story.lines if " died:" in line])
        sit(simulation, *arguments)
        if len([line for line in simulation.story.lines if " died:" in line]) > died:
            simulation.keystores.content = before

    patch.setattr(Simulation, "_sit", losing)


def locks_that_do_not_hold(patch: pytest.MonkeyPatch) -> None:
    """Two processes work on one procedure where only one should."""

    @contextlib.contextmanager
    def hold(locks: MemoryLocks, procedure: ProcedureId) -> Iterator[None]:
        mine = procedure not in locks.held
        locks.held.add(procedure)
        try:
            yield
        finally:
            if mine:
                locks.held.discard(procedure)

    patch.setattr(MemoryLocks, "hold", hold)


def a_store_that_does_not_look_at_the_revision(patch: pytest.MonkeyPatch) -> None:
    """The last one to save wins; noticed where locks do not hold either."""
    save = MemoryStore.save

    def saved(
        store: MemoryStore, procedure: Procedure, lines: Sequence[Line], identity: str | None = None
    ) -> Procedure:
        kept = store._kept.get(procedure.id)
        known = replace(procedure, revision=kept.procedure.revision) if kept else procedure
        return save(store, known, lines, identity)

    patch.setattr(MemoryStore, "save", saved)
    patch.setattr("tests.world.world.MemoryLocks", LooseLocks)


def a_journal_that_forgets(patch: pytest.MonkeyPatch) -> None:
    """Only the last ten lines are kept."""
    save = MemoryStore.save

    def saved(
        store: MemoryStore, procedure: Procedure, lines: Sequence[Line], identity: str | None = None
    ) -> Procedure:
        stored = save(store, procedure, lines, identity)
        del store._kept[procedure.id].lines[:-10]
        return stored

    patch.setattr(MemoryStore, "save", saved)


def a_report_before_it_is_saved(patch: pytest.MonkeyPatch) -> None:
    """What the person hears is not written."""
    patch.setattr(Record, "write", lambda record, line: None)


SABOTAGES: dict[Sabotage, set[Harm]] = {
    no_intent: {Harm.DOUBLED},
    no_question: {Harm.DOUBLED},
    no_patience: {Harm.DOUBLED},
    no_answer_is_no: {Harm.DOUBLED},
    a_new_key_for_each_message: {Harm.ORPHANED},
    no_activation: {Harm.LOST},
    the_old_file_overwritten: {Harm.LOST},
    files_that_are_not_synced: {Harm.ORPHANED, Harm.STUCK},
    locks_that_do_not_hold: {Harm.DOUBLED},
    a_store_that_does_not_look_at_the_revision: {Harm.DOUBLED, Harm.LOST},
    a_journal_that_forgets: {Harm.LOST},
    a_report_before_it_is_saved: {Harm.LOST, Harm.STUCK},
}


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.__name__)
def test_a_sabotage_is_noticed(sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch)

    found = next((life for life in map(_played, range(_MOST_LIVES)) if life & SABOTAGES[sabotage]), set())

    assert found, f"{_MOST_LIVES} lives did not notice: {sabotage.__doc__}"


def _played(seed: int) -> set[Harm]:
    return {problem.harm for problem in Simulation(seed).run().problems}
