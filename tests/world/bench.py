"""One step on the bench: a world in which it is just this step's turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from steps.registry import make_steps
from tests.world.watched import Died
from tests.world.world import ENVIRONMENT, World
from workflow.definition import Asking, Waiting, Working
from workflow.forms import FORMS, Offer
from workflow.ports import AskingStep, ChangingStep, InDoubt, NotArrived, Outcome, Prepared, Step, Work
from workflow.sitting import Sitting


class Bench:
    """The step of a state, with the facts, the far side and the files as they are when its turn comes.

    `facts` may be changed by a test. `authority` may be replaced by `altered(world.services, …)`.
    """

    def __init__(self, world: World, state: str, definition: str = "renew") -> None:
        self.world = world
        self.definition = definition
        self.authority = world.services
        self.state = cast(Working | Asking | Waiting, world.definitions[definition].state(state))
        self.facts: dict[str, Any] = dict(self._arrive(state))
        world.person.asked.clear()
        self.sitting = Sitting(world.person, {})

    def _arrive(self, state: str) -> Mapping[str, Any]:
        self.world.crash_at(f"{self.definition}.{state}.before")
        try:
            self.world.finish()
        except Died:
            return self.world.person.seen[state].facts
        raise AssertionError(f"it never came to '{state}'")

    @property
    def step(self) -> Any:
        """The step, reaching the ports of the world."""
        world = self.world
        steps = make_steps(cards=world.cards, keystores=world.keystores, authority=self.authority, keys=world.keys)
        return steps[self.state.step]

    def work(self, answers: Mapping[str, Any] | None = None) -> Work:
        """What the engine would give to the step now."""
        allowed = self.state.secrets
        if isinstance(self.state, Asking):
            allowed += tuple(field.name for field in FORMS[self.state.form].fields if field.secret)
        return Work(
            procedure=self.world.person.seen[self.state.name].id,
            environment=ENVIRONMENT,
            facts=self.facts,
            answers=answers or {},
            now=self.world.own_clock.now(),
            secret=lambda name, about: self.sitting.secret(allowed, name, about),
            wrong_secret=self.sitting.wrong_secret,
        )

    def offer(self) -> Offer:
        """What an asking step knows before."""
        return cast(AskingStep, self.step).offer(self.work())

    def run(self, **answers: Any) -> Outcome:
        """Run a step that changes nothing at eHealth, with these answers to its form."""
        return cast(Step, self.step)(self.work(answers))

    def prepare(self) -> Prepared | Outcome:
        """Prepare a change."""
        return cast(ChangingStep, self.step).prepare(self.work())

    def send(self) -> Outcome:
        """Prepare a change, remember its intent as the engine would, and send it."""
        prepared = self.prepare()
        assert isinstance(prepared, Prepared)
        self.intend(prepared)
        return cast(ChangingStep, self.step).send(self.work(), prepared)

    def intend(self, prepared: Prepared) -> None:
        """Remember what is about to be sent, also in the store."""
        at = self.world.own_clock.now().isoformat()
        self.facts["intent"] = {"operation": self.step.operation, "at": at, **prepared.intent}
        store = self.world.open_store()
        store.save(replace(store.load(self.world.procedure.id), facts=self.facts), [])

    def find_out(self) -> Outcome | NotArrived | InDoubt:
        """Ask what became of the change that was intended."""
        return cast(ChangingStep, self.step).find_out(self.work(), self.facts["intent"])

    def learn(self, outcome: Outcome) -> None:
        """Remember an outcome, as the engine would."""
        self.facts = {n: v for n, v in self.facts.items() if n not in outcome.forgotten} | dict(outcome.learned)


def altered(port: Any, **replaced: Any) -> Any:
    """A port of which some calls answer something else."""
    names = {"__getattr__": lambda self, name: getattr(port, name)}
    return type("Altered", (), names | {name: staticmethod(call) for name, call in replaced.items()})()


def with_fact(bench: Bench, name: str, **values: Any) -> None:
    """Change some values of a fact."""
    bench.facts[name] = {**bench.facts[name], **values}
