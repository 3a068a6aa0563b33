"""The public depot of encryption tokens: whether eHealth hands out ours, which shows that it is active."""

from __future__ import annotations

import base64

from steps.encryption_token import certificate_in
from steps.owner import owner_of
from steps.ports.registration import RegistrationAuthority
from steps.remembered import Facts


def is_handed_out(authority: RegistrationAuthority, facts: Facts) -> bool:
    """Whether the depot hands out the token of our encryption key (PROTOCOL §11.3, §13.3). Safe to repeat.

    No card and no password is needed. False, too, while no encryption certificate is known. Raises what
    `RegistrationAuthority.etk` raises.
    """
    known = facts.get("encryption_certificate")
    if known is None:
        return False
    owner = owner_of(facts)
    token = authority.etk(owner.identifier_type, owner.identifier, owner.application_id)
    return token is not None and certificate_in(token) == base64.b64decode(known["certificate"])
