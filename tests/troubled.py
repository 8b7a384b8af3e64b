"""What do hundreds of outlets say over a day, three in ten of them in trouble? A server in virtual time.

It is a process of its own, so that its memory and threads are not ours. What an outlet says follows from
its number, the virtual second, and how often it was asked before.
"""

import asyncio
import gzip
import json
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from multiprocessing.connection import Connection
from random import Random

from press import Item, rss

START = datetime(2026, 11, 23, tzinfo=UTC)
LISTED = 15
FLOOD = 700
DAY = 86_400

_RATES = (48, 24, 12, 6, 2, 1)
_HANG = b"<?xml " + b"encoding='' " * 3_500
"""The search for an encoding takes a minute in C, where no signal is heard: this costs a worker."""

# How often, of 200 answers of an outlet in trouble.
TROUBLES = {
    "none": 50,
    "hang": 3,
    "drip": 3,
    "reset": 6,
    "500": 10,
    "503": 10,
    "429": 10,
    "403": 8,
    "404": 8,
    "410": 1,
    "truncated": 10,
    "html": 10,
    "garbage": 10,
    "bomb": 5,
    "entities": 5,
    "loop": 8,
    "moved": 10,
    "churn": 8,
    "flood": 1,
    "future": 8,
    "killer": 2,
    "encoding": 8,
    "empty": 6,
}


@dataclass(frozen=True, slots=True)
class Outlet:
    """One of the outlets: three in ten are in trouble, the others are of four kinds."""

    number: int

    @property
    def troubled(self) -> bool:
        """Return whether it misbehaves."""
        return self.number % 10 < 3

    @property
    def kind(self) -> str:
        """Return "rss", "json", "sitemap" or "page"."""
        return {7: "json", 13: "json", 18: "sitemap", 19: "page"}.get(self.number % 20, "rss")

    @property
    def per_day(self) -> int:
        """Return how many entries it publishes a day."""
        return _RATES[self.number // 10 % len(_RATES)]

    @property
    def host(self) -> str:
        """Return its loopback address."""
        return f"127.40.{self.number // 250}.{1 + self.number % 250}"

    def newest(self, second: float) -> int:
        """Return the number of its latest entry."""
        return int(second * self.per_day / DAY + self.number * 0.618 % 1)

    def published(self, entry: int) -> datetime:
        """Return when an entry came out."""
        return START + timedelta(seconds=(entry - self.number * 0.618 % 1) * DAY / self.per_day)

    def listed(self, second: float) -> range:
        """Return the numbers of the entries that it lists, oldest first."""
        return range(self.newest(second) - LISTED + 1, self.newest(second) + 1)

    def path(self, entry: int) -> str:
        """Return an entry's path."""
        return f"/news/{entry + LISTED}-{self.number}"

    @staticmethod
    def entry(path: str) -> int:
        """Return the entry of a path."""
        return int(path.removeprefix("/news/").partition("-")[0]) - LISTED

    def title(self, entry: int) -> str:
        """Return an entry's title; one in five is what a shipped topic flags."""
        if entry % 5 == 0:
            return f"EU and Kazakhstan sign roadmap {entry + LISTED} of outlet {self.number} on rare earths"
        return f"Choir {entry + LISTED} of outlet {self.number} sings in the park on Sunday"

    def text(self, entry: int) -> str:
        """Return an entry's text."""
        rng = Random(f"{self.number}/{entry}")
        names = " ".join(rng.choice(_NAMES) for _ in range(40))
        return f"{self.title(entry)}. The people of the town of {names} listened for an hour. " * 2


_NAMES = [
    f"{a}{b}{c}" for a in ("Bel", "Kar", "Tor", "Mun") for b in ("do", "la", "ri") for c in ("n", "sk", "by")
]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for an outlet's list: when, and for what answer."""

    outlet: int
    second: int
    trouble: str


class Outlets:
    """The server's process; `port` is the same on every outlet's address."""

    def __init__(self, number: int) -> None:
        self._pipe, far = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_serve, args=(far, number), daemon=True)
        self._process.start()
        self.port: int = self._pipe.recv()

    def at(self, second: int) -> list[Asked]:
        """Set the virtual time; return what was asked since it was last set."""
        self._pipe.send(second)
        return [Asked(*row) for row in self._pipe.recv()]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()
        self._process.close()


class _Server:
    def __init__(self) -> None:
        self.second = 0
        self.log: list[tuple[int, int, str]] = []
        self._times: dict[int, int] = {}

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                first, *rest = request.decode("latin-1").split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}
                host = headers["host"].partition(":")[0].split(".")
                outlet = Outlet(int(host[2]) * 250 + int(host[3]) - 1)
                if not await self._answer(outlet, first.split(" ")[1], headers, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, outlet: Outlet, path: str, headers: dict[str, str], writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; return whether the connection lives on."""
        trouble = "none"
        if path == "/list":
            asked = self._times[outlet.number] = self._times.get(outlet.number, 0) + 1
            if outlet.troubled:
                rng = Random(f"{outlet.number}-{asked}")
                trouble = rng.choices(list(TROUBLES), list(TROUBLES.values()))[0]
            self.log.append((outlet.number, self.second, trouble))
        if trouble == "reset":
            writer.transport.abort()
            return False
        if trouble in {"hang", "drip"}:
            writer.write(_ok(b"x" * 10_000, "application/rss+xml")[:-10_000] if trouble == "drip" else b"")
            for _ in range(200):
                await asyncio.sleep(0.1)
                writer.write(b" " if trouble == "drip" else b"")
                await writer.drain()
            return False
        writer.write(self._whole(outlet, path, headers, trouble))
        await writer.drain()
        return trouble != "truncated"

    def _whole(self, outlet: Outlet, path: str, headers: dict[str, str], trouble: str) -> bytes:
        if path.startswith("/news/"):
            return _ok(_page(outlet, outlet.entry(path)), "text/html")
        if path not in {"/list", "/moved"}:
            return _status(302, f"Location: {path}x\r\n") if path.startswith("/loop") else _status(404)
        if trouble != "none":
            return _bad(outlet, trouble, self.second)
        tag = f'"{outlet.newest(self.second)}"'
        if outlet.number % 3 and headers.get("if-none-match") == tag:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
        body, kind = _list(outlet, self.second)
        return _ok(body, kind, f"ETag: {tag}\r\n" if outlet.number % 3 else "")


def _list(outlet: Outlet, second: float) -> tuple[bytes, str]:
    """Return an outlet's list as it should be, and its content type."""
    entries = list(reversed(outlet.listed(second)))
    base = f"http://{outlet.host}:{_port()}"
    if outlet.troubled or outlet.kind == "rss":
        return rss(_items(outlet, base, entries), f"Outlet {outlet.number}").encode(), "application/rss+xml"
    dated = [(base + outlet.path(n), outlet.title(n), outlet.published(n).isoformat()) for n in entries]
    if outlet.kind == "json":
        items = [
            {"id": link, "url": link, "title": title, "content_text": title, "date_published": date}
            for link, title, date in dated
        ]
        made = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": f"Outlet {outlet.number}",
            "items": items,
        }
        return json.dumps(made).encode(), "application/feed+json"
    if outlet.kind == "sitemap":
        urls = "".join(
            f"<url><loc>{link}</loc><n:news><n:publication><n:name>Outlet</n:name><n:language>en</n:language>"
            f"</n:publication><n:publication_date>{date}</n:publication_date><n:title>{title}</n:title></n:news></url>"
            for link, title, date in dated
        )
        spaces = (
            'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
            ' xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
        )
        return f'<?xml version="1.0"?><urlset {spaces}>{urls}</urlset>'.encode(), "application/xml"
    cards = "".join(
        f'<li><h2><a href="{link}">{title}</a></h2><time datetime="{date}">{date[:10]}</time></li>'
        for link, title, date in dated
    )
    return (
        f"<html><head><title>Outlet {outlet.number}</title></head><body><nav><a href='/about'>About</a></nav>"
        f"<main><ul>{cards}</ul></main></body></html>"
    ).encode(), "text/html; charset=utf-8"


def _items(outlet: Outlet, base: str, entries: list[int], guid: str = "") -> list[Item]:
    return [
        Item(
            title=outlet.title(n),
            link=base + outlet.path(n),
            guid=f"{base}{outlet.path(n)}{guid}",
            date=format_datetime(outlet.published(n)),
            text=outlet.title(n),
        )
        for n in entries
    ]


def _page(outlet: Outlet, entry: int) -> bytes:
    title, text = outlet.title(entry), outlet.text(entry)
    return (
        f"<html lang='en'><head><title>{title}</title></head><body><article><h1>{title}</h1>"
        f"<p>{text}</p></article></body></html>"
    ).encode()


def _bad(outlet: Outlet, trouble: str, second: int) -> bytes:
    """Return what an outlet in trouble says."""
    if trouble.isdigit():
        return _status(int(trouble), "Retry-After: 1800\r\n" if trouble in {"429", "503"} else "")
    if trouble in {"loop", "moved"}:
        return (
            _status(302, "Location: /loop\r\n") if trouble == "loop" else _status(301, "Location: /moved\r\n")
        )
    body, kind = _list(outlet, second)
    base = f"http://{outlet.host}:{_port()}"
    if trouble == "truncated":
        return _ok(body, kind)[: -len(body) // 2]
    if trouble == "bomb":
        return _ok(_bomb(), kind, "Content-Encoding: gzip\r\n")
    if trouble == "flood":
        flood = [
            Item(title=f"Flood {second} {n}", link=f"{base}/flood/{second}/{n}", text=f"Wave {second} {n}.")
            for n in range(FLOOD)
        ]
        return _ok(rss(flood).encode(), kind)
    makes: dict[str, Callable[[], bytes]] = {
        "html": lambda: b"<!doctype html><html><body><h1>We will be back soon</h1></body></html>",
        "garbage": lambda: Random(second).randbytes(5_000),
        "entities": _entities,
        "churn": lambda: rss(
            _items(outlet, base, list(outlet.listed(second)), f"#{second}"), f"Outlet {outlet.number}"
        ).encode(),
        "future": lambda: body.replace(b" 2026 ", b" 2031 "),
        "killer": lambda: _HANG + str(second).encode() + body,
        "encoding": lambda: (
            '<?xml version="1.0" encoding="utf-8"?>' + rss([Item(title="Хор поёт в парке")])
        ).encode("cp1251"),
        "empty": lambda: b"",
    }
    return _ok(makes[trouble](), kind)


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(50_000_000))


def _entities() -> bytes:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    inside = "<rss><channel><title>&e9;</title></channel></rss>"
    return f'<!DOCTYPE rss [<!ENTITY e0 "ha">{levels}]>{inside}'.encode()


def _ok(body: bytes, kind: str, more: str = "") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _status(status: int, more: str = "") -> bytes:
    return f"HTTP/1.1 {status} So\r\n{more}Content-Length: 0\r\n\r\n".encode()


_PORT: list[int] = []


def _port() -> int:
    return _PORT[0]


def _serve(pipe: Connection, number: int) -> None:
    server = _Server()

    def told() -> None:
        try:
            server.second = pipe.recv()
        except EOFError:
            os._exit(0)
        seen, server.log = server.log, []
        pipe.send(seen)

    async def run() -> None:
        hosts = [Outlet(n).host for n in range(number)]
        first = await asyncio.start_server(server.talk, hosts[0], 0, backlog=128)
        _PORT.append(first.sockets[0].getsockname()[1])
        if hosts[1:]:
            await asyncio.start_server(server.talk, hosts[1:], _port(), backlog=128)
        pipe.send(_port())
        asyncio.get_running_loop().add_reader(pipe.fileno(), told)
        await first.serve_forever()

    asyncio.run(run())
