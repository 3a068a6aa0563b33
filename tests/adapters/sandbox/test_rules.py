"""The rules that can be chosen for a sandbox: what they change, and that they hold for everybody who opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sandbox import support
from adapters.sandbox.desk import OLD_KEY_PROOF, Rules
from adapters.sandbox.home import Sandbox
from adapters.sandbox.people import COLLEAGUE, SCRUTINIZED
from adapters.sandbox.rule_file import keep_rules, kept_rules
from tests.adapters.sandbox.client import World, key_identifier

MakeWorld = Callable[..., World]


def test_a_renewal_may_need_the_old_key(make_world: MakeWorld) -> None:
    world = make_world(Rules(old_key_needed=True))
    signer = world.enrolled()
    without = world.post(world.request()).code

    world.done(world.info_for_certificate(signer))

    assert without == "SIM_OLD_KEY_NEEDED"
    assert world.done(world.request()).text("r:ReplacesCertificate").lower() == key_identifier(signer.private_key)


def test_the_old_key_is_proved_for_a_day_only(make_world: MakeWorld) -> None:
    world = make_world(Rules(old_key_needed=True))
    world.done(world.info_for_certificate(world.enrolled()))

    world.clock.move(OLD_KEY_PROOF + timedelta(seconds=1))

    assert world.post(world.request()).code == "SIM_OLD_KEY_NEEDED"


def test_a_first_request_needs_no_old_key(make_world: MakeWorld) -> None:
    world = make_world(Rules(old_key_needed=True))

    assert world.post(world.request()).code == "Success"


def test_usually_a_renewal_needs_no_old_key(world: World) -> None:
    world.enrolled()

    assert world.post(world.request()).code == "Success"


def test_a_revocation_may_become_known_a_little_later(make_world: MakeWorld) -> None:
    world = make_world(Rules(revocation_delay=timedelta(minutes=1)))
    identifier = key_identifier(world.enrolled().private_key)
    world.done(world.revocation(identifier))
    at_once = world.post(world.request())
    told = world.done(world.info_for_citizen()).text("c:AuthenticationCertificateStatus")

    world.clock.move(timedelta(minutes=1))

    assert at_once.code == "SIM_NOT_REPLACEABLE"
    assert told == "REVOKED"
    assert world.done(world.request()).content.find("ReplacesCertificate") is None


def test_usually_a_revocation_is_known_at_once(world: World) -> None:
    world.done(world.revocation(key_identifier(world.enrolled().private_key)))

    assert world.post(world.request()).code == "Success"


def test_rules_are_remembered_whole(tmp_path: Path) -> None:
    chosen = Rules(timedelta(hours=1), True, False, True, timedelta(minutes=2))
    assert all(getattr(chosen, field.name) != getattr(Rules(), field.name) for field in fields(Rules))

    keep_rules(tmp_path, chosen)

    assert kept_rules(tmp_path) == chosen
    assert (tmp_path / "rules.json").stat().st_mode & 0o777 == 0o600


def test_without_a_choice_the_rules_are_the_usual_ones(tmp_path: Path) -> None:
    assert kept_rules(tmp_path) == Rules()


def test_rules_chosen_once_hold_for_everybody_who_opens_the_sandbox(folder: Path) -> None:
    chosen = Rules(manual_validation=True, delivery_delay=timedelta(hours=1))
    Sandbox.open(folder, chosen).close()

    again = Sandbox.open(folder)
    again.close()

    assert again.authority.desk.rules == chosen


# --- the support team ---------------------------------------------------------------------------------------------


def test_the_only_request_that_waits_needs_no_name(world: World) -> None:
    key = world.sandbox.keys.make()
    world.done(world.request(SCRUTINIZED, key))

    approved = support.approve(world.authority, None)

    assert approved == key_identifier(key)
    world.clock.move(timedelta(days=2))
    assert world.post(world.certificate(key)).code == "Success"


def test_of_several_requests_one_is_named_by_its_beginning(make_world: MakeWorld) -> None:
    world = make_world(Rules(manual_validation=True))
    keys = [world.sandbox.keys.make() for _ in range(2)]
    for who, key in zip((SCRUTINIZED, COLLEAGUE), keys, strict=True):
        world.done(world.request(who, key))
    first, second = (key_identifier(key) for key in keys)

    with pytest.raises(support.SeveralWaitError) as caught:
        support.refuse(world.authority, None)
    refused = support.refuse(world.authority, second[:10].upper())

    assert first in caught.value.details["keys"]
    assert (refused, world.authority.waiting()) == (second, [first])


def test_where_nothing_waits_there_is_nothing_to_decide(world: World) -> None:
    world.done(world.request())

    with pytest.raises(support.NothingWaitsError):
        support.approve(world.authority, None)


def test_an_address_can_be_confirmed_once(world: World) -> None:
    address = world.done(world.foreigner()).text("r:ValidationUrl")

    support.confirm(world.authority, f" {address}\n")

    with pytest.raises(support.NothingToConfirmError):
        support.confirm(world.authority, address)


def test_an_address_cannot_be_confirmed_after_its_end(world: World) -> None:
    address = world.done(world.foreigner()).text("r:ValidationUrl")
    world.clock.move(timedelta(days=8))

    with pytest.raises(support.NothingToConfirmError):
        support.confirm(world.authority, address)
