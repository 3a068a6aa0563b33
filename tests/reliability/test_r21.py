"""R21: TLS with one defect, at each service: nothing is sent, and no switch turns the checks off."""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.ehealth.client import EhealthServices
from adapters.ehealth.config import ServiceConfig
from steps.ports.signing import Signer
from tests.adapters.ehealth.conftest import NOW, config_for, make_signer
from tests.adapters.ehealth.far_side import http, running
from tests.adapters.ehealth.tls_servers import DEFECTS, defective, server, trusted
from tests.reliability.counting import Case, Harm, Problem, Row, Verdict, assert_clean, register
from tests.world.keys import pooled_key
from workflow.errors import BadSettingError, EhcertError, EhealthNonsenseError, EhealthUnreachableError

ROOT = Path(__file__).parents[2]
Ask = Callable[[EhealthServices], object]
ASKS: dict[str, Ask] = {
    "CertRA": lambda services: services.certificate("00" * 20),
    "EtkRA": lambda services: services.start_etk(b"key", _signer()),
    "EtkDepot": lambda services: services.etk("SSIN", "75031299943"),
}


def _signer() -> Signer:
    key: rsa.RSAPrivateKey = pooled_key(0)
    return make_signer(key, "eHealth key of Zoé Élise Exemple")


def _services(address: str, folder: Path) -> EhealthServices:
    config = config_for(address, authorities=str(trusted(folder)), connect_timeout=3.0, call_timeout=6.0)
    return EhealthServices(config, now=lambda: NOW)


def _error(ask: Ask, services: EhealthServices) -> EhcertError | None:
    try:
        ask(services)
    except EhcertError as error:
        return error
    return None


def _case(service: str, defect: str) -> Case:
    def run() -> Verdict:
        with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
            # The servers offer what Python itself calls outdated.
            warnings.simplefilter("ignore", DeprecationWarning)
            with defective(defect, Path(name)) as far:
                error = _error(ASKS[service], _services(far.address, Path(name)))
                problems = []
                if far.received:
                    problems.append(Problem(Harm.LEAKED, f"{len(far.received)} messages were sent"))
                if not isinstance(error, EhealthUnreachableError):
                    problems.append(Problem(Harm.LOST, f"told as {type(error).__name__}"))
                return Verdict(far.connections > 0, tuple(problems))

    return Case(f"{service}: {defect}", run)


def _redirected(service: str, status: int) -> Case:
    """A trusted server sends the client to an address without TLS."""

    def run() -> Verdict:
        with tempfile.TemporaryDirectory() as name, running() as plain:
            context = server().context(Path(name))
            with running(lambda connection: context.wrap_socket(connection, server_side=True)) as far:
                far.then(http(status, b"", Location=f"{plain.address}/CertRa/v2"))
                error = _error(ASKS[service], _services(far.address, Path(name)))
                problems = []
                if plain.received or len(far.received) > 1:
                    problems.append(Problem(Harm.LEAKED, "the message was sent again"))
                if not isinstance(error, EhealthNonsenseError):
                    problems.append(Problem(Harm.LOST, f"told as {type(error).__name__}"))
                return Verdict(len(far.received) == 1, tuple(problems))

    return Case(f"{service}: redirect {status} to http", run)


def cases() -> Sequence[Case]:
    """Each defect at each service."""
    bad = [_case(service, defect) for service in ASKS for defect in DEFECTS]
    return [*bad, *(_redirected(service, status) for service in ASKS for status in (301, 302, 307, 308))]


ROW = register(Row("R21", "TLS with one defect", cases, share=1.0))


@pytest.mark.soap
@pytest.mark.parametrize("case", ROW.chosen(), ids=str)
def test_a_defect_of_tls_gets_no_message(case: Case) -> None:
    assert_clean(case)


@pytest.mark.soap
@pytest.mark.parametrize("service", ASKS)
def test_without_a_defect_the_same_servers_are_spoken_to(service: str, tmp_path: Path) -> None:
    context = server().context(tmp_path)
    with running(lambda connection: context.wrap_socket(connection, server_side=True)) as far:
        _error(ASKS[service], _services(far.address, tmp_path))

        assert len(far.received) == 1


@pytest.mark.parametrize("service", ["certra", "etkra", "etkdepot"])
def test_an_address_without_tls_is_only_taken_on_this_computer(service: str) -> None:
    known = dict.fromkeys(("certra", "etkra", "etkdepot"), "https://services.example.org/x")

    with pytest.raises(BadSettingError, match="https"):
        ServiceConfig(**known | {service: "http://services.example.org/x"})
    assert ServiceConfig(**known | {service: "http://127.0.0.1:8080/x"})


SWITCHES = re.compile(
    r"verify\s*=\s*False|CERT_NONE|CERT_OPTIONAL|check_hostname\s*=\s*False|_create_unverified_context|disable_warnings"
    r"|InsecureRequestWarning|assert_hostname\s*=\s*False|cert_reqs|SECLEVEL|--insecure|insecure|no_verify|skip_tls"
)
FOLDERS = ("workflow", "steps", "state", "adapters")


def test_nothing_in_the_program_turns_the_checks_off() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if SWITCHES.search(line)
    ]

    assert found == []


def test_the_search_would_find_a_switch() -> None:
    assert SWITCHES.search("session.post(url, verify=False)")
    assert SWITCHES.search("context.verify_mode = ssl.CERT_NONE")


def test_no_setting_and_no_option_names_the_checks() -> None:
    from adapters.system.settings import Settings

    assert not [name for name in Settings.model_fields if re.search("verify|tls|ssl|insecure", name)]
