"""The steps by the names that the definitions use."""

from __future__ import annotations

from steps.activate_etk import ActivateEtk
from steps.change_password import ChangePassword
from steps.check_requirements import CheckRequirements
from steps.choose_application import ChooseApplication
from steps.choose_certificate import ChooseCertificate
from steps.choose_keystore import ChooseKeystore
from steps.choose_kind import ChooseKind
from steps.choose_other_password import ChooseOtherPassword
from steps.choose_password import ChoosePassword
from steps.choose_reason import ChooseReason
from steps.complete_etk import CompleteEtk
from steps.fetch_certificate import FetchCertificate
from steps.fetch_confirmed import FetchConfirmed
from steps.install_certificate import InstallCertificate
from steps.look_up import LookUp
from steps.look_up_adopted import LookUpAdopted
from steps.look_up_owner import LookUpOwner
from steps.look_up_revocable import LookUpRevocable
from steps.look_up_with_card import LookUpWithCard
from steps.make_contract import MakeContract
from steps.make_key import MakeKey
from steps.make_renewal_contract import MakeRenewalContract
from steps.make_revocation_contract import MakeRevocationContract
from steps.name_organization import NameOrganization
from steps.name_person import NamePerson
from steps.open_adopted import OpenAdopted
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
from steps.record_overview import RecordOverview
from steps.record_revocation_approval import RecordRevocationApproval
from steps.revoke import Revoke
from steps.sign_in import SignIn
from steps.start_etk import StartEtk
from steps.submit_foreign_request import SubmitForeignRequest
from steps.submit_renewal import SubmitRenewal
from steps.submit_request import SubmitRequest
from workflow.ports import Steps


def make_steps(*, cards: Cards, keystores: Keystores, authority: RegistrationAuthority, keys: KeyMaker) -> Steps:
    """Every step, reaching these ports."""
    return {
        "check_requirements": CheckRequirements(cards, keystores, authority),
        "check_requirements_without_card": CheckRequirements(None, keystores, authority),
        "name_person": NamePerson(),
        "record_overview": RecordOverview(),
        "submit_foreign_request": SubmitForeignRequest(authority, keystores),
        "fetch_confirmed": FetchConfirmed(authority),
        "record_consent": RecordConsent(),
        "read_card": ReadCard(cards),
        "open_keystore": OpenKeystore(keystores, authority),
        "look_up": LookUp(authority, keystores, cards),
        "look_up_with_card": LookUpWithCard(authority, cards),
        "sign_in": SignIn(authority, cards),
        "choose_kind": ChooseKind(),
        "name_organization": NameOrganization(authority),
        "choose_application": ChooseApplication(authority),
        "look_up_owner": LookUpOwner(authority, cards),
        "look_up_revocable": LookUpRevocable(authority, cards),
        "choose_certificate": ChooseCertificate(),
        "choose_reason": ChooseReason(),
        "make_revocation_contract": MakeRevocationContract(authority),
        "record_revocation_approval": RecordRevocationApproval(),
        "revoke": Revoke(authority, cards),
        "record_contact": RecordContact(),
        "make_contract": MakeContract(authority),
        "make_renewal_contract": MakeRenewalContract(authority),
        "record_approval": RecordApproval(),
        "choose_password": ChoosePassword(),
        "choose_keystore": ChooseKeystore(keystores),
        "choose_other_password": ChooseOtherPassword(keystores),
        "change_password": ChangePassword(keystores),
        "open_adopted": OpenAdopted(keystores, authority),
        "look_up_adopted": LookUpAdopted(authority, keystores),
        "make_key": MakeKey(keys, keystores),
        "submit_request": SubmitRequest(authority, keystores, cards),
        "submit_renewal": SubmitRenewal(authority, keystores, cards),
        "fetch_certificate": FetchCertificate(authority, cards),
        "install_certificate": InstallCertificate(keystores),
        "start_etk": StartEtk(authority, keystores, keys),
        "complete_etk": CompleteEtk(authority, keystores),
        "record_handover": RecordHandover(authority),
        "activate_etk": ActivateEtk(authority, keystores),
        "prove_keystore": ProveKeystore(authority, keystores),
    }
