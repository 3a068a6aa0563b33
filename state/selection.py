"""Which procedures a listing is about, and in which order: those that need somebody first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from state.keys import StoreKeys
from state.rows import moment_text, person_hash
from state.tables import PROCEDURE
from workflow.definition import Turn
from workflow.status import FOR_THE_HELPDESK


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is listed; a field that is None or False leaves everything in.

    `now` holds the moment in each environment: the sandbox has a clock of its own. `since` is when the procedure was
    begun. `person` is a national number, of 11 digits.
    """

    now: Mapping[str, datetime]
    ended: bool = False
    stuck: bool = False
    due: bool = False
    turn: Turn | None = None
    definition: str | None = None
    environment: str | None = None
    person: str | None = field(default=None, repr=False)
    since: datetime | None = None


def queries(chosen: Selection, keys: StoreKeys, most: int) -> Iterator[Select[tuple[object, ...]]]:
    """Queries whose answers, one after the other, are the listing, each of `most` rows at the most.

    First what is stuck, the longest first; then what waits for the person, then the others, each with the oldest state
    first; at last, when they are wanted, the ended ones, the newest first.
    """
    about = _about(chosen, keys)
    stuck = or_(*(_stuck_in(environment, now) for environment, now in chosen.now.items()))
    # A row of an older schema does not say; whoever reads it finds out.
    under_way = select(PROCEDURE).where(PROCEDURE.c.ended.is_(False), *about).limit(most)
    yield under_way.where(stuck).order_by(PROCEDURE.c.stuck_at, PROCEDURE.c.id)
    if not chosen.stuck:
        # 'user' stands last in the alphabet.
        yield under_way.where(~stuck).order_by(PROCEDURE.c.turn.desc(), PROCEDURE.c.since, PROCEDURE.c.id)
    if chosen.ended:
        ended = select(PROCEDURE).where(PROCEDURE.c.ended.is_(True), *about)
        yield ended.order_by(PROCEDURE.c.since.desc(), PROCEDURE.c.id).limit(most)


def _stuck_in(environment: str, now: datetime) -> ColumnElement[bool]:
    late = or_(PROCEDURE.c.stuck_at <= moment_text(now), PROCEDURE.c.stuck_at.is_(None))
    return and_(PROCEDURE.c.environment == environment, late)


def _about(chosen: Selection, keys: StoreKeys) -> Iterator[ColumnElement[bool]]:
    if chosen.environment is not None:
        yield PROCEDURE.c.environment == chosen.environment
    if chosen.definition is not None:
        yield PROCEDURE.c.definition == chosen.definition
    if chosen.person is not None:
        yield or_(PROCEDURE.c.person == person_hash(keys, chosen.person), PROCEDURE.c.person.is_(None))
    if chosen.since is not None:
        yield PROCEDURE.c.since >= moment_text(chosen.since)
    if chosen.due:
        yield or_(
            *(
                and_(PROCEDURE.c.environment == environment, PROCEDURE.c.wake_at <= moment_text(now))
                for environment, now in chosen.now.items()
            )
        )
    if chosen.turn is not None:
        blocked = func.coalesce(PROCEDURE.c.trouble_code, "").in_(sorted(FOR_THE_HELPDESK))
        theirs = PROCEDURE.c.turn == chosen.turn.value
        yield or_(theirs, blocked) if chosen.turn is Turn.HELPDESK else and_(theirs, ~blocked)
