"""The procedures, as data: one file each."""

from workflow.definition import Definition
from workflow.definitions.renew import RENEW

DEFINITIONS: dict[str, Definition] = {definition.name: definition for definition in (RENEW,)}
