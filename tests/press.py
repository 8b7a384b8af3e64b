"""Which outlets do the tests poll? A real HTTP server on the loopback that says what a test tells it to."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Self
from xml.sax.saxutils import escape

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer. `raw` is written instead of everything else, and the connection closed after it.

    With `drip`, the body comes byte by byte, that many seconds apart.
    """

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    drip: float = 0.0
    raw: bytes | None = None


Answer = Said | Callable[[Mapping[str, str]], Said]


def html(body: str | bytes, status: int = 200) -> Said:
    """Return an HTML page."""
    return Said(
        body=body if isinstance(body, bytes) else body.encode(),
        status=status,
        headers=(("Content-Type", "text/html; charset=utf-8"),),
    )


def xml(body: str | bytes, **headers: str) -> Said:
    """Return a feed; header names are written with underscores."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Said(
        body=body if isinstance(body, bytes) else body.encode(),
        headers=(("Content-Type", "application/rss+xml"), *named),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of an RSS feed; what is None is left out."""

    title: str | None = "Untitled"
    link: str | None = None
    guid: str | None = None
    date: str | None = None
    text: str | None = None

    def xml(self) -> str:
        """Return the item as RSS."""
        parts = (
            ("title", self.title),
            ("link", self.link),
            ("guid", self.guid),
            ("pubDate", self.date),
            ("description", self.text),
        )
        inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts if value is not None)
        return f"<item>{inside}</item>"


def rss(items: Sequence[Item], title: str = "The Orchard Courier") -> str:
    """Return a feed of these items."""
    inside = "".join(item.xml() for item in items)
    return f'<rss version="2.0"><channel><title>{escape(title)}</title>{inside}</channel></rss>'


def page(title: str, paragraphs: Sequence[str], *, date: str = "2026-11-23T07:00:00Z", head: str = "") -> str:
    """Return an article's page with a menu, a footer and a teaser around it, as outlets have them."""
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta property="article:published_time" content="{date}">{head}</head><body>'
        '<nav><a href="/">Home</a> <a href="/sport">Sport</a> <a href="/weather">Weather</a></nav>'
        f"<main><article><h1>{escape(title)}</h1>{text}</article></main>"
        "<footer><p>All rights reserved. Contact the editors.</p></footer></body></html>"
    )


@dataclass(slots=True)
class Press:
    """A loopback server. `answers` by path; what is not there is a 404. `asked` lists what was asked for.

    `host` is the address it listens at, of 127.0.0.0/8.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    host: str = HOST
    _server: "_Server" = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"http://{self.host}:{self._server.server_address[1]}{path}"

    def times(self, path: str) -> int:
        """Return how often a path was asked for."""
        return self.asked.count(path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, press: Press) -> None:
        self.press = press
        super().__init__((press.host, 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks the resolver for the host's name.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.press.host, self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of readers that hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        press = self.server.press
        press.asked.append(self.path)
        answer = press.answers.get(self.path, html("<h1>Not found</h1>", 404))
        if callable(answer):
            answer = answer({name.lower(): value for name, value in self.headers.items()})
        time.sleep(answer.delay)
        if answer.raw is not None:
            self.wfile.write(answer.raw)
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.drip:
            self._drip(answer)
        else:
            self.wfile.write(answer.body)

    def _drip(self, answer: Said) -> None:
        for at in range(len(answer.body)):
            self.wfile.write(answer.body[at : at + 1])
            self.wfile.flush()
            time.sleep(answer.drip)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Keep quiet."""
