"""The feed source asks conditionally and leaves known items to nobody."""

from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.domain.articles import ExtractResult, FeedJob, PageJob
from monitor.domain.feeds import Feed, FeedState, Fetched, FetchRequest, ParsedFeed, ParseResult
from monitor.extract.cut import cut_items
from monitor.extract.feeds import parse_feed
from monitor.sources import SOURCES

DUE = datetime(2026, 11, 23, tzinfo=UTC)
FEED = Feed(id="e", url="https://e.org/feed", outlet="E", domain="e.org", allow_private=True)
BODY = b"<rss><channel><title>F</title>" + b"".join(b"<item><title>%d</title></item>" % n for n in (1, 2))
BODY += b"</channel></rss>"
SOURCE = SOURCES["feed"](4_000_000)


class Recorder:
    """Workers that keep the jobs they are given."""

    def __init__(self) -> None:
        self.jobs: list[FeedJob] = []

    def parse_feed(self, job: FeedJob) -> "Future[ParseResult]":
        """Keep the job."""
        self.jobs.append(job)
        return Future()

    def extract_page(self, job: PageJob) -> "Future[ExtractResult]":
        """Refuse: feeds are no pages."""
        raise NotImplementedError

    def close(self) -> None:
        """Do nothing."""


def fetched(body: bytes, content_type: str = "", **headers: str) -> Fetched:
    """Return a body as it came."""
    return Fetched(
        request=FetchRequest(key="e", url=FEED.url),
        url="https://e.org/feed.xml",
        status=200,
        headers={"content-type": content_type} | {k.replace("_", "-"): v for k, v in headers.items()},
        body=body,
    )


def test_the_request_carries_what_the_last_answer_said() -> None:
    """Validators come back word for word, and a feed that moved is asked at its new place."""
    state = FeedState(
        feed_id="e", url="https://new.e.org/feed", next_due=DUE, etag='W/"1"', last_modified="yesterday"
    )
    request = SOURCE.request(FEED, state)
    assert (request.key, request.url) == ("e", "https://new.e.org/feed")
    assert (request.etag, request.last_modified) == ('W/"1"', "yesterday")
    assert (request.allow_private, request.robots) == (True, False)
    assert request.max_bytes == 4_000_000
    assert "application/rss+xml" in request.accept


def test_known_items_never_reach_a_worker() -> None:
    """The answer is there at once, with the number of items and no entries."""
    cut = cut_items(BODY)
    assert cut is not None
    state = FeedState(feed_id="e", url=FEED.url, next_due=DUE, item_hashes=b"".join(cut.digests))
    workers = Recorder()
    future = SOURCE.read(fetched(BODY.replace(b"F", b"G")), FEED, state, workers)
    result = future.result(timeout=0)
    assert isinstance(result, ParsedFeed)
    assert (result.total, result.entries, workers.jobs) == (2, (), [])


def test_a_new_item_goes_to_a_worker_with_what_is_known() -> None:
    """The worker learns which items it need not parse, and where they stand."""
    cut = cut_items(BODY)
    assert cut is not None
    state = FeedState(feed_id="e", url=FEED.url, next_due=DUE, item_hashes=cut.digests[0])
    workers = Recorder()
    SOURCE.read(fetched(BODY, "text/xml"), FEED, state, workers)
    bare = FeedJob(body=BODY, url="https://e.org/feed.xml", content_type="text/xml", known=cut.digests[0])
    assert workers.jobs == [replace(bare, spans=cut.spans, digests=cut.digests)]
    assert parse_feed(replace(workers.jobs[0], now=DUE)) == parse_feed(replace(bare, now=DUE))


@pytest.mark.parametrize(
    "body",
    [
        b" \n" + BODY,
        BODY.replace(b">1<", b">1 \xc3\xa9 \xff<"),
        BODY.replace(b">1<", " windows-1251 слово<".encode("windows-1251")),
        BODY[:-30],
        BODY.replace(b"</channel>", b"<item><item/></item></channel>"),
    ],
)
def test_where_items_stand_is_found_anew_where_the_worker_reads_other_bytes(body: bytes) -> None:
    """Blanks before it, an encoding that is not the declared one, a missing end: the entries are the same."""
    workers = Recorder()
    state = FeedState(feed_id="e", url=FEED.url, next_due=DUE, item_hashes=b"\0" * 8)
    SOURCE.read(fetched(body), FEED, state, workers)
    job = replace(workers.jobs[0], now=DUE)
    assert parse_feed(job) == parse_feed(replace(job, spans=(), digests=()))


def test_what_the_server_says_of_a_document_goes_along() -> None:
    """Its language, and where its relative links start from; an address that is none is passed over."""
    state = FeedState(feed_id="e", url=FEED.url, next_due=DUE)
    workers = Recorder()
    SOURCE.read(fetched(BODY, content_language="ky", content_location="/x/feed.php"), FEED, state, workers)
    SOURCE.read(fetched(BODY, content_location="file:///etc/passwd"), FEED, state, workers)
    assert [(job.url, job.content_language) for job in workers.jobs] == [
        ("https://e.org/x/feed.php", "ky"),
        ("https://e.org/feed.xml", ""),
    ]
