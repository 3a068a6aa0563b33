"""A card that cannot sign contracts is told when it is read, not after everything was typed."""

from __future__ import annotations

from tests.journeys.practice import Practice


def test_a_card_that_is_not_fully_active(practice: Practice) -> None:
    card = practice.issue_card()
    practice.put_keystore(practice.enrol())
    for name in ("signature.pem", "signature-chain.pem"):
        (card / name).unlink()
    before = practice.everything()

    told = practice.renew("--json")

    assert (told.code, told.error["code"]) == (4, "card_not_active"), told.out
    assert "no Signature certificate" in told.error["message"]
    assert "eID viewer" in told.error["hint"]
    assert practice.everything() == before
