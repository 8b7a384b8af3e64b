"""What does a supervisor count of the service? Figures for Prometheus on `/metrics`, if asked for.

They are written in the text format itself (version 0.0.4): a few dozen numbers need no library. No label
holds an address or an id, so their number does not grow with the sources.
"""

import hmac
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.scheduler import Progress, Stage, Tick

MOST_LABELS = 30
"""Values of one label; what comes beyond is counted as "other"."""

ASKED_EVERY = 15.0
"""Seconds for which figures from the database serve: asking more often must not burden it."""

_KIND = "text/plain; version=0.0.4; charset=utf-8"
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})

# Of each stage: which of its counts is which figure, under which label; "*" are all others.
_COUNTED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "poll": {"new entries": ("newsmon_new_entries_total", ""), "*": ("newsmon_polls_total", "outcome")},
    "read": {"*": ("newsmon_pages_total", "state")},
    "match": {
        "articles": ("newsmon_articles_matched_total", ""),
        "flagged": ("newsmon_articles_flagged_total", ""),
        "alerts": ("newsmon_alerts_total", ""),
    },
    "notify": {"*": ("newsmon_deliveries_total", "state")},
    "digest": {"digests": ("newsmon_digests_total", "")},
}
_HELP = {
    "newsmon_alerts_total": "Decisions to tell somebody.",
    "newsmon_articles_flagged_total": "Articles that a topic flagged.",
    "newsmon_articles_matched_total": "Articles that were matched.",
    "newsmon_deliveries_total": "Steps of messages, by the state they reached.",
    "newsmon_digests_total": "Digests made.",
    "newsmon_new_entries_total": "Entries listed for the first time.",
    "newsmon_outbox": "Messages, by state.",
    "newsmon_pages_total": "Entries read or given up, by state.",
    "newsmon_polls_total": "Polls, by outcome.",
    "newsmon_sources": "Sources, by the state that leads.",
    "newsmon_stage_failures_total": "Rounds that ended with an error.",
    "newsmon_stage_last_success_timestamp_seconds": "When a round last ended well.",
    "newsmon_stage_seconds": "How long rounds lasted.",
    "newsmon_waiting": "What waits for each stage.",
}

Labels = tuple[tuple[str, str], ...]
Figures = dict[tuple[str, Labels], float]

log = structlog.get_logger("metrics")


class Meter:
    """Counts what the stages of the daemon do; usable from several threads."""

    def __init__(self) -> None:
        self._figures: Figures = {}
        self._values: Counter[str] = Counter()
        self._lock = threading.Lock()

    def ticks(self, ticks: "Sequence[Tick]") -> "list[Tick]":
        """Return the ticks, each of whose rounds is counted and timed."""
        return [replace(tick, run=self._timed(tick.name, tick.run)) for tick in ticks]

    def figures(self) -> Figures:
        """Return everything counted so far."""
        with self._lock:
            return dict(self._figures)

    def _timed(self, stage: str, run: "Stage") -> "Stage":
        labels = (("stage", stage),)

        def timed(beat: "Progress") -> object:
            begun = time.monotonic()
            failed = True
            try:
                counts = run(beat)
                failed = False
                return counts
            finally:
                lasted = time.monotonic() - begun
                with self._lock:
                    self._add("newsmon_stage_seconds_sum", labels, lasted)
                    self._add("newsmon_stage_seconds_count", labels, 1)
                    self._add("newsmon_stage_failures_total", labels, float(failed))
                    if not failed:
                        at = ("newsmon_stage_last_success_timestamp_seconds", labels)
                        self._figures[at] = time.time()
                        self._count(stage, counts)

        return timed

    def _count(self, stage: str, counts: object) -> None:
        named = _COUNTED.get(stage, {})
        for name, number in counts.items() if isinstance(counts, Mapping) else ():
            figure, label = named.get(name) or named.get("*", ("", ""))
            if figure:
                self._add(figure, ((label, name),) if label else (), number)

    def _add(self, name: str, labels: Labels, number: float) -> None:
        if (name, labels) not in self._figures and labels:
            if self._values[name] >= MOST_LABELS:
                labels = tuple((label, "other") for label, _ in labels)
            self._values[name] += 1
        self._figures[name, labels] = self._figures.get((name, labels), 0.0) + number


@dataclass(slots=True)
class Levels:
    """What stands in the database at a moment, asked at most every fifteen seconds."""

    app: "Callable[[], App | None]"
    _known: Figures = field(default_factory=dict)
    _asked: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def figures(self) -> Figures:
        """Return the figures; those of before where the database cannot be asked now."""
        with self._lock:
            app = self.app()
            if app is not None and time.monotonic() - self._asked >= ASKED_EVERY:
                self._asked = time.monotonic()
                try:
                    self._known = _levels(app)
                except Exception:
                    # A locked database, or one that is being closed for another configuration.
                    log.exception("could not ask the database")
            return dict(self._known)


def _levels(app: "App") -> Figures:
    status = app.store.status(app.clock.now())
    levels: Figures = {}
    for figure, label, numbers in (
        ("newsmon_sources", "state", app.store.sources_by_state()),
        ("newsmon_outbox", "state", status.deliveries),
        ("newsmon_waiting", "stage", status.waiting),
    ):
        levels |= {(figure, ((label, name),)): float(number) for name, number in numbers.items()}
    return levels


def written(figures: Figures) -> str:
    """Return the figures in Prometheus' text format, by name."""
    lines: list[str] = []
    last = ""
    for (name, labels), number in sorted(figures.items()):
        family = name.removesuffix("_sum").removesuffix("_count")
        if family != last:
            kind = "summary" if family != name else "counter" if name.endswith("_total") else "gauge"
            lines += [f"# HELP {family} {_HELP[family]}", f"# TYPE {family} {kind}"]
            last = family
        inside = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels)
        lines.append(f"{name}{{{inside}}} {number!r}" if inside else f"{name} {number!r}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the figures are served. `token` is what clients must bear; without one only this machine asks."""

    host: str
    port: int
    token: str = field(default="", repr=False)


def address(where: str, token_file: Path | None) -> Address:
    """Return the address that `127.0.0.1:9108` or `[::1]:9108` names, with the token of its file.

    Raises:
        ValueError: it is no address and port, or one of the network without a token; with a sentence.
        OSError: the file cannot be read.
    """
    host, _, port = where.rpartition(":")
    try:
        ip, number = ip_address(host.strip("[]")), int(port)
    except ValueError:
        raise ValueError(f"{where!r} is no address and port: write 127.0.0.1:9108") from None
    token = token_file.read_text("utf-8").strip() if token_file else ""
    if token_file and not token:
        raise ValueError(f"{token_file} holds no token")
    if not ip.is_loopback and not token:
        raise ValueError(
            f"{ip} can be reached by others: name a file with --metrics-token, or take 127.0.0.1"
        )
    return Address(host=str(ip), port=number, token=token)


class Exporter:
    """A small web server that tells the figures to those who may know them."""

    def __init__(self, address_: Address, sources: "Sequence[Callable[[], Figures]]") -> None:
        """Listen.

        Raises:
            OSError: the address is taken, or not of this machine.
        """
        self._server = _server(address_, sources)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


def _server(address_: Address, sources: "Sequence[Callable[[], Figures]]") -> ThreadingHTTPServer:
    class Answer(BaseHTTPRequestHandler):
        timeout = 10
        server_version = "newsmon"
        sys_version = ""

        def do_GET(self) -> None:
            if not _may_ask(
                address_.token, self.headers.get("Host", ""), self.headers.get("Authorization", "")
            ):
                self._say(403, "Only this machine may ask, or who bears the token.\n")
            elif self.path.partition("?")[0] != "/metrics":
                self._say(404, "The figures are at /metrics.\n")
            else:
                figures: Figures = {}
                for source in sources:
                    figures |= source()
                self._say(200, written(figures))

        def _say(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", _KIND)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet: who asks every few seconds would fill the log."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = _family(address_.host)

    return Server((address_.host, address_.port), Answer)


def _family(host: str) -> Any:  # noqa: ANN401 - the socket module's enumeration
    """Return the family of sockets that an address belongs to."""
    import socket

    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _may_ask(token: str, host: str, authorization: str) -> bool:
    """Tell whether a request may see the figures.

    Where no token is set the address is one of this machine's own; the Host header keeps web pages out
    whose name was made to point here (DNS rebinding).
    """
    if token:
        return hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name in _LOCAL
