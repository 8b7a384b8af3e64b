"""A real HTTP server on loopback that can misbehave, byte by byte, and remembers who came."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from monitor.domain.feeds import FetchFailed, FetchFault, FetchRequest, FetchResult
from monitor.http import AioHttp

FEED = b"<rss><channel><title>Orchard news</title></channel></rss>" * 50

Answer = bytes | Callable[["Seen", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Seen:
    """One request as it arrived. `headers` have lower-case names."""

    path: str
    headers: dict[str, str]
    at: float
    reader: asyncio.StreamReader = field(repr=False)

    async def gone(self) -> None:
        """Wait until the client has hung up."""
        await self.reader.read()


def answer(body: bytes = b"", *, status: str = "200 OK", length: int | None = -1, **headers: str) -> bytes:
    """Return a whole response; header names are written with underscores; `length` None leaves it out."""
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length < 0 else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@dataclass
class Server:
    """A server under the test's control: `routes` by path, "*" for the rest."""

    routes: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    port: int = 0
    host: str = "127.0.0.1"

    def url(self, path: str = "/", *, host: str | None = None) -> str:
        """Return a URL of this server, under a host name of the test's choice."""
        return f"http://{host or self.host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """Return what was asked for, in order."""
        return [seen.path for seen in self.seen]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        self.open += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(line.split(": ", 1) for line in head[1:] if line)
                seen = Seen(
                    path=head[0].split(" ")[1],
                    headers={name.lower(): value for name, value in headers.items()},
                    at=asyncio.get_running_loop().time(),
                    reader=reader,
                )
                self.seen.append(seen)
                todo = self.routes.get(seen.path, self.routes.get("*", answer(status="404 Not Found")))
                if isinstance(todo, bytes):
                    writer.write(todo)
                else:
                    await todo(seen, writer)
                await writer.drain()
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


class serving:  # noqa: N801 - reads as a verb: `with serving(server)`
    """Run a server in a thread, until the block ends."""

    def __init__(self, server: Server, *, ssl: Any = None) -> None:
        self.server, self._ssl = server, ssl

    def __enter__(self) -> Server:
        self._started = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        self._thread.start()
        assert self._started.wait(10)
        return self.server

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        listener = await asyncio.start_server(
            self.server.handle, self.server.host, 0, limit=1 << 20, ssl=self._ssl
        )
        self.server.port = listener.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        listener.close()  # asyncio.run() cancels the connections left

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


@dataclass
class Client:
    """A client on loopback, with settings made for impatient tests."""

    http: AioHttp
    dialled: list[tuple[str, int]]

    def get(self, url: str, **request: Any) -> Any:
        """Return the result of one request."""
        (result,) = self.http.fetch_many([FetchRequest(key="k", url=url, **request)])
        return result

    def get_all(self, urls: list[str], **request: Any) -> dict[str, FetchResult]:
        """Return the results of many requests by URL."""
        requests = [FetchRequest(key=url, url=url, **request) for url in urls]
        return {result.request.key: result for result in self.http.fetch_many(requests)}


def failed(result: FetchResult, fault: FetchFault, words: str = "") -> FetchFailed:
    """Return a result that must have failed for this reason, with these words in its message."""
    assert isinstance(result, FetchFailed), result
    assert result.fault is fault, result
    assert words in result.message, result.message
    return result


async def never(seen: Seen, _writer: asyncio.StreamWriter) -> None:
    """Answer nothing until the client hangs up."""
    await seen.gone()
