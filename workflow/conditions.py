"""The questions that transitions ask: facts in, yes or no out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Facts = Mapping[str, Any]


def validated_by_hand(facts: Facts) -> bool:
    """A person at eHealth checks the rights of the requester first (PROTOCOL §3.2, op. 3)."""
    return facts.get("request", {}).get("automatically_validated") is False


def etk_waits_for_activation(facts: Facts) -> bool:
    """The new ETK replaces another and is not used before it is activated (PROTOCOL §8.3)."""
    return bool(facts.get("etk", {}).get("to_be_activated"))


def nothing_sent(facts: Facts) -> bool:
    """Nothing that changes something at eHealth has left, or may have left."""
    return "revocation" not in facts and request_not_sent(facts)


def request_not_sent(facts: Facts) -> bool:
    """No request for a certificate has left, and nothing at all is in doubt."""
    return "request" not in facts and "intent" not in facts


def address_lost(facts: Facts) -> bool:
    """A foreigner's request arrived, but the address to confirm it was in the answer that got lost."""
    return bool(facts.get("request", {}).get("found_by_asking"))


def for_an_organization(facts: Facts) -> bool:
    """The certificate is for an organisation, not for the person whose card it is."""
    return facts.get("kind", {}).get("chosen") not in (None, "person")


def organization_typed(facts: Facts) -> bool:
    """The organisation is none of those that eHealth knows the person to act for; its number is typed."""
    return bool(facts.get("kind", {}).get("chosen") == "typed")


def requests_again(facts: Facts) -> bool:
    """After the revocation a new certificate is requested (PROCEDURES §6, step 7)."""
    return bool(facts.get("reason", {}).get("request_again"))


CONDITIONS: dict[str, Callable[[Facts], bool]] = {
    condition.__name__: condition
    for condition in (
        validated_by_hand,
        etk_waits_for_activation,
        nothing_sent,
        request_not_sent,
        address_lost,
        for_an_organization,
        organization_typed,
        requests_again,
    )
}
