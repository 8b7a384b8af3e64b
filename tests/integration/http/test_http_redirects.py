"""Where do redirects lead, and what travels along?"""

import asyncio

from loopback_server import FEED, Client, Seen, Server, answer, failed

from monitor.domain.feeds import Fetched, FetchFault, Redirect


def test_redirects_are_followed_and_recorded(server: Server, client: Client) -> None:
    """Each hop is recorded with its status and absolute URL; the last one is where the body came from."""
    server.routes["/a"] = answer(status="301 Moved", Location="b/c?x=1")
    server.routes["/b/c?x=1"] = answer(status="307 Temporary", Location=server.url("/d", host="localhost"))
    server.routes["/d"] = answer(FEED)
    result = client.get(server.url("/a"))
    assert result.body == FEED
    assert result.url == server.url("/d", host="localhost")
    assert result.redirects == (
        Redirect(status=301, url=server.url("/b/c?x=1")),
        Redirect(status=307, url=server.url("/d", host="localhost")),
    )


def test_validators_and_passwords_stay_with_their_host(server: Server, client: Client) -> None:
    """A redirect to another host carries neither validators nor credentials; one on the same host does."""
    server.routes["/a"] = answer(status="302 Found", Location="/b")
    server.routes["/b"] = answer(status="302 Found", Location=server.url("/c", host="localhost"))
    server.routes["/c"] = answer(FEED)
    url = server.url("/a").replace("//", "//desk:se%63ret@")
    result = client.get(url, etag='"1"', last_modified="today")
    assert isinstance(result, Fetched)
    first, second, third = (seen.headers for seen in server.seen)
    assert first["authorization"] == second["authorization"] == "Basic ZGVzazpzZWNyZXQ="
    assert first["if-none-match"] == second["if-none-match"] == '"1"'
    assert not {"authorization", "if-none-match", "if-modified-since"} & third.keys()
    assert "secret" not in result.url


def test_what_a_source_needs_stays_with_its_host(server: Server, client: Client) -> None:
    """A source's own headers go to its host in place of ours, its credentials to its origin only."""
    server.routes["/a"] = answer(status="302 Found", Location=server.url("/b", host="localhost"))
    server.routes["/b"] = answer(FEED)
    headers = (("user-agent", "A browser"), ("Accept-Language", "ky"), ("accept", "text/x"))
    result = client.get(server.url("/a"), headers=headers, authorization="Basic eDp5")
    assert isinstance(result, Fetched)
    first, second = (seen.headers for seen in server.seen)
    assert (first["user-agent"], first["accept"], first["accept-language"]) == ("A browser", "text/x", "ky")
    assert first["authorization"] == "Basic eDp5"
    assert second["user-agent"].startswith("Newsmon/")
    assert not {"authorization", "accept-language"} & second.keys()
    assert "eDp5" not in repr(result)


def test_five_redirects_are_enough(server: Server, client: Client) -> None:
    """Five hops are followed, the sixth is a fault; a circle is noticed at once."""
    for n in range(10):
        server.routes[f"/{n}"] = answer(status="302 Found", Location=f"/{n + 1}")
    server.routes["/10"] = answer(FEED)
    server.routes["/loop"] = answer(status="302 Found", Location="/loop")
    assert len(client.get(server.url("/5")).redirects) == 5
    failed(client.get(server.url("/4")), FetchFault.REDIRECTS, "more than 5")
    failed(client.get(server.url("/loop")), FetchFault.REDIRECTS, "circle")
    assert server.paths().count("/loop") == 1


def test_the_body_of_a_redirect_is_not_read(server: Server, client: Client) -> None:
    """A redirect whose body never ends is followed without reading it."""
    server.routes["/ok"] = answer(FEED)

    async def endless(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status="302 Found", Location="/ok", Transfer_Encoding="chunked", length=None))
        while not writer.is_closing():
            writer.write(b"8000\r\n" + b"y" * 0x8000 + b"\r\n")
            await writer.drain()

    server.routes["/a"] = endless
    assert client.get(server.url("/a")).body == FEED


def test_a_redirect_to_nowhere_is_a_failure(server: Server, client: Client) -> None:
    """A redirect without a Location is a status fault; one to no URL, or to a password, a bad URL."""
    server.routes["/none"] = answer(status="301 Moved")
    failed(client.get(server.url("/none")), FetchFault.STATUS)
    for number, location in enumerate(
        ["ftp://x/", "file:///etc/passwd", "javascript:alert(1)", "http://[::1", "http://a:b@c/"]
    ):
        server.routes[f"/{number}"] = answer(status="301 Moved", Location=location)
        failed(client.get(server.url(f"/{number}")), FetchFault.BAD_URL)


def test_a_location_in_raw_bytes_is_followed(server: Server, client: Client) -> None:
    """A Location with unescaped bytes of any charset leads where a browser would go."""
    server.routes["/a"] = answer(status="302 Found", Location="/caf\xe9 x")
    server.routes["/caf%E9%20x"] = answer(FEED)
    assert client.get(server.url("/a")).body == FEED
