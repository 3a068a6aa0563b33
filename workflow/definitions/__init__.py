"""The procedures, as data: one file each."""

from workflow.definition import Definition
from workflow.definitions.password import PASSWORD
from workflow.definitions.renew import RENEW
from workflow.definitions.renew_without_keystore import RENEW_WITHOUT_KEYSTORE
from workflow.definitions.request import REQUEST
from workflow.definitions.revoke import REVOKE

DEFINITIONS: dict[str, Definition] = {
    definition.name: definition for definition in (REQUEST, RENEW, RENEW_WITHOUT_KEYSTORE, REVOKE, PASSWORD)
}
