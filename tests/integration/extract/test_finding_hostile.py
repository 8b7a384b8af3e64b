"""Pages and lists that are made to hang or to fill the memory cost a worker, and not the service."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from monitor.domain.articles import WorkerLimits
from monitor.domain.feeds import ParseFailed
from monitor.domain.finding import FindJob, FoundOnPage, OutlineJob, Outlines
from monitor.extract import ParserProcesses

URL = "https://courier.example/"
ATTRIBUTES = b"".join(b'a%d="1" ' % number for number in range(200_000))
LEVELS = b"".join(
    b'<!ENTITY b%d "%s">' % (n, b"&b%d;" % (n - 1) * 10 if n else b"A" * 1000) for n in range(12)
)


@pytest.fixture(scope="module")
def impatient() -> Iterator[ParserProcesses]:
    """One worker that has two seconds for a job."""
    processes = ParserProcesses(WorkerLimits(deadline=timedelta(seconds=2), workers=1))
    yield processes
    processes.close()


def test_a_page_made_to_hang_costs_its_worker(impatient: ParserProcesses) -> None:
    """A tag with attributes by the hundred thousand is given up, and the next page is read."""
    body = b"<link " + ATTRIBUTES + b"><a href=/rss>RSS</a>"
    hanging = impatient.find_feeds(FindJob(body=body, url=URL)).result()
    assert isinstance(hanging, ParseFailed)
    assert hanging.code == "killed"
    after = impatient.find_feeds(FindJob(body=b"<a href=/rss>RSS</a>", url=URL)).result()
    assert isinstance(after, FoundOnPage)
    assert [one.url for one in after.pointers] == [f"{URL}rss"]


def test_a_list_made_to_hang_costs_its_worker(impatient: ParserProcesses) -> None:
    """The same in a list."""
    body = b"<opml><outline " + ATTRIBUTES + b'xmlUrl="https://a.example/1"/></opml>'
    hanging = impatient.read_outlines(OutlineJob(body=body)).result()
    assert isinstance(hanging, ParseFailed)
    assert hanging.code == "killed"


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE opml [" + LEVELS + b']><opml><outline text="&b11;" xmlUrl="https://a.example/1"/></opml>',
        b'<!DOCTYPE opml SYSTEM "http://127.0.0.1:9/x"><opml><outline xmlUrl="https://a.example/1"/></opml>',
        b"<opml>" + b'<outline text="x">' * 100_000 + b'<outline xmlUrl="https://a.example/1"/></opml>',
    ],
    ids=["entities", "a document type elsewhere", "without a bottom"],
)
def test_a_list_with_traps_is_read_as_far_as_it_goes(impatient: ParserProcesses, body: bytes) -> None:
    """No entity is expanded, nothing is fetched, and what has no bottom ends at once."""
    read = impatient.read_outlines(OutlineJob(body=body)).result()
    assert isinstance(read, Outlines)
    assert len(read.outlines) <= 1
    assert all(len(one.title) < 100 for one in read.outlines)
