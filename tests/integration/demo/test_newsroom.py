"""The demo newsroom answers over real HTTP as real outlets do: on time, late, moved, broken or gone."""

import http.client
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import feedparser
import pytest

from monitor.demo.newsroom import DemoArticle, Newsroom
from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Feed, ParsedFeed
from monitor.extract.documents import parse_document

START = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)


@dataclass(slots=True)
class Hands:
    """A clock whose hands the test moves."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return what the hands show."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move the hands on."""
        self.now += timedelta(seconds=seconds)


@dataclass(slots=True)
class Reply:
    """What came back: header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)


def get(url: str, headers: dict[str, str] | None = None) -> Reply:
    """Return the answer to one GET on a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(
            "GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers or {}
        )
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, names, response.read())
    finally:
        connection.close()


def at_once(newsroom: Newsroom, url: str, headers: dict[str, str] | None = None) -> Reply:
    """Return the answer without waiting for slow outlets: what the server would send in the end."""
    answer = newsroom.answer(urlsplit(url).path, headers or {})
    return Reply(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)


@pytest.fixture
def clock() -> Hands:
    """A clock that stands at the opening hour."""
    return Hands()


@pytest.fixture
def newsroom(clock: Hands) -> Iterator[Newsroom]:
    """A newsroom that opens at START and goes by the test's clock."""
    with Newsroom(START, now=clock) as opened:
        yield opened


def feed_of(newsroom: Newsroom, outlet: str) -> Feed:
    """Return the feed of an outlet."""
    return next(feed for feed in newsroom.feeds() if feed.id == outlet)


def article_of(newsroom: Newsroom, outlet: str, slug: str) -> DemoArticle:
    """Return an article of an outlet."""
    return next(a for a in newsroom.articles() if a.outlet == outlet and a.url.endswith(f"/{slug}"))


def test_every_feed_is_ready_to_poll(newsroom: Newsroom) -> None:
    """Feeds point to loopback, alert at once, may be private, and claim an invented domain."""
    feeds = newsroom.feeds()
    assert len({feed.id for feed in feeds}) == len(feeds) >= 14
    for feed in feeds:
        assert urlsplit(feed.url).hostname == "127.0.0.1"
        assert (feed.first_poll, feed.allow_private) == ("alert", True)
        assert feed.domain.endswith(".example")
        assert feed.country
        assert feed.lang
        assert feed.outlet_kind


def test_feeds_list_what_is_out_and_nothing_else(newsroom: Newsroom) -> None:
    """Every delivering feed parses cleanly and lists the visible articles, newest first."""
    for feed in newsroom.feeds():
        visible = newsroom.visible(feed.id)
        if not visible:
            continue
        url = feed.url.replace("/rss", "/feed.xml")
        body = at_once(newsroom, url).body
        if feed.kind != "feed" or url.endswith(".json"):
            ours = parse_document(FeedJob(body=body, url=url, kind=feed.kind, now=START))
            assert isinstance(ours, ParsedFeed)
            assert [(entry.url, entry.title) for entry in ours.entries] == [
                (article.url, article.title) for article in visible
            ]
            continue
        parsed = feedparser.parse(body)
        assert not parsed.bozo
        assert [entry.link for entry in parsed.entries] == [article.url for article in visible]
        assert [entry.title for entry in parsed.entries] == [article.title for article in visible]


def test_every_visible_article_has_a_page(newsroom: Newsroom) -> None:
    """Every URL a feed gives serves a page in the outlet's encoding, but for the one that is gone."""
    statuses = {article.url: get(article.url).status for article in newsroom.visible()}
    gone = [url for url, status in statuses.items() if status == 404]
    assert gone == [article_of(newsroom, "oxus-wire", "c5-minerals").url]
    assert set(statuses.values()) == {200, 404}


def test_the_text_of_the_missing_page_stands_in_the_feed(newsroom: Newsroom) -> None:
    """Where the page answers 404, the feed's own content has every paragraph."""
    gone = article_of(newsroom, "oxus-wire", "c5-minerals")
    parsed = feedparser.parse(get(feed_of(newsroom, "oxus-wire").url).body)
    (entry,) = [entry for entry in parsed.entries if entry.link == gone.url]
    for part in gone.text.split("\n\n"):
        assert part.strip() in entry.content[0].value.replace("&quot;", '"')


@pytest.mark.parametrize(
    ("ours", "header"), [("etag", "if-none-match"), ("last-modified", "if-modified-since")]
)
def test_a_reader_that_has_it_gets_304(newsroom: Newsroom, clock: Hands, ours: str, header: str) -> None:
    """Each validator alone yields an empty 304 until something appears, then a 200."""
    url = feed_of(newsroom, "steppe-courier").url
    validator = get(url).headers[ours]
    again = get(url, {header: validator})
    assert (again.status, again.body) == (304, b"")
    assert again.headers[ours] == validator
    clock.advance(21)
    changed = get(url, {header: validator})
    assert changed.status == 200
    assert changed.headers[ours] != validator


@pytest.mark.parametrize(
    ("outlet", "headers", "status"),
    [
        ("steppe-courier", {"if-none-match": '"other"'}, 200),
        (
            "steppe-courier",
            {"if-none-match": '"other"', "if-modified-since": "Tue, 24 Nov 2099 00:00:00 GMT"},
            200,
        ),
        ("steppe-courier", {"if-modified-since": "Mon, 23 Nov 2026 08:59:59 GMT"}, 200),
        ("steppe-courier", {"if-modified-since": "yesterday"}, 200),
        ("transatlantic-brief", {"if-modified-since": "Tue, 24 Nov 2099 00:00:00 GMT"}, 200),
        ("neva-express", {"if-none-match": "*", "if-modified-since": "Tue, 24 Nov 2099 00:00:00 GMT"}, 200),
        ("caspian-monitor", {"if-modified-since": "Tue, 24 Nov 2099 00:00:00 GMT"}, 304),
    ],
)
def test_validators_count_as_the_standard_says(
    newsroom: Newsroom, outlet: str, headers: dict[str, str], status: int
) -> None:
    """The entity tag goes before the date, nonsense is ignored, outlets without validators answer 200."""
    assert at_once(newsroom, feed_of(newsroom, outlet).url, headers).status == status


def test_several_tags_and_weak_ones_match(newsroom: Newsroom) -> None:
    """A list of entity tags holds if one of them does, weakly compared."""
    url = feed_of(newsroom, "steppe-courier").url
    tag = get(url).headers["etag"]
    assert get(url, {"if-none-match": f'"x", W/{tag}'}).status == 304


def test_troubled_outlets_are_in_trouble(newsroom: Newsroom) -> None:
    """One is dead, one answers 500, one has moved for good to where it serves."""
    dead = urlsplit(feed_of(newsroom, "amu-daily").url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((dead.hostname, dead.port), timeout=5)
    assert get(feed_of(newsroom, "pamir-post").url).status == 500
    moved = get(feed_of(newsroom, "jayhun-xabarlari").url)
    assert moved.status == 301
    assert get(newsroom.base + moved.headers["location"]).status == 200


def test_the_slow_outlet_takes_its_time(newsroom: Newsroom) -> None:
    """The slow feed answers after a second and a half, and does answer."""
    began = time.monotonic()
    assert get(feed_of(newsroom, "caspian-monitor").url).status == 200
    assert time.monotonic() - began >= 1.4


def test_closing_does_not_wait_for_the_slow_outlet(clock: Hands) -> None:
    """A newsroom that closes cuts the slowness short; a second close does nothing."""
    newsroom = Newsroom(START, now=clock)
    newsroom.close()
    newsroom.close()
    began = time.monotonic()
    newsroom.pause(timedelta(seconds=30))
    assert time.monotonic() - began < 1


def test_later_articles_appear_when_their_hour_comes(newsroom: Newsroom, clock: Hands) -> None:
    """Before its hour an article is neither listed nor served, after it it is both; ten come in all."""
    later = article_of(newsroom, "steppe-courier", "uk-survey-data")
    feed = feed_of(newsroom, "steppe-courier").url
    before = len(newsroom.visible())
    assert later.visible_at == later.published == START.replace(microsecond=0) + timedelta(seconds=20)
    assert get(later.url).status == 404
    assert later.url not in get(feed).body.decode()
    clock.advance(21)
    assert get(later.url).status == 200
    assert later.url in get(feed).body.decode()
    clock.advance(600)
    assert len(newsroom.visible()) == before + 10 == len(newsroom.articles())


def test_a_correction_changes_the_page_and_the_feed(newsroom: Newsroom, clock: Hands) -> None:
    """From its minute on the corrected text is served, and the feed's entry is marked updated."""
    article = article_of(newsroom, "silk-ledger", "ebrd-uzbek-grid")
    feed = feed_of(newsroom, "silk-ledger").url
    first = feedparser.parse(get(feed).body)
    assert "$180 million" in get(article.url).body.decode()
    clock.advance(61)
    page = get(article.url).body.decode()
    assert "$108 million" in page
    assert "Correction:" in page
    second = feedparser.parse(get(feed).body)
    old, new = (next(e for e in parsed.entries if e.link == article.url) for parsed in (first, second))
    assert old.id == new.id
    assert old.updated_parsed < new.updated_parsed
    assert "108" in new.title


def test_odd_feeds_are_odd(newsroom: Newsroom) -> None:
    """One feed is in windows-1251, one has no guids and a date that is none, one has no dates."""
    russian = get(feed_of(newsroom, "stepnoy-vestnik").url).body
    assert russian.startswith(b'<?xml version="1.0" encoding="windows-1251"?>')
    assert "Казахстан" in russian.decode("windows-1251")
    slow = feedparser.parse(at_once(newsroom, feed_of(newsroom, "caspian-monitor").url).body)
    assert not any("id" in entry for entry in slow.entries)
    assert slow.entries[0].published == "sometime this afternoon"
    assert slow.entries[0].published_parsed is None
    oldest = feedparser.parse(get(feed_of(newsroom, "neva-express").url).body)
    assert oldest.version.startswith("rss091")
    assert not any("published" in entry for entry in oldest.entries)


def test_copies_point_to_their_original(newsroom: Newsroom) -> None:
    """A copy has the text of the URL it names, at another outlet."""
    by_url = {article.url: article for article in newsroom.articles()}
    copies = [article for article in newsroom.articles() if article.copy_of]
    assert len(copies) >= 5
    for copy in copies:
        original = by_url[copy.copy_of or ""]
        assert original.text == copy.text
        assert original.outlet != copy.outlet


def test_the_newsroom_has_front_pages_and_rules(newsroom: Newsroom) -> None:
    """A browser finds a directory, front pages with the feed's address if any, and robots are welcome."""
    directory = get(f"{newsroom.base}/")
    assert b"Steppe Courier" in directory.body
    front = get(f"{newsroom.base}/silk-ledger/")
    assert b'type="application/atom+xml"' in front.body
    assert newsroom.visible("silk-ledger")[0].url.encode() in front.body
    json_feed = b'type="application/feed+json" title="Transatlantic Brief"'
    assert json_feed in get(f"{newsroom.base}/transatlantic-brief/").body
    for outlet in ("brussels-notebook", "ala-too-jarchysy"):
        assert b"alternate" not in get(f"{newsroom.base}/{outlet}/").body
    assert b"Allow: /" in get(f"{newsroom.base}/robots.txt").body


@pytest.mark.parametrize(
    "path", ["/nobody/", "/steppe-courier/2026/11/23/nothing", "/steppe-courier/rss", "/x"]
)
def test_what_is_not_there_is_404(newsroom: Newsroom, path: str) -> None:
    """Unknown outlets, articles and paths are not found."""
    assert get(newsroom.base + path).status == 404


def test_a_query_string_is_ignored(newsroom: Newsroom) -> None:
    """Tracking parameters lead to the same page."""
    url = newsroom.visible("steppe-courier")[0].url
    assert get(f"{url}?utm_source=feed").body == get(url).body


def test_one_connection_serves_many_requests_quickly(newsroom: Newsroom) -> None:
    """Answers go out in one piece: sixty over one kept connection take no delayed acknowledgements."""
    connection = http.client.HTTPConnection("127.0.0.1", newsroom.port, timeout=10)
    began = time.monotonic()
    for _ in range(60):
        connection.request("GET", "/robots.txt")
        assert connection.getresponse().read()
    connection.close()
    assert time.monotonic() - began < 2


def test_a_reader_that_hangs_up_is_no_news(newsroom: Newsroom, capfd: pytest.CaptureFixture[str]) -> None:
    """A connection reset in mid-request prints nothing, and the next reader is served."""
    slow = urlsplit(feed_of(newsroom, "caspian-monitor").url)
    with socket.create_connection(("127.0.0.1", newsroom.port)) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        reader.sendall(f"GET {slow.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        time.sleep(0.1)
    time.sleep(1.6)
    assert get(f"{newsroom.base}/").status == 200
    assert capfd.readouterr() == ("", "")


def test_a_bug_in_the_newsroom_is_not_hidden(capfd: pytest.CaptureFixture[str]) -> None:
    """An error that is not the network's prints its traceback."""

    def broken() -> datetime:
        raise RuntimeError("no clock")

    with Newsroom(START, now=broken) as newsroom, pytest.raises(http.client.RemoteDisconnected):
        get(newsroom.feeds()[0].url)
    assert "no clock" in capfd.readouterr().err


def test_the_same_start_gives_the_same_words(clock: Hands) -> None:
    """Two newsrooms with one start and one port answer alike, byte for byte."""
    answers = []
    port = 0
    for _ in range(2):
        with Newsroom(START, now=clock, port=port) as newsroom:
            port = newsroom.port
            answers.append(
                [get(feed_of(newsroom, name).url).body for name in ("silk-ledger", "tyan-shan-info")]
            )
            answers[-1] += [get(article.url).body for article in newsroom.visible("silk-ledger")]
    assert answers[0] == answers[1]


def test_the_opening_hour_must_be_utc() -> None:
    """A start in another zone, or in none, is refused."""
    with pytest.raises(ValueError, match="start"):
        Newsroom(START.astimezone(timezone(timedelta(hours=5))))


def test_the_wall_clock_is_the_default() -> None:
    """Without a clock of the caller's, what is out now is out."""
    with Newsroom(datetime.now(UTC) - timedelta(hours=1)) as newsroom:
        assert len(newsroom.visible()) == len(newsroom.articles())


def test_last_modified_is_the_hour_of_the_newest(newsroom: Newsroom, clock: Hands) -> None:
    """Last-Modified is the opening at first, then the hour of what came last."""
    url = feed_of(newsroom, "steppe-courier").url
    opening = START.replace(microsecond=0)
    assert parsedate_to_datetime(get(url).headers["last-modified"]) == opening
    clock.advance(60)
    assert parsedate_to_datetime(get(url).headers["last-modified"]) == opening + timedelta(seconds=20)
