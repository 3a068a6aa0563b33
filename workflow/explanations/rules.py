"""What a rule of an explanation is made of: a cause, when it holds, what it says, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass

from workflow.texts import mark


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that can be done: a command with `{id}`, and what comes of it."""

    command: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Holds when all of `when` do: names of `workflow.questions.QUESTIONS`. `says` and `never` are marked texts."""

    cause: str
    when: tuple[str, ...] = ()
    says: str
    do: tuple[Advice, ...] = ()
    never: tuple[str, ...] = ()


GO_ON = Advice("ehcert resume {id}", mark("goes on where it stopped"))
ASK = Advice("ehcert resume {id}", mark("asks eHealth; nothing is sent before that is known"))
LOOK = Advice("ehcert resume {id}", mark("asks eHealth whether there is something new"))
TRY_AGAIN = Advice("ehcert resume {id}", mark("tries it once more; nothing is lost by trying"))
AFTER_CURE = Advice("ehcert resume {id}", mark("goes on, once that is put right"))
FILE = Advice("ehcert show {id}", mark("shows where the new file is"))
READ = Advice("ehcert history {id}", mark("tells everything that happened"))

CANCEL = Advice("ehcert cancel {id}", mark("stops it for good; nothing was sent, and what was made so far is removed"))
ABANDON = Advice(
    "ehcert abandon {id}", mark("gives it up for good, the last resort; what eHealth accepted stays there")
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error means, after its own words; what can be done, and what must not be done."""

    says: str
    do: tuple[Advice, ...] = (AFTER_CURE,)
    never: tuple[str, ...] = ()
