"""A plan of faults: which call of which operation meets which fault, by number or by chance, and what struck."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.sandbox.fault_kinds import CARRIED_OUT, CONNECTION_FAULTS, Fault, Stage
from adapters.sandbox.operations import OPERATIONS
from adapters.sandbox.wrong_content import CONTENT_FAULTS

FAULTS: Final[Mapping[str, Fault]] = {fault.name: fault for fault in (*CONNECTION_FAULTS, *CONTENT_FAULTS)}
ANY_OPERATION: Final = "*"
ANY_FAULT: Final = tuple(fault.name for fault in CONNECTION_FAULTS)
"""What chance draws from when no fault is named: not the wrong contents, after which a person is needed."""
OPERATION_NAMES: Final = frozenset(operation.name for operation in OPERATIONS.values())


@dataclass(frozen=True, slots=True)
class Rule:
    """When a fault strikes: from the n-th call on (`call`), so many times, or by chance (`rate`, 0 to 1).

    Each rule counts for itself the calls of its operation since the plan was armed; a wrong content counts only the
    answers that have the content which it falsifies. `faults` with several names: one is drawn.
    `times` None: as often as there are calls. `parameters` replace the defaults of the fault.
    """

    faults: tuple[str, ...]
    operation: str = ANY_OPERATION
    call: int = 1
    times: int | None = 1
    rate: float | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ValueError for what can never strike."""
        if self.operation not in (OPERATION_NAMES | {ANY_OPERATION}):
            raise ValueError(f"unknown operation '{self.operation}'")
        if self.call < 1 or (self.times is not None and self.times < 1):
            raise ValueError("'call' and 'times' are 1 or more")
        if self.rate is not None and not 0 <= self.rate <= 1:
            raise ValueError("'rate' is between 0 and 1")
        if not self.faults:
            raise ValueError("no fault is named")
        for name in self.faults:
            if name not in FAULTS:
                raise ValueError(f"unknown fault '{name}'")
            if self.operation != ANY_OPERATION and not FAULTS[name].strikes(self.operation):
                raise ValueError(f"'{name}' cannot strike {self.operation}")
        for parameter, value in self.parameters.items():
            if not any(FAULTS[name].allows(parameter) for name in self.faults):
                raise ValueError(f"'{self.faults[0]}' has no parameter '{parameter}'")
            if value < 0:
                raise ValueError(f"'{parameter}' is 0 or more")


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Rules, the first that strikes wins; `seed` decides what is left to chance."""

    rules: tuple[Rule, ...] = ()
    seed: int = 0

    @classmethod
    def once(cls, fault: str, operation: str = ANY_OPERATION, call: int = 1, **parameters: float) -> FaultPlan:
        """One fault, at one call."""
        return cls((Rule((fault,), operation, call, parameters=parameters),))

    @classmethod
    def random(cls, rate: float, seed: int, *faults: str, **parameters: float) -> FaultPlan:
        """Each call meets a fault with this probability."""
        return cls((Rule(faults or ANY_FAULT, times=None, rate=rate, parameters=parameters),), seed)


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that strikes now: the number of its rule, the number of the call, and its parameters."""

    rule: int
    call: int
    fault: Fault
    parameters: Mapping[str, float]

    @property
    def carried_out(self) -> bool:
        """Whether the message is handed over all the same."""
        return bool(self.parameters.get(CARRIED_OUT, self.fault.carried_out))


class Progress:
    """How far a plan is: it counts calls and decides. Safe for threads."""

    def __init__(self, plan: FaultPlan, struck: Mapping[int, int] | None = None) -> None:
        self._plan = plan
        self._lock = threading.Lock()
        self._seen = [0] * len(plan.rules)
        self._struck = [(struck or {}).get(number, 0) for number in range(len(plan.rules))]

    @property
    def is_over(self) -> bool:
        """Whether no rule can strike any more."""
        pairs = zip(self._plan.rules, self._struck, strict=True)
        return all(rule.times is not None and struck >= rule.times for rule, struck in pairs)

    def strike(
        self, operation: str, stages: tuple[Stage, ...], has: Callable[[Strike], bool] = lambda strike: True
    ) -> Strike | None:
        """What strikes this call at these stages; `has` says whether the call has what a fault needs.

        While the operation is not known it is called '*'.
        """
        first = None
        with self._lock:
            for number, rule in enumerate(self._plan.rules):
                candidate = self._candidate(number, rule, operation, stages)
                if candidate is None:
                    continue
                possible = candidate.fault.strikes(operation) and has(candidate)
                # A call that has not what the fault needs does not count; unless chance drew it among others.
                if possible or len(rule.faults) > 1:
                    self._seen[number] = candidate.call
                if possible and first is None and self._decides(number, rule, candidate.call):
                    self._struck[number] += 1
                    first = candidate
        return first

    def _candidate(self, number: int, rule: Rule, operation: str, stages: tuple[Stage, ...]) -> Strike | None:
        """The fault that this rule would bring to the next call; chance draws the same one for the same seed."""
        if rule.operation not in (operation, ANY_OPERATION):
            return None
        call = self._seen[number] + 1
        fault = FAULTS[self._chance(number, call, "which").choice(rule.faults)]
        if fault.stage not in stages:
            return None
        given = {name: value for name, value in rule.parameters.items() if fault.allows(name)}
        return Strike(number, call, fault, {**fault.parameters, **given})

    def _decides(self, number: int, rule: Rule, call: int) -> bool:
        if rule.times is not None and self._struck[number] >= rule.times:
            return False
        if rule.rate is not None:
            return self._chance(number, call, "whether").random() < rule.rate
        return call >= rule.call

    def _chance(self, number: int, call: int, about: str) -> random.Random:
        return random.Random(f"{self._plan.seed} {number} {call} {about}")
