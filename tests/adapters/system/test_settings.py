"""Settings: an option, else a variable, else the file, else the default; a bad value is named with its source."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any, Literal

import pytest

from adapters.system import settings
from adapters.system.settings import Settings, read_settings
from workflow.errors import BadSettingError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_anything_the_defaults_count(file: Path) -> None:
    assert read_settings(file, {}) == Settings()


ORDER = {
    "an option before all": ({"environment": "sandbox"}, {"EHCERT_ENVIRONMENT": "acceptance"}, "sandbox"),
    "a variable before the file": ({}, {"EHCERT_ENVIRONMENT": "acceptance"}, "acceptance"),
    "the file before the default": ({}, {}, "sandbox"),
    "an option that was not given does not count": ({"environment": None}, {}, "sandbox"),
    "an empty variable does not count": ({}, {"EHCERT_ENVIRONMENT": ""}, "sandbox"),
}


@pytest.mark.parametrize(("options", "variables", "chosen"), ORDER.values(), ids=ORDER)
def test_the_order(file: Path, options: dict[str, Any], variables: dict[str, str], chosen: str) -> None:
    file.write_text('environment = "sandbox"\n')

    assert read_settings(file, variables, **options).environment == chosen


@pytest.mark.parametrize("key", sorted(set(Settings.model_fields) - {"endpoints", "notify"}))
def test_every_setting_can_be_given_by_a_variable(file: Path, key: str) -> None:
    annotation = Settings.model_fields[key].annotation
    values = [value for one in (annotation, *typing.get_args(annotation)) for value in _literals(one)]
    value = str(values[-1]) if values else "/somewhere"

    found = read_settings(file, {f"EHCERT_{key.upper()}": value})

    assert str(getattr(found, key)) == value


def _literals(annotation: Any) -> tuple[Any, ...]:
    return typing.get_args(annotation) if typing.get_origin(annotation) is Literal else ()


def test_addresses_can_be_given_one_by_one(file: Path) -> None:
    file.write_text('[endpoints.acceptance]\ncertra = "https://one/"\netkra = "https://two/"\n')

    found = read_settings(file, {"EHCERT_ENDPOINTS_ACCEPTANCE_ETKRA": "https://three/"})

    assert found.endpoints["acceptance"].certra == "https://one/"
    assert found.endpoints["acceptance"].etkra == "https://three/"
    assert found.endpoints["acceptance"].etkdepot is None


@pytest.mark.parametrize("given", ["file", "variable"])
def test_an_empty_folder_of_unfinished_ones_is_the_wizards_layout(file: Path, given: str) -> None:
    file.write_text('keystore_folder = "/keys"\n' + ('pending_folder = ""\n' if given == "file" else ""))

    found = read_settings(file, {"EHCERT_PENDING_FOLDER": ""} if given == "variable" else {})

    assert found.pending_folder == found.keystore_folder == Path("/keys")


REFUSED = {
    "a value of the file": ('environment = "prod"\n', {}, "environment", "production, acceptance", "config.toml"),
    "a value of a variable": ("", {"EHCERT_LANGUAGE": "it"}, "language", "fr, nl, de or en", "EHCERT_LANGUAGE"),
    "a key that is not known": ("colour = 1\n", {}, "colour", "there is no such setting", "config.toml"),
    "a number for a text": ("contact = 1\n", {}, "contact", "", "config.toml"),
    "no TOML": ("environment = \n", {}, "config.toml", "", "config.toml"),
    "a service that is not known": (
        "", {"EHCERT_ENDPOINTS_SANDBOX_STS": "https://x/"}, "endpoints.sandbox.sts", "there is no such setting",
        "EHCERT_ENDPOINTS_SANDBOX_STS",
    ),
    "endpoints that are no table": (
        'endpoints = "https://x/"\n', {"EHCERT_ENDPOINTS_SANDBOX_CERTRA": "https://x/"}, "endpoints",
        "this must be a table", "config.toml",
    ),
    "an environment that is no table": (
        '[endpoints]\nsandbox = "x"\n', {"EHCERT_ENDPOINTS_SANDBOX_CERTRA": "https://x/"}, "endpoints",
        "this must be a table", "config.toml",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "variables", "key", "problem", "source"), REFUSED.values(), ids=REFUSED)
def test_a_bad_value_is_named_with_its_source(
    file: Path, text: str, variables: dict[str, str], key: str, problem: str, source: str
) -> None:
    file.write_text(text)

    with pytest.raises(BadSettingError) as refused:
        read_settings(file, variables)

    assert refused.value.details["key"] == key
    assert problem in refused.value.details["problem"]
    assert str(refused.value.details["source"]).endswith(source)


def test_an_option_that_is_bad_is_named_as_it_was_typed(file: Path) -> None:
    with pytest.raises(BadSettingError) as refused:
        read_settings(file, {}, keystore_encryption="rc2")

    assert refused.value.details["source"] == "--keystore-encryption"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettingError, match=r"config\.toml"):
        read_settings(tmp_path, {})


def test_every_choice_is_told_in_words() -> None:
    for key, field in Settings.model_fields.items():
        values = [v for one in (field.annotation, *typing.get_args(field.annotation)) for v in _literals(one)]
        assert key == "endpoints" or all(value in settings._MUST_BE[key] for value in values), key


COMMANDS = {
    "a list": ('notify = ["notify-send", "a b", "--urgency=low"]\n', {}, ("notify-send", "a b", "--urgency=low")),
    "a program": ('notify = "/opt/a b/tell"\n', {}, ("/opt/a b/tell",)),
    "a list in a variable": ("", {"EHCERT_NOTIFY": '["tell", "a b"]'}, ("tell", "a b")),
    "a program in a variable": ("", {"EHCERT_NOTIFY": "/opt/a b/tell; rm x"}, ("/opt/a b/tell; rm x",)),
    "none": ("", {}, ()),
}


@pytest.mark.parametrize(("content", "variables", "command"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_is_a_list_of_arguments_and_is_never_taken_apart(
    file: Path, content: str, variables: dict[str, str], command: tuple[str, ...]
) -> None:
    file.write_text(content)

    assert read_settings(file, variables).notify == command


@pytest.mark.parametrize("value", ["3", "[1, 2]", '{ program = "x" }', '["a\\u0000b"]'])
def test_a_command_of_another_shape_is_refused_with_its_source(file: Path, value: str) -> None:
    file.write_text(f"notify = {value}\n")

    with pytest.raises(BadSettingError) as caught:
        read_settings(file, {})

    assert (caught.value.details["key"], caught.value.details["source"]) == ("notify", str(file))
