"""Do 20,000 feeds get a day of polls on time, and no host more than its pace? With what CPU and memory?

    PYTHONPATH=. python benchmarks/day.py
    PYTHONPATH=. python benchmarks/day.py --feeds 2000 --hosts 300 --hours 4

The poller, its HTTP client, the workers and the database (SQLite, a file) are those of the service, with
its shipped settings; the server (hosts.py) is a process of its own, on thousands of loopback addresses.

Two times run side by side. The clock that decides what is due is virtual: it stands still while a round
runs, then steps one tick (10 s) on. The network is real, so the pause between two requests on a host is
real as well, and has to shrink as the day does: the shipped half second becomes 5 ms, since a day of
8,640 ticks passes about a hundred times faster than on the wall. A round may use all of that pace and no
more: of a host that was asked n times in a round, the round must have lasted (n - 1) pauses. What these
pauses would have been in a real day is reported as well: the last of n feeds on a host that are due in
one tick waits (n - 1) half seconds for its turn.

Judged by the server's log in virtual time, against what the policy says of a feed of this rhythm and these
manners (reckoned here anew), and against the instants that the database had before the round: no poll
before it was due or welcome, none later than a tick, none left out. The start, when all feeds are due at
once, is told apart. Anything else ends the script with an error.
"""

import argparse
import logging
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from hosts import MAX_AGE, RETRY_AFTER, SKIPPED_HOURS, START, TTL, Asked, Hosts, Outlet, Temper
from measure import measured

from monitor.app import App
from monitor.domain.feeds import Feed
from monitor.settings import load, locate

TICK = 10
SHIPPED_SPACING = 0.5
SPACING = 0.005
SHORTEST, LONGEST = 300.0, 86_400.0
JITTER = 1.1
STAGGER = 300.0
_HOUR = 3_600


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.second = 0

    def now(self) -> datetime:
        """Return the virtual instant."""
        return START + timedelta(seconds=self.second)


@dataclass
class Memory:
    """The most that the processes held at once, in MB; workers together."""

    main: float = 0.0
    workers: float = 0.0

    def look(self, worker_pids: Iterable[int]) -> None:
        """Look at the processes as they are now."""
        self.main = max(self.main, _resident("self", "VmHWM"))
        self.workers = max(self.workers, sum(_resident(pid, "VmRSS") for pid in worker_pids))


@dataclass
class Judge:
    """Holds the server's log against what was due, and against what the policy demands."""

    hosts: int
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    drained: int | None = None
    busiest_tick: int = 0
    busiest_host: int = 0
    tightest: float = float("inf")
    asked: Counter[int] = field(default_factory=Counter)
    _last: dict[int, Asked] = field(default_factory=dict)
    _points: dict[int, float] = field(default_factory=dict)

    def round(self, second: int, due: dict[int, float], log: list[Asked], lasted: float) -> None:
        """Judge one tick: what was due before it, what was asked in it, how long it really took."""
        seen = Counter(asked.feed for asked in log)
        self.faults += [
            f"feed {feed} asked {times} times at {second}" for feed, times in seen.items() if times > 1
        ]
        self.faults += [f"feed {feed} asked at {second}, not due" for feed in seen if feed not in due]
        for asked in log:
            self._poll(asked)
            if self.drained is not None and due.get(asked.feed, 0) > self.drained:
                self.late.append(second - due[asked.feed])
        left = [feed for feed in due if feed not in seen]
        if self.drained is None:
            self.drained = second if not left else None
        else:
            self.faults += [
                f"feed {feed}, due at {due[feed]:.0f}, not asked at {second}"
                for feed in left
                if second - due[feed] > TICK
            ]
        self.busiest_tick = max(self.busiest_tick, len(log) if self.drained not in (None, second) else 0)
        self._pace(log, lasted)

    def tell(self) -> None:
        """Print what was seen."""
        polls = self.asked.total()
        start = "never" if self.drained is None else f"within {self.drained + TICK} s"
        late = self.late or [0.0]
        waited = (self.busiest_host - 1) * SHIPPED_SPACING
        print(f"start       all due at once; asked {start}")
        print(f"polls       {polls:,}: {dict(sorted(self.statuses.items()))}")
        print(f"a tick      {self.busiest_tick} polls in the busiest")
        print(f"lateness    median {statistics.median(late):.1f} s, most {max(late):.1f} s")
        pace = int(TICK / SHIPPED_SPACING)
        print(
            f"a host      at most {self.busiest_host} in a tick (pace: {pace}), the last after {waited:.1f} s"
        )
        print(f"rounds      lasted {self.tightest:.1f} times the pauses of their busiest host, or more")
        print(f"faults      {len(self.faults)}")

    def _poll(self, asked: Asked) -> None:
        last = self._last.get(asked.feed)
        if last is not None:
            first, latest = self._demanded(last)
            if asked.second < first:
                self.faults.append(
                    f"feed {asked.feed} asked at {asked.second}, not welcome before {first:.0f}"
                )
            if asked.second >= latest + TICK and self.drained is not None and latest > self.drained:
                self.faults.append(f"feed {asked.feed} asked at {asked.second}, expected by {latest:.0f}")
        if asked.status in (404, 429, 500):
            self._points[asked.feed] = self._points.get(asked.feed, 0.0) + 0.5
        else:
            self._points.pop(asked.feed, None)
        self.asked[asked.feed] += 1
        self.statuses[asked.status] += 1
        self._last[asked.feed] = asked

    def _demanded(self, last: Asked) -> tuple[float, float]:
        """Return the earliest and the latest instant for the poll after another, in virtual seconds."""
        outlet = Outlet(last.feed)
        wait = _clamped(0.5 / outlet.per_day * LONGEST)
        sooner = wait
        if last.status in (404, 429, 500):
            sooner = wait = _clamped(wait * (1 + self._points[last.feed]))
        elif outlet.temper is Temper.CLUMPED:
            sooner = _clamped(wait / 3)
        asks = {Temper.CACHED: MAX_AGE, Temper.SLOW: TTL}.get(outlet.temper, timedelta()).total_seconds()
        if last.status == 429:
            asks = RETRY_AFTER.total_seconds()
        first, latest = last.second + max(sooner, asks), last.second + JITTER * max(wait, asks)
        if outlet.temper is Temper.NIGHTLY:
            return _welcome(first), _welcome(latest) + STAGGER
        return first, latest

    def _pace(self, log: list[Asked], lasted: float) -> None:
        by_host: dict[str, list[float]] = {}
        for asked in log:
            by_host.setdefault(Outlet(asked.feed).host(self.hosts), []).append(asked.real)
        for host, times in by_host.items():
            pauses = len(times) - 1
            self.busiest_host = max(self.busiest_host, len(times))
            if pauses:
                self.tightest = min(self.tightest, lasted / (pauses * SPACING))
            if lasted < pauses * SPACING:
                self.faults.append(f"{host}: {len(times)} requests in {lasted:.3f} s")
            if (pauses + 1) * SHIPPED_SPACING > TICK and self.drained is not None:
                self.faults.append(f"{host}: {len(times)} requests in one tick")


def simulate(folder: Path, server: Hosts, given: argparse.Namespace) -> None:
    """Run the day and print what it was."""
    clock, memory, judge = Clock(), Memory(), Judge(given.hosts)
    app = newsmon(folder, server, given, clock)
    counts: Counter[str] = Counter()
    busy: list[float] = []
    with measured(frozenset({server.pid})) as cost, closing(sqlite3.connect(folder / "day.db")) as database:
        poller = app.poller
        for second in range(0, given.hours * _HOUR, TICK):
            clock.second = second
            due = _due(database, clock.now())
            server.at(second)
            begun = time.monotonic()
            counts += poller.run()
            busy.append(time.monotonic() - begun)
            judge.round(second, due, server.at(second), busy[-1])
            if second % 600 == 0:
                memory.look(app.workers.worker_pids())
            if second % _HOUR == 0 and given.verbose:
                print(
                    f"{second // _HOUR:>3} h {judge.asked.total():>9,} polls {sum(busy):>7.0f} s", flush=True
                )
    app.close()
    never = given.feeds - len(judge.asked)
    if never:
        judge.faults.append(f"{never} feeds were never asked")
    size = sum(file.stat().st_size for file in folder.glob("day.db*")) / 1e6
    print(f"{given.feeds:,} feeds on {given.hosts:,} hosts, {given.hours} h in ticks of {TICK} s")
    judge.tell()
    polls = judge.asked.total()
    print(f"entries     {counts['new entries']:,} new")
    print(f"CPU         {cost.cpu:.0f} s, {cost.cpu / polls * 1e3:.2f} ms a poll")
    print(
        f"wall        {cost.wall:.0f} s, {polls / sum(busy):.0f} polls/s; the longest round {max(busy):.1f} s"
    )
    print(
        f"memory      {memory.main:.0f} MB, workers together {memory.workers:.0f} MB; database {size:.0f} MB"
    )
    if judge.faults:
        raise SystemExit("\n".join(judge.faults[:20]))


def newsmon(folder: Path, server: Hosts, given: argparse.Namespace, clock: Clock) -> App:
    """Return Newsmon with the shipped settings, set on the server's feeds."""
    settings = load(locate(None, folder), {})
    feeds = tuple(_feed(Outlet(number), server.port, given.hosts) for number in range(given.feeds))
    settings = replace(
        settings,
        feeds=feeds,
        database=settings.database.model_copy(update={"url": f"sqlite:///{folder / 'day.db'}"}),
        http=settings.http.model_copy(update={"spacing": timedelta(seconds=SPACING)}),
    )
    app = App(settings, clock=clock)
    assert app.poller.feeds
    return app


def _feed(outlet: Outlet, port: int, hosts: int) -> Feed:
    return Feed(
        id=str(outlet.number),
        url=f"http://{outlet.host(hosts)}:{port}/{outlet.number}",
        outlet=f"Outlet {outlet.number}",
        domain=f"outlet-{outlet.number}.example",
        adapts=True,
        rhythm=outlet.per_day,
        allow_private=True,
    )


def _due(database: sqlite3.Connection, now: datetime) -> dict[int, float]:
    """Return the feeds that are due, each with the virtual second since when."""
    query = "SELECT id, next_due FROM feeds WHERE next_due <= ?"
    rows = database.execute(query, (now.isoformat(timespec="microseconds")[:-6] + "Z",))
    return {int(feed): (datetime.fromisoformat(since) - START).total_seconds() for feed, since in rows}


def _clamped(wait: float) -> float:
    return max(SHORTEST, min(wait, LONGEST))


def _welcome(second: float) -> float:
    """Return the second, or the end of the hours in which the feed wants no polls."""
    hour = second // _HOUR % 24
    return second if hour not in SKIPPED_HOURS else (second // 86_400 * 24 + SKIPPED_HOURS.stop) * _HOUR


def _resident(pid: int | str, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1_000 for line in lines if line.startswith(name))


def main() -> None:
    """Run the simulation."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--feeds", type=int, default=20_000)
    arguments.add_argument("--hosts", type=int, default=3_000)
    arguments.add_argument("--hours", type=int, default=24)
    arguments.add_argument("--verbose", action="store_true", help="a line for every hour of the day")
    given = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    server = Hosts(given.hosts)
    with tempfile.TemporaryDirectory() as folder:
        simulate(Path(folder), server, given)
    server.close()


if __name__ == "__main__":
    main()
