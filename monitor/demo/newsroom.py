"""Which outlets does the demo poll, and what do they answer? A loopback server and its hours."""

import hashlib
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from types import TracebackType
from typing import Self

from monitor.demo.drafts import DATA, Draft, Outlet, Trouble, load_outlets
from monitor.demo.layouts import Press
from monitor.domain.feeds import Feed
from monitor.domain.instants import require_utc

HOST = "127.0.0.1"
POLL_EVERY = timedelta(seconds=10)
NO_FEED = frozenset(("page", "sitemap"))
SLOWNESS = timedelta(seconds=1.5)

_TYPES = {
    "atom": "application/atom+xml",
    "json": "application/feed+json",
    "rdf": "application/rdf+xml",
    "sitemap": "application/xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoArticle:
    """An article of the newsroom and the verdict expected of it; instants aware UTC.

    `outlet` is the outlet's id, which is also its feed's. `flag` is for Central Asia partnerships;
    `actors` are the ids a reading must at least find. `copy_of` is the URL of the text this one
    repeats. From `corrected_at` on the page says `corrected_title` and `corrected_text`. `page` is the
    status the page answers; other than 200, the feed's words are all there is.
    """

    url: str
    outlet: str
    title: str
    text: str
    lang: str
    section: str
    author: str | None
    flag: bool
    actors: tuple[str, ...]
    why: str
    published: datetime
    visible_at: datetime
    copy_of: str | None
    corrected_at: datetime | None
    corrected_title: str
    corrected_text: str
    page: int
    raw_date: str | None

    def at(self, now: datetime) -> "DemoArticle":
        """Return the article as it reads at `now`: with its correction once that is due."""
        if self.corrected_at is None or now < self.corrected_at:
            return self
        return replace(self, title=self.corrected_title, text=self.corrected_text)

    def updated(self, now: datetime) -> datetime:
        """Return when the words shown at `now` were last touched."""
        touched = self.corrected_at if self.corrected_at and now >= self.corrected_at else self.published
        return touched.replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the newsroom says to one request. `delay` is how long it takes its time first."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delay: timedelta = field(default_factory=timedelta)


class Newsroom:
    """A loopback HTTP server with invented outlets, open from construction to `close()`.

    Deterministic: what it says depends on `start` (its opening hour, aware UTC), on `now()` and on
    its port. Articles with a later hour appear, and corrections take effect, as `now()` passes them;
    tests give a clock of their own to move through the day. `port` 0 takes a free one.
    """

    def __init__(
        self,
        start: datetime,
        root: Path | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        port: int = 0,
    ) -> None:
        require_utc("start", start)
        self.start, self.now = start.replace(microsecond=0), now
        self._outlets = {outlet.id: outlet for outlet in load_outlets(root or DATA)}
        self._press = Press(root or DATA)
        # Bound but never listening: connections are refused, and nobody else can take the port.
        self._closed_door = socket.socket()
        self._closed_door.bind((HOST, 0))
        self._closing = threading.Event()
        self._server = _Server((HOST, port), self)
        self.port: int = self._server.server_address[1]
        self._articles = self._dated()
        self._pages = {article.url: article for article in self._articles}
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="newsroom", daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def base(self) -> str:
        """Return the address of the server, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def feeds(self) -> tuple[Feed, ...]:
        """Return every outlet's feed, ready to poll; the dead one's port refuses connections."""
        return tuple(self._feed(outlet) for outlet in self._outlets.values())

    def articles(self) -> tuple[DemoArticle, ...]:
        """Return every article there will be, in the order of outlets, as first published."""
        return self._articles

    def visible(self, outlet_id: str | None = None) -> tuple[DemoArticle, ...]:
        """Return what is out at `now()`, corrections applied, newest first; of one outlet or of all."""
        now = self.now()
        shown = [
            article.at(now)
            for article in self._articles
            if article.visible_at <= now and outlet_id in (None, article.outlet)
        ]
        return tuple(sorted(shown, key=lambda article: article.published, reverse=True))

    def close(self) -> None:
        """Stop serving and give the ports back; a second call does nothing."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._closed_door.close()

    def pause(self, delay: timedelta) -> None:
        """Let `delay` pass, or less when the newsroom closes meanwhile."""
        self._closing.wait(delay.total_seconds())

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Return what the newsroom says to a GET of `path` with these request headers."""
        path = path.partition("?")[0]
        if path == "/robots.txt":
            return Answer(status=200, body=b"User-agent: *\nAllow: /\n", headers=_typed("text/plain"))
        if path == "/":
            return self._directory()
        outlet_id, _, name = path.removeprefix("/").partition("/")
        outlet = self._outlets.get(outlet_id)
        if outlet is None:
            return _bare(404)
        if name == "":
            return self._front(outlet)
        return self._feed_answer(outlet, headers) if name == outlet.file else self._page(outlet, name)

    def _dated(self) -> tuple[DemoArticle, ...]:
        drafts = [(outlet, draft) for outlet in self._outlets.values() for draft in outlet.drafts]
        urls = {f"{outlet.id}/{draft.slug}": self._url(outlet, draft) for outlet, draft in drafts}
        return tuple(self._article(outlet, draft, urls) for outlet, draft in drafts)

    def _url(self, outlet: Outlet, draft: Draft) -> str:
        day = self.start + draft.published
        return f"{self.base}/{outlet.id}/{day:%Y/%m/%d}/{draft.slug}"

    def _article(self, outlet: Outlet, draft: Draft, urls: dict[str, str]) -> DemoArticle:
        published = self.start + draft.published
        fixed = draft.corrected
        return DemoArticle(
            url=urls[f"{outlet.id}/{draft.slug}"],
            outlet=outlet.id,
            title=draft.title,
            text=draft.text,
            lang=outlet.lang,
            section=draft.section,
            author=draft.author,
            flag=draft.flag,
            actors=draft.actors,
            why=draft.why,
            published=published,
            visible_at=max(self.start, published),
            copy_of=urls[draft.copy_of] if draft.copy_of else None,
            corrected_at=self.start + fixed.after if fixed else None,
            corrected_title=fixed.title if fixed else draft.title,
            corrected_text=fixed.text if fixed else draft.text,
            page=draft.page,
            raw_date=draft.raw_date,
        )

    def _feed(self, outlet: Outlet) -> Feed:
        port = self._closed_door.getsockname()[1] if outlet.trouble is Trouble.DEAD else self.port
        name = "rss" if outlet.trouble is Trouble.MOVED else outlet.file
        return Feed(
            id=outlet.id,
            url=f"http://{HOST}:{port}/{outlet.id}/{name}",
            outlet=outlet.name,
            domain=outlet.domain,
            kind=outlet.feed if outlet.feed in NO_FEED else "feed",
            country=outlet.country,
            lang=outlet.lang,
            outlet_kind=outlet.kind,
            poll_every=POLL_EVERY,
            first_poll="alert",
            allow_private=True,
        )

    def _feed_answer(self, outlet: Outlet, headers: Mapping[str, str]) -> Answer:
        if outlet.trouble is Trouble.ERROR:
            return _bare(500)
        delay = SLOWNESS if outlet.trouble is Trouble.SLOW else timedelta()
        now, items = self.now(), self.visible(outlet.id)
        changed = max((item.updated(now) for item in items), default=self.start)
        # Old news on a new server: the document itself is no older than the opening.
        changed = max(changed, self.start)
        body = self._press.feed(outlet, base=self.base, articles=items, changed=changed, now=now)
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        stamps = {"etag": ("ETag", etag), "last-modified": ("Last-Modified", _http_date(changed))}
        sent = tuple(stamps[name] for name in outlet.validators)
        if _unchanged(headers, dict(sent), changed):
            return Answer(status=304, headers=sent, delay=delay)
        # An XML declaration names the encoding too; where both speak they agree.
        kind = (("Content-Type", f"{_TYPES.get(outlet.feed, 'application/rss+xml')}"),)
        return Answer(status=200, body=body, headers=kind + sent, delay=delay)

    def _page(self, outlet: Outlet, name: str) -> Answer:
        if name == "rss" and outlet.trouble is Trouble.MOVED:
            return replace(_bare(301), headers=(("Location", f"/{outlet.id}/{outlet.file}"),))
        article = self._pages.get(f"{self.base}/{outlet.id}/{name}")
        now = self.now()
        if article is None or article.visible_at > now:
            return _bare(404)
        if article.page != HTTPStatus.OK:
            return _bare(article.page)
        shown = article.at(now)
        body = self._press.page(outlet.layout, outlet, base=self.base, article=shown, now=now)
        return Answer(status=200, body=body, headers=_typed("text/html", outlet.encoding))

    def _front(self, outlet: Outlet) -> Answer:
        body = self._press.page("front", outlet, base=self.base, articles=self.visible(outlet.id))
        return Answer(status=200, body=body, headers=_typed("text/html", outlet.encoding))

    def _directory(self) -> Answer:
        outlets = tuple(self._outlets.values())
        body = self._press.page("directory", outlets[0], base=self.base, outlets=outlets)
        return Answer(status=200, body=body, headers=_typed("text/html", outlets[0].encoding))


def _typed(kind: str, encoding: str = "utf-8") -> tuple[tuple[str, str], ...]:
    return (("Content-Type", f"{kind}; charset={encoding}"),)


def _bare(status: int) -> Answer:
    """Return an answer that is no more than its status, as servers say it."""
    reason = f"{status} {HTTPStatus(status).phrase}"
    page = f"<!doctype html><title>{reason}</title><h1>{reason}</h1>"
    return Answer(status=status, body=page.encode(), headers=_typed("text/html"))


def _http_date(instant: datetime) -> str:
    return format_datetime(instant, usegmt=True)


def _unchanged(asked: Mapping[str, str], sent: Mapping[str, str], changed: datetime) -> bool:
    """Tell whether the reader's validators hold (RFC 9110, 13.2.2: the entity tag goes first)."""
    tags = asked.get("if-none-match")
    if tags is not None and "ETag" in sent:
        return sent["ETag"] in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    since = asked.get("if-modified-since")
    if since is None or "Last-Modified" not in sent:
        return False
    try:
        return changed <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], newsroom: Newsroom) -> None:
        super().__init__(address, _Handler)
        self.newsroom = newsroom

    def server_bind(self) -> None:
        # HTTPServer's own looks up the host's name, which may ask a name server.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        # A reader that hangs up is no news; anything else is a bug and is printed.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # passed through


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "newsroom", ""
    # A kept-alive connection is let go after this many idle seconds.
    timeout = 20
    # One write per answer: two would meet the reader's delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        # The name that http.server calls.
        newsroom = self.server.newsroom
        asked = {name.lower(): value for name, value in self.headers.items()}
        answer = newsroom.answer(self.path, asked)
        newsroom.pause(answer.delay)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's signature
        """Say nothing: the demo's terminal belongs to the monitor."""
