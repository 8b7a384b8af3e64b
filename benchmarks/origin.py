"""What do the benchmarks poll? A loopback server in a process of its own: feeds in rounds, and files."""

import asyncio
import hashlib
import multiprocessing
import os
import random
from multiprocessing.connection import Connection
from pathlib import Path

WORDS = [
    "agreement",
    "border",
    "cargo",
    "copper",
    "delegation",
    "energy",
    "export",
    "forum",
    "gas",
    "grain",
    "growth",
    "harbour",
    "investment",
    "joint",
    "lithium",
    "market",
    "minister",
    "network",
    "partner",
    "pipeline",
    "port",
    "power",
    "project",
    "railway",
    "region",
    "report",
    "road",
    "summit",
    "talks",
    "tariff",
    "terminal",
    "trade",
    "transit",
    "uranium",
    "visit",
    "water",
    "wind",
    "working",
    "year",
    "zone",
]
ENTRIES = 20
SUMMARY_BYTES = 1_800


class Origin:
    """A server process. `round` tells what the feeds say; `pid` keeps its CPU time out of the sums."""

    def __init__(self, feeds: int = 0, files: Path | None = None, port: int = 0) -> None:
        self._pipe, far = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_serve, args=(far, feeds, files, port), daemon=True)
        self._process.start()
        self.port: int = self._pipe.recv()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def round(self, name: str) -> None:
        """Switch to a round: new, not-modified, same-body or one-more."""
        self._pipe.send(name)
        self._pipe.recv()

    def url(self, path: object) -> str:
        """Return the address of a feed (by number) or a file (by name)."""
        return f"http://127.0.0.1:{self.port}/{path}"

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()


def feed(number: int, entries: int) -> bytes:
    """Return a feed document of `entries` items of about 2 kB each, newest first; always the same."""
    items = "".join(_item(number, entry) for entry in reversed(range(entries)))
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Feed {number}</title>'
        f"<link>http://127.0.0.1/{number}</link><description>Bench</description>{items}</channel></rss>"
    ).encode()


def _item(number: int, entry: int) -> str:
    rng = random.Random(number * 1_000 + entry)
    words: list[str] = []
    while sum(map(len, words)) + len(words) < SUMMARY_BYTES:
        words.append(rng.choice(WORDS))
    half = len(words) // 2
    body = f"&lt;p&gt;{' '.join(words[:half])}.&lt;/p&gt;&lt;p&gt;{' '.join(words[half:])}.&lt;/p&gt;"
    return (
        f"<item><title>{' '.join(words[:8])} {entry}</title><link>http://127.0.0.1/{number}/{entry}</link>"
        f"<guid>http://127.0.0.1/{number}/{entry}</guid>"
        f"<pubDate>Mon, 02 Nov 2026 {entry % 24:02}:00:00 GMT</pubDate>"
        f"<description>{body}</description></item>\n"
    )


class _Answers:
    """What the server says to a request."""

    def __init__(self, feeds: int, files: Path | None) -> None:
        self.round = "new"
        self._feeds = {
            more: {str(n): feed(n, ENTRIES + more) for n in range(feeds)}
            for more in ((0, 1) if feeds else ())
        }
        self._pages = {path.name: path.read_bytes() for path in files.iterdir()} if files else {}

    def to(self, path: str, headers: dict[str, str]) -> bytes:
        """Return a whole response."""
        if path in self._pages:
            return _ok(self._pages[path], "text/html; charset=utf-8", "")
        feeds = self._feeds.get(1 if self.round == "one-more" else 0, {})
        body = feeds.get(path.partition("?")[0])
        if body is None:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        tag = '"' + hashlib.md5(body, usedforsecurity=False).hexdigest() + '"'
        if self.round == "not-modified" and headers.get("if-none-match") == tag:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
        return _ok(body, "application/rss+xml", tag)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                first, *rest = request.decode("latin-1").split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}
                writer.write(self.to(first.split(" ")[1].lstrip("/"), headers))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _serve(pipe: Connection, feeds: int, files: Path | None, port: int) -> None:
    answers = _Answers(feeds, files)

    def told() -> None:
        try:
            answers.round = pipe.recv()
        except EOFError:
            os._exit(0)  # the benchmark is over, or died: nobody is left to answer
        pipe.send("done")

    async def run() -> None:
        server = await asyncio.start_server(answers.talk, "127.0.0.1", port, backlog=512)
        pipe.send(server.sockets[0].getsockname()[1])
        asyncio.get_running_loop().add_reader(pipe.fileno(), told)
        await server.serve_forever()

    asyncio.run(run())


def _ok(body: bytes, kind: str, tag: str) -> bytes:
    etag = f"ETag: {tag}\r\n" if tag else ""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{etag}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
