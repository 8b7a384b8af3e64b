"""Does a day among outlets in trouble cost the others an entry, or leave anything behind in the process?"""

import gc
import logging
import sqlite3
import statistics
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import structlog
from desks import Desk, feed, shipped
from troubled import DAY, LISTED, START, TROUBLES, Asked, Outlet, Outlets

from monitor.domain.articles import WorkerLimits
from monitor.domain.feeds import Feed, LinkRules
from monitor.extract import ParserProcesses

TICK = 30
WARM = 6 * 3_600
READ_WITHIN = timedelta(minutes=10)
_GOOD = {"ok", "unchanged"}


class SimulatedClock:
    """A clock that stands still until the next tick."""

    def __init__(self) -> None:
        self.second = 0

    def now(self) -> datetime:
        """Return the virtual instant."""
        return START + timedelta(seconds=self.second)


@dataclass
class Left:
    """What a process holds: threads by name, open files, children."""

    threads: Counter[str]
    files: int
    children: set[int]

    @classmethod
    def now(cls) -> "Left":
        """Look at this process."""
        gc.collect()
        names = Counter(thread.name.rstrip("0123456789") for thread in threading.enumerate())
        tasks = Path("/proc/self/task").iterdir()
        children = {int(pid) for task in tasks for pid in (task / "children").read_text().split()}
        return cls(names, len(list(Path("/proc/self/fd").iterdir())), children)


@dataclass
class Day:
    """What was seen of a simulated day."""

    outlets: int
    polls: dict[int, list[Asked]] = field(default_factory=dict)
    lateness: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    rounds: Counter[str] = field(default_factory=Counter)

    def note(self, asked: list[Asked], due: dict[str, float]) -> None:
        """Keep what was asked in a tick, and how late that was."""
        for one in asked:
            self.polls.setdefault(one.outlet, []).append(one)
            self.lateness.append(one.second - due[str(one.outlet)])

    def measure(self) -> None:
        """Look at what the process holds now."""
        gc.collect()
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
        self.memory += [int(line.split()[1]) / 1_000 for line in lines if line.startswith("VmRSS")]
        # What the interpreter holds: a leak that fills space which the start left free shows here first.
        self.blocks.append(sys.getallocatedblocks())
        self.files.append(len(list(Path("/proc/self/fd").iterdir())))
        self.threads.append(threading.active_count())

    @property
    def troubles(self) -> Counter[str]:
        """Return how often each trouble was met."""
        return Counter(one.trouble for polls in self.polls.values() for one in polls)


def declared(outlet: Outlet, port: int) -> Feed:
    """Return the source that an outlet is configured as; those in trouble bring their own text."""
    kind = "feed" if outlet.troubled or outlet.kind in {"rss", "json"} else outlet.kind
    return feed(
        str(outlet.number),
        f"http://{outlet.host}:{port}/list",
        kind=kind,
        adapts=True,
        rhythm=float(outlet.per_day),
        read="feed" if outlet.troubled else "page",
        links=LinkRules(only=("/news/*",)) if kind == "page" else LinkRules(),
        overload="host" if outlet.number % 2 else "feed",
    )


@contextmanager
def opened(folder: Path, number: int, clock: SimulatedClock) -> Iterator[tuple[Desk, Outlets]]:
    """Open the outlets and a desk that watches them, by the service's own parts; close both."""
    settings = replace(
        shipped(),
        http=shipped().http.model_copy(
            update={"timeout": timedelta(seconds=4), "read_timeout": timedelta(seconds=2)}
        ),
    )
    server = Outlets(number)
    workers = ParserProcesses(WorkerLimits(deadline=timedelta(seconds=5)), clock)
    feeds = [declared(Outlet(n), server.port) for n in range(number)]
    desk = Desk(folder, workers, feeds=feeds, clock=clock, settings=settings)
    try:
        yield desk, server
    finally:
        desk.close()
        workers.close()
        server.close()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Say nothing of what goes well, tens of thousands of times."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.configure(**before)


def live(folder: Path, number: int, hours: int) -> Day:
    """Poll, read and match for so many virtual hours; return what was seen."""
    clock, day = SimulatedClock(), Day(number)
    with opened(folder, number, clock) as (desk, server):
        stages = desk.poller, desk.reader, desk.matching
        with closing(sqlite3.connect(folder / "newsmon.db")) as database:
            for second in range(0, hours * 3_600, TICK):
                clock.second = second
                due = _due(database, clock.now())
                server.at(second)
                for stage in stages:
                    day.rounds += stage.run()
                day.note(server.at(second), due)
                if second % 3_600 == 0:
                    day.measure()
    return day


def _due(database: sqlite3.Connection, now: datetime) -> dict[str, float]:
    query = "SELECT id, next_due FROM feeds WHERE next_due <= ?"
    rows = database.execute(query, (now.isoformat(timespec="microseconds")[:-6] + "Z",)).fetchall()
    return {name: (datetime.fromisoformat(since) - START).total_seconds() for name, since in rows}


def healthy_lost_nothing(folder: Path, day: Day, end: int) -> int:
    """Hold what is stored of the healthy outlets against what they listed; return the number of entries."""
    with closing(sqlite3.connect(folder / "newsmon.db")) as database:
        outcomes = database.execute("SELECT feed_id, outcome, message FROM polls").fetchall()
        query = "SELECT feed_id, url, listed_at, read_at, state, reason FROM entries"
        stored: dict[int, dict[int, tuple[str, ...]]] = {}
        for name, url, *rest in database.execute(query):
            if not Outlet(int(name)).troubled:
                entry = Outlet.entry(urlsplit(url).path)
                assert entry not in stored.setdefault(int(name), {}), f"{url} twice"
                stored[int(name)][entry] = tuple(rest)
    bad = [row for row in outcomes if not Outlet(int(row[0])).troubled and row[1] not in _GOOD]
    assert bad == []
    for number in (n for n in range(day.outlets) if not Outlet(n).troubled):
        expected = _first_seen(Outlet(number), day.polls[number])
        assert {entry: row[0] for entry, row in stored[number].items()} == expected, f"outlet {number}"
        for entry, (listed, read, state, reason) in stored[number].items():
            if datetime.fromisoformat(listed) + READ_WITHIN > START + timedelta(seconds=end):
                continue
            assert state in {"matched", "nothing"}, f"{number}/{entry}: {state}, {reason}"
            assert datetime.fromisoformat(read) - datetime.fromisoformat(listed) <= READ_WITHIN
    return sum(len(entries) for entries in stored.values())


def _first_seen(outlet: Outlet, polls: list[Asked]) -> dict[int, str]:
    """Return each entry that an outlet listed, with the first poll that could see it, as it is stored."""
    seen: dict[int, str] = {}
    for poll in polls:
        at = (START + timedelta(seconds=poll.second)).isoformat(timespec="microseconds")[:-6] + "Z"
        for entry in outlet.listed(poll.second):
            seen.setdefault(entry, at)
    # Nothing came and went between two polls.
    assert len(seen) == max(seen) - min(seen) + 1
    return seen


def test_outlets_in_trouble_cost_the_others_nothing_for_some_hours(tmp_path: Path) -> None:
    """Of twenty outlets six are in trouble: what the others list is stored at once, read and matched."""
    day = live(tmp_path, 20, 2)
    assert healthy_lost_nothing(tmp_path, day, 2 * 3_600) >= 14 * LISTED
    assert max(day.lateness) <= TICK
    assert day.rounds["flagged"] > 0
    assert sum(day.troubles.values()) > day.troubles["none"]


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_a_day_among_outlets_in_trouble_loses_nothing_and_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 300 sources 90 misbehave: nothing of the others is lost or late, and the process stays as it was."""
    (tmp_path / "first").mkdir()
    live(tmp_path / "first", 20, 1)  # what the process keeps for its life: a fork server, caches
    before = Left.now()
    day = live(tmp_path, 300, 24)
    after = Left.now()
    entries = healthy_lost_nothing(tmp_path, day, DAY)
    memory, blocks = day.memory[WARM // 3_600 :], day.blocks[WARM // 3_600 :]
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{sum(map(len, day.polls.values()))} polls, {entries} entries of healthy sources,"
            f" {day.rounds['new entries']} of all; latest poll {max(day.lateness):.1f} s after it was due;"
            f"\nmemory {min(memory):.1f} to {max(memory):.1f} MB, {min(blocks):,} to {max(blocks):,} blocks"
            f" after {WARM // 3_600} h;"
            f" files {min(day.files)} to {max(day.files)}, threads {min(day.threads)} to {max(day.threads)};"
            f"\n{dict(day.troubles.most_common())}"
        )
    assert set(TROUBLES) == set(day.troubles)
    assert max(day.lateness) <= TICK
    for held in memory, blocks:
        middle = statistics.median(held)
        assert 0.9 * middle <= min(held) <= max(held) <= 1.1 * middle
    assert after == before
