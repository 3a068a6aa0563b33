"""Twenty-odd defects that a program like this could have, each with the rows of the matrix that must turn red.

A change is a text of the product that stands in exactly one file of a place, and what is put in its place.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """`old` stands once in one file: `place`, or one in that folder."""

    place: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Bite:
    """A row that must turn red: one of these cases does (patterns as of a shell), at most so many are tried."""

    row: str
    cases: str
    most: int = 6


@dataclass(frozen=True, slots=True)
class Defect:
    """`name` says what is wrong with the program."""

    name: str
    changes: tuple[Change, ...]
    bites: tuple[Bite, ...]


_LOG = '__import__("logging").getLogger("ehcert").error("{}", {})'

DEFECTS = (
    Defect(
        "a written file is not synced",
        (Change("adapters/system", "            os.fsync(file.fileno())\n", ""),),
        (Bite("R4", "renew sending * part *", 400),),
    ),
    Defect(
        "the name of a new file is not synced",
        (
            Change(
                "adapters/system",
                "        os.fsync(descriptor)\n    except OSError",
                "        pass\n    except OSError",
            ),
        ),
        (Bite("R4", "renew sending * synced", 400),),
    ),
    Defect(
        "the database does not wait for the disk",
        (Change("state", '"synchronous=EXTRA"', '"synchronous=OFF"'),),
        (Bite("R4", "renew sending * synced", 400),),
    ),
    Defect(
        "the intent is written after the call",
        (
            Change(
                "workflow",
                '        self._record.save_intent({"operation": step.operation',
                "        outcome = self._send(step, work, prepared)\n"
                '        self._record.save_intent({"operation": step.operation',
            ),
            Change("workflow", "        return self._send(step, work, prepared)\n", "        return outcome\n"),
        ),
        (Bite("R16", "generateCertificate #1: answer_lost"),),
    ),
    Defect(
        "after a doubt it is sent again without a question",
        (
            Change(
                "workflow",
                "        if intent is not None:\n            return self._settle(",
                "        if intent is ...:\n            return self._settle(",
            ),
        ),
        (Bite("R16", "generateCertificate #1: answer_lost"),),
    ),
    Defect(
        "what is not known yet counts as lost at once",
        (Change("steps", "    if timedelta(0) < left <= LATE_ARRIVAL + LARGEST_SKEW:", "    if left is None:"),),
        (Bite("R20", "seeds *", 3),),
    ),
    Defect(
        "after a doubt a new key is made",
        (
            Change("steps", "    if timedelta(0) < left <= LATE_ARRIVAL + LARGEST_SKEW:", "    if left is None:"),
            Change(
                "workflow/record.py",
                'self.procedure.facts.items() if name != "intent"}\n',
                'self.procedure.facts.items() if name not in ("intent", "key", "new_keystore")}\n'
                "        self.procedure = replace(self.procedure, state=derive(self.definition, facts))\n",
            ),
        ),
        (Bite("R20", "seeds *", 3),),
    ),
    Defect(
        "an answer that is lost counts as not arrived",
        (
            Change(
                "workflow",
                "        except (EhealthUnreachableError, RefusedError) as error:",
                "        except EhcertError as error:",
            ),
            Change(
                "workflow",
                "if isinstance(error, EhealthUnreachableError) else",
                "if not isinstance(error, RefusedError) else",
            ),
        ),
        (Bite("R16", "generateCertificate #1: answer_lost"),),
    ),
    Defect(
        "a call that failed is made again at once",
        (
            Change(
                "adapters/ehealth",
                "                return self._exchange(session, call, address, message, headers)\n",
                "                self._exchange(session, call, address, message, headers)\n"
                "                return self._exchange(session, call, address, message, headers)\n",
            ),
        ),
        (Bite("R1", "*", 1),),
    ),
    Defect(
        "the key of a certificate is not compared",
        (
            Change(
                "steps/fetch_certificate.py",
                '    if identifier != work.facts["key"]["public_key_identifier"]:',
                "    if identifier is None:",
            ),
        ),
        (Bite("R18", "*certificate_other_key*"),),
    ),
    Defect(
        "the person of a certificate is not compared",
        (
            Change(
                "steps", '        raise WrongCertificateError(reason=mark("it is for another person"))', "        pass"
            ),
        ),
        (Bite("R18", "*certificate_other_person*"),),
    ),
    Defect(
        "the chain of a certificate is not verified",
        (Change("steps", "            certificate.verify_directly_issued_by(issuer)", "            pass"),),
        (Bite("R18", "*certificate_broken_chain*"),),
    ),
    Defect(
        "the environment of a certificate is believed",
        (
            Change(
                "steps",
                'raise WrongCertificateError(reason=mark("it is of another environment or of an unknown authority"))',
                "pass",
            ),
        ),
        (Bite("R18", "*certificate_*environment*"), Bite("R18", "*certificate_unknown_issuer*")),
    ),
    Defect(
        "the own clock is believed",
        (Change("steps", "    if abs(skew) > LARGEST_SKEW:", "    if skew is None:"),),
        (Bite("R10", "submitting, * ahead"), Bite("R18", "*date_off*")),
    ),
    Defect(
        "what was signed is not what is used",
        (
            Change(
                "adapters/xml",
                "    return Verified(signed=_signed(alone, chain[0]), chain=chain)",
                "    _signed(alone, chain[0])\n    return Verified(signed=request, chain=chain)",
            ),
            Change("adapters/xml", "    _check_reference(alone, signature)\n", ""),
            Change(
                "adapters/xml",
                "    if found[0].getparent() is not request or found[0].getnext() is not None:",
                "    if found[0] is None:",
            ),
        ),
        (Bite("R19", "signature: *", 200),),
    ),
    Defect(
        "every message has the same id",
        (
            Change(
                "adapters/ehealth",
                'message_id = f"_{uuid.uuid4()}"',
                'message_id = "_00000000-0000-4000-8000-000000000000"',
            ),
        ),
        (Bite("R1", "renew.submitting.before"),),
    ),
    Defect(
        "the keystore in use is overwritten",
        (
            Change(
                "steps",
                "        self.keystores.replace(keystore.path, with_chain(keystore, chain), keystore.password)\n"
                "        installed =",
                "        self.keystores.replace(keystore.path, with_chain(keystore, chain), keystore.password)\n"
                '        if "old_keystore" in work.facts and keystore.path.exists():\n'
                '            __import__("shutil").copyfile(keystore.path, work.facts["old_keystore"]["path"])\n'
                "        installed =",
            ),
        ),
        (Bite("R1", "renew.*", 1), Bite("R27", "renew.*", 1)),
    ),
    Defect(
        "the seal of a row is not looked at",
        (Change("state", '    if not _equal(_row_seal(keys, row), row["seal"]):', "    if row is None:"),),
        (Bite("R12", "swapped *", 10), Bite("R13", "* of the row edited", 12)),
    ),
    Defect(
        "the chain of a journal is not looked at",
        (
            Change(
                "state",
                "        return (*found, *self._at_the_end(expected, links, {defect.line for defect in found}))",
                "        return ()",
            ),
        ),
        (Bite("R13", "line * removed"), Bite("R13", "* swapped")),
    ),
    Defect(
        "the PIN is kept",
        (
            Change(
                "steps/submit_request.py",
                "        return Prepared({**intent_of(message, ahead), ",
                '        pin = work.secret("pin", mark("to sign the request"))\n'
                '        return Prepared({**intent_of(message, ahead), "pin": pin, ',
            ),
        ),
        (Bite("R27", "renew.submitting.answered"),),
    ),
    Defect(
        "a password is logged",
        (
            Change(
                "steps",
                "        password = work.secret(NEW_KEYSTORE_PASSWORD, name)\n        path =",
                "        password = work.secret(NEW_KEYSTORE_PASSWORD, name)\n        "
                + _LOG.format("made with %s", "password")
                + "\n        path =",
            ),
        ),
        (Bite("R27", "renew.submitting.before"), Bite("R16", "generateCertificate #1: *", 1)),
    ),
    Defect(
        "personal data are stored in the clear",
        (
            Change(
                "workflow",
                '        "consent",\n        "approval",',
                '        "consent",\n        "contact",\n        "holder",\n        "approval",',
            ),
        ),
        (Bite("R27", "renew.submitting.before"), Bite("R29", "*", 12)),
    ),
    Defect(
        "a national number is printed",
        (
            Change(
                "adapters/cli",
                '        "id": procedure.id,\n        "definition"',
                '        "id": procedure.id,\n'
                '        "holder": dict(procedure.facts.get("holder", {})),\n'
                '        "definition"',
            ),
        ),
        (Bite("R27", "renew.submitting.before"),),
    ),
    Defect(
        "files are made for everybody",
        (Change("adapters/system", "_PRIVATE_FILE = 0o600", "_PRIVATE_FILE = 0o666"),),
        (Bite("R28", "*", 8),),
    ),
    Defect(
        "nobody holds the lock",
        (Change("adapters/system", "        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)", "        pass"),),
        (Bite("R8", "* at renew.*", 4), Bite("R9", "renew.*", 4)),
    ),
    Defect(
        "a keystore is known by its name",
        (
            Change(
                "steps/new_keystore.py",
                "        found = _elsewhere(keystores, named, password, work) or found\n",
                "        pass\n",
            ),
        ),
        (Bite("R26", "renamed, installing"), Bite("R26", "copied over, restored under another name, *")),
    ),
    Defect(
        "a keystore's environment is known by its name",
        (Change("steps", "else by_name, environment_of(certificate.issuer)):", "else by_name, None):"),),
        (Bite("R34", "*", 30),),
    ),
    Defect(
        "the server's certificate is not verified",
        (
            Change(
                "adapters/ehealth", "            verify=self._config.authorities or True,", "            verify=False,"
            ),
        ),
        (Bite("R21", "*an unknown authority"), Bite("R21", "*another name")),
    ),
    Defect(
        "foreign texts steer the terminal",
        (
            Change(
                "adapters/cli",
                '    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")',
                "    return False",
            ),
        ),
        (Bite("R30", "*: from right to left", 12),),
    ),
    Defect(
        "a password is tried as typed only",
        (
            Change(
                "adapters/keystore",
                'normal = (unicodedata.normalize("NFC", password), unicodedata.normalize("NFD", password), password)',
                "normal = (password,)",
            ),
        ),
        (Bite("R24", "stored *, typed *", 10),),
    ),
    Defect(
        "the store of a newer program is opened",
        (
            Change(
                "state",
                "        raise StoreNewerError(path=_place(url))\n    return version != HEAD",
                "        pass\n    return False",
            ),
        ),
        (Bite("R14", "*newer schema, resume*"),),
    ),
)
"""In the order of a procedure, roughly."""
