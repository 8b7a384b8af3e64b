"""What does the client make of well- and ill-made answers?"""

import asyncio
import gzip
import zlib
from datetime import timedelta

import brotli
import pytest
from loopback_server import FEED, Client, Seen, Server, answer, failed

from monitor.domain.feeds import Fetched, FetchFault, NotModified


def packed(data: bytes) -> bytes:
    """Return gzip's bytes without the time in them: they name tests, which must be the same everywhere."""
    return gzip.compress(data, mtime=0)


def deflated(data: bytes, wbits: int) -> bytes:
    """Return deflated data, in zlib\'s frame or bare."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return squeeze.compress(data) + squeeze.flush()


def test_a_page_comes_back_whole_with_headers_and_validators(server: Server, client: Client) -> None:
    """A 200 is returned with its body, lower-case headers, and the URL it came from."""
    server.routes["/feed"] = answer(FEED, ETag='W/"7"', Content_Type="text/xml", Set_Cookie="a=b", Vary="a")
    result = client.get(server.url("/feed"), accept="text/xml")
    assert isinstance(result, Fetched)
    assert (result.status, result.body, result.url) == (200, FEED, server.url("/feed"))
    assert result.headers["etag"] == 'W/"7"'
    assert "set-cookie" not in result.headers
    assert result.redirects == ()
    assert timedelta() < result.elapsed < timedelta(seconds=5)
    sent = server.seen[0].headers
    assert sent["accept"] == "text/xml"
    assert sent["accept-encoding"] == "gzip, deflate, br"
    assert sent["user-agent"].startswith("Newsmon/")
    assert "if-none-match" not in sent
    assert "cookie" not in sent


def test_validators_are_sent_verbatim_and_a_304_is_not_modified(server: Server, client: Client) -> None:
    """Stored validators travel unchanged, and a 304 answer to them says that nothing changed."""
    server.routes["/feed"] = answer(status="304 Not Modified", length=None, ETag='W/"7"')
    stamp = "Thursday, whatever the server wrote"
    result = client.get(server.url("/feed"), etag='W/"7 x"', last_modified=stamp)
    assert isinstance(result, NotModified)
    assert result.headers["etag"] == 'W/"7"'
    assert server.seen[0].headers["if-none-match"] == 'W/"7 x"'
    assert server.seen[0].headers["if-modified-since"] == stamp


def test_a_304_that_nobody_asked_for_is_a_failure(server: Server, client: Client) -> None:
    """A 304 to an unconditional request has no meaning, so it is a failure."""
    server.routes["/feed"] = answer(status="304 Not Modified", length=None)
    assert failed(client.get(server.url("/feed")), FetchFault.STATUS).status == 304


@pytest.mark.parametrize("poison", ['"a\r\nX-Evil: 1"', '"\x00"', '"\udcff"', ""])
def test_validators_that_cannot_travel_are_left_out(server: Server, client: Client, poison: str) -> None:
    """A stored validator with control characters or lone surrogates is not sent, and harms nothing."""
    server.routes["/feed"] = answer(FEED)
    assert isinstance(client.get(server.url("/feed"), etag=poison), Fetched)
    assert "if-none-match" not in server.seen[0].headers
    assert "x-evil" not in server.seen[0].headers


def test_header_bytes_outside_utf8_come_back_storable(server: Server, client: Client) -> None:
    """Header values in another charset lose their strange bytes rather than break the database."""
    server.routes["/feed"] = answer(FEED, ETag='"é"', X_Two="ü").replace(b"X-Two", b"X-Twice: 1\r\nX-Twice")
    headers = client.get(server.url("/feed")).headers
    assert headers["etag"] == '"\ufffd"'
    assert headers["x-twice"].startswith("1, ")


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", packed(FEED)),
        ("x-gzip", packed(FEED)),
        ("GZIP", packed(FEED[:99]) + packed(FEED[99:])),
        ("gzip", packed(FEED) + b"\0" * 512),
        ("deflate", zlib.compress(FEED)),
        ("deflate", deflated(FEED, -15)),
        ("br", brotli.compress(FEED)),
        ("identity", FEED),
        ("identity, gzip", packed(FEED)),
        ("utf-8", FEED),
    ],
)
@pytest.mark.parametrize("pieces", [1, 0])
def test_encoded_bodies_are_decoded(
    server: Server, client: Client, encoding: str, data: bytes, pieces: int
) -> None:
    """Every encoding that is offered decodes, in one piece or byte by byte."""

    async def dribble(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(Content_Encoding=encoding, Connection="close", length=None))
        for start in range(0, len(data), 1 if len(data) < 200 else 50):
            writer.write(data[start : start + (1 if len(data) < 200 else 50)])
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    server.routes["/feed"] = answer(data, Content_Encoding=encoding) if pieces else dribble
    result = client.get(server.url("/feed"))
    assert isinstance(result, Fetched), result
    assert result.body == FEED


@pytest.mark.hazard("N2")
@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", b"this is not gzip"),
        ("deflate", b"\x78\xff not deflate"),
        ("br", b"\xff\xff\xff this is not brotli"),
        ("zstd", b"anything"),
        ("gzip, gzip", packed(packed(FEED))),
        ("gzip", packed(b"") * 100),
    ],
)
def test_bodies_that_are_not_what_they_say_are_refused(
    server: Server, client: Client, encoding: str, data: bytes
) -> None:
    """A body in a wrong, unknown or repeated encoding is an encoding fault."""
    server.routes["/feed"] = answer(data, Content_Encoding=encoding)
    failed(client.get(server.url("/feed")), FetchFault.ENCODING)


@pytest.mark.hazard("N4")
@pytest.mark.parametrize(
    ("encoding", "data"),
    [("gzip", packed(FEED)), ("deflate", zlib.compress(FEED)), ("br", brotli.compress(FEED))],
)
def test_no_cut_of_a_compressed_body_passes_for_whole(
    server: Server, client: Client, encoding: str, data: bytes
) -> None:
    """Wherever a compressed body is cut, the cut is noticed."""
    for cut in range(1, len(data)):
        server.routes[f"/{cut}"] = answer(data[:cut], Content_Encoding=encoding)
    results = client.get_all([server.url(f"/{cut}") for cut in range(1, len(data))])
    assert {result.fault for result in results.values()} == {FetchFault.TRUNCATED}


@pytest.mark.hazard("N4")
def test_a_body_shorter_than_announced_is_truncated(server: Server, client: Client) -> None:
    """A body that ends before its Content-Length, or within a chunk, is a truncated one."""
    server.routes["/length"] = answer(FEED[:100], length=500, Connection="close")
    chunked = answer(b"64\r\n" + FEED[:50], Transfer_Encoding="chunked", length=None)

    async def cut(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(FEED[:100], length=500) if _seen.path == "/length" else chunked)
        await writer.drain()
        writer.close()

    server.routes["/length"] = server.routes["/chunk"] = cut
    failed(client.get(server.url("/length")), FetchFault.TRUNCATED)
    failed(client.get(server.url("/chunk")), FetchFault.TRUNCATED)


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br", "deflate"])
def test_an_empty_body_is_an_empty_body(server: Server, client: Client, encoding: str) -> None:
    """A 200 with nothing in it is fetched, empty, whatever encoding it claims."""
    server.routes["/feed"] = answer(b"", Content_Encoding=encoding)
    assert client.get(server.url("/feed")).body == b""


def test_a_body_over_the_cap_is_refused_early(server: Server, client: Client) -> None:
    """A 30 MB feed is refused by its length without reading it, and by counting where it has none."""
    sent = []

    async def thirty_megabytes(seen: Seen, writer: asyncio.StreamWriter) -> None:
        announced = None if seen.path == "/endless" else 30_000_000
        writer.write(answer(length=announced, Connection="close"))
        try:
            for _ in range(480):
                writer.write(b"x" * 65536)
                await writer.drain()
                sent.append(65536)
        finally:
            writer.close()

    server.routes["*"] = thirty_megabytes
    failed(client.get(server.url("/announced")), FetchFault.TOO_LARGE, "5,000,000")
    failed(client.get(server.url("/endless"), max_bytes=1_000_000), FetchFault.TOO_LARGE)
    assert sum(sent) < 20_000_000


def test_a_body_at_the_cap_is_whole(server: Server, client: Client) -> None:
    """The cap itself is allowed; one byte more is not, compressed or not."""
    server.routes["/plain"] = answer(FEED)
    server.routes["/gzip"] = answer(packed(FEED), Content_Encoding="gzip")
    for path in ("/plain", "/gzip"):
        assert client.get(server.url(path), max_bytes=len(FEED)).body == FEED
        failed(client.get(server.url(path), max_bytes=len(FEED) - 1), FetchFault.TOO_LARGE)


@pytest.mark.hazard("N2")
def test_endless_chunks_end_at_the_cap(server: Server, client: Client) -> None:
    """A chunked body without end is given up at the cap."""

    async def endless(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(Transfer_Encoding="chunked", length=None))
        while not writer.is_closing():
            writer.write(b"8000\r\n" + b"y" * 0x8000 + b"\r\n")
            await writer.drain()

    server.routes["*"] = endless
    failed(client.get(server.url()), FetchFault.TOO_LARGE)


@pytest.mark.parametrize(
    ("status", "code"), [("410 Gone", 410), ("404 Not Found", 404), ("500 Oh", 500), ("204 None", 204)]
)
def test_other_statuses_are_failures_that_name_the_status(
    server: Server, client: Client, status: str, code: int
) -> None:
    """A status other than 200 and 304 is recorded as such."""
    server.routes["*"] = answer(status=status, length=None if code == 204 else 0)
    result = failed(client.get(server.url()), FetchFault.STATUS, str(code))
    assert (result.status, result.retry_after) == (code, None)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("Thu, 01 Jan 2026 01:00:00 GMT", timedelta(hours=1)),
        ("99999999", timedelta(days=7)),
        ("soon", None),
    ],
)
def test_retry_after_is_understood_in_both_forms(
    server: Server, client: Client, value: str, wait: timedelta | None
) -> None:
    """Retry-After counts in seconds, or from the server's own clock, at most seven days."""
    server.routes["*"] = answer(
        status="429 Slow down", Retry_After=value, Date="Thu, 01 Jan 2026 00:00:00 GMT"
    )
    assert failed(client.get(server.url()), FetchFault.STATUS).retry_after == wait


def test_connections_are_kept_and_reused(server: Server, client: Client) -> None:
    """Requests one after another to one server share a connection, errors and redirects included."""
    server.routes["/ok"] = answer(FEED)
    server.routes["/moved"] = answer(status="302 Found", Location="/ok")
    for path in ("/ok", "/gone", "/moved", "/ok"):
        client.get(server.url(path))
    assert server.connections == 1


def test_a_connection_that_went_stale_is_replaced(server: Server, client: Client) -> None:
    """A server that closes a kept connection meanwhile costs nothing but a new one."""

    async def once(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(FEED))
        await writer.drain()
        writer.close()

    server.routes["*"] = once
    assert isinstance(client.get(server.url("/1")), Fetched)
    assert isinstance(client.get(server.url("/2")), Fetched)
    assert server.connections == 2
