"""Items are told apart without parsing, or the document is left whole."""

import pytest

from monitor.extract.cut import (
    complete_part,
    cut_items,
    declared_encoding,
    dropped_items,
    known_digests,
    unchanged,
    without,
)

HEAD = b'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>F</title>\n'
TAIL = b"</channel></rss>"


def item(number: int, extra: bytes = b"") -> bytes:
    """Return one RSS item."""
    return b"<item><title>T%d</title><link>https://e.org/%d</link>%b</item>\n" % (number, number, extra)


def rss(*items: bytes) -> bytes:
    """Return a feed of these items."""
    return HEAD + b"".join(items) + TAIL


@pytest.mark.parametrize(
    "body",
    [
        rss(item(1), item(2), item(3)),
        rss(item(1, b"<description><![CDATA[<p>x</p>]]></description>"), item(2), item(3)),
        rss(item(1), b"<!-- a note -->", item(2), item(3, b"<!-- another -->")),
        rss(b"<item rdf:about='x'>\n<title>a</title></item  >", item(2), item(3)),
        b"<rdf:RDF><channel><items><rdf:li/></items></channel>" + item(1) + item(2) + item(3) + b"</rdf:RDF>",
        b"<feed><entry><id>1</id></entry><entry><id>2</id></entry><entry>3<item>x</item></entry></feed>",
    ],
)
def test_each_item_is_cut_out(body: bytes) -> None:
    """RSS, RDF and Atom items are found with their ends, and none is left in what remains."""
    cut = cut_items(body)
    assert cut is not None
    assert len(cut.spans) == len(set(cut.digests)) == 3
    assert all(body[start:end].startswith((b"<item", b"<entry")) for start, end in cut.spans)
    remains = without(body, cut, {0, 1, 2})
    assert b"<title>T" not in remains
    assert remains[:4] == body[:4]
    assert remains[-6:] == body[-6:]
    assert without(body, cut, set()) == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no markup at all",
        rss(),
        rss(b"<item/>", item(1)),
        rss(b"<item><item></item></item>"),
        rss(b"<item><title>never closed</title>"),
        rss(b"<item></items>"),
        rss(item(1, b"<description><![CDATA[<item>x</item>]]></description>")),
        rss(item(1, b"<!-- <item>x</item> -->")),
        rss(b"<!-- ", item(1), b" -->", item(2)),
        rss(item(1), b"<![CDATA[", item(2), b"]]>"),
        rss(item(1)) + b"<!-- never closed",
        rss(item(1, b'<content xml:base="/x/"/>')),
        b'<!DOCTYPE rss [<!ENTITY i "<item/>">]><rss>' + item(1) + TAIL,
        rss(item(1)).decode().encode("utf-16"),
        b"\0" + rss(item(1)),
        rss(item(1)).replace(b"utf-8", b"utf-7"),
        rss(item(1)).replace(b"utf-8", b"punycode"),
        b"<rss><item",
    ],
)
def test_what_is_not_safe_is_left_whole(body: bytes) -> None:
    """Nesting, hiding, entities, base addresses and odd encodings are for the parser alone."""
    assert cut_items(body) is None


@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        (b"<rss/>", "", "utf-8"),
        (b"<rss/>", "application/xml; charset=Windows-1251", "windows-1251"),
        (b'<?xml version="1.0" encoding="KOI8-R"?>', "text/xml", "KOI8-R"),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="utf8"?>', "", "utf8"),
        (b'<?xml version="1.0" encoding="KOI8-R"?>', 'text/xml; charset="iso-8859-1"; x=y', "iso-8859-1"),
        (b"<rss/>", "text/xml; charset=utf-16", None),
        (b"\xff\xfe<\0", "", None),
        (b'<?xml version="1.0" encoding="iso-2022-jp"?>', "", None),
    ],
)
def test_only_encodings_that_keep_tags_plain_are_cut(
    body: bytes, content_type: str, encoding: str | None
) -> None:
    """The server's word counts before the document's, and some encodings hide tags."""
    assert declared_encoding(body, content_type) == encoding


def test_known_digests_come_back_one_by_one() -> None:
    """What is stored as one string is a set of eight bytes each."""
    cut = cut_items(rss(item(1), item(2)))
    assert cut is not None
    assert known_digests(b"".join(cut.digests)) == set(cut.digests)


def test_a_complete_document_is_not_cut_short() -> None:
    """A closed root element is the end, whatever follows; without a root there is nothing to say."""
    assert complete_part(rss(item(1)) + b"\n<!-- served by x -->") is None
    assert complete_part(b"<html><body>") is None


def test_of_a_document_cut_anywhere_only_whole_items_remain() -> None:
    """Cut at every byte, a feed gives the items that came whole and never a piece of one."""
    body = rss(*(item(n, b"<description><![CDATA[<p>text</p>]]></description>") for n in range(4)))
    ends = [end for _, end in cut_items(body).spans]  # type: ignore[union-attr] # a plain feed
    for length in range(body.index(b"<channel>"), len(body) - len(b"/rss>")):
        short = body[:length]
        part = complete_part(short)
        assert part is not None
        whole = sum(end <= length for end in ends)
        assert part.count(b"<item>") == part.count(b"</item>") == whole
        begun = any(body.startswith(b"<item>", at) and at + 6 <= length < end for at, end in _spans(body))
        assert dropped_items(short, part) == begun


def _spans(body: bytes) -> tuple[tuple[int, int], ...]:
    cut = cut_items(body)
    assert cut is not None
    return cut.spans


def test_nothing_is_dropped_from_a_complete_document() -> None:
    """A document with its end has lost no item."""
    assert dropped_items(rss(item(1)), None) == 0


def test_a_body_of_known_items_needs_no_parser() -> None:
    """When the head changed and the items did not, their number is all there is to say."""
    body = rss(item(1), item(2))
    cut = cut_items(body)
    assert cut is not None
    known = b"".join(cut.digests)
    told = unchanged(body.replace(b"<title>F", b"<title>New"), "", known)
    assert told is not None
    assert (told.entries, told.total, told.item_hashes, told.truncated) == ((), 2, known, False)
    assert unchanged(rss(item(1)), "", known) is not None
    assert unchanged(rss(item(1), item(3)), "", known) is None
    assert unchanged(body, "", b"") is None
    assert unchanged(rss(), "", known) is None


def test_a_body_of_known_items_that_ends_early_says_so() -> None:
    """The missing end is told, and the item that had begun is counted."""
    body = rss(item(1), item(2))
    cut = cut_items(body)
    assert cut is not None
    told = unchanged(body[: cut.spans[1][1] - 20], "", b"".join(cut.digests))
    assert told is not None
    assert (told.total, told.truncated, len(told.item_hashes)) == (2, True, 8)
