"""What do the HTTP tests share? A server that they control, and clients for it."""

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from loopback_server import Client, Server, serving

from monitor.http import AioHttp, HttpSettings


@pytest.fixture
def server() -> Iterator[Server]:
    """Yield a server that runs in a thread of its own."""
    with serving(Server()) as running:
        yield running


LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def make_client() -> Iterator[Callable[..., Client]]:
    """Yield a maker of clients that are closed at the end. Names end at 127.0.0.1 unless told."""
    made: list[AioHttp] = []

    def make(*, resolve: Any = None, opener: Any = None, **settings: Any) -> Client:
        defaults: dict[str, Any] = {
            "allowed": LOOPBACK,
            "spacing": timedelta(),
            "per_host": 50,
            "timeout": timedelta(seconds=10),
        }
        dialled: list[tuple[str, int]] = []

        def dial(info: Any) -> socket.socket:
            host, port = str(info[4][0]), int(info[4][1])
            dialled.append((host, port))
            if not host.startswith("127."):
                raise OSError(f"would have dialled {host}")  # no test leaves this machine
            return socket.socket(info[0], info[1], info[2])

        http = AioHttp(
            HttpSettings(**(defaults | settings)),
            resolve=resolve or (lambda _: ["127.0.0.1"]),
            opener=opener or dial,
        )
        made.append(http)
        return Client(http, dialled)

    yield make
    for http in made:
        http.close()


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    """Return a client with the tests' usual settings."""
    return make_client()
