"""Tells people, with a command of theirs, what changed and which deadlines have passed: each once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters.cli.agenda import Agenda
from adapters.cli.telling import told
from adapters.cli.view import moment_json, next_commands
from adapters.cli.wiring import Wiring
from adapters.cli.words import _, masked, safe_line
from adapters.system.notify import notify
from state.reminders import News, Reminders
from workflow.definitions import DEFINITIONS
from workflow.due import Due, Kind, step
from workflow.errors import StoreError, UserActionError
from workflow.narrating import error_said
from workflow.procedure import SEEN_ACTIVE, Procedure

NEWS_FOR = timedelta(days=30)
"""What was found out longer ago is no news."""
MOST_AT_ONCE = 50
"""So many commands are run in one pass; the rest is told in the next one."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification: `key` remembers that it was told, `values` are the variables of the command."""

    key: str
    values: dict[str, str]


class Notifying:
    """The notifications of one environment. What was told is remembered after it was told: a crash tells it twice."""

    def __init__(self, wiring: Wiring, environment: str) -> None:
        self._wiring = wiring
        self._environment = environment
        self._reminders: Reminders = wiring.reminders(environment)
        self._now = wiring.clock(environment).now()

    def tell(self) -> Iterator[dict[str, Any]]:
        """Run the command for what was not told yet; yields for each how it went, as JSON."""
        command = self._wiring.settings.notify
        for notice in self.waiting()[:MOST_AT_ONCE] if command else ():
            failed = notify(command, notice.values)
            if failed is None:
                self._reminders.remember(notice.key, self._now)
            body = {name: notice.values[name] for name in ("event", "text")}
            failure = None if failed is None else {"reason": _(failed.reason), "exit": failed.code}
            yield {"about": notice.values["about"], **body, "failure": failure}

    def waiting(self) -> list[Notice]:
        """What was not told yet: first what changed, then the deadlines."""
        news = [notice for one in self._reminders.news(self._now, NEWS_FOR) if (notice := self._of_news(one))]
        deadlines = Agenda(self._wiring, self._environment).deadlines()
        return [*news, *(self._of_deadline(name, one) for name, one in deadlines.items())]

    # --- what changed ---------------------------------------------------------------------------------------------

    def _of_news(self, news: News) -> Notice | None:
        """None, and never asked for again, when somebody went on since: then he knows."""
        try:
            procedure = self._wiring.store.load(news.procedure)
            procedure = self._wiring.engine(self._environment).current(procedure)
        except (StoreError, UserActionError):  # damaged, or gone: `ehcert status` tells it
            return None
        if not self._is_present(news, procedure):
            self._reminders.remember(news.key, self._now)
            return None
        event = "trouble" if "code" in news.line.details else "changed"
        says = self._says(news, procedure)
        command = next(iter(next_commands(procedure)), f"ehcert show {procedure.id}")
        return self._notice(news.key, event, says, command, procedure.id, procedure.definition, news.line.at)

    def _is_present(self, news: News, procedure: Procedure) -> bool:
        """Whether the procedure still stands where it came to then."""
        details = news.line.details
        if "code" in details:
            return procedure.trouble is not None and procedure.trouble.code == details["code"]
        return bool(procedure.state == details.get("to", news.line.state))

    def _says(self, news: News, procedure: Procedure) -> str:
        if "code" in news.line.details:
            return told(error_said(news.line.details))
        if SEEN_ACTIVE in news.line.details.get("learned", ()):
            return told(step(DEFINITIONS[procedure.definition], procedure, self._now).says)
        state = DEFINITIONS[procedure.definition].state(procedure.state)
        parts = [_(state.says), _(state.todo)]
        if refusal := procedure.facts.get("refusal"):
            parts.insert(1, f"{_(refusal['message'])} ({refusal['code']})")
        return " ".join(part for part in parts if part)

    # --- deadlines ------------------------------------------------------------------------------------------------

    def _of_deadline(self, key: str, one: Due) -> Notice:
        event = {Kind.STEP: "forgotten", Kind.ACTIVATION: "forgotten"}.get(one.kind, one.kind.value)
        kind = "" if one.of_provider else one.kind.value
        return self._notice(key, event, told(one.says), one.command, one.about, kind, one.at, one.deadline)

    def _notice(
        self,
        key: str,
        event: str,
        says: str,
        command: str,
        about: str,
        kind: str,
        at: datetime,
        deadline: datetime | None = None,
    ) -> Notice:
        values = {
            "event": event,
            "text": says,
            "command": command,
            "about": about,
            "kind": kind,
            "environment": self._environment,
            "at": moment_json(at) or "",
            "deadline": moment_json(deadline) or "",
        }
        return Notice(key, {name: masked(safe_line(value)) for name, value in values.items()})
