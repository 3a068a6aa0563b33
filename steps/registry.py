"""The steps by the names that the definitions use."""

from __future__ import annotations

from steps.activate_etk import ActivateEtk
from steps.check_requirements import CheckRequirements
from steps.choose_password import ChoosePassword
from steps.complete_etk import CompleteEtk
from steps.fetch_certificate import FetchCertificate
from steps.install_certificate import InstallCertificate
from steps.look_up import LookUp
from steps.make_contract import MakeContract
from steps.make_key import MakeKey
from steps.open_keystore import OpenKeystore
from steps.ports.card import Cards
from steps.ports.keys import KeyMaker
from steps.ports.keystore import Keystores
from steps.ports.registration import RegistrationAuthority
from steps.prove_keystore import ProveKeystore
from steps.read_card import ReadCard
from steps.record_approval import RecordApproval
from steps.record_consent import RecordConsent
from steps.record_contact import RecordContact
from steps.record_handover import RecordHandover
from steps.start_etk import StartEtk
from steps.submit_renewal import SubmitRenewal
from workflow.ports import Steps


def make_steps(*, cards: Cards, keystores: Keystores, authority: RegistrationAuthority, keys: KeyMaker) -> Steps:
    """Every step, reaching these ports."""
    return {
        "check_requirements": CheckRequirements(cards, keystores, authority),
        "record_consent": RecordConsent(),
        "read_card": ReadCard(cards),
        "open_keystore": OpenKeystore(keystores, authority),
        "look_up": LookUp(authority, keystores, cards),
        "record_contact": RecordContact(),
        "make_contract": MakeContract(authority),
        "record_approval": RecordApproval(),
        "choose_password": ChoosePassword(),
        "make_key": MakeKey(keys, keystores),
        "submit_renewal": SubmitRenewal(authority, keystores, cards),
        "fetch_certificate": FetchCertificate(authority, cards),
        "install_certificate": InstallCertificate(keystores),
        "start_etk": StartEtk(authority, keystores, keys),
        "complete_etk": CompleteEtk(authority, keystores),
        "record_handover": RecordHandover(),
        "activate_etk": ActivateEtk(authority, keystores),
        "prove_keystore": ProveKeystore(authority, keystores),
    }
