"""National numbers and names never reach a log, whatever its level."""

from __future__ import annotations

import io
import logging

import pytest

from tests.adapters.ehealth import samples
from tests.adapters.ehealth.far_side import answers
from workflow.errors import EhcertError

pytestmark = pytest.mark.soap


@pytest.fixture
def log():
    """Everything that any library writes, at every level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def test_a_signed_call_logs_nothing_personal(log, far, make_services, card):
    logging.getLogger("zeep.transports").setLevel(logging.DEBUG)
    far.then(answers(samples.QUALITIES), answers(lambda message_id: samples.INFOS(message_id).replace("true", "x")))
    services = make_services()

    services.qualities("75031299943", card)
    with pytest.raises(EhcertError):
        services.certificates_of_citizen(card)

    logging.getLogger("ehcert").debug("written")
    assert "written" in log.getvalue()
    assert "75031299943" not in log.getvalue()
    assert "Exemple" not in log.getvalue()


@pytest.mark.parametrize("name", ["zeep.transports", "zeep.xsd.types.simple", "urllib3.connectionpool"])
def test_talkative_libraries_stay_silent(name, log, make_services):
    logging.getLogger(name).setLevel(logging.NOTSET)
    make_services()

    logging.getLogger(name).error("75031299943")

    assert "75031299943" not in log.getvalue()
