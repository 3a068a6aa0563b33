"""Which state follows: decided by `transitions`, from the declaration and the facts alone."""

from __future__ import annotations

from typing import Any, cast

from transitions import EventData, Machine, MachineError

from workflow.conditions import CONDITIONS, Facts
from workflow.definition import Definition, Final
from workflow.errors import DefinitionError


class _Decision:
    """The model that the machine moves: thrown away after one question."""

    __slots__ = ("facts", "state")

    def __init__(self, state: str, facts: Facts) -> None:
        self.state = state
        self.facts = facts


class _Machine:
    """One `transitions` machine, shared by all procedures of a definition."""

    def __init__(self, definition: Definition) -> None:
        self._machine = Machine(
            model=None,
            states=[state.name for state in definition.states],
            initial=None,
            auto_transitions=False,
            send_event=True,
        )
        for transition in definition.transitions:
            self._machine.add_transition(
                transition.trigger,
                list(transition.sources),
                transition.dest,
                conditions=[_asks(name) for name in transition.conditions],
                unless=[_asks(name) for name in transition.unless],
            )

    def decide(self, state: str, trigger: str, facts: Facts) -> str | None:
        decision = _Decision(state, facts)
        event = self._machine.events.get(trigger)
        try:
            moved = event is not None and event.trigger(decision)
        except MachineError:
            return None
        return decision.state if moved else None


def _asks(name: str) -> Any:
    condition = CONDITIONS[name]

    def ask(event: EventData) -> bool:
        return condition(cast(_Decision, event.model).facts)

    return ask


_machines: dict[tuple[str, int, int], _Machine] = {}


def _machine(definition: Definition) -> _Machine:
    key = (definition.name, definition.version, id(definition))
    if key not in _machines:
        _machines[key] = _Machine(definition)
    return _machines[key]


def next_state(definition: Definition, state: str, trigger: str, facts: Facts) -> str:
    """The state that follows `state` when `trigger` happened and `facts` are known by then.

    Raises `DefinitionError` when no transition applies.
    """
    following = _machine(definition).decide(state, trigger, facts)
    if following is None:
        raise DefinitionError(problem=f"{definition.name}: no transition '{trigger}' from '{state}'")
    return following


def derive(definition: Definition, facts: Facts) -> str:
    """The state that the facts alone give: the first one whose closing fact is missing."""
    if "end" in facts:
        return str(facts["end"]["state"])
    for state in definition.states:
        if isinstance(state, Final) or not all(CONDITIONS[name](facts) for name in state.only_if):
            continue
        if state.until not in facts:
            return state.name
    return definition.goal


def facts_before(definition: Definition, state: str, facts: Facts) -> dict[str, Any]:
    """The facts that are left when a procedure goes back to `state`: those of the states before it."""
    names = [s.name for s in definition.states]
    dropped = {s.until for s in definition.states[names.index(state) :] if s.until}
    return {name: value for name, value in facts.items() if name not in dropped}
