"""Where this user's files are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "EHCERT_HOME"


@dataclass(frozen=True, slots=True)
class Folders:
    """`data` for the store and the locks, `config` for the settings, `home` for the keystores."""

    data: Path
    config: Path
    home: Path

    @property
    def settings_file(self) -> Path:
        """The user's settings."""
        return self.config / "config.toml"

    @property
    def store_file(self) -> Path:
        """The database of procedures, unless a setting says otherwise."""
        return self.data / "procedures.sqlite"

    @property
    def store_key_file(self) -> Path:
        """The key of the store."""
        return self.data / "store.key"

    @property
    def anchor_file(self) -> Path:
        """What was last written in the store, outside of it."""
        return self.data / "anchor.json"

    @property
    def locks(self) -> Path:
        """The locks of the procedures."""
        return self.data / "locks"

    @property
    def sandbox(self) -> Path:
        """The embedded sandbox: its own files, and what it tells its clients."""
        return self.data / "sandbox"

    @property
    def keystores(self) -> Path:
        """The folder that practice software reads (PROTOCOL §10.3)."""
        return self.home / "ehealth" / "keystore"


def user_folders(environment: Mapping[str, str] = os.environ) -> Folders:
    """The folders of this user; `EHCERT_HOME` puts all of them below one folder."""
    if home := environment.get(HOME_VARIABLE):
        root = Path(home).absolute()
        return Folders(data=root / "data", config=root / "config", home=root)
    import platformdirs

    return Folders(
        data=platformdirs.user_data_path("ehcert", appauthor=False),
        config=platformdirs.user_config_path("ehcert", appauthor=False),
        home=Path.home(),
    )
