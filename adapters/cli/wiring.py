"""Puts the program together: the only place that knows every concrete class."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from adapters.cli.options import kept_option
from adapters.cli.output import say
from adapters.cli.version import version
from adapters.cli.words import fill, masked, safe
from adapters.system.anchor_file import JsonAnchorFile
from adapters.system.boundaries import reached
from adapters.system.clock import SandboxFollowingClock, SystemClock
from adapters.system.folders import Folders, user_folders
from adapters.system.identifiers import new_id
from adapters.system.locks import FileLocks
from adapters.system.settings import Settings, read_settings
from adapters.system.store_key import store_key
from workflow.errors import EhcertError, EhealthUnreachableError
from workflow.ports import Clock, Steps
from workflow.texts import mark

if TYPE_CHECKING:
    from adapters.ehealth.config import ServiceConfig
    from adapters.eid.middleware import Pkcs11Cards
    from adapters.eid.software import SoftwareCards
    from adapters.keystore.folder import KeystoreFolder
    from state.providers import ProviderRecords
    from state.reminders import Reminders
    from state.store import DatabaseStore
    from steps.ports.registration import RegistrationAuthority
    from workflow.engine import Engine


@dataclass(frozen=True)
class Wiring:
    """What a command works with; each part is made when it is first used."""

    folders: Folders
    settings: Settings

    @cached_property
    def store(self) -> DatabaseStore:
        """The database of procedures."""
        from state.database import open_database
        from state.store import DatabaseStore

        key = store_key(self.folders.store_key_file, make=not self._is_used())
        return DatabaseStore(open_database(self.store_url()), key, JsonAnchorFile(self.folders.anchor_file))

    def _is_used(self) -> bool:
        """Whether something was stored here that only the present key opens."""
        file = self.store_url().removeprefix("sqlite:///")
        return self.folders.anchor_file.exists() or (os.path.isfile(file) and os.path.getsize(file) > 0)

    def close(self) -> None:
        """At the end of a command: write the anchor. What was done is done, so a failure is only told."""
        if "store" not in self.__dict__:
            return
        try:
            self.store.anchor()
        except EhcertError as error:
            say(masked(safe(fill(error.text, error.details))))

    @cached_property
    def providers(self) -> ProviderRecords:
        """The records of care providers, in the same database under the same key."""
        from adapters.system.store_key import read_store_key
        from state.database import open_database
        from state.providers import ProviderRecords

        _ = self.store  # which makes the key and the database when there are none
        return ProviderRecords(open_database(self.store_url()), read_store_key(self.folders.store_key_file))

    def reminders(self, environment: str) -> Reminders:
        """What is due in an environment, from the same database under the same key."""
        from adapters.system.store_key import read_store_key
        from state.database import open_database
        from state.reminders import Reminders

        _ = self.store
        key = read_store_key(self.folders.store_key_file)
        return Reminders(open_database(self.store_url()), key, environment)

    def practice_folder(self, environment: str) -> Path:
        """The folder that practice software reads; the sandbox has one of its own, which no real software looks at."""
        if environment == "sandbox":
            return self.folders.sandbox / "practice"
        return self.settings.practice_software or self.folders.keystores

    def store_url(self) -> str:
        """Where the procedures are kept."""
        given = self.settings.store
        if given and "://" in given:
            return given
        return f"sqlite:///{Path(given).absolute() if given else self.folders.store_file}"

    def clock(self, environment: str) -> Clock:
        """The clock of an environment: the sandbox has its own (DECISIONS, Engine)."""
        if environment == "sandbox":
            return SandboxFollowingClock(self.folders.sandbox / "clock.json")
        return SystemClock()

    def engine(self, environment: str) -> Engine:
        """The engine, with the clock of an environment."""
        from workflow.definitions import DEFINITIONS
        from workflow.engine import Engine

        clock = self.clock(environment)
        return Engine(DEFINITIONS, self.store, clock, FileLocks(self.folders.locks, clock.now), new_id, reached)

    def steps(self, environment: str) -> Steps:
        """The steps, reaching the card, the keystores and eHealth of an environment."""
        from adapters.keystore.keys import RsaKeys
        from steps.registry import make_steps

        return make_steps(
            cards=self.cards(environment),
            keystores=self.keystores(environment),
            authority=self.authority(environment),
            keys=RsaKeys(),
        )

    def steps_alone(self, environment: str) -> Steps:
        """The steps of somebody who has no card, whatever lies in the readers."""
        from adapters.keystore.keys import RsaKeys
        from steps.no_cards import NoCards
        from steps.registry import make_steps

        keystores, authority = self.keystores(environment), self.authority(environment)
        return make_steps(cards=NoCards(), keystores=keystores, authority=authority, keys=RsaKeys())

    def keystores(self, environment: str) -> KeystoreFolder:
        """The keystore folders of an environment; those of the sandbox lie with the sandbox."""
        from adapters.keystore import writing
        from adapters.keystore.folder import KeystoreFolder
        from adapters.keystore.protection import Encryption

        usual = self.folders.sandbox / "keystore" if environment == "sandbox" else self.folders.keystores
        folder = self.settings.keystore_folder or usual
        pending = self.settings.pending_folder
        pending = folder / "pending" if pending is None else (folder if pending == Path() else pending)
        encryption = Encryption.AES if self.settings.keystore_encryption == "aes" else Encryption.COMPATIBLE
        return KeystoreFolder(folder, pending, environment, encryption, writing.USUAL)

    def cards(self, environment: str) -> SoftwareCards | Pkcs11Cards:
        """The cards: of files in the sandbox unless a PKCS#11 module is set, else the eID software's."""
        from adapters.cli.attending import PersonAtTheCard

        now, attendant = self.clock(environment).now, PersonAtTheCard()
        if environment == "sandbox" and self.settings.pkcs11_module is None:
            from adapters.eid.software import SoftwareCards

            folder = self.folders.sandbox / "cards"
            return SoftwareCards(folder, now=now, card=self.settings.card, attendant=attendant)
        from adapters.eid.middleware import Pkcs11Cards
        from steps.ports.card import PinEntry

        mode = PinEntry(self.settings.pin_mode) if self.settings.pin_mode else None
        return Pkcs11Cards(self.settings.pkcs11_module, mode, self.settings.card, now=now, attendant=attendant)

    def authority(self, environment: str) -> RegistrationAuthority:
        """eHealth's services."""
        from adapters.ehealth.client import EhealthServices

        return EhealthServices(self._services(environment), self.clock(environment).now)

    def _services(self, environment: str) -> ServiceConfig:
        from adapters.ehealth.config import ENDPOINTS, ServiceConfig

        common: dict[str, Any] = {
            "contact": self.settings.contact,
            "version": version(),
            "ec_signature": self.settings.ec_signature,
        }
        usual = self._sandbox_addresses() if environment == "sandbox" else ENDPOINTS[environment]
        given = self.settings.endpoints.get(environment)  # type: ignore[call-overload]
        services = ("certra", "etkra", "etkdepot")
        addresses = {name: getattr(given, name, None) or getattr(usual, name) for name in services}
        return ServiceConfig(**addresses, **common)

    def _sandbox_addresses(self) -> Any:
        from adapters.ehealth.config import Endpoints

        file = self.folders.sandbox / "address.json"
        try:
            address = json.loads(file.read_text())["address"]
        except (OSError, ValueError, KeyError) as error:
            reason = mark("the sandbox was never started: ehcert sandbox serve")
            raise EhealthUnreachableError(address="sandbox", reason=reason) from error
        return Endpoints(f"{address}/CertRa/v2", f"{address}/EtkRa/v2", f"{address}/EtkDepot/v1")


def wire(**options: Any) -> Wiring:
    """Read the settings and put the program together; the `card_options` count too. Raises `BadSettingError`."""
    folders = user_folders()
    options = {"pkcs11_module": kept_option("pkcs11_module"), "card": kept_option("card"), **options}
    wiring = Wiring(folders, read_settings(folders.settings_file, **options))
    if (command := click.get_current_context(silent=True)) is not None:
        command.call_on_close(wiring.close)
    return wiring
