"""What is read without feedparser's idle work is what feedparser reads with it."""

import gzip
import io
from pathlib import Path
from typing import Any

import feedparser
import pytest

from monitor.extract.reading import read

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:x="urn:unknown"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xml:lang="en"><channel>
<title>Harbour &amp; rail</title><link>http:///harbour.example//news</link><description>Two
lines</description><image><title>Logo</title><url>/logo.png</url></image>
<item x:mark="1"><title>A <![CDATA[<b>bold</b>]]> word</title><link>http://harbour.example/1?a=1&amp;b=2</link>
<guid isPermaLink="false">one</guid><pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate>
<dc:creator>A. Nother</dc:creator><category domain="d">rail</category><x:thing>odd</x:thing>
<description>&lt;p&gt;Short&lt;/p&gt;</description><content:encoded><![CDATA[<p>Long</p>]]></content:encoded>
<enclosure url="http://harbour.example/1.mp3" type="audio/mpeg" length="9"/></item>
<item xml:base="http://elsewhere.example/x/"><link>2</link><guid>https://harbour.example/2</guid>
<author>b@harbour.example (B. Writer)</author></item></channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title type="text">Rail</title>
<link rel="self" href="https://rail.example/feed"/><entry><id>tag:rail.example,2026:1</id>
<title type="html">&lt;i&gt;One&lt;/i&gt;</title><link href="https://rail.example/1"/>
<updated>2026-11-02T10:00:00Z</updated><author><name>C. Author</name><uri>https://c.example/</uri></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>First &amp; <b>bold</b>
</p><svg xmlns="http://www.w3.org/2000/svg"><title>Drawn</title></svg></div></content></entry>
<entry><id>2</id><content type="application/octet-stream">SGVsbG8=</content>
<summary>Two</summary></entry></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="http://old.example/"><title>Old</title></channel>
<item rdf:about="http://old.example/1"><title>One</title><link>http://old.example/1</link></item></rdf:RDF>"""

DOCTYPE = (
    '<!DOCTYPE rss [<!ENTITY port "Port">]><rss><channel><item><title>&port;</title></item></channel></rss>'
)


def whole(body: bytes, content_type: str) -> dict[str, Any]:
    """Return what feedparser reads when it does everything itself."""
    headers = {"content-type": content_type} if content_type else {}
    document: dict[str, Any] = feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    return document


@pytest.mark.parametrize("content_type", ["application/rss+xml", "text/xml; charset=utf-8", ""])
@pytest.mark.parametrize(
    "body",
    [
        RSS.encode(),
        RSS.replace("utf-8", "windows-1251").replace("Harbour", "Порт").encode("windows-1251"),
        RSS.encode("utf-16"),
        RSS.replace("</title>", "", 1).encode(),
        RSS.replace("&amp;b", "&b").encode(),
        RSS.replace(' xmlns:x="urn:unknown"', "").encode(),
        ATOM.encode(),
        ATOM.replace("<div ", ' <div xml:base="https://base.example/" ').encode(),
        RDF.encode(),
        DOCTYPE.encode(),
        b"\x81\x8d no feed at all",
        b"<html><body><p>A page",
    ],
)
def test_reading_finds_what_feedparser_finds(body: bytes, content_type: str) -> None:
    """Feed, entries and version are feedparser's, whatever the format, the encoding and the faults."""
    expected, found = whole(body, content_type), read(body, content_type)
    assert [found[name] for name in ("feed", "entries", "version")] == [
        expected[name] for name in ("feed", "entries", "version")
    ]


def test_real_feeds_are_read_as_feedparser_reads_them(corpora: Path) -> None:
    """Every file of the feed corpora gives the same feed, entries and version."""
    different = []
    for path in sorted((corpora / "feeds").rglob("*")):
        if not path.is_file():
            continue
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if _said(read, body) != _said(whole, body):
            different.append(path.name)
    assert not different


def _said(reading: Any, body: bytes) -> object:
    try:
        found = reading(body, "application/xml")
    except Exception as error:  # noqa: BLE001 - both have to fail alike
        return type(error)
    return [found.get(name) for name in ("feed", "entries", "version")]
