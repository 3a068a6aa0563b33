"""What each error means for the procedure that it stopped: by its class, or else by the nearest family."""

from __future__ import annotations

from collections.abc import Mapping

from workflow import errors
from workflow.explanations import card_errors, ehealth_errors, keystore_errors, other_errors
from workflow.explanations.rules import Meaning

MEANINGS: Mapping[type[errors.EhcertError], Meaning] = {
    **card_errors.MEANINGS,
    **keystore_errors.MEANINGS,
    **ehealth_errors.MEANINGS,
    **other_errors.MEANINGS,
}


def meaning_of(error: type[errors.EhcertError]) -> Meaning:
    """The meaning of an error, its own or that of its nearest family. Raises KeyError when there is none."""
    for one in error.__mro__:
        if one in MEANINGS:
            return MEANINGS[one]
    raise KeyError(error)
