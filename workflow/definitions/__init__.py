"""The procedures, as data: one file each."""

from workflow.definition import Definition
from workflow.definitions.adopt import ADOPT
from workflow.definitions.password import PASSWORD
from workflow.definitions.renew import RENEW
from workflow.definitions.renew_without_keystore import RENEW_WITHOUT_KEYSTORE
from workflow.definitions.request import REQUEST
from workflow.definitions.request_foreigner import REQUEST_FOREIGNER
from workflow.definitions.revoke import REVOKE

DEFINITIONS: dict[str, Definition] = {
    definition.name: definition
    for definition in (REQUEST, REQUEST_FOREIGNER, RENEW, RENEW_WITHOUT_KEYSTORE, REVOKE, PASSWORD, ADOPT)
}
