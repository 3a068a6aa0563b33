"""Writing a test card on a SoftHSM token, with the labels and ids of the official middleware."""

from __future__ import annotations

import pkcs11
from pkcs11 import Attribute, ObjectClass

from adapters.eid import softhsm
from adapters.eid.softhsm import Entry
from tests.adapters.eid.people import PIN, Person


def fill(token: pkcs11.Token, person: Person) -> None:
    """Write both keys and the certificates of a person."""
    authentication, signature = person.authentication, person.signature
    # The official middleware shows the private key also when its certificate is missing.
    second = Entry("Signature", 3, key=authentication.key) if signature is None else None
    softhsm.fill(
        token,
        PIN,
        [
            Entry("Authentication", 2, authentication.chain[0], authentication.key),
            second or Entry("Signature", 3, signature.chain[0], signature.key),
            Entry("CA", 4, authentication.chain[1]),
            Entry("Root", 6, authentication.chain[2]),
        ],
    )


def add_data(token: pkcs11.Token, label: str, value: bytes) -> None:
    """Write a data object that everybody can read."""
    with token.open(rw=True, user_pin=PIN) as session:
        attributes = {Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: label, Attribute.VALUE: value}
        session.create_object({**attributes, Attribute.TOKEN: True, Attribute.PRIVATE: False})
