"""Finds what is due in the store by its indexes, and remembers of what people were told."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import cast

from sqlalchemy import ColumnElement, Engine, Select, String, and_, insert, or_, select
from sqlalchemy import cast as cast_sql

from state.database import reading, writing
from state.keys import StoreKeys
from state.rows import line_of, moment_text, person_hash, procedure_of
from state.tables import JOURNAL, PROCEDURE, TOLD
from workflow.definition import Turn
from workflow.errors import StoreDamagedError
from workflow.procedure import Line, Procedure, ProcedureId
from workflow.status import ends_at

_PAGE = 200


@dataclass(frozen=True, slots=True)
class News:
    """A line of a journal that says what was found out without a person; `key` remembers that it was told."""

    key: str
    procedure: ProcedureId
    line: Line


class Reminders:
    """Looks into the database of one environment; a damaged procedure is left out, `DatabaseStore.damaged` names it.

    What it yields is read page by page, each in a transaction of its own. Calls raise `StoreUnusableError`.
    """

    def __init__(self, engine: Engine, store_key: bytes, environment: str) -> None:
        self._engine = engine
        self._keys = StoreKeys.of(store_key)
        self._environment = environment

    # --- what is due ----------------------------------------------------------------------------------------------

    def to_ask(self, states: Collection[str], now: datetime, watched_before: datetime) -> Iterator[Procedure]:
        """Those about which eHealth may be asked now: the planned looks, then those in `states` without a plan.

        A plan of the future that was made in the future counts too: the clock was ahead then.
        """
        at, c = moment_text(now), PROCEDURE.c
        planned = and_(c.wake_at.is_not(None), or_(c.wake_at <= at, c.since > at, c.looked_at > at))
        yield from self._read(self._under_way(planned).order_by(c.wake_at, c.id))
        looked = or_(c.looked_at.is_(None), c.looked_at <= moment_text(watched_before), c.looked_at > at)
        unplanned = and_(c.wake_at.is_(None), c.state.in_(sorted(states)), looked)
        yield from self._read(self._under_way(unplanned).order_by(c.since, c.id))

    def looks(self, now: datetime) -> Iterator[Procedure]:
        """Those that wait for eHealth and should be looked at now, the longest due first."""
        theirs = and_(PROCEDURE.c.turn == Turn.EHEALTH.value, PROCEDURE.c.wake_at <= moment_text(now))
        return self._read(self._under_way(theirs).order_by(PROCEDURE.c.wake_at, PROCEDURE.c.id))

    def late(self, now: datetime) -> Iterator[Procedure]:
        """Those that were expected to go on by now, the latest first."""
        passed = and_(PROCEDURE.c.turn == Turn.EHEALTH.value, PROCEDURE.c.expected_by <= moment_text(now))
        return self._read(self._under_way(passed).order_by(PROCEDURE.c.expected_by, PROCEDURE.c.id))

    def steps(self, now: datetime) -> Iterator[Procedure]:
        """Those that wait for their person, the longest first; not those that were put off for later."""
        free = or_(PROCEDURE.c.wake_at.is_(None), PROCEDURE.c.wake_at <= moment_text(now))
        return self._read(self._under_way(and_(_THEIRS, free)).order_by(PROCEDURE.c.since, PROCEDURE.c.id))

    def put_off(self, now: datetime, until: datetime) -> Iterator[Procedure]:
        """Those that wait for their person and were put off to a moment before `until`, the nearest first."""
        later = and_(PROCEDURE.c.wake_at > moment_text(now), PROCEDURE.c.wake_at <= moment_text(until))
        return self._read(self._under_way(and_(_THEIRS, later)).order_by(PROCEDURE.c.wake_at, PROCEDURE.c.id))

    def ending(self, after: datetime, until: datetime) -> Iterator[Procedure]:
        """Those whose certificate ends between two moments, the nearest end first, also ended procedures."""
        here = select(PROCEDURE).where(PROCEDURE.c.environment == self._environment)
        between = here.where(PROCEDURE.c.ends_at > moment_text(after), PROCEDURE.c.ends_at <= moment_text(until))
        found = [(end, one) for one in self._silent if (end := ends_at(one)) is not None and after < end <= until]
        known = ((cast(datetime, ends_at(one)), one) for one in self._read(between.order_by(PROCEDURE.c.ends_at)))
        first = itemgetter(0)
        return (one for _end, one in heapq.merge(sorted(found, key=first), known, key=first))

    def of_person(self, ssin: str) -> list[Procedure]:
        """All procedures of one person, the oldest first."""
        # By the hash alone: with the environment beside it, SQLite would take another index and read everything.
        theirs = select(PROCEDURE).where(PROCEDURE.c.person == person_hash(self._keys, ssin))
        found = [*self._read(theirs), *(one for one in self._silent if one.facts.get("holder", {}).get("ssin") == ssin)]
        return sorted((one for one in found if one.environment == self._environment), key=attrgetter("created_at"))

    @cached_property
    def _silent(self) -> list[Procedure]:
        """Those of an older schema, whose rows do not say whose they are and when their certificate ends."""
        here = select(PROCEDURE).where(PROCEDURE.c.environment == self._environment)
        return list(self._read(here.where(PROCEDURE.c.ends_at.is_(None))))

    # --- what was told --------------------------------------------------------------------------------------------

    def news(self, now: datetime, within: timedelta) -> list[News]:
        """What was found out without a person lately and was not told yet, the oldest first."""
        key = JOURNAL.c.procedure_id + ":" + cast_sql(JOURNAL.c.number, String)
        query = (
            select(JOURNAL, key.label("key"))
            .join(PROCEDURE, PROCEDURE.c.id == JOURNAL.c.procedure_id)
            .where(JOURNAL.c.kind == "noticed", JOURNAL.c.at > moment_text(now - within))
            .where(PROCEDURE.c.environment == self._environment)
            .where(~select(TOLD.c.key).where(TOLD.c.key == key).exists())
            .order_by(JOURNAL.c.at)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return [
            News(row["key"], ProcedureId(row["procedure_id"]), line_of(self._keys, row))
            for row in rows
            if self._opens(row)
        ]

    def told(self, keys: Iterable[str]) -> set[str]:
        """Which of these occasions were told."""
        wanted, found = list(keys), set[str]()
        with reading(self._engine) as connection:
            for at in range(0, len(wanted), _PAGE):
                query = select(TOLD.c.key).where(TOLD.c.key.in_(wanted[at : at + _PAGE]))
                found |= set(connection.execute(query).scalars())
        return found

    def remember(self, key: str, now: datetime) -> None:
        """Write down, durably, that people were told of this occasion."""
        with writing(self._engine) as connection:
            if connection.execute(select(TOLD.c.key).where(TOLD.c.key == key)).first() is None:
                connection.execute(insert(TOLD), [{"key": key, "at": moment_text(now)}])

    # --- inside ---------------------------------------------------------------------------------------------------

    def _under_way(self, condition: ColumnElement[bool]) -> Select[tuple[object, ...]]:
        here = PROCEDURE.c.environment == self._environment
        return select(PROCEDURE).where(PROCEDURE.c.ended.is_(False), here, condition)

    def _read(self, query: Select[tuple[object, ...]]) -> Iterator[Procedure]:
        offset = 0
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query.limit(_PAGE).offset(offset)).mappings().all()
            for row in rows:
                try:
                    yield procedure_of(self._keys, row)
                except StoreDamagedError:
                    continue
            if len(rows) < _PAGE:
                return
            offset += _PAGE

    def _opens(self, row: object) -> bool:
        try:
            line_of(self._keys, row)  # type: ignore[arg-type]
        except StoreDamagedError:
            return False
        return True


_THEIRS = PROCEDURE.c.turn == Turn.USER.value
