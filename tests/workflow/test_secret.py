"""Secrets can be used and nothing else."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback

import pytest

from workflow.secret import Secret

PIN = "8731"


@pytest.fixture
def secret() -> Secret:
    return Secret(PIN)


def test_it_gives_its_value_to_the_one_call_that_needs_it(secret: Secret) -> None:
    assert secret.reveal() == PIN


def test_no_text_of_it_shows_the_value(secret: Secret) -> None:
    texts = [repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", repr([secret]), repr({"pin": secret})]

    assert not any(PIN in text for text in texts)


def test_a_log_line_does_not_show_the_value(secret: Secret, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("with %s and %r", secret, {"pin": secret})

    assert PIN not in caplog.text


def test_an_error_that_holds_it_does_not_show_the_value(secret: Secret) -> None:
    text = "".join(traceback.format_exception(ValueError(secret)))

    assert PIN not in text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled(secret: Secret, protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(secret, protocol)


def test_it_cannot_be_copied(secret: Secret) -> None:
    with pytest.raises(TypeError):
        copy.copy(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)


def test_it_cannot_become_json(secret: Secret) -> None:
    with pytest.raises(TypeError):
        json.dumps({"pin": secret})


def test_two_secrets_are_not_compared_by_their_value(secret: Secret) -> None:
    assert secret != Secret(PIN)
    assert secret != PIN


def test_it_has_no_place_for_anything_else(secret: Secret) -> None:
    with pytest.raises(AttributeError):
        secret.shown = True  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        vars(secret)
