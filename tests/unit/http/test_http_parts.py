"""Do the client's parts keep their word where the network can't show it?"""

import asyncio
import logging
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Never

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from monitor.domain.feeds import FetchFault, FetchRequest
from monitor.http import AioHttp, HttpSettings
from monitor.http.decoding import decoder_for
from monitor.http.dialing import Names, Resolver, open_socket, system_resolve
from monitor.http.faults import FetchError, explain
from monitor.http.robots import relevant
from monitor.http.turns import Room, Turns
from monitor.http.urls import join_target, parse_target


@contextmanager
def at_worst(fault: FetchFault) -> Iterator[None]:
    """Let the block raise this fault and no other."""
    try:
        yield
    except FetchError as error:
        if error.fault is not fault:
            raise


# URLs


@pytest.mark.parametrize(
    ("text", "url", "host", "port"),
    [
        ("http://Example.COM", "http://example.com", "example.com", 80),
        (" https://example.com/a b?q=ü#x \n", "https://example.com/a%20b?q=%C3%BC#x", "example.com", 443),
        ("http://bücher.example:8080/", "http://bücher.example:8080/", "xn--bcher-kva.example", 8080),
        ("http://8.8.8.8/", "http://8.8.8.8/", "8.8.8.8", 80),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/", "2606:4700::1111", 80),
        ("http://under_score.example./", "http://under_score.example./", "under_score.example.", 80),
        ("HTTP://u:p@example.com/?a=b%2Fc\\", "http://example.com/?a=b/c%5C", "example.com", 80),
    ],
)
def test_usable_urls_are_understood(text: str, url: str, host: str, port: int) -> None:
    """A URL as people write it leads to one host and port, its credentials set apart."""
    target = parse_target(text)
    assert (target.url.human_repr() if "xn--" in host else str(target.url), target.host, target.port) == (
        url,
        host,
        port,
    )


@given(st.text())
def test_any_text_is_a_target_or_a_bad_url(text: str) -> None:
    """No text makes the parser raise anything but its own fault."""
    for candidate in (text, f"http://{text}", f"https://example.com/{text}"):
        with at_worst(FetchFault.BAD_URL):
            target = parse_target(candidate)
            assert target.host.isascii()
            assert target.url.scheme in {"http", "https"}


@given(st.text(alphabet=st.characters(codec="latin-1")))
def test_any_location_is_a_target_or_a_bad_url(location: str) -> None:
    """No Location makes a redirect raise anything but a bad URL."""
    with at_worst(FetchFault.BAD_URL):
        join_target(parse_target("http://example.com/a"), location)


# Settings


def test_the_identity_names_program_and_contact() -> None:
    """The User-Agent says what comes by and whom to ask; robots.txt knows the first word."""
    settings = HttpSettings(contact="https://desk.example/bot")
    assert settings.identity.startswith("Newsmon/")
    assert settings.identity.endswith(" (+https://desk.example/bot)")
    assert settings.product == "newsmon"
    assert HttpSettings(user_agent="Other Agent").product == "other"
    assert "(" not in HttpSettings().identity


@pytest.mark.parametrize(
    "wrong", [{"contact": "a\r\nX: y"}, {"user_agent": "é"}, {"concurrency": 0}, {"per_host": 0}]
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    """A header that would break the request, or no slots at all, is refused at once."""
    with pytest.raises(ValueError, match="must be"):
        HttpSettings(**wrong)


def test_importing_the_client_is_cheap() -> None:
    """Naming the client does not load aiohttp."""
    code = "import sys, monitor.http; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Faults


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (TimeoutError(), FetchFault.TIMEOUT),
        (aiohttp.ConnectionTimeoutError(), FetchFault.TIMEOUT),
        (aiohttp.SocketTimeoutError(), FetchFault.TIMEOUT),
        (aiohttp.ClientPayloadError("Response payload is not completed"), FetchFault.TRUNCATED),
        (aiohttp.ClientPayloadError("bad chunk"), FetchFault.PROTOCOL),
        (aiohttp.ServerDisconnectedError(), FetchFault.CONNECT),
        (aiohttp.ClientOSError(104, "Connection reset by peer"), FetchFault.CONNECT),
        (ssl.SSLError(1, "bad record"), FetchFault.TLS),
        (OSError(24, "Too many open files"), FetchFault.CONNECT),
        (aiohttp.InvalidURL("http://user:secret@x"), FetchFault.PROTOCOL),
        (UnicodeError("label secret"), FetchFault.PROTOCOL),
        (KeyError("secret"), FetchFault.PROTOCOL),
    ],
)
def test_every_exception_has_a_fault_and_words(error: Exception, fault: FetchFault) -> None:
    """Each exception class becomes a fault with a sentence that repeats nothing of a URL."""
    explained = explain(error)
    assert explained.fault is fault
    assert explained.message
    assert "secret" not in explained.message


def test_a_bug_is_logged_and_ends_only_its_request(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unforeseen exception becomes a failure of that request, and is logged with its traceback."""
    client = AioHttp(HttpSettings())

    def broken(_text: str) -> Never:
        raise KeyError("oh")

    monkeypatch.setattr("monitor.http.fetching.parse_target", broken)
    with caplog.at_level(logging.ERROR):
        (result,) = client.fetch_many([FetchRequest(key="k", url="http://x.test/")])
    client.close()
    assert result.fault is FetchFault.PROTOCOL
    assert caplog.records[0].exc_info


# robots.txt


HOSTILE_ROBOTS = "".join(f"User-agent: a{n}\n" for n in range(5000)) + "Disallow: /x\n" * 30_000


def test_a_robots_file_made_to_hang_parsers_costs_little() -> None:
    """Thousands of agents times thousands of rules are reduced before they are parsed."""
    before = time.process_time()
    Protego.parse(relevant(HOSTILE_ROBOTS[:500_000], "newsmon"))
    assert time.process_time() - before < 2


def test_only_the_groups_that_concern_us_are_kept() -> None:
    """Groups for everybody and for our product stay, with their other agents left out."""
    text = """\ufeffUser-agent: news
Disallow: /a   # never ours
USER-AGENT : Newsmon/1.0
User agent other
Sitemap: http://x/
Disallow: /b

user-agent: *
user-agent: other
Disallow: /c
Crawl-delay: 3
User-agent: other
Disallow: /d
"""
    assert relevant(text, "newsmon").splitlines() == [
        "User-agent: newsmon",
        "Disallow: /b",
        "User-agent: *",
        "Disallow: /c",
        "Crawl-delay: 3",
    ]


# Decoding


@given(st.binary(min_size=1), st.sampled_from(["gzip", "deflate", "br"]))
def test_any_bytes_decode_or_are_an_encoding_fault(data: bytes, encoding: str) -> None:
    """No bytes make a decoder raise anything but its own fault, or give more than asked for."""
    decoder = decoder_for([encoding])
    with at_worst(FetchFault.ENCODING):
        for byte in data:
            assert len(decoder.feed(bytes([byte]), 100)) <= 100_000


# Names


def test_the_system_knows_localhost() -> None:
    """The system's resolver gives loopback addresses for localhost, and an OSError for nonsense."""
    assert set(system_resolve("localhost")) <= {"127.0.0.1", "::1"}
    with pytest.raises(OSError, match="host name"):
        system_resolve("a" * 70 + "é")


def test_names_are_kept_for_a_while_and_forgotten_when_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look-up is made once, shared while under way, and the table does not grow without bound."""
    monkeypatch.setattr("monitor.http.dialing._KEEP_NAMES", 3)
    asked = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["192.0.2.1"]

    async def main() -> None:
        names = Names(resolve)
        answers = await asyncio.gather(*[Resolver(names, None).resolve("a.test", 80) for _ in range(5)])
        assert {answer[0]["host"] for answer in answers} == {"192.0.2.1"}
        assert await names.addresses("a.test") == ["192.0.2.1"]
        assert asked == ["a.test"]
        for number in range(5):
            await names.addresses(f"{number}.test")
        assert len(names._kept) <= 3
        await Resolver(names, None).close()
        names.close()

    asyncio.run(main())


def test_an_ordinary_socket_is_what_the_address_needs() -> None:
    """The opener makes a socket of the family and type asked for."""
    with open_socket((2, 1, 6, "", ("192.0.2.1", 80))) as made:
        assert (made.family, made.type) == (2, 1)


# Turns


def test_a_turn_that_comes_too_late_is_passed_on() -> None:
    """A request cancelled while it waits, or as its turn comes, keeps nothing from the next."""

    async def main() -> None:
        turns = Turns(concurrency=1, per_host=1, spacing=0)
        await turns.take("h", None)
        waiting = [asyncio.create_task(turns.take("h", None)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        turns.give_back("h")  # gives the turn to the second...
        waiting[1].cancel()  # ...which leaves before it notices
        await asyncio.wait_for(waiting[2], 5)
        turns.give_back("h")
        await asyncio.wait_for(turns.take("h", None), 5)
        assert turns._free == 0

    asyncio.run(main())


def test_a_caller_without_room_waits_and_others_go_ahead() -> None:
    """A full room parks its requests until results are taken; another room's are served meanwhile."""

    async def main() -> None:
        turns = Turns(concurrency=10, per_host=10, spacing=0)
        full, other = Room(limit=1), Room(limit=1)
        await turns.take("h", full)
        parked = asyncio.create_task(turns.take("h", full))
        await asyncio.wait_for(turns.take("h", other), 5)
        await asyncio.sleep(0)
        assert not parked.done()
        turns.make_room(full, 1)
        await asyncio.wait_for(parked, 5)
        assert (full.held, other.held) == (1, 1)

    asyncio.run(main())


def test_hosts_at_rest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of hosts keeps those that are active, waited for, or not open yet."""
    monkeypatch.setattr("monitor.http.turns._MANY_HOSTS", 2)

    async def main() -> None:
        turns = Turns(concurrency=10, per_host=1, spacing=0)
        for number in range(20):
            await turns.take(str(number), None, spacing=60 if number == 3 else None)
            if number != 7:
                turns.give_back(str(number))
        assert {"3", "7"} <= set(turns._hosts)
        assert len(turns._hosts) <= 5

    asyncio.run(main())


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.floats(0, 0.002)), max_size=60),
    st.integers(1, 4),
    st.integers(1, 3),
)
def test_limits_hold_and_everybody_gets_a_turn(
    requests: list[tuple[int, int, float]], concurrency: int, per_host: int
) -> None:
    """Whatever comes in whatever order, no limit is passed and nobody waits for ever."""

    async def main() -> None:
        turns = Turns(concurrency=concurrency, per_host=per_host, spacing=0)
        rooms = [Room(limit=2) for _ in range(3)]
        active: dict[str, int] = {}

        async def one(host: str, room: Any, seconds: float) -> None:
            await turns.take(host, room)
            active[host] = active.get(host, 0) + 1
            assert active[host] <= per_host
            assert sum(active.values()) <= concurrency
            assert all(room.held <= room.limit for room in rooms)
            await asyncio.sleep(seconds)
            active[host] -= 1
            turns.give_back(host)
            turns.make_room(room, 1)

        tasks = [one(str(host), rooms[room], seconds) for host, room, seconds in requests]
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
        assert turns._free == concurrency

    asyncio.run(main())
