"""What is told besides the cause of a standstill, and what must not be done (PROCEDURES §2 to §8)."""

from workflow.explanations.rules import Rule
from workflow.texts import mark

REMARKS = (
    Rule(
        cause="at_risk",
        when=("ends_soon", "present_in_use"),
        says=mark("Time is short: the present certificate ends on {until}, and then the practice cannot sign in."),
    ),
    Rule(
        cause="without_certificate",
        when=("revocation_sent", "not_installed", "not_ended"),
        says=mark("The old certificate is revoked: until the new one is installed the practice has none at all."),
    ),
    Rule(
        cause="not_a_care_provider",
        when=("unknown_as_provider", "not_delivered", "not_ended"),
        says=mark(
            "eHealth does not know this person as a care provider: the rights may be checked by hand, or the request "
            "may be refused."
        ),
    ),
    Rule(
        cause="replaces_nothing",
        when=("replaces_nothing",),
        says=mark(
            "eHealth did not say that this request replaces the present certificate: ask the contact centre why."
        ),
    ),
    Rule(
        cause="replaces_another",
        when=("replaces_another",),
        says=mark("eHealth says that this request replaces another certificate than the one that was chosen."),
    ),
    Rule(
        cause="unknown_issuer",
        when=("issuer_unknown",),
        says=mark("The certificate comes from an authority that this ehcert does not know; look for a newer ehcert."),
    ),
    Rule(
        cause="put_off",
        when=("was_postponed",),
        says=mark("{postponed_by} put it off until {postponed_until}: {postponed_because}"),
    ),
)
"""What is told besides the cause."""

BANS = (
    Rule(
        cause="another_request",
        when=("request_sent", "not_delivered", "not_ended"),
        says=mark("Do not request again: a request is under way."),
    ),
    Rule(
        cause="second_procedure",
        when=("nothing_sent", "not_ended"),
        says=mark("Do not begin a second procedure for the same certificate: this one goes on where it stopped."),
    ),
    Rule(
        cause="pending_file",
        when=("key_made", "not_registered", "not_ended"),
        says=mark("Do not delete or move the unfinished new keystore: it holds the only copy of the key."),
    ),
    Rule(
        cause="unfinished_file",
        when=("request_sent", "not_registered", "not_ended"),
        says=mark("Do not load the new file in the practice software yet: it is not finished."),
    ),
    Rule(
        cause="too_early_activation",
        when=("in_awaiting_handover",),
        says=mark(
            "Do not say that the new file is loaded before it is: after the activation the old one opens nothing new."
        ),
    ),
    Rule(
        cause="old_file",
        when=("old_file_in_use", "delivered"),
        says=mark(
            "Do not delete the old file or its password: messages sent before the activation open with it alone."
        ),
    ),
    Rule(
        cause="second_revocation",
        when=("revocation_sent", "not_ended"),
        says=mark("Do not revoke again: the revocation is final, and the certificate is gone."),
    ),
    Rule(
        cause="abandoned_file",
        when=("is_abandoned", "key_made"),
        says=mark("Do not delete the new keystore: if eHealth delivers all the same, only that file can use it."),
    ),
)
"""What must not be done."""
