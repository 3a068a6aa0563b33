"""A sandbox in a folder: made on first use, opened again later, by one process or several."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.sandbox.authority import Authority
from adapters.sandbox.cards import CardFolder, CardKind, SoftwareCard, make_card, write_card
from adapters.sandbox.clock import Clock, SandboxClock
from adapters.sandbox.desk import Rules
from adapters.sandbox.enrolment import Enrolled, enrol
from adapters.sandbox.files import PRIVATE_FOLDER, private_folder, sync_folder
from adapters.sandbox.people import Person, RegisteredOrganization
from adapters.sandbox.pki import Pki, RandomBytes
from adapters.sandbox.rule_file import keep_rules, kept_rules
from adapters.sandbox.store import Store
from steps.ports.keys import KeyMaker
from steps.ports.keystore import Keystore

_DATABASE: Final = "authority.sqlite"
_PKI: Final = "pki"
_MAILS: Final = "mails"
_CARDS: Final = "cards"


class _FreshKeys:
    """New RSA keys, made on the spot."""

    def make(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The far side with what surrounds it: its clock, its authorities, its people and their cards.

    `folder` None: everything is in memory, for simulations.
    """

    folder: Path | None
    clock: Clock
    pki: Pki
    store: Store
    authority: Authority
    keys: KeyMaker
    random_bytes: RandomBytes = secrets.token_bytes

    @classmethod
    def open(
        cls, folder: Path, rules: Rules | None = None, keys: KeyMaker | None = None, clock: Clock | None = None
    ) -> Self:
        """The sandbox in this folder (mode 0700); everything that is missing is made.

        `rules` hold from now on for everybody who opens it; None: the ones that were chosen last. `clock` None: the
        one whose offset lies in the folder.
        """
        private_folder(folder).chmod(PRIVATE_FOLDER)
        maker = keys or _FreshKeys()
        pki = _open_pki(folder, maker)
        clock = clock or SandboxClock(folder)
        store = Store.open(folder / _DATABASE)
        if rules is not None:
            keep_rules(folder, rules)
        authority = Authority(store, clock, pki, rules or kept_rules(folder), private_folder(folder / _MAILS))
        private_folder(folder / _CARDS)
        return cls(folder, clock, pki, store, authority, maker)

    @classmethod
    def in_memory(
        cls,
        clock: Clock,
        keys: KeyMaker,
        rules: Rules | None = None,
        pki: Pki | None = None,
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> Self:
        """A sandbox without files; the same `pki` may serve many."""
        known = pki or Pki.make(keys)
        store = Store.in_memory()
        authority = Authority(store, clock, known, rules, None, random_bytes)
        return cls(None, clock, known, store, authority, keys, random_bytes)

    def know(self, person: Person) -> None:
        """Register a person, or register him otherwise."""
        with self.store.transaction():
            self.authority.desk.register.add_person(person)

    def make_card(self, person: Person, kind: CardKind = "rsa") -> SoftwareCard:
        """A card in memory for this person, who becomes known when he was not."""
        if self.authority.desk.register.person(person.ssin) is None:
            self.know(person)
        return make_card(self.pki, person, self.keys, self.clock.now(), self.random_bytes, kind)

    def issue_card(self, person: Person, pin: str, kind: CardKind = "rsa") -> CardFolder:
        """A card in the folder of cards for this person, who becomes known when he was not."""
        if self.folder is None:
            raise ValueError("this sandbox has no folder")
        return write_card(self.folder / _CARDS, self.make_card(person, kind), pin)

    def withdraw_card(self, certificate: x509.Certificate) -> None:
        """From now on this certificate of a card counts as revoked."""
        with self.store.transaction():
            self.authority.desk.register.withdraw_card(certificate)

    def trust(self, anchor: x509.Certificate) -> None:
        """Take cards whose chain ends at this root, too."""
        with self.store.transaction():
            self.authority.desk.register.trust(anchor)

    def enrol(
        self,
        person: Person,
        valid_for: timedelta = timedelta(days=60),
        *,
        with_etk: bool = True,
        organization: RegisteredOrganization | None = None,
        application_id: str | None = None,
    ) -> Keystore:
        """A certificate that the person (or his organisation) has already, and that ends after `valid_for`."""
        enrolled = Enrolled(person, organization, application_id)
        with self.store.transaction():
            if self.authority.desk.register.person(person.ssin) is None:
                self.authority.desk.register.add_person(person)
            return enrol(self.authority.desk, self.keys, enrolled, self.clock.now(), valid_for, with_etk=with_etk)

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


def _open_pki(folder: Path, keys: KeyMaker) -> Pki:
    """The authorities of this folder; made beside it and moved there at once, so that they are never half there."""
    place = folder / _PKI
    if not place.exists():
        beside = private_folder(folder / f".{_PKI}.{secrets.token_hex(4)}")
        try:
            Pki.make(keys).save(beside, secrets.token_hex(32).encode())
            os.rename(beside, place)
            sync_folder(folder)
        except OSError:
            if not place.exists():
                raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return Pki.load(place)
