"""Does the client keep to robots.txt?"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from loopback_server import Client, Seen, Server, answer

from monitor.domain.feeds import Fetched, FetchFault

RULES = b"""# our rules
User-agent: *
Disallow: /private
Allow: /private/open

User-agent: newsmon
Disallow: /not-for-newsmon
"""


@pytest.fixture
def site(server: Server) -> Server:
    """Return the server with pages and rules."""
    server.routes["*"] = answer(b"page")
    server.routes["/robots.txt"] = answer(RULES)
    return server


def test_rules_are_fetched_once_and_kept_to(site: Server, client: Client) -> None:
    """Many pages of one site cost one robots.txt; what it forbids is not asked for."""
    urls = [site.url(f"/{n}") for n in range(20)]
    results = client.get_all([*urls, site.url("/not-for-newsmon/1")], robots=True)
    assert all(isinstance(results[url], Fetched) for url in urls)
    refused = results[site.url("/not-for-newsmon/1")]
    assert (refused.fault, refused.status) == (FetchFault.ROBOTS, None)
    assert site.paths().count("/robots.txt") == 1
    assert "/not-for-newsmon/1" not in site.paths()


def test_our_own_group_wins_over_everybodys(site: Server, make_client: Callable[..., Client]) -> None:
    """A group for newsmon replaces the one for everybody; another product keeps to everybody's."""
    assert isinstance(make_client().get(site.url("/private"), robots=True), Fetched)
    other = make_client(user_agent="Otherbot/2")
    assert other.get(site.url("/private"), robots=True).fault is FetchFault.ROBOTS
    assert isinstance(other.get(site.url("/private/open"), robots=True), Fetched)
    assert isinstance(other.get(site.url("/not-for-newsmon"), robots=True), Fetched)


def test_feeds_do_not_ask(site: Server, client: Client) -> None:
    """A request without robots=True fetches no robots.txt."""
    assert isinstance(client.get(site.url("/not-for-newsmon")), Fetched)
    assert "/robots.txt" not in site.paths()


def test_a_redirect_is_asked_for_anew(site: Server, client: Client) -> None:
    """A redirect does not lead around the rules of the place it leads to."""
    site.routes["/go"] = answer(status="302 Found", Location="/not-for-newsmon")
    assert client.get(site.url("/go"), robots=True).fault is FetchFault.ROBOTS


@pytest.mark.parametrize("status", ["404 Not Found", "401 Unauthorized", "403 Forbidden", "410 Gone"])
def test_no_rules_allow_everything(site: Server, client: Client, status: str) -> None:
    """A robots.txt that is not there (4xx) allows everything (RFC 9309, 2.3.1.3)."""
    site.routes["/robots.txt"] = answer(status=status)
    assert isinstance(client.get(site.url("/private"), robots=True), Fetched)


def test_rules_that_go_in_circles_allow_everything(site: Server, client: Client) -> None:
    """A robots.txt behind endless redirects counts as not there (RFC 9309, 2.3.1.2)."""
    site.routes["/robots.txt"] = answer(status="302 Found", Location="/robots.txt")
    assert isinstance(client.get(site.url("/private"), robots=True), Fetched)


def test_rules_behind_a_redirect_count(site: Server, client: Client) -> None:
    """A robots.txt may be elsewhere, up to five redirects away."""
    site.routes["/robots.txt"] = answer(status="301 Moved", Location="/real.txt")
    site.routes["/real.txt"] = answer(b"User-agent: *\nDisallow: /")
    assert client.get(site.url("/x"), robots=True).fault is FetchFault.ROBOTS


def test_rules_that_cannot_be_had_forbid_everything_for_now(
    site: Server, make_client: Callable[..., Client]
) -> None:
    """A 5xx on robots.txt forbids the pages for five minutes, as a passing failure with its status."""
    site.routes["/robots.txt"] = answer(status="503 Later", Retry_After="60")
    client = make_client()
    for _ in range(3):
        result = client.get(site.url("/x"), robots=True)
        assert (result.fault, result.status) == (FetchFault.STATUS, 503)
        assert result.retry_after == timedelta(seconds=60)
        assert result.message.startswith("robots.txt: ")
    assert site.paths() == ["/robots.txt"]
    client.http._fetcher._robots._loop = _Later(client.http._loop, 301)
    site.routes["/robots.txt"] = answer(RULES)
    assert isinstance(client.get(site.url("/x"), robots=True), Fetched)
    client.http._fetcher._robots._loop = _Later(client.http._loop, 24 * 3600 + 302)
    client.get(site.url("/x"), robots=True)
    assert site.paths().count("/robots.txt") == 3


class _Later:
    """An event loop whose clock is ahead."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop, self._seconds = loop, seconds
        self.create_task = loop.create_task

    def time(self) -> float:
        return self._loop.time() + self._seconds


def test_an_unreachable_site_keeps_its_own_fault(client: Client) -> None:
    """Where robots.txt can't be fetched at all, the reason is what is recorded."""
    result = client.get("http://127.0.0.1:1/x", robots=True)
    assert result.fault is FetchFault.CONNECT


def test_crawl_delay_is_kept(site: Server, client: Client) -> None:
    """A Crawl-delay holds the starts on that host apart."""
    site.routes["/robots.txt"] = answer(b"User-agent: *\nCrawl-delay: 0.2")
    before = time.monotonic()
    client.get_all([site.url(f"/{n}") for n in range(4)], robots=True)
    assert time.monotonic() - before >= 0.6


@pytest.mark.parametrize("delay", ["-5", "nan", "soon", "inf"])
def test_a_crawl_delay_without_sense_is_none(site: Server, client: Client, delay: str) -> None:
    """A Crawl-delay that is no number of seconds delays nothing."""
    site.routes["/robots.txt"] = answer(f"User-agent: *\nCrawl-delay: {delay}".encode())
    before = time.monotonic()
    client.get_all([site.url(f"/{n}") for n in range(4)], robots=True)
    assert time.monotonic() - before < 2


def test_rules_too_long_are_read_as_far_as_they_go(site: Server, client: Client) -> None:
    """Of a robots.txt without end, the first half megabyte counts."""

    async def endless(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(length=None, Connection="close") + b"User-agent: *\nDisallow: /private\n")
        while not writer.is_closing():
            writer.write(b"# padding\n" * 1000)
            await writer.drain()

    site.routes["/robots.txt"] = endless
    before = time.monotonic()
    assert client.get(site.url("/private"), robots=True).fault is FetchFault.ROBOTS
    assert isinstance(client.get(site.url("/x"), robots=True), Fetched)
    assert time.monotonic() - before < 5


def test_many_sites_are_forgotten_in_turn(
    site: Server, make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules of a bounded number of sites are kept."""
    monkeypatch.setattr("monitor.http.robots._KEEP_SITES", 3)
    client = make_client()
    client.get_all([site.url(host=f"site{n}.test") for n in range(8)], robots=True)
    for n in range(8):
        client.get(site.url(host=f"late{n}.test"), robots=True)
    assert len(client.http._fetcher._robots._sites) <= 3


def test_one_slow_robots_file_is_waited_for_by_all_its_pages(site: Server, client: Client) -> None:
    """Pages that are asked for while robots.txt is under way wait for it, and do not fetch it again."""

    async def slow(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(answer(RULES))

    site.routes["/robots.txt"] = slow
    results = client.get_all([site.url(f"/{n}") for n in range(30)], robots=True)
    assert all(isinstance(result, Fetched) for result in results.values())
    assert site.paths().count("/robots.txt") == 1
    assert site.paths()[0] == "/robots.txt"
