"""The settings: an option, else a variable of the environment, else config.toml, else the default."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from workflow.errors import BadSettingError
from workflow.texts import mark

Environment = Literal["production", "acceptance", "sandbox"]


class Endpoints(BaseModel):
    """Addresses that replace the usual ones of an environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    certra: str | None = None
    etkra: str | None = None
    etkdepot: str | None = None


class Settings(BaseModel):
    """All settings, with their defaults; see docs/how-to/settings.md."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Literal["fr", "nl", "de", "en"] | None = None
    environment: Environment = "production"
    keystore_folder: Path | None = None
    pending_folder: Path | None = None
    keystore_encryption: Literal["3des", "aes"] = "3des"
    store: str | None = None
    store_key: Literal["file"] = "file"
    contact: str | None = None
    pkcs11_module: str | None = None
    card: str | None = None
    pin_mode: Literal["prompt", "dialog", "pad"] | None = None
    ec_signature: Literal["ecdsa-sha256", "ecdsa-sha384"] = "ecdsa-sha256"
    practice_software: Path | None = None
    notify: tuple[str, ...] = ()
    endpoints: dict[Environment, Endpoints] = {}


def read_settings(file: Path, variables: Mapping[str, str] = os.environ, **options: Any) -> Settings:
    """The settings in force. Raises `BadSettingError`, which names the key and where it was set."""
    values = _from_file(file)
    sources = dict.fromkeys(values, str(file))
    for key in Settings.model_fields:
        value = variables.get(f"EHCERT_{key.upper()}")
        if key != "endpoints" and (value or (value == "" and key == "pending_folder")):
            values[key], sources[key] = value, f"EHCERT_{key.upper()}"
        if (option := options.get(key)) is not None:
            values[key], sources[key] = option, f"--{key.replace('_', '-')}"
    _endpoints_from(variables, values, sources)
    if "notify" in values:
        values["notify"] = _command(values["notify"], sources["notify"])
    # An empty pending folder means the wizard's layout: no folder of its own (PROCEDURES §8).
    if values.get("pending_folder") == "":
        values["pending_folder"] = values.get("keystore_folder") or Path()
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        source = sources.get(str(first["loc"][0]), str(file))
        raise BadSettingError(key=key, problem=_problem(first), source=source) from error


def _command(given: Any, source: str) -> list[str]:
    """A command as a list of arguments; a text is a program without arguments, unless it is a list as JSON.

    It is never taken apart as a shell does. Raises `BadSettingError`.
    """
    if isinstance(given, str) and given.startswith("["):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    command = [given] if isinstance(given, str) else given
    if isinstance(command, list) and all(isinstance(part, str) and "\0" not in part for part in command):
        return command
    raise BadSettingError(
        key="notify", problem=mark("it must be a list of texts: a program, its arguments"), source=source
    )


_MUST_BE = {
    "language": mark("it must be fr, nl, de or en"),
    "environment": mark("it must be production, acceptance or sandbox"),
    "keystore_encryption": mark("it must be 3des or aes"),
    "store_key": mark("it must be file"),
    "pin_mode": mark("it must be prompt, dialog or pad"),
    "ec_signature": mark("it must be ecdsa-sha256 or ecdsa-sha384"),
}


def _problem(found: Any) -> str:
    if found["type"] == "extra_forbidden":
        return mark("there is no such setting")
    if found["type"] == "literal_error" and found["loc"][0] in _MUST_BE:
        return _MUST_BE[found["loc"][0]]
    return str(found["msg"])


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadSettingError(key="config.toml", problem=str(error), source=str(file)) from error


def _endpoints_from(variables: Mapping[str, str], values: dict[str, Any], sources: dict[str, str]) -> None:
    """EHCERT_ENDPOINTS_<ENVIRONMENT>_<SERVICE> sets one address."""
    for name, value in variables.items():
        parts = name.lower().split("_")
        if name.startswith("EHCERT_ENDPOINTS_") and len(parts) == 4 and value:
            endpoints = values.setdefault("endpoints", {})
            of_environment = endpoints.setdefault(parts[2], {}) if isinstance(endpoints, dict) else None
            if not isinstance(of_environment, dict):
                raise BadSettingError(key="endpoints", problem=mark("this must be a table"), source="config.toml")
            of_environment[parts[3]] = value
            sources["endpoints"] = name
