"""What do thousands of hosts say over a day? A loopback server in virtual time that keeps a log of who asked.

Every host is an address of 127.0.0.0/8 with a listening socket of its own. What a feed says follows from
its number and the virtual instant alone: how often it publishes, and whether its server is kind, forgetful,
strict, broken or overloaded.
"""

import asyncio
import multiprocessing
import os
import resource
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import Enum
from multiprocessing.connection import Connection
from typing import TypeVar

Choice = TypeVar("Choice")

START = datetime(2026, 11, 23, tzinfo=UTC)
ITEMS = 12
MAX_AGE = timedelta(minutes=30)
TTL = timedelta(minutes=60)
RETRY_AFTER = timedelta(minutes=40)
SKIPPED_HOURS = range(6)
CLUMP = 4
BIG_HOSTS = 30
_DAY = 86_400.0

# Entries a day, and how many of 100 feeds have so many: 4.8 a day on the average.
_RHYTHMS = ((100.0, 1), (30.0, 4), (12.0, 10), (5.0, 15), (2.0, 20), (1.0, 20), (1 / 7, 20), (1 / 30, 10))


class Temper(Enum):
    """How a feed's server behaves."""

    KIND = "ETag and 304"
    FORGETFUL = "no validators: the same body again"
    CACHED = "Cache-Control: max-age=1800, and 304"
    SLOW = "ttl of 60 minutes"
    NIGHTLY = "skipHours 0 to 5"
    CLUMPED = "four entries at a time"
    BROKEN = "500 or 404 for hours"
    OVERLOADED = "429 with Retry-After at every third request"


# Of 1,000 feeds.
_TEMPERS = (
    (Temper.KIND, 600),
    (Temper.FORGETFUL, 190),
    (Temper.CACHED, 80),
    (Temper.SLOW, 50),
    (Temper.NIGHTLY, 30),
    (Temper.CLUMPED, 25),
    (Temper.BROKEN, 15),
    (Temper.OVERLOADED, 10),
)


@dataclass(frozen=True, slots=True)
class Outlet:
    """One feed of the simulation."""

    number: int

    @property
    def per_day(self) -> float:
        """Return how many entries it publishes a day."""
        return _share(_RHYTHMS, self.number * 37 % 100)

    @property
    def temper(self) -> Temper:
        """Return how its server behaves."""
        return _share(_TEMPERS, self.number * 617 % 1_000)

    def host(self, hosts: int) -> str:
        """Return its address: three in ten feeds share thirty big hosts, the others have small ones."""
        big = min(BIG_HOSTS, hosts // 2)
        at = self.number // 10 % big if self.number % 10 < 3 else big + self.number * 7 % (hosts - big)
        return address(at)

    def newest(self, seconds: float) -> int:
        """Return the number of its latest entry, so many seconds after the start."""
        published = int(seconds * self.per_day / _DAY + self.number * 0.618 % 1)
        return published // CLUMP * CLUMP if self.temper is Temper.CLUMPED else published

    def published(self, entry: int) -> datetime:
        """Return when an entry came out."""
        return START + timedelta(seconds=(entry - self.number * 0.618 % 1) * _DAY / self.per_day)

    def says(self, seconds: float, headers: dict[str, str], asked: int) -> tuple[int, bytes]:
        """Return status and whole response; `asked` is how often it was asked before."""
        temper = self.temper
        if temper is Temper.BROKEN and int(seconds // 10_800) % 2 == 0:
            status = 404 if self.number % 2 else 500
            return status, f"HTTP/1.1 {status} Trouble\r\nContent-Length: 0\r\n\r\n".encode()
        if temper is Temper.OVERLOADED and asked % 3 == 1:
            wait = int(RETRY_AFTER.total_seconds())
            return 429, f"HTTP/1.1 429 Slow\r\nRetry-After: {wait}\r\nContent-Length: 0\r\n\r\n".encode()
        newest = self.newest(seconds)
        tag = "" if temper is Temper.FORGETFUL else f'ETag: "{newest}"\r\n'
        cached = "Cache-Control: max-age=1800\r\n" if temper is Temper.CACHED else ""
        if tag and headers.get("if-none-match") == f'"{newest}"':
            return 304, f"HTTP/1.1 304 Not Modified\r\n{tag}{cached}\r\n".encode()
        body = self._body(newest)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n{tag}{cached}"
        return 200, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def _body(self, newest: int) -> bytes:
        asks = f"<ttl>{int(TTL.total_seconds()) // 60}</ttl>" if self.temper is Temper.SLOW else ""
        if self.temper is Temper.NIGHTLY:
            asks = f"<skipHours>{''.join(f'<hour>{hour}</hour>' for hour in SKIPPED_HOURS)}</skipHours>"
        items = "".join(self._item(entry) for entry in range(newest, newest - ITEMS, -1))
        head = f"<title>Feed {self.number}</title><link>http://outlet-{self.number}.example/</link>"
        return f'<rss version="2.0"><channel>{head}{asks}{items}</channel></rss>'.encode()

    def _item(self, entry: int) -> str:
        link = f"http://outlet-{self.number}.example/{entry + ITEMS}"
        words = f"Entry {entry} of feed {self.number}: the committee of a town met to settle its budget. "
        date = format_datetime(self.published(entry))
        return (
            f"<item><title>{words[:40]}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{date}</pubDate><description>{words * 5}</description></item>\n"
        )


def address(number: int) -> str:
    """Return the loopback address of a host."""
    return f"127.{10 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the server saw it: at which virtual second, and when on its own clock."""

    feed: int
    second: int
    real: float
    status: int


class Hosts:
    """The server's process. `pid` keeps its CPU time out of the sums."""

    def __init__(self, hosts: int) -> None:
        self._pipe, far = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_serve, args=(far, hosts), daemon=True)
        self._process.start()
        self.port: int = self._pipe.recv()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def at(self, second: int) -> list[Asked]:
        """Set the virtual time, in seconds after the start; return what was asked since it was last set."""
        self._pipe.send(second)
        return [Asked(*row) for row in self._pipe.recv()]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()


class _Answers:
    def __init__(self) -> None:
        self.second = 0
        self.log: list[tuple[int, int, float, int]] = []
        self._times: dict[int, int] = {}

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                first, *rest = request.decode("latin-1").split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}
                number = int(first.split(" ")[1].strip("/"))
                asked = self._times.get(number, 0)
                self._times[number] = asked + 1
                status, answer = Outlet(number).says(self.second, headers, asked)
                self.log.append((number, self.second, time.monotonic(), status))
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _serve(pipe: Connection, hosts: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * hosts + 1_000)), hard))
    answers = _Answers()

    def told() -> None:
        try:
            answers.second = pipe.recv()
        except EOFError:
            os._exit(0)  # the benchmark is over, or died: nobody is left to answer
        seen, answers.log = answers.log, []
        pipe.send(seen)

    async def run() -> None:
        first = await asyncio.start_server(answers.talk, address(0), 0, backlog=128)
        port = first.sockets[0].getsockname()[1]
        others = [address(number) for number in range(1, hosts)]
        await asyncio.start_server(answers.talk, others, port, backlog=128)
        pipe.send(port)
        asyncio.get_running_loop().add_reader(pipe.fileno(), told)
        await first.serve_forever()

    asyncio.run(run())


def _share(table: tuple[tuple[Choice, int], ...], at: int) -> Choice:
    for choice, size in table:
        if at < size:
            return choice
        at -= size
    raise ValueError(at)
