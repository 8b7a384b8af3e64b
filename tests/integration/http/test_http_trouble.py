"""What becomes of slow, broken and hostile servers?"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from loopback_server import FEED, Client, Seen, Server, answer, failed, never, serving

from monitor.domain.feeds import Fetched, FetchFailed, FetchFault

# Time


@pytest.fixture
def hasty(make_client: Callable[..., Client]) -> Client:
    """Return a client whose limits are tenths of seconds."""
    return make_client(
        timeout=timedelta(seconds=0.6),
        connect_timeout=timedelta(seconds=0.3),
        read_timeout=timedelta(seconds=0.3),
    )


async def drip(writer: asyncio.StreamWriter, data: bytes, pause: float) -> None:
    """Send bytes one by one."""
    for byte in data:
        if writer.is_closing():
            return
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(pause)


async def slow_body(_seen: Seen, writer: asyncio.StreamWriter) -> None:
    """Send a body at a byte every now and then."""
    writer.write(answer(length=10_000))
    await drip(writer, b"z" * 1000, 0.05)


async def slow_headers(_seen: Seen, writer: asyncio.StreamWriter) -> None:
    """Send headers at a byte every now and then."""
    await drip(writer, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100, 0.05)


async def endless_patience(_seen: Seen, writer: asyncio.StreamWriter) -> None:
    """Ask for patience, again and again."""
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 10)
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.hazard("N3")
@pytest.mark.parametrize("misbehave", [slow_body, slow_headers, never, endless_patience])
def test_slowness_of_any_kind_ends_at_the_deadline(server: Server, hasty: Client, misbehave: Any) -> None:
    """A body or header that drips, an answer that never comes: each ends within the total time."""
    server.routes["*"] = misbehave
    before = time.monotonic()
    result = failed(hasty.get(server.url()), FetchFault.TIMEOUT)
    assert time.monotonic() - before < 3
    assert timedelta(seconds=0.25) < result.elapsed < timedelta(seconds=2)


@pytest.mark.hazard("N3")
def test_redirects_share_one_deadline(server: Server, make_client: Callable[..., Client]) -> None:
    """The time for a request is not begun again at each hop."""
    client = make_client(timeout=timedelta(seconds=0.5))

    async def late(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(answer(status="302 Found", Location=f"{seen.path}x"))

    server.routes["*"] = late
    result = failed(client.get(server.url()), FetchFault.TIMEOUT)
    assert len(result.redirects) <= 3


def test_waiting_for_a_turn_is_not_counted(server: Server, make_client: Callable[..., Client]) -> None:
    """Requests that queue for one host longer than the deadline still succeed."""
    client = make_client(timeout=timedelta(seconds=1.5), per_host=1)

    async def slowish(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(answer(FEED))

    server.routes["*"] = slowish
    results = client.get_all([server.url(f"/{n}") for n in range(9)])
    assert all(isinstance(result, Fetched) for result in results.values())
    assert all(result.elapsed < timedelta(seconds=1.5) for result in results.values())


# Hostile and broken servers


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\x13 nonsense\r\n\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\nbody",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_answers_that_are_not_http_are_protocol_faults(
    server: Server, client: Client, garbage: bytes
) -> None:
    """An answer that breaks HTTP's grammar, or floods headers, is a fault and not an exception."""

    async def blurt(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(garbage)
        await writer.drain()
        writer.close()

    server.routes["*"] = blurt
    failed(client.get(server.url()), FetchFault.PROTOCOL)


def test_a_server_that_hangs_up_is_a_connection_fault(server: Server, client: Client) -> None:
    """A server that closes the connection without a word is recorded as such."""

    async def hang_up(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server.routes["*"] = hang_up
    failed(client.get(server.url()), FetchFault.CONNECT, "without an answer")


def test_a_reset_connection_is_a_connection_fault(server: Server, client: Client) -> None:
    """A connection reset by the server is recorded as such."""

    async def reset(_seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server.routes["*"] = reset
    failed(client.get(server.url()), FetchFault.CONNECT)


def test_an_unreachable_host_is_a_connection_fault(client: Client) -> None:
    """A port where nobody listens is a connection fault that names the host."""
    failed(client.get("http://127.0.0.1:1/"), FetchFault.CONNECT, "127.0.0.1")


def test_a_name_that_does_not_exist_is_a_dns_fault(make_client: Callable[..., Client]) -> None:
    """A name without addresses is a DNS fault that names it."""
    client = make_client(resolve=lambda _: [])
    failed(client.get("http://nowhere.test/"), FetchFault.DNS, "nowhere.test")


class Plain(Server):
    """A server that answers in plain text whatever it hears."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer in plain text."""
        await reader.read(1)
        writer.write(answer(status="400 Bad Request"))
        writer.close()


def test_plain_http_on_a_tls_port_is_a_tls_fault(client: Client) -> None:
    """An https URL whose server does not speak TLS is a TLS fault."""
    with serving(Plain()) as server:
        failed(client.get(server.url().replace("http:", "https:")), FetchFault.TLS)


@pytest.mark.hazard("S1")
def test_messages_hold_no_password(server: Server, client: Client) -> None:
    """No message repeats what stood before the @ of a URL."""
    for url in (
        "http://desk:hunter2@127.0.0.1:1/",
        "http://desk:hunter2@no such host/",
        "ftp://desk:hunter2@x/",
        "http://desk:hunter2@10.0.0.1/",
        server.url().replace("//", "//desk:hunter2@"),
    ):
        result = client.get(url)
        assert isinstance(result, FetchFailed)
        assert "hunter2" not in result.message
        assert "desk" not in result.message
