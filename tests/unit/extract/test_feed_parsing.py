"""A feed's entries are what the parser sees in it, cleaned, identified and believed with care."""

import html
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Entry, ParsedFeed, ParseFailed
from monitor.extract.cut import cut_items
from monitor.extract.feeds import parse_feed

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
URL = "https://e.org/feeds/news.xml"


def parse(
    body: bytes | str, content_type: str = "", known: bytes = b"", max_entries: int = 500
) -> ParsedFeed | ParseFailed:
    """Return what the document says, read at a fixed instant."""
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(
        FeedJob(body=data, url=URL, content_type=content_type, known=known, max_entries=max_entries, now=NOW)
    )


def parsed(
    body: bytes | str, content_type: str = "", known: bytes = b"", max_entries: int = 500
) -> ParsedFeed:
    """Return the feed that the document must be."""
    result = parse(body, content_type, known, max_entries)
    assert isinstance(result, ParsedFeed)
    return result


def rss(*items: str, head: str = "") -> str:
    """Return an RSS 2.0 document."""
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>The Feed</title>{head}{inner}</channel></rss>'


def only(*parts: str, head: str = "") -> Entry:
    """Return the entry of an RSS feed with one item of these parts."""
    (entry,) = parsed(rss("".join(parts), head=head)).entries
    return entry


def numbered(number: int, extra: str = "") -> str:
    """Return the inside of an item with title, link and guid."""
    page = f"https://e.org/a/{number}"
    return f"<title>Title {number}</title><link>{page}</link><guid>{page}</guid>{extra}"


def test_an_rss_item_becomes_an_entry() -> None:
    """Every field of an item finds its place."""
    entry = only(
        "<title>Talks &amp;amp; trade</title><link>/2026/talks?utm_source=rss</link>",
        "<guid isPermaLink='false'>t-1</guid><author>desk@e.org (A. Writer)</author>",
        "<pubDate>Mon, 23 Nov 2026 08:00:00 +0500</pubDate>",
        "<description><![CDATA[<p>Short.</p><p>Two.</p>]]></description>",
    )
    assert entry == Entry(
        key=entry.key,
        guid="t-1",
        url="https://e.org/2026/talks?utm_source=rss",
        title="Talks & trade",
        author="A. Writer",
        published=datetime(2026, 11, 23, 3, 0, tzinfo=UTC),
        published_raw="Mon, 23 Nov 2026 08:00:00 +0500",
        updated=None,
        summary="Short.\n\nTwo.",
        content="",
        lang=None,
        narrow_keys=entry.narrow_keys,
    )
    assert len(entry.key) == 64
    assert all(len(key) == 64 for key in entry.narrow_keys)


def test_an_atom_entry_becomes_an_entry() -> None:
    """Atom's summary, content, authors and two dates are kept apart, its links resolved by xml:base."""
    feed = parsed(
        """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="kk">
        <title type="html">Дала &lt;b&gt;хабары&lt;/b&gt;</title><link href="https://e.org/home"/>
        <entry xml:base="https://e.org/news/"><id>tag:e.org,2026:1</id>
        <title type="text">5 &lt; 6</title><link href="one"/>
        <author><name>Айша</name></author><author><name>Ержан</name></author>
        <published>2026-11-22T10:00:00Z</published><updated>2026-11-23T01:00:00+05:00</updated>
        <summary>Lead.</summary><content type="html">&lt;p&gt;Full&lt;/p&gt;text</content></entry></feed>"""
    )
    (entry,) = feed.entries
    assert (feed.title, feed.version, feed.lang) == ("Дала хабары", "atom10", "kk")
    assert (entry.title, entry.url, entry.author) == ("5 < 6", "https://e.org/news/one", "Айша, Ержан")
    assert (entry.summary, entry.content, entry.lang) == ("Lead.", "Full\n\ntext", "kk")
    assert entry.published == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert entry.updated == datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def test_a_relative_base_is_relative_to_the_feed() -> None:
    """An xml:base without a host leads from the feed's own address."""
    body = rss("<title>T</title><link>one</link>").replace("<rss", '<rss xml:base="/base/"')
    assert parsed(body).entries[0].url == "https://e.org/base/one"


@pytest.mark.parametrize(("claim", "lang"), [("en_gb", "en-gb"), ("ru", "ru"), ("русский", None), ("", None)])
def test_a_feed_may_claim_a_language(claim: str, lang: str | None) -> None:
    """A language tag is taken, anything else is not."""
    assert parsed(rss(head=f"<language>{claim}</language>")).lang == lang


def test_an_rdf_item_becomes_an_entry() -> None:
    """RSS 1.0 gives its date and author in Dublin Core, and asks for its pace in the syndication module."""
    feed = parsed(
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
        <channel rdf:about="https://e.org/"><title>R</title><link>https://e.org/</link>
        <sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency></channel>
        <item rdf:about="https://e.org/1"><title>One</title><link>https://e.org/1</link>
        <dc:date>2026-11-20T10:00:00Z</dc:date><dc:creator>B. Writer</dc:creator></item></rdf:RDF>"""
    )
    assert (feed.version, feed.manners.ttl, feed.home) == ("rss10", timedelta(hours=6), "https://e.org/")
    assert feed.entries[0].published == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    assert feed.entries[0].author == "B. Writer"


@pytest.mark.parametrize(
    ("head", "ttl"),
    [
        ("<ttl>90</ttl>", timedelta(minutes=90)),
        ("<ttl>99999999</ttl>", timedelta(days=30)),
        ("<ttl>0</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>9999999999</ttl>", None),
        ("", None),
    ],
)
def test_a_feed_may_ask_to_be_left_alone(head: str, ttl: timedelta | None) -> None:
    """Minutes that make sense are taken, at most 30 days."""
    assert parsed(rss(head=head)).manners.ttl == ttl


@pytest.mark.parametrize(
    ("head", "hours", "days"),
    [
        ("", [], []),
        ("<skipHours><hour>0</hour><hour> 7 </hour><hour>23</hour></skipHours>", [0, 7, 23], []),
        ("<skipHours><hour>24</hour><hour>25</hour><hour>x</hour></skipHours>", [0], []),
        ("<skipDays><day>Saturday</day><day> sunday </day><day>Someday</day></skipDays>", [], [5, 6]),
        ("<skipHours><hour>5</hour>", [], []),
    ],
)
def test_a_feed_may_name_hours_and_days_to_be_left_alone(
    head: str, hours: list[int], days: list[int]
) -> None:
    """All of RSS 2.0's skipHours and skipDays count, not only the last; nonsense does not."""
    manners = parsed(rss(head=head)).manners
    assert (sorted(manners.skip_hours), sorted(manners.skip_days)) == (hours, days)


@pytest.mark.parametrize(("frequency", "hours"), [("0", 24), ("x", 24), ("2", 12)])
def test_a_syndication_pace_may_be_nonsense(frequency: str, hours: int) -> None:
    """An impossible frequency counts as once in the period."""
    head = f"<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>{frequency}</sy:updateFrequency>"
    body = rss(head=head).replace("<rss", '<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"')
    assert parsed(body).manners.ttl == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("<![CDATA[“Talks” &amp; <b>trade</b>]]>", "“Talks” & trade"),
        ("Prices &amp;lt; 5", "Prices < 5"),
        ("a &lt; b", "a < b"),
        ("<![CDATA[Output <a year ago &amp; now]]>", "Output <a year ago & now"),
        ("&amp;ldquo;Quoted&amp;nbsp;words&amp;rdquo;", "“Quoted words”"),
        ("&lt;![CDATA[Wrapped twice]]&gt;", "Wrapped twice"),
        ("<![CDATA[safe <em>words</em> &hellip;]]>", "safe words …"),
        ("  spread \n over\tlines ", "spread over lines"),
        ("x" * 5_000, "x" * 1_000),
        ("", ""),
    ],
)
def test_a_title_is_plain_text(title: str, text: str) -> None:
    """Markup goes, entities are decoded once, the rest is one line of at most 1,000 characters."""
    assert only(f"<title>{title}</title><link>https://e.org/1</link>").title == text


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Sun, 01 Jan 2090 00:00:00 GMT", None),
        ("2024-13-45T99:99:99Z", None),
        ("Tue, 24 Nov 2026 08:59:00 GMT", datetime(2026, 11, 24, 8, 59, tzinfo=UTC)),
    ],
)
def test_impossible_dates_are_unknown_and_their_words_kept(date: str, published: datetime | None) -> None:
    """1970 and 2090 are no dates of news; what the feed said remains to be seen."""
    entry = only(numbered(1, f"<pubDate>{date}</pubDate>"))
    assert (entry.published, entry.published_raw) == (published, date)


def test_an_entry_without_a_date_has_none() -> None:
    """Nothing is made up."""
    entry = only(numbered(1))
    assert (entry.published, entry.published_raw, entry.updated) == (None, None, None)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://e.org/\n  a/b ", "https://e.org/ a/b"),
        ("//cdn.e.org/x", "https://cdn.e.org/x"),
        ("one", "https://e.org/feeds/one"),
        ("javascript:alert(1)", None),
        ("ftp://e.org/x", None),
        ("http://[::1", None),
        ("", None),
        ("https://e.org/" + "x" * 3_000, None),
        ("https://e.org/" + "x" * 9_000, None),
    ],
)
def test_links_are_absolute_web_addresses_or_nothing(link: str, url: str | None) -> None:
    """Links are resolved against the feed's address; other schemes and giants are refused."""
    assert only(f"<title>T</title><link>{link}</link>").url == url


def test_the_link_behind_a_redirector_is_taken() -> None:
    """A feed served through a counting service names the page itself, too."""
    body = rss(numbered(1, "<feedburner:origLink>https://e.org/real</feedburner:origLink>"))
    spaced = body.replace("<rss", '<rss xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"')
    assert parsed(spaced).entries[0].url == "https://e.org/real"


def test_a_permalink_guid_serves_as_link() -> None:
    """An item without a link but with a guid that is one can still be read."""
    assert only("<title>T</title><guid>https://e.org/9</guid>").url == "https://e.org/9"


def test_the_same_words_are_not_stored_twice() -> None:
    """Full content is content; what the parser copies of it into the summary is left out."""
    body = rss(numbered(1, "<content:encoded><![CDATA[<p>All of it</p>]]></content:encoded>"))
    spaced = body.replace("<rss", '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"')
    entry = parsed(spaced).entries[0]
    assert (entry.summary, entry.content) == ("", "All of it")


def test_content_that_is_no_text_is_left_out() -> None:
    """A picture in base64 is not read as words."""
    feed = parsed(
        """<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><entry><id>tag:e.org,1</id><title>T</title>
        <content type="image/png">iVBORw0KGgo=</content></entry></feed>"""
    )
    assert (feed.entries[0].summary, feed.entries[0].content) == ("", "")


def test_poison_does_not_reach_an_entry() -> None:
    """NUL, surrogates and terminal sequences stay out of every field."""
    body = rss(
        "<title>a&#27;[31m&#xFFFE;b\x00</title><description>c\x00\x1b[1md</description><guid>g\x00</guid>"
    )
    entry = parsed(body).entries[0]
    assert "\x00" not in repr(entry)
    assert "\\x" not in repr(entry)


def test_a_guid_of_a_megabyte_is_accepted() -> None:
    """It identifies the entry, and a beginning of it is kept."""
    entry = only("<title>T</title><guid isPermaLink='false'>" + "g" * 1_000_000 + "</guid>")
    assert len(entry.guid or "") == 2_000
    assert len(entry.key) == 64


def test_items_without_a_guid_are_told_apart_by_link() -> None:
    """A missing guid loses nothing."""
    feed = parsed(rss(*(f"<title>T</title><link>https://e.org/{n}</link>" for n in range(5))))
    assert len({entry.key for entry in feed.entries}) == 5


def test_items_with_nothing_but_words_are_told_apart_by_them() -> None:
    """Untitled items without link and guid are as many as their texts."""
    feed = parsed(rss(*(f"<description>Note {n}</description>" for n in range(5)), "<x/>", "<x/>"))
    assert len({entry.key for entry in feed.entries}) == 7


@pytest.mark.parametrize("guid", ["<guid>https://e.org/</guid>", "<guid isPermaLink='false'>5</guid>"])
def test_one_guid_on_every_item_collapses_nothing(guid: str) -> None:
    """Entries keep their identity also when only the new one is parsed at the next poll."""
    items = [f"<title>T{n}</title><link>https://e.org/{n}</link>{guid}" for n in range(4)]
    first = parsed(rss(*items[1:]))
    second = parsed(rss(*items), known=first.item_hashes)
    assert len({entry.key for entry in (*first.entries, *second.entries)}) == 4
    # The same where the document cannot be cut.
    whole = parsed(rss(*items, head='<x xml:base="/"/>'))
    assert [entry.key for entry in whole.entries[1:]] == [entry.key for entry in first.entries]


def test_guids_made_anew_at_every_poll_do_not_make_entries_new() -> None:
    """Over 100 polls of guid churn, each link keeps its key."""
    keys = set()
    for poll in range(100):
        items = (numbered(n).replace("<guid>", f"<guid isPermaLink='false'>{poll}-") for n in range(3))
        keys.update(entry.key for entry in parsed(rss(*items)).entries)
    assert len(keys) == 3


def test_known_items_are_left_out() -> None:
    """Only what is new is parsed, and it is what a parse of the whole document gives."""
    items = [numbered(n, f"<description>Words {n}</description>") for n in range(6)]
    whole = parsed(rss(*items))
    assert len(whole.item_hashes) == 6 * 8
    known = whole.item_hashes[:8] + whole.item_hashes[24:]
    part = parsed(rss(*items), known=known)
    assert part.entries == whole.entries[1:3]
    assert part == replace(whole, entries=part.entries)


@pytest.mark.parametrize("head", ["<!DOCTYPE rss>", "<?xml version='1.0' encoding='windows-1251'?>", ""])
def test_known_items_are_left_out_whatever_the_head(head: str) -> None:
    """Where a part might read otherwise than the whole, the whole is read; the answer is the same."""
    body = head + rss(*(numbered(n, "<description>Слова</description>") for n in range(4)))
    data = body.encode("windows-1251" if "1251" in head else "utf-8")
    whole = parsed(data)
    part = parsed(data, known=whole.item_hashes[:16])
    assert part.entries == whole.entries[2:]
    assert part.entries[0].summary == "Слова"


def test_known_items_are_left_out_of_a_document_that_is_not_well_formed() -> None:
    """A stray ampersand sends the parser another way, for all items alike."""
    body = rss(*(numbered(n, f"<description>A & B {n}</description>") for n in range(4)))
    whole = parsed(body)
    part = parsed(body, known=whole.item_hashes[:16])
    assert part.entries == whole.entries[2:]
    assert part.total == 4


def test_known_items_are_left_out_of_a_document_that_cannot_be_cut() -> None:
    """Then all is parsed, and entries are known by their words."""
    head = '<x xml:base="/"/>'
    items = [numbered(n, f"<description>Words {n}</description>") for n in range(4)]
    whole = parsed(rss(*items[1:], head=head))
    assert (len(whole.entries), len(whole.item_hashes)) == (3, 24)
    part = parsed(rss(*items, head=head), known=whole.item_hashes)
    assert [entry.title for entry in part.entries] == ["Title 0"]
    assert (part.total, len(part.item_hashes)) == (4, 32)
    assert parsed(rss(*items, head=head), known=part.item_hashes).entries == ()


def test_entries_are_read_whole_where_parser_and_cut_disagree() -> None:
    """An item within another element, of which the parser knows more, is not lost."""
    body = rss(*(numbered(n) for n in range(3))).replace(
        "</channel>", "<entry><title>E</title></entry></channel>"
    )
    assert [entry.title for entry in parsed(body).entries] == ["Title 0", "Title 1", "Title 2", "E"]
    cut = cut_items(body.encode())
    assert cut is not None
    known = cut.digests[0]
    assert len(parsed(body, known=known).entries) == 4


@pytest.mark.parametrize("head", ["", '<x xml:base="/"/>'])
def test_a_flood_is_taken_in_turns(head: str) -> None:
    """At most so many entries come at once, the rest at the next polls, none is lost or repeated."""
    body = rss(*(numbered(n) for n in range(12)), head=head)
    known, seen = b"", []
    for _ in range(3):
        feed = parsed(body, known=known, max_entries=5)
        assert feed.total == 12
        seen += [entry.title for entry in feed.entries]
        known = feed.item_hashes
    assert seen == [f"Title {n}" for n in range(12)]
    assert len(known) == 12 * 8


def test_twenty_thousand_items_are_no_trouble() -> None:
    """Of a giant feed the first 500 are read in a fraction of the time of all."""
    feed = parsed(rss(*(numbered(n) for n in range(20_000))))
    assert (len(feed.entries), feed.total) == (500, 20_000)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (
            b"<!DOCTYPE html><html><head><title>Page</title></head><body><p>No feed</p></body></html>",
            "not-a-feed",
        ),
        (b"\n<!-- x --><HTML><body>", "not-a-feed"),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>", "not-a-feed"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "not-a-feed"),
        (b"<opml><body><outline/></body></opml>", "not-a-feed"),
        (b"404 page not found", "not-a-feed"),
        (b"%PDF-1.7 \x00\xff\xfe", "not-a-feed"),
    ],
)
def test_what_is_no_feed_is_refused_with_a_code(body: bytes, code: str) -> None:
    """An empty body and a page instead of a feed are told apart."""
    result = parse(body, "text/html")
    assert isinstance(result, ParseFailed)
    assert result.code == code
    assert result.message


def test_an_empty_feed_is_a_feed() -> None:
    """No entries are no failure."""
    feed = parsed(rss())
    assert (feed.title, feed.entries, feed.total, feed.truncated) == ("The Feed", (), 0, False)


def test_a_feed_in_an_html_page_is_read() -> None:
    """A page that holds a feed, as some broken servers send, is still tried."""
    assert len(parsed("<html><body>" + rss(numbered(1)) + "</body></html>").entries) == 1


@pytest.mark.parametrize(
    ("declared", "content_type", "encoding"),
    [
        ("windows-1251", "", "windows-1251"),
        ("", "application/rss+xml; charset=windows-1251", "windows-1251"),
        ("utf-8", "application/rss+xml", "windows-1252"),
        ("", "text/xml", "utf-8"),
        ("koi8-r", "text/xml; charset=utf-8", "utf-8"),
        ("utf-16", "", "utf-16"),
        ("windows-1252", "", "utf-8"),
    ],
)
def test_encodings_right_and_wrong(declared: str, content_type: str, encoding: str) -> None:
    """The declared encoding counts where it fits the bytes, and no encoding stops a feed."""
    words = (
        "Café à Paris" if encoding == "windows-1252" or declared == "windows-1252" else "Қазақстан хабарлары"
    )
    if encoding == "windows-1251":
        words = "Новости Казахстана"
    prolog = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    feed = parsed((prolog + rss(f"<title>{words}</title>")).encode(encoding), content_type)
    assert feed.entries[0].title == words


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("windows-1251", "utf-8"), ("utf-8", "windows-1251"), ("utf-8", "koi8-r"), ("", "windows-1251")],
)
def test_cyrillic_is_read_by_its_bytes_when_the_declared_encoding_is_wrong(
    declared: str, encoding: str
) -> None:
    """What is declared does not count where the bytes say otherwise."""
    prolog = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    words = "Казахстан и ЕС подписали соглашение"
    feed = parsed((prolog + rss(f"<title>{words}</title>")).encode(encoding))
    assert feed.entries[0].title == words


def test_a_wrong_byte_spoils_only_its_own_letter() -> None:
    """A feed in UTF-8 stays one when a byte of it is wrong, and a repeated poll knows its items."""
    body = rss("<title>Казахстан и ЕС</title>", "<title>Договор X</title>").encode().replace(b"X", b"\xe9")
    feed = parsed(body)
    assert [entry.title for entry in feed.entries] == ["Казахстан и ЕС", "Договор \ufffd"]
    assert parsed(body, known=feed.item_hashes).entries == ()


def test_a_feed_cut_anywhere_gives_no_phantom_and_loses_nothing() -> None:
    """Cut at every 7th byte, the whole items come, and the next complete poll brings the rest."""
    items = [numbered(n, f"<description><![CDATA[<p>Text {n}</p>]]></description>") for n in range(6)]
    body = rss(*items).encode()
    everything = parsed(body)
    for length in range(body.index(b"<item>"), len(body) - len(b"/rss>"), 7):
        short = parsed(body[:length])
        assert short.truncated
        assert short.entries == everything.entries[: len(short.entries)]
        rest = parsed(body, known=short.item_hashes)
        assert short.entries + rest.entries == everything.entries
        assert not rest.truncated


def test_a_hostile_document_may_raise() -> None:
    """What the parser raises is not hidden here: the worker makes a value of it."""
    with pytest.raises(UnicodeError):
        parse(b"<?xml version='1.0' encoding='\xff\xfe'?>" + rss(numbered(1)).encode())


def test_an_entry_may_carry_html_that_was_escaped() -> None:
    """Escaped markup in a description is read like markup."""
    assert (
        only(numbered(1), f"<description>{html.escape('<p>A</p><p>B</p>')}</description>").summary == "A\n\nB"
    )
