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
    """No request that changes something at eHealth has left, or may have left."""
    return "request" not in facts and "intent" not in facts


CONDITIONS: dict[str, Callable[[Facts], bool]] = {
    condition.__name__: condition for condition in (validated_by_hand, etk_waits_for_activation, nothing_sent)
}
