"""The mails that the far side sends: real files in a folder, nothing leaves the machine."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final

from adapters.sandbox.certificates import Record
from adapters.sandbox.files import write_whole
from adapters.sandbox.store import Store

SENDER: Final = "eHealth sandbox <noreply@ehealth-sandbox.invalid>"

_CONFIRMED: Final = (
    "Nous avons bien reçu votre demande de certificat eHealth. Un second message vous dira quand il sera prêt.",
    "Wij hebben uw aanvraag voor een eHealth-certificaat goed ontvangen. Een tweede bericht zegt wanneer het klaar is.",
)
_WHEN: Final = (
    "Votre certificat eHealth sera prêt à partir du {date} à {time} UTC (dans environ {hours} heures)."
    " Complétez alors votre demande.",
    "Uw eHealth-certificaat is klaar vanaf {date} om {time} UTC (over ongeveer {hours} uur)."
    " Vervolledig dan uw aanvraag.",
)
_BY_HAND: Final = (
    "Nos collaborateurs vérifient votre demande à la main ; cela peut prendre quelques jours ouvrables.",
    "Onze medewerkers kijken uw aanvraag met de hand na; dat kan enkele werkdagen duren.",
)
_READY: Final = (
    "Votre certificat eHealth est prêt. Complétez votre demande.",
    "Uw eHealth-certificaat is klaar. Vervolledig uw aanvraag.",
)
_REFUSED: Final = (
    "Votre demande de certificat eHealth a été refusée.",
    "Uw aanvraag voor een eHealth-certificaat werd geweigerd.",
)


class Mails:
    """An outbox in the store, so that a mail is neither lost nor sent for a change that did not happen.

    `folder` None: the mails stay in the store.
    """

    def __init__(self, store: Store, folder: Path | None) -> None:
        self._store = store
        self._folder = folder

    def confirm(self, record: Record, now: datetime) -> None:
        """The two mails after a request, inside the transaction that accepts it."""
        self._put("confirmation", "Demande reçue / Aanvraag ontvangen", record, now, _CONFIRMED)
        self._put("delay", "Délai / Termijn", record, now, _delay(record, now))

    def announce(self, record: Record, now: datetime) -> None:
        """The mail when a certificate was delivered."""
        self._put("ready", "Certificat prêt / Certificaat klaar", record, now, _READY)

    def decline(self, record: Record, now: datetime) -> None:
        """The mail when the support team refused a request."""
        self._put("refused", "Demande refusée / Aanvraag geweigerd", record, now, _REFUSED)

    def deliver(self) -> None:
        """Write the mails that are not in the folder yet, outside any transaction."""
        if self._folder is None:
            return
        for row in self._store.rows("SELECT n, name, content FROM mails WHERE written = 0 ORDER BY n"):
            write_whole(self._folder / f"{row['n']:04}-{row['name']}.eml", row["content"])
            with self._store.transaction():
                self._store.change("UPDATE mails SET written = 1 WHERE n = :n", n=row["n"])

    def all(self) -> list[bytes]:
        """Every mail, oldest first."""
        return [row["content"] for row in self._store.rows("SELECT content FROM mails ORDER BY n")]

    def _put(self, name: str, subject: str, record: Record, now: datetime, texts: tuple[str, str]) -> None:
        message = EmailMessage(policy=SMTP)
        message["From"] = SENDER
        message["To"] = record.contact.email_private
        message["Subject"] = f"eHealth : {subject}"
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{record.key}.{name}@ehealth-sandbox.invalid>"
        greeting = f"{record.actor.first_names or ''} {record.actor.name}".strip()
        reference = f"PublicKeyIdentifier: {record.key.upper()}"
        message.set_content("\n\n".join((greeting, *texts, reference)) + "\n")
        self._store.change(
            "INSERT INTO mails (name, content, written) VALUES (:name, :content, 0)",
            name=name,
            content=message.as_bytes(),
        )


def _delay(record: Record, now: datetime) -> tuple[str, str]:
    if record.deliver_at is None:
        return _BY_HAND
    hours = max(1, round((record.deliver_at - now).total_seconds() / 3600))
    at = record.deliver_at
    french, dutch = (text.format(date=f"{at:%d/%m/%Y}", time=f"{at:%H:%M}", hours=hours) for text in _WHEN)
    return french, dutch
