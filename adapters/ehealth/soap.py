"""SOAP messages: built with zeep from the WSDLs, signed, put into an envelope and sent."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree  # type: ignore[import-untyped]
from zeep import Client, Settings

from adapters.ehealth.answers import open_answer
from adapters.ehealth.config import ServiceConfig
from adapters.ehealth.operations import Operation
from adapters.ehealth.reply import Reply
from adapters.ehealth.transport import WSDL_FOLDER, EhealthTransport
from adapters.xml import names
from adapters.xml.parsing import Element, serialize
from adapters.xml.signing import sign_enveloped
from steps.ports.registration import SignedMessage
from steps.ports.signing import Signer

Post = Callable[[str, bytes, dict[str, str]], Reply]
"""Brings a message to an address, once, with these headers; raises as `EhealthTransport.post` does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer's element, its status not looked at yet, and the HTTP reply that carried it."""

    element: Element
    reply: Reply


class Soap:
    """The three services as their WSDLs describe them; a WSDL is read when first needed."""

    def __init__(self, config: ServiceConfig, now: Callable[[], datetime], post: Post | None = None) -> None:
        """`post` brings the messages in place of HTTP: to a far side in the same process."""
        self._config = config
        self._now = now
        self._transport = EhealthTransport(config)
        self._post = post or self._transport.post
        self._clients: dict[str, Any] = {}

    def build(self, operation: Operation, values: Mapping[str, Any], signer: Signer | None = None) -> SignedMessage:
        """The envelope with the request, signed when a signer is given (PROTOCOL §2.1, §5).

        EtkDepot's request has no attributes, hence no Id on the wire; its message id is only ours.
        """
        message_id = f"_{uuid.uuid4()}"
        head = {} if operation.service == "etkdepot" else {"Id": message_id, "IssueInstant": self._instant()}
        request = self._render(operation, {**values, **head})
        if signer is not None:
            request = sign_enveloped(request, signer.private_key, signer.chain, self._config.ec_signature)
        body = serialize(_enveloped(request))
        return SignedMessage(operation.name, message_id, hashlib.sha256(body).hexdigest(), body)

    def send(self, operation: Operation, message: SignedMessage) -> Answer:
        """Post the envelope byte for byte, once, and open the answer.

        Raises: `EhealthUnreachableError`, `EhealthNoAnswerError`, `EhealthFaultError`, `EhealthNonsenseError`.
        """
        described = self._operation(operation)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{described.soapaction}"'}
        reply = self._post(getattr(self._config, operation.service), message.body, headers)
        expected = described.output.body.qname.text
        return Answer(open_answer(reply, expected, message.message_id), reply)

    def _instant(self) -> datetime:
        return self._now().astimezone(UTC).replace(microsecond=0)

    def _render(self, operation: Operation, values: Mapping[str, Any]) -> Element:
        element = self._operation(operation).input.body
        holder = etree.Element("holder")
        element.render(holder, element(**values))
        request = holder[0]
        holder.remove(request)
        return request

    def _operation(self, operation: Operation) -> Any:
        return self._client(operation.service).service._binding.get(operation.name)

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = Client(  # type: ignore[no-untyped-call]
                str(WSDL_FOLDER / f"{service}.wsdl"),
                transport=self._transport,
                settings=Settings(forbid_dtd=True, forbid_entities=True, forbid_external=True),
            )
        return self._clients[service]


def _enveloped(request: Element) -> Element:
    """An envelope with an empty header, as the reference client sends it (PROTOCOL §1.2)."""
    envelope = etree.Element(f"{{{names.SOAP}}}Envelope", nsmap={"soap": names.SOAP})
    etree.SubElement(envelope, f"{{{names.SOAP}}}Header")
    etree.SubElement(envelope, f"{{{names.SOAP}}}Body").append(request)
    return envelope
