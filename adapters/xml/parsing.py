"""The only place that parses XML: hostile documents are refused in bounded time and memory."""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

from lxml import etree  # type: ignore[import-untyped]

Element: TypeAlias = Any
"""An `lxml.etree._Element`; lxml brings no types."""

MAX_BYTES: Final = 5_000_000
MAX_DEPTH: Final = 100
MAX_ATTRIBUTES: Final = 100
MAX_NAMESPACES: Final = 100
"""In scope at one place: what copies or canonicalises a part of a document looks at all of them for each element."""

_DECLARATION = re.compile(rb"<\?xml\s[^>]{1,200}?\?>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_UTF8_NAMES = {b"utf-8", b"utf8", b"us-ascii", b"ascii"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"


class XmlError(ValueError):
    """The bytes are not XML, or not XML that is accepted; the message says why, without the content."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parser() -> Any:
    """A fresh lxml parser with every door closed: no DTD, entities, network, huge documents or comments.

    Comments are dropped while reading, so that a text is one text whatever stood inside it.
    """
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        collect_ids=False,
    )


def parse(data: bytes) -> Element:
    """Parse a document in UTF-8.

    Raises:
        XmlError: not well-formed, or with a document type, an entity or a processing instruction, in another
            encoding, above `MAX_BYTES`, deeper than `MAX_DEPTH`, with more than `MAX_ATTRIBUTES` on one element or
            more than `MAX_NAMESPACES` in scope.
    """
    if len(data) > MAX_BYTES:
        raise XmlError(f"larger than {MAX_BYTES} bytes")
    _check_prolog(data)
    try:
        root = etree.fromstring(data, parser())
    except etree.XMLSyntaxError as error:
        # The position only: libxml2's own message may quote the document, which can hold a national number.
        line, column = error.position
        raise XmlError(f"not well-formed, line {line}, column {column}") from None
    _check_tree(root)
    return root


def serialize(element: Element) -> bytes:
    """The element as a document of its own: UTF-8 with an XML declaration, without what follows it."""
    return bytes(etree.tostring(element, encoding="UTF-8", xml_declaration=True, with_tail=False))


def detach(element: Element) -> Element:
    """A copy of the element as the root of its own document, as it reads where it stands now."""
    return parse(serialize(element))


def _check_prolog(data: bytes) -> None:
    """Refuse before parsing what may stand before the root: there a DTD would already have been read."""
    position = len(_BYTE_ORDER_MARK) if data.startswith(_BYTE_ORDER_MARK) else 0
    declaration = _DECLARATION.match(data, position)
    if declaration:
        _check_encoding(declaration.group())
        position = declaration.end()
    while True:
        while data[position : position + 1] and data[position] in _SPACE:
            position += 1
        if not data.startswith(b"<!--", position):
            break
        end = data.find(b"-->", position + 4)
        if end < 0:
            raise XmlError("a comment without an end")
        position = end + 3
    if data.startswith(b"<!", position):
        raise XmlError("a document type is not accepted")
    if data.startswith(b"<?", position):
        raise XmlError("processing instructions are not accepted")
    if not data.startswith(b"<", position):
        raise XmlError("this is not XML in UTF-8")


def _check_encoding(declaration: bytes) -> None:
    named = _ENCODING.search(declaration)
    if named and named.group(1).lower() not in _UTF8_NAMES:
        raise XmlError("only UTF-8 is accepted")


def _check_tree(root: Element) -> None:
    document = root.getroottree().docinfo
    if document.doctype or document.internalDTD is not None or document.externalDTD is not None:
        raise XmlError("a document type is not accepted")
    if root.getnext() is not None or root.getprevious() is not None:
        raise XmlError("processing instructions are not accepted")
    depth = namespaces = 0
    for event, node in etree.iterwalk(root, events=("start", "end", "pi", "start-ns", "end-ns")):
        if event == "pi":
            raise XmlError("processing instructions are not accepted")
        depth += (event == "start") - (event == "end")
        namespaces += (event == "start-ns") - (event == "end-ns")
        if depth > MAX_DEPTH:
            raise XmlError(f"deeper than {MAX_DEPTH} levels")
        if namespaces > MAX_NAMESPACES:
            raise XmlError(f"more than {MAX_NAMESPACES} namespaces in one place")
        if event == "start" and len(node.attrib) > MAX_ATTRIBUTES:
            raise XmlError(f"more than {MAX_ATTRIBUTES} attributes on one element")
    if next(root.iter(etree.Entity), None) is not None:
        raise XmlError("entities are not accepted")
