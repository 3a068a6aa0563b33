"""The good ways through the far side."""

from __future__ import annotations

from datetime import timedelta

from tests.adapters.sandbox.client import World


def test_a_renewal_goes_all_the_way(world: World) -> None:
    old = world.enrolled()

    new = world.delivered()
    registered = world.registered(new)
    world.done(world.activate(new))

    assert registered.text("t:ToBeActivated") == "true"
    assert world.done(world.etk()).text("d:ETK").strip() == registered.text("t:ETK")
    assert old.certificate.subject == new.certificate.subject
    assert world.authority.accepted_counts() == {
        "generateCertificate": 1,
        "startETKRegistration": 1,
        "completeETKRegistration": 1,
        "activateETK": 1,
    }
