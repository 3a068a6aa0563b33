"""Put the delivered certificate in the new keystore, in the place of the placeholder."""

from __future__ import annotations

from dataclasses import dataclass

from steps.new_keystore import open_new, with_chain, written_fact
from steps.ports.keystore import Keystores
from steps.remembered import chain_of
from workflow.ports import Outcome, Work


@dataclass(frozen=True, slots=True)
class InstallCertificate:
    """Safe to repeat: the same chain is written again, in one piece."""

    keystores: Keystores

    outcomes = frozenset({"installed"})

    def __call__(self, work: Work) -> Outcome:
        """Raises a `KeystoreError` or `FolderNotWritableError`."""
        keystore = open_new(self.keystores, work)
        chain = chain_of(work.facts["certificate"]["chain"])
        self.keystores.replace(keystore.path, with_chain(keystore, chain), keystore.password)
        installed = {"at": work.now.isoformat(), "valid_until": work.facts["certificate"]["valid_until"]}
        written = written_fact(self.keystores, work.facts["new_keystore"], keystore.path)
        return Outcome("installed", {"installed": installed, "new_keystore": written})
