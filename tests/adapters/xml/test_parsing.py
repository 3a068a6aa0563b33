"""What the parser takes and what it refuses."""

from __future__ import annotations

import socket
import time
import tracemalloc

import pytest

from adapters.xml.parsing import MAX_BYTES, XmlError, detach, parse, serialize


def test_a_plain_document_is_parsed() -> None:
    root = parse('<?xml version="1.0" encoding="UTF-8"?>\n<!-- first --><a x="1">Zoé</a>\n'.encode())

    assert (root.tag, root.get("x"), root.text) == ("a", "1", "Zoé")


def test_a_byte_order_mark_is_accepted() -> None:
    assert parse(b"\xef\xbb\xbf<a/>").tag == "a"


def test_a_doctype_inside_cdata_is_only_text() -> None:
    assert parse(b"<a><![CDATA[<!DOCTYPE html><p>x</p>]]></a>").text == "<!DOCTYPE html><p>x</p>"


def test_a_comment_does_not_cut_a_text_in_two() -> None:
    assert parse(b"<a>7503<!-- -->1299943</a>").text == "75031299943"


def test_serialize_gives_what_parse_takes() -> None:
    root = parse("<b:a xmlns:b='urn:x'><b:c>é&#13;</b:c> tail</b:a>".encode())

    assert serialize(root[0]) == b"<?xml version='1.0' encoding='UTF-8'?>\n<b:c xmlns:b=\"urn:x\">\xc3\xa9&#13;</b:c>"


def test_a_detached_element_keeps_the_namespaces_it_stood_in() -> None:
    inner = parse(b"<a xmlns='urn:y'><b/>tail</a>")[0]

    assert detach(inner).tag == "{urn:y}b"
    assert detach(inner).getparent() is None


BOMB = b'<!DOCTYPE a [<!ENTITY x "ha">' + b"".join(
    b'<!ENTITY x%d "%s">' % (n, (b"&x%d;" % (n - 1) if n else b"&x;") * 10) for n in range(12)
)

REFUSED = {
    "nothing at all": (b"", "not XML"),
    "text": (b"Service unavailable", "not XML"),
    "html with a doctype": (b"<!DOCTYPE html><html></html>", "document type"),
    "cut off": (b"<a><b>", "not well-formed"),
    "two roots": (b"<a/><b/>", "not well-formed"),
    "content after the end": (b"<a/>x", "not well-formed"),
    "an empty internal subset": (b"<!DOCTYPE a []><a/>", "document type"),
    "a doctype after a comment": (b"<!-- x --><!DOCTYPE a SYSTEM 'http://127.0.0.1/x'><a/>", "document type"),
    "a billion laughs": (BOMB + b"]><a>&x11;</a>", "document type"),
    "an external entity": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "document type"),
    "a parameter entity": (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><a/>', "document type"),
    "an undefined entity": (b"<a>&x;</a>", "not well-formed"),
    "a style sheet": (b'<?xml-stylesheet href="http://127.0.0.1/x"?><a/>', "processing instruction"),
    "an instruction inside": (b"<a>x<?php y?></a>", "processing instruction"),
    "an instruction after the end": (b"<a/><?x y?>", "processing instruction"),
    "a comment without an end": (b"<!-- <a/>", "comment"),
    "latin-1": ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), "UTF-8"),
    "utf-7": (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "UTF-8"),
    "utf-16": ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"), "UTF-8"),
    "utf-16 without a mark": ("<a/>".encode("utf-16-le"), "not well-formed"),
    "bytes that are not utf-8": (b"<a>\xff\xfe</a>", "not well-formed"),
    "a NUL": (b"<a>\x00</a>", "not well-formed"),
    "too deep": (b"<a>" * 101 + b"</a>" * 101, "deeper"),
    "very deep": (b"<a>" * 100_000 + b"</a>" * 100_000, "not well-formed"),
    "too large": (b"<a>" + b"x" * MAX_BYTES + b"</a>", "larger"),
    "many attributes": (b"<a " + b" ".join(b'x%d=""' % n for n in range(100_000)) + b"/>", "attributes"),
    "many namespaces": (b"<a " + b" ".join(b'xmlns:x%d="urn:x"' % n for n in range(10_000)) + b"/>", "namespaces"),
    "many namespaces in each other": (
        b"".join(b'<a xmlns:x%d="urn:x" xmlns:y%d="urn:y">' % (n, n) for n in range(51)) + b"</a>" * 51,
        "namespaces",
    ),
    "a doubled attribute": (b'<a Id="1" Id="2"/>', "not well-formed"),
    "an unknown prefix": (b"<x:a/>", "not well-formed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_document_is_refused_in_a_second_without_a_connection(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    data, reason = REFUSED[name]
    tracemalloc.start()
    started = time.perf_counter()

    with pytest.raises(XmlError, match=reason):
        parse(data)

    elapsed, (_, peak) = time.perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert elapsed < 1
    assert peak < 200_000_000


def test_namespaces_that_siblings_declare_for_themselves_are_not_added_up() -> None:
    assert len(parse(b"<a>" + b"<b xmlns='urn:x'/>" * 1_000 + b"</a>")) == 1_000


def test_a_full_sized_document_of_small_elements_is_read_in_bounded_time() -> None:
    data = b"<a>" + b"<b/>" * ((MAX_BYTES - 10) // 4) + b"</a>"
    started = time.perf_counter()

    parse(data)

    assert time.perf_counter() - started < 5


def test_the_reason_never_quotes_the_document() -> None:
    with pytest.raises(XmlError) as caught:
        parse(b"<a><n75031299943></a>")

    assert "75031299943" not in str(caught.value)
    assert caught.value.__cause__ is None
