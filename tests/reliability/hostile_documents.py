"""Hostile XML documents: each is a good message with one defect, told with the reason for which it must be refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from adapters.xml import names
from adapters.xml.parsing import MAX_BYTES
from tests.reliability.watching import Traps

XSI = f'xmlns:xsi="{names.XSI}"'.encode()
XI = b'xmlns:xi="http://www.w3.org/2001/XInclude"'


@dataclass(frozen=True, slots=True)
class Good:
    """A good message taken apart at one text: `before` ends with '>', `after` begins with '<'."""

    before: bytes
    text: bytes
    after: bytes

    @property
    def whole(self) -> bytes:
        return self.before + self.text + self.after

    @property
    def content(self) -> bytes:
        """Without the XML declaration."""
        return self.whole[self.whole.index(b"?>") + 2 :].lstrip()

    @property
    def envelope(self) -> bytes:
        """The prefix and name of the root element."""
        return re.match(rb"<([\w:.-]+)", self.content)[1]  # type: ignore[index]

    def prolog(self, inserted: bytes) -> bytes:
        """With something between the declaration and the root."""
        return b'<?xml version="1.0" encoding="UTF-8"?>' + inserted + self.content

    def doctype(self, subset: bytes, text: bytes | None = None) -> bytes:
        """With an internal DTD, and another text."""
        good = self if text is None else Good(self.before, text, self.after)
        return good.prolog(b"<!DOCTYPE " + self.envelope + b" [" + subset + b"]>")

    def with_text(self, text: bytes) -> bytes:
        """With another text."""
        return self.before + text + self.after

    def with_attributes(self, attributes: bytes) -> bytes:
        """With more attributes on the root element."""
        return self.whole.replace(b"<" + self.envelope, b"<" + self.envelope + b" " + attributes, 1)


def taken_apart(whole: bytes, text: bytes) -> Good:
    """A message taken apart at the first element that holds this text."""
    at = whole.index(b">" + text + b"<") + 1
    return Good(whole[:at], text, whole[at + len(text) :])


@dataclass(frozen=True, slots=True)
class Document:
    """One vector. `reason` stands in what is said when it is refused; None: it must be taken, harmless.

    `asks` is what it would make an obliging parser fetch: 'file' or 'url'.
    """

    make: Callable[[Good, Traps], bytes]
    reason: str | None
    asks: str = ""


DTD, INSTRUCTION, BROKEN, UTF8 = "document type", "processing instruction", "not well-formed", "UTF-8"
NOT_TEXT = "NaturalPersonAuthorization|only text"
NOT_SOAP = "not a SOAP message|Body|envelope"


def _entity(good: Good, kind: bytes, address: str) -> bytes:
    return good.doctype(b"<!ENTITY x " + kind + b'"' + address.encode() + b'">', b"&x;")


def _parameter(good: Good, address: str) -> bytes:
    return good.doctype(b'<!ENTITY % x SYSTEM "' + address.encode() + b'"> %x;')


def _laughs(good: Good) -> bytes:
    entities = b'<!ENTITY x0 "haha">' + b"".join(
        b'<!ENTITY x%d "%s">' % (n, b"&x%d;" % (n - 1) * 10) for n in range(1, 12)
    )
    return good.doctype(entities, b"&x11;")


def _quadratic(good: Good) -> bytes:
    return good.doctype(b'<!ENTITY x "' + b"a" * 50_000 + b'">', b"&x;" * 50_000)


def _external(good: Good, address: str, public: bytes = b"SYSTEM") -> bytes:
    return good.prolog(b"<!DOCTYPE " + good.envelope + b" " + public + b' "' + address.encode() + b'">')


def _recoded(good: Good, declared: str, encoding: str) -> bytes:
    return f'<?xml version="1.0" encoding="{declared}"?>{good.content.decode()}'.encode(encoding)


def _file(traps: Traps) -> str:
    return traps.file.as_uri()


DOCUMENTS: dict[str, Document] = {
    # --- document types and entities
    "billion laughs": Document(lambda good, _: _laughs(good), DTD),
    "quadratic blow-up": Document(lambda good, _: _quadratic(good), DTD),
    "entity that means itself": Document(lambda good, _: good.doctype(b'<!ENTITY x "&x;">', b"&x;"), DTD),
    "harmless entity": Document(lambda good, _: good.doctype(b'<!ENTITY x "' + good.text + b'">', b"&x;"), DTD),
    "empty internal subset": Document(lambda good, _: good.doctype(b""), DTD),
    "default attribute": Document(
        lambda good, _: good.doctype(b"<!ATTLIST " + good.envelope + b' Id CDATA "_x">'), DTD
    ),
    "entity of a file": Document(lambda good, traps: _entity(good, b"SYSTEM ", _file(traps)), DTD, "file"),
    "entity of a path": Document(lambda good, traps: _entity(good, b"SYSTEM ", str(traps.file)), DTD, "file"),
    "entity of an address": Document(lambda good, traps: _entity(good, b"SYSTEM ", traps.url), DTD, "url"),
    "public entity": Document(lambda good, traps: _entity(good, b'PUBLIC "-//x" ', traps.url), DTD, "url"),
    "parameter entity of a file": Document(lambda good, traps: _parameter(good, _file(traps)), DTD, "file"),
    "parameter entity of an address": Document(lambda good, traps: _parameter(good, traps.url), DTD, "url"),
    "DTD in a file": Document(lambda good, traps: _external(good, _file(traps)), DTD, "file"),
    "DTD at an address": Document(lambda good, traps: _external(good, traps.url), DTD, "url"),
    "public DTD": Document(lambda good, traps: _external(good, traps.url, b'PUBLIC "-//x"'), DTD, "url"),
    "DTD after a comment": Document(lambda good, _: good.prolog(b"<!-- x -->\n<!DOCTYPE x>"), DTD),
    "DTD after a byte order mark": Document(lambda good, _: b"\xef\xbb\xbf<!DOCTYPE x>" + good.content, DTD),
    "DTD in small letters": Document(lambda good, _: good.prolog(b"<!doctype x>"), DTD),
    "DTD after an instruction": Document(lambda good, _: good.prolog(b"<?x?><!DOCTYPE x>"), INSTRUCTION),
    "DTD in UTF-16": Document(
        lambda good, _: f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x>{good.content.decode()}'.encode("utf-16"),
        UTF8,
    ),
    "DTD in UTF-7": Document(
        lambda good, _: b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-' + good.content, UTF8
    ),
    "DTD inside": Document(lambda good, _: good.with_text(b"<!DOCTYPE x>"), BROKEN),
    "unknown entity": Document(lambda good, _: good.with_text(b"&x;"), BROKEN),
    # --- what would fetch something
    "XInclude of a file": Document(
        lambda good, traps: good.with_text(
            b"<xi:include " + XI + b' parse="text" href="' + _file(traps).encode() + b'"/>'
        ),
        NOT_TEXT,
        "include",
    ),
    "XInclude of an address": Document(
        lambda good, traps: good.with_text(b"<xi:include " + XI + b' href="' + traps.url.encode() + b'"/>'), NOT_TEXT
    ),
    "schema at an address": Document(
        lambda good, traps: good.with_attributes(XSI + b' xsi:schemaLocation="urn:x ' + traps.url.encode() + b'"'),
        None,
    ),
    "schema in a file": Document(
        lambda good, traps: good.with_attributes(
            XSI + b' xsi:noNamespaceSchemaLocation="' + _file(traps).encode() + b'"'
        ),
        None,
    ),
    "base at an address": Document(
        lambda good, traps: good.with_attributes(b'xml:base="' + traps.url.encode() + b'"'), None
    ),
    "style sheet": Document(
        lambda good, traps: good.prolog(b'<?xml-stylesheet href="' + traps.url.encode() + b'"?>'), INSTRUCTION
    ),
    "instruction in a text": Document(
        lambda good, _: good.with_text(good.text[:2] + b"<?x?>" + good.text[2:]), INSTRUCTION
    ),
    "instruction after the end": Document(lambda good, _: good.whole + b"<?x y?>", INSTRUCTION),
    # --- size
    "101 levels": Document(lambda good, _: good.with_text(b"<a>" * 101 + b"</a>" * 101), "deeper"),
    "100 000 levels": Document(lambda good, _: good.with_text(b"<a>" * 100_000 + b"</a>" * 100_000), BROKEN),
    "101 attributes": Document(
        lambda good, _: good.with_attributes(b" ".join(b'x%d=""' % n for n in range(101))), "attributes"
    ),
    "100 000 attributes": Document(
        lambda good, _: good.with_attributes(b" ".join(b'x%d=""' % n for n in range(100_000))), "attributes"
    ),
    "100 000 namespaces": Document(
        lambda good, _: good.with_attributes(b" ".join(b'xmlns:x%d="urn:x"' % n for n in range(100_000))),
        "namespaces in one place",
    ),
    "a byte too many": Document(lambda good, _: good.whole + b" " * (MAX_BYTES + 1 - len(good.whole)), "larger"),
    "a long name": Document(lambda good, _: good.with_text(b"<" + b"a" * 4_000_000 + b"/>"), f"{BROKEN}|{NOT_TEXT}"),
    "a comment without an end": Document(lambda good, _: good.prolog(b"<!-- "), "comment"),
    # --- letters
    "NUL in a text": Document(lambda good, _: good.with_text(good.text + b"\x00"), BROKEN),
    "NUL as a reference": Document(lambda good, _: good.with_text(good.text + b"&#0;"), BROKEN),
    "control character": Document(lambda good, _: good.with_text(good.text + b"\x1b]52;c;eA==\x07"), BROKEN),
    "control character as a reference": Document(lambda good, _: good.with_text(good.text + b"&#27;"), BROKEN),
    "half a pair as a reference": Document(lambda good, _: good.with_text(good.text + b"&#xD800;"), BROKEN),
    "bytes that are not UTF-8": Document(lambda good, _: good.with_text(good.text + b"\xff"), BROKEN),
    "UTF-8 longer than needed": Document(lambda good, _: good.with_text(good.text + b"\xc0\xbc"), BROKEN),
    "half a pair in UTF-8": Document(lambda good, _: good.with_text(good.text + b"\xed\xa0\x80"), BROKEN),
    "latin-1": Document(lambda good, _: _recoded(good, "ISO-8859-1", "latin-1"), UTF8),
    "EBCDIC": Document(lambda good, _: _recoded(good, "IBM037", "cp037"), UTF8),
    "UTF-32": Document(lambda good, _: _recoded(good, "UTF-32", "utf-32"), UTF8),
    "UTF-16 without a mark": Document(lambda good, _: good.content.decode().encode("utf-16-le"), BROKEN),
    "an unknown encoding": Document(lambda good, _: _recoded(good, "x-none", "utf-8"), UTF8),
    "a false encoding": Document(lambda good, _: _recoded(good, "UTF-16", "utf-8"), UTF8),
    # --- form
    "nothing": Document(lambda good, _: b"", "not XML|empty"),
    "blanks": Document(lambda good, _: b" \r\n" * 100, "not XML"),
    "cut": Document(lambda good, _: good.before, BROKEN),
    "two roots": Document(lambda good, _: good.whole + b"<x/>", BROKEN),
    "text after the end": Document(lambda good, _: good.whole + b"x", BROKEN),
    "unknown prefix": Document(lambda good, _: good.with_text(b"<x:a/>"), BROKEN),
    "doubled attribute": Document(lambda good, _: good.with_attributes(b'Id="1" Id="2"'), BROKEN),
    "doubled attribute of two prefixes": Document(
        lambda good, _: good.with_attributes(b'xmlns:x="urn:x" xmlns:y="urn:x" x:a="" y:a=""'), BROKEN
    ),
    "CDATA without an end": Document(lambda good, _: good.with_text(b"<![CDATA[" + good.text), BROKEN),
    "hyphens in a comment": Document(lambda good, _: good.with_text(good.text + b"<!-- a -- b -->"), BROKEN),
    "an element in the text": Document(
        lambda good, _: good.with_text(good.text[:2] + b"<x/>" + good.text[2:]), NOT_TEXT
    ),
    "SOAP 1.2": Document(
        lambda good, _: good.whole.replace(names.SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope"), NOT_SOAP
    ),
    "a body of no namespace": Document(lambda good, _: re.sub(rb"(</?)\w+:Body", rb"\1Body", good.whole), NOT_SOAP),
    "two bodies": Document(
        lambda good, _: re.sub(rb"(<\w+:Body>.*</\w+:Body>)", rb"\1\1", good.whole, flags=re.DOTALL), NOT_SOAP
    ),
    "two contents": Document(
        lambda good, _: re.sub(rb"(<(\w+):Body>)", rb"\1<\2:Fault/>", good.whole), NOT_SOAP + "|one element"
    ),
    "a namespace with a blank": Document(
        lambda good, _: good.whole.replace(names.CERTRA.encode() + b'"', names.CERTRA.encode() + b' "'),
        f"{BROKEN}|another question|no request",
    ),
    # --- harmless, and read as one text by everybody
    "a comment in the text": Document(
        lambda good, _: good.with_text(good.text[:2] + b"<!-- x -->" + good.text[2:]), None
    ),
    "a comment before the text": Document(lambda good, _: good.with_text(b"<!-- x -->" + good.text), None),
    "CDATA": Document(lambda good, _: good.with_text(b"<![CDATA[" + good.text + b"]]>"), None),
    "half in CDATA": Document(
        lambda good, _: good.with_text(good.text[:2] + b"<![CDATA[" + good.text[2:] + b"]]>"), None
    ),
    "a letter as a reference": Document(lambda good, _: good.with_text(b"&#%d;" % good.text[0] + good.text[1:]), None),
    "a DTD in a comment": Document(lambda good, _: good.prolog(b"<!-- <!DOCTYPE x [ ]> -->"), None),
    "a byte order mark": Document(lambda good, _: b"\xef\xbb\xbf" + good.content, None),
}
