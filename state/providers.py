"""Keeps the records of care providers: found by a keyed hash, every personal value encrypted by itself."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from hmac import compare_digest
from typing import Any

from sqlalchemy import Engine, RowMapping, delete, insert, select, update

from state.database import check_soundness, reading, writing
from state.keys import SealError, StoreKeys
from state.tables import PROVIDER
from workflow.errors import NoSuchProviderError, ProviderDamagedError, ProviderExistsError, WhichProviderError
from workflow.provider import InamiNumber, Link, Placed, Provider, ProviderId

_SECRET = ("name", "ssin", "numbers", "link")
_SEALED = ("id", "environment", "identity", *_SECRET, "created_at", "changed_at")
_MOST_NAMED = 10


class ProviderRecords:
    """The records in a database; calls raise `StoreUnusableError`, and `ProviderDamagedError` for a changed record."""

    def __init__(self, engine: Engine, store_key: bytes) -> None:
        self._engine = engine
        self._keys = StoreKeys.of(store_key)

    def add(self, provider: Provider) -> None:
        """Store a new record. Raises `ProviderExistsError` when this person has one in this environment."""
        row = self._row(provider)
        with writing(self._engine) as connection:
            check_soundness(connection)
            same = select(PROVIDER.c.id).where(PROVIDER.c.identity == row["identity"])
            if (other := connection.execute(same).scalar()) is not None:
                raise ProviderExistsError(id=other)
            connection.execute(insert(PROVIDER), [row])

    def change(self, name: ProviderId, changed: Callable[[Provider], Provider], now: datetime) -> Provider:
        """Store what `changed` makes of a record, in one transaction; the person stays the same.

        Raises `NoSuchProviderError`.
        """
        with writing(self._engine) as connection:
            found = connection.execute(select(PROVIDER).where(PROVIDER.c.id == name)).mappings().first()
            if found is None:
                raise NoSuchProviderError(id=name, environment="?")
            before = self._provider(found)
            after = replace(changed(before), id=before.id, ssin=before.ssin, changed_at=now)
            connection.execute(update(PROVIDER).where(PROVIDER.c.id == name).values(**self._row(after)))
        return after

    def remove(self, name: ProviderId) -> None:
        """Remove a record, also a damaged one."""
        with writing(self._engine) as connection:
            connection.execute(delete(PROVIDER).where(PROVIDER.c.id == name))

    def find(self, environment: str, prefix: str | None = None) -> ProviderId:
        """The record whose identifier starts so; without `prefix` the only one.

        Raises `NoSuchProviderError`, `WhichProviderError`.
        """
        ids = [row["id"] for row in self._rows(environment) if row["id"].startswith(prefix or "")]
        if prefix in ids:
            return ProviderId(str(prefix))
        if not ids or prefix == "":
            raise NoSuchProviderError(id=prefix or "", environment=environment)
        if len(ids) > 1:
            raise WhichProviderError(ids=", ".join(ids[:_MOST_NAMED]))
        return ProviderId(ids[0])

    def load(self, name: ProviderId) -> Provider:
        """One record, by its whole identifier. Raises `NoSuchProviderError`."""
        with reading(self._engine) as connection:
            found = connection.execute(select(PROVIDER).where(PROVIDER.c.id == name)).mappings().first()
        if found is None:
            raise NoSuchProviderError(id=name, environment="?")
        return self._provider(found)

    def of_person(self, environment: str, ssin: str) -> Provider | None:
        """The record of this person, found without reading the others."""
        same = select(PROVIDER).where(PROVIDER.c.identity == self._identity(environment, ssin))
        with reading(self._engine) as connection:
            found = connection.execute(same).mappings().first()
        return None if found is None else self._provider(found)

    def all(self, environment: str) -> Iterator[Provider | ProviderId]:
        """All records, the oldest first; of a damaged one its identifier."""
        for row in self._rows(environment):
            try:
                yield self._provider(row)
            except ProviderDamagedError:
                yield ProviderId(row["id"])

    def damaged(self) -> list[ProviderId]:
        """The records of all environments that were changed by another hand."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(PROVIDER)).mappings().all()
        return [ProviderId(row["id"]) for row in rows if not self._is_sound(row)]

    # --- rows -----------------------------------------------------------------------------------------------------

    def _rows(self, environment: str) -> list[RowMapping]:
        query = select(PROVIDER).where(PROVIDER.c.environment == environment).order_by(PROVIDER.c.created_at)
        with reading(self._engine) as connection:
            return list(connection.execute(query).mappings().all())

    def _identity(self, environment: str, ssin: str) -> str:
        return self._keys.look_up(f"provider {environment} SSIN={ssin}")

    def _row(self, provider: Provider) -> dict[str, Any]:
        row = {
            "id": provider.id,
            "environment": provider.environment,
            "identity": self._identity(provider.environment, provider.ssin),
            "name": self._hidden(provider.id, "name", provider.name),
            "ssin": self._hidden(provider.id, "ssin", provider.ssin),
            "numbers": self._hidden(provider.id, "numbers", [asdict(number) for number in provider.numbers]),
            "link": None if provider.link is None else self._hidden(provider.id, "link", asdict(provider.link)),
            "created_at": provider.created_at.astimezone(UTC).isoformat(),
            "changed_at": provider.changed_at.astimezone(UTC).isoformat(),
        }
        return {**row, "seal": self._seal(row)}

    def _provider(self, row: Mapping[Any, Any]) -> Provider:
        if not self._is_sound(row):
            raise ProviderDamagedError(id=row["id"])
        name = row["id"]
        return Provider(
            id=ProviderId(name),
            environment=row["environment"],
            name=self._shown(name, "name", row["name"]),
            ssin=self._shown(name, "ssin", row["ssin"]),
            numbers=tuple(_number(one) for one in self._shown(name, "numbers", row["numbers"])),
            link=None if row["link"] is None else _link(self._shown(name, "link", row["link"])),
            created_at=datetime.fromisoformat(row["created_at"]),
            changed_at=datetime.fromisoformat(row["changed_at"]),
        )

    def _is_sound(self, row: Mapping[Any, Any]) -> bool:
        return compare_digest(self._seal(row).encode(), str(row["seal"]).encode("utf-8", "replace"))

    def _seal(self, row: Mapping[Any, Any]) -> str:
        values = {name: row[name] for name in _SEALED}  # of a damaged row they may be of any type
        return self._keys.row_seal(json.dumps(values, sort_keys=True, default=repr).encode())

    def _hidden(self, name: str, field: str, value: Any) -> str:
        return base64.b64encode(self._keys.seal(_canonical(value), f"provider.{name}.{field}")).decode()

    def _shown(self, name: str, field: str, sealed: str) -> Any:
        try:
            return json.loads(self._keys.open(base64.b64decode(sealed), f"provider.{name}.{field}"))
        except (SealError, ValueError) as error:
            raise ProviderDamagedError(id=name) from error


def _canonical(value: Any) -> bytes:
    """JSON; moments and days as ISO 8601. A path that is no UTF-8 holds halves of pairs, which `json` takes back."""
    return json.dumps(value, sort_keys=True, default=lambda one: one.isoformat()).encode()


def _number(fields: dict[str, str]) -> InamiNumber:
    return InamiNumber(fields["kind"], fields["number"], date.fromisoformat(fields["since"]))


def _link(fields: dict[str, Any]) -> Link:
    return Link(
        file=Placed(**fields["file"]),
        public_key_identifier=fields["public_key_identifier"],
        valid_until=datetime.fromisoformat(fields["valid_until"]),
        linked_at=datetime.fromisoformat(fields["linked_at"]),
        placed=tuple(Placed(**one) for one in fields["placed"]),
    )
