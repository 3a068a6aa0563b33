"""What another program began: a request is sent from a home of its own, and only its keystore is left."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.cli.rerunning.clocks import Clock
from adapters.cli.rerunning.far_side import FarSide
from adapters.cli.rerunning.stand_ins import Role, answers_of, furnish, secret_of
from adapters.cli.rerunning.troubles import Interrupted, key_of
from adapters.cli.wiring import Wiring
from adapters.eid.software import SoftwareCards
from adapters.sandbox.home import Sandbox
from adapters.system.folders import HOME_VARIABLE, user_folders
from adapters.system.identifiers import new_id
from adapters.system.locks import FileLocks
from adapters.system.settings import Settings
from steps.ports.keys import KeyMaker
from steps.registry import make_steps
from workflow.definition import State
from workflow.definitions import DEFINITIONS
from workflow.engine import Engine
from workflow.errors import EhcertError
from workflow.forms import Form, Offer
from workflow.procedure import Procedure
from workflow.secret import Secret
from workflow.sitting import Sitting

ELSEWHERE = "elsewhere"
"""The folder in the home of a rerun that plays the other program."""
_ENVIRONMENT = "sandbox"


@dataclass(frozen=True, slots=True)
class OtherProgram:
    """Requests a certificate as the bundle tells that it was requested, and stops where it was left."""

    sandbox: Sandbox
    cards: Path
    far_side: FarSide
    clock: Clock
    keys: KeyMaker

    def keystore(self, home: Path, role: Role) -> Path:
        """The keystore that it left in this home."""
        renews = bool(role.fact("etk").get("to_be_activated"))
        begun = Role("renew" if renews else "request", _known(role))
        with closing(Wiring(user_folders({HOME_VARIABLE: str(home / ELSEWHERE)}), Settings())) as wiring:
            folder = wiring.keystores(_ENVIRONMENT)
            file = furnish(self.sandbox, folder, begun)
            person = _Alone(begun, file, _where_it_stopped(role))
            locks = FileLocks(wiring.folders.locks, self.clock.now)
            engine = Engine(DEFINITIONS, wiring.store, self.clock, locks, new_id)
            steps = make_steps(
                cards=SoftwareCards(self.cards, now=self.clock.now),
                keystores=folder,
                authority=self.far_side.services,
                keys=self.keys,
            )
            with suppress(Interrupted):
                procedure = engine.start(begun.definition, _ENVIRONMENT, Sitting(person, steps)).procedure
                if role.fact("adopted").get("delivered"):
                    self.far_side.deliver(key_of(procedure))
                    engine.resume(procedure.id, Sitting(person, steps))
            return next(one.path for one in folder.files() if one.path != file)


def _known(role: Role) -> Mapping[str, Any]:
    if role.organization is None:
        return {}
    return {"owner": role.fact("owner"), "kind": {"chosen": "organization"}}


def _where_it_stopped(role: Role) -> str:
    """The state that it did not leave, if the certificate was delivered to it."""
    return "awaiting_handover" if role.fact("encryption_certificate").get("registered") else "starting_etk"


@dataclass(frozen=True, slots=True)
class _Alone:
    """Implements `workflow.ports.Person`: everything goes well, until a state is entered."""

    role: Role
    file: Path | None
    stop: str

    def fill(self, form: Form, offer: Offer) -> Mapping[str, Any]:
        return answers_of(form, offer, self.role, self.file)

    def secret(self, name: str, about: str) -> Secret:
        return secret_of(name)

    def again(self, error: EhcertError) -> bool:
        return False

    def entered(self, procedure: Procedure, state: State) -> None:
        if state.name == self.stop:
            raise Interrupted
