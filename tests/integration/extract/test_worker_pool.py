"""Worker processes die and are replaced, and nothing is ever left waiting for them."""

import contextlib
import errno
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import FakeClock
from sqlalchemy import text

from db import SqlStore
from monitor.domain.articles import Extracted, ExtractFailed, FeedJob, PageJob
from monitor.domain.feeds import ParsedFeed, ParseFailed
from monitor.extract import ParserProcesses
from monitor.extract import pool as pool_module

Pools = Callable[..., ParserProcesses]

URL = "https://e.org/feed"
FEED = b'<rss version="2.0"><channel><title>F</title><item><title>A</title></item></channel></rss>'
WORDS = "The ministers met in the capital on Monday and spoke about a railway to the northern sea. "
PAGE = (
    f"<html><head><title>T</title></head><body><article><p>{WORDS * 4}</p></article></body></html>".encode()
)
# The cubic search for an encoding: a minute and more, in C, where no Python signal is heard.
HANG = b"<?xml " + b"encoding='' " * 3_500 + FEED


def feed(body: bytes = FEED) -> FeedJob:
    """Return a job of these bytes."""
    return FeedJob(body=body, url=URL)


def alive(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def gone_within(pids: list[int], seconds: float) -> bool:
    """Return whether all processes have ended before the time is over."""
    end = time.monotonic() + seconds
    while any(map(alive, pids)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_feeds_and_pages_are_read_by_one_pool(pools: Pools) -> None:
    """Nothing is started before the first job, and both kinds of jobs give their results."""
    pool = pools()
    assert pool.worker_pids() == []
    parsed = pool.parse_feed(feed()).result(timeout=60)
    extracted = pool.extract_page(PageJob(body=PAGE, url="https://e.org/a")).result(timeout=60)
    assert isinstance(parsed, ParsedFeed)
    assert parsed.title == "F"
    assert isinstance(extracted, Extracted)
    assert extracted.text.startswith("The ministers met")
    assert len(pool.worker_pids()) == 1


def test_jobs_without_an_instant_get_the_clocks(clock: FakeClock) -> None:
    """Dates are judged by the clock the pool was given; a job's own instant stays."""
    item = b"<item><title>A</title><pubDate>Wed, 25 Nov 2026 10:00:00 GMT</pubDate></item></channel>"
    job = feed(FEED.replace(b"</channel>", item))
    pool = ParserProcesses(clock=clock)
    try:
        early = pool.parse_feed(job).result(timeout=60)
        clock.advance(days=2)
        late = pool.parse_feed(job).result(timeout=60)
        page = PageJob(body=b"", url=URL, now=datetime(2026, 1, 1, tzinfo=UTC))
        assert isinstance(pool.extract_page(page).result(timeout=60), ExtractFailed)
    finally:
        pool.close()
    assert isinstance(early, ParsedFeed)
    assert isinstance(late, ParsedFeed)
    assert early.entries[-1].published is None
    assert late.entries[-1].published == datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.mark.hazard("P1")
def test_a_hang_is_killed_at_its_deadline_and_quarantined(pools: Pools) -> None:
    """The same bytes cost two workers at most; other jobs go on in between."""
    pool = pools(deadline=0.5)
    for _ in range(2):
        start = time.monotonic()
        killed = pool.parse_feed(feed(HANG)).result(timeout=60)
        assert isinstance(killed, ParseFailed)
        assert (killed.code, killed.message) == ("killed", "reading it took longer than 0.5 s")
        assert time.monotonic() - start < 60
        assert isinstance(pool.parse_feed(feed()).result(timeout=60), ParsedFeed)
    pids = pool.worker_pids()
    refused = pool.parse_feed(feed(HANG)).result(timeout=0)
    assert isinstance(refused, ParseFailed)
    assert (refused.code, refused.message) == ("killed", "not tried again: killed 2 times before")
    assert pool.worker_pids() == pids


@pytest.mark.hazard("P1")
def test_the_quarantine_outlives_the_service(pools: Pools, sqlite_store: SqlStore) -> None:
    """Two services that each lost a worker to the same bytes are enough: a third does not try them."""
    for _ in range(2):
        pool = pools(deadline=0.5)
        pool.remember_in(sqlite_store)
        killed = pool.parse_feed(feed(HANG)).result(timeout=60)
        assert isinstance(killed, ParseFailed)
        assert killed.message == "reading it took longer than 0.5 s"
    pool = pools()
    pool.remember_in(sqlite_store)
    refused = pool.parse_feed(feed(HANG)).result(timeout=0)
    assert isinstance(refused, ParseFailed)
    assert refused.message == "not tried again: killed 2 times before"


def test_a_database_that_is_gone_costs_no_result(pools: Pools, sqlite_store: SqlStore) -> None:
    """What killed is remembered by the service itself where it cannot be written down."""
    pool = pools(deadline=0.5)
    pool.remember_in(sqlite_store)
    with sqlite_store.database.writing() as connection:
        connection.execute(text("DROP TABLE quarantine"))
    for _ in range(2):
        assert isinstance(pool.parse_feed(feed(HANG)).result(timeout=60), ParseFailed)
    refused = pool.parse_feed(feed(HANG)).result(timeout=0)
    assert isinstance(refused, ParseFailed)
    assert refused.message == "not tried again: killed 2 times before"


def test_a_kill_comes_in_time(pools: Pools) -> None:
    """A worker that is running ends within half a second after the deadline, also while it is in C."""
    pool = pools(deadline=1.0)
    pool.parse_feed(feed()).result(timeout=60)
    (pid,) = pool.worker_pids()
    start = time.monotonic()
    assert isinstance(pool.parse_feed(feed(HANG)).result(timeout=60), ParseFailed)
    assert 0.9 < time.monotonic() - start < 2.5
    assert not alive(pid)


def test_the_quarantine_has_an_end(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many offenders are remembered, the latest."""
    monkeypatch.setattr("monitor.extract.pool._REMEMBERED", 2)
    pool = pools()
    for number in range(3):
        for _ in range(2):
            pool._strike(feed(FEED + b" " * number))
    refused = [pool.parse_feed(feed(FEED + b" " * number)) for number in range(3)]
    codes = [type(future.result(timeout=60)) for future in refused]
    assert codes == [ParsedFeed, ParseFailed, ParseFailed]


@pytest.mark.hazard("P1")
def test_memory_is_limited(pools: Pools) -> None:
    """A document that wants more than its share fails, in a worker that is replaced, and others are read."""
    pool = pools(memory=260 << 20)
    pool.parse_feed(feed()).result(timeout=60)
    (pid,) = pool.worker_pids()
    body = b"<rss><channel>" + b"<item><title>x</title><category>y</category></item>" * 90_000
    greedy = pool.parse_feed(FeedJob(body=body, url=URL, max_entries=10**6)).result(timeout=60)
    assert isinstance(greedy, ParseFailed)
    assert greedy.code == "memory"
    assert isinstance(pool.parse_feed(feed()).result(timeout=60), ParsedFeed)
    assert pool.worker_pids() != [pid]


@pytest.mark.hazard("P1")
def test_what_a_parser_raises_is_a_value(pools: Pools) -> None:
    """An exception of the parser is a failure of the document, not of the future."""
    bad = b"<?xml version='1.0' encoding='\xff\xfe'?>" + FEED
    result = pools().parse_feed(feed(bad)).result(timeout=60)
    assert isinstance(result, ParseFailed)
    assert result.code == "crashed"
    assert result.message.startswith("UnicodeDecodeError")


@pytest.mark.hazard("P1")
def test_workers_are_recycled(pools: Pools) -> None:
    """After so many jobs a worker gives way to a new one."""
    pool = pools(recycle_after=3)
    seen = set()
    for _ in range(7):
        pool.parse_feed(feed()).result(timeout=60)
        seen.update(pool.worker_pids())
    assert len(seen) == 3


def test_killed_workers_lose_no_job(pools: Pools) -> None:
    """While workers are killed at random moments, every job of an innocent feed is answered."""
    pool = pools(workers=2)
    wait([pool.parse_feed(feed()) for _ in range(4)], timeout=60)
    dice = random.Random(2)
    futures = []
    for number in range(25):
        # Bytes of their own: those whose workers are killed twice are not tried again.
        futures += [pool.parse_feed(feed(FEED + b" " * (8 * number + n))) for n in range(8)]
        time.sleep(dice.random() * 0.01)
        for pid in pool.worker_pids()[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    done, waiting = wait(futures, timeout=60)
    assert not waiting
    results = [future.result() for future in done]
    lost = [result for result in results if not isinstance(result, ParsedFeed)]
    # A job whose second worker was killed, too, is given up: rare, and told.
    assert all(result.code == "crashed" for result in lost)
    assert len(lost) < len(results) / 10


def test_bytes_that_kill_their_worker_twice_are_given_up(
    pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A death is retried once, in a fresh worker; then the bytes are known for it."""
    pool = pools()
    pool.parse_feed(feed()).result(timeout=60)
    seen = []

    def dying(*_: object) -> object:
        seen.extend(pool.worker_pids())
        return exchange(*_) if _[1] is None else _die()

    exchange = pool_module._exchange
    monkeypatch.setattr(pool_module, "_exchange", dying)
    for _ in range(2):
        result = pool.parse_feed(feed()).result(timeout=60)
        assert isinstance(result, ParseFailed)
        assert (result.code, result.message) == ("crashed", "the worker process died twice on it")
    assert len(set(seen)) == 4
    refused = pool.parse_feed(feed()).result(timeout=60)
    assert isinstance(refused, ParseFailed)
    assert refused.code == "killed"


def _die() -> object:
    raise EOFError


def _no_process(*_: object) -> object:
    raise BlockingIOError(errno.EAGAIN, "no more processes for this user")


def test_workers_that_do_not_start_are_no_fault_of_the_bytes(
    pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that found no worker fails, and is tried the next time as if nothing had happened."""
    pool = pools()
    monkeypatch.setattr(pool_module, "_start", _no_process)
    for _ in range(3):
        result = pool.parse_feed(feed()).result(timeout=60)
        assert isinstance(result, ParseFailed)
        assert (result.code, result.message) == ("crashed", "no worker process could be started")
    monkeypatch.undo()
    assert isinstance(pool.parse_feed(feed()).result(timeout=60), ParsedFeed)


def test_a_bug_leaves_no_future_waiting(pools: Pools) -> None:
    """A job that cannot even be sent ends as crashed, and the next one is served."""
    pool = pools()
    unsendable = FeedJob(body=FEED, url=URL, known=memoryview(b""))  # type: ignore[arg-type] # that is the bug
    result = pool.parse_feed(unsendable).result(timeout=60)
    assert isinstance(result, ParseFailed)
    assert (result.code, result.message.split(":")[0]) == ("crashed", "TypeError")
    assert isinstance(pool.parse_feed(feed()).result(timeout=60), ParsedFeed)


def test_a_cancelled_job_is_passed_over(pools: Pools) -> None:
    """A job that nobody wants any more costs no worker."""
    pool = pools()
    first = pool.parse_feed(feed())
    second = pool.parse_feed(feed())
    cancelled = second.cancel()
    assert isinstance(first.result(timeout=60), ParsedFeed)
    assert isinstance(pool.parse_feed(feed()).result(timeout=60), ParsedFeed)
    assert second.cancelled() == cancelled


def test_closing_is_fast_and_tells_what_was_not_done(pools: Pools) -> None:
    """Jobs under way and waiting end as stopped; later ones are refused; no process stays."""
    pool = pools(workers=2)
    wait([pool.parse_feed(feed()) for _ in range(4)], timeout=60)
    pids = pool.worker_pids()
    futures = [pool.parse_feed(feed(HANG)) for _ in range(2)] + [pool.parse_feed(feed()) for _ in range(20)]
    pages = pool.extract_page(PageJob(body=PAGE, url=URL))
    time.sleep(0.1)
    start = time.monotonic()
    pool.close()
    assert time.monotonic() - start < 2
    results = [future.result(timeout=0) for future in (*futures, pages)]
    assert {result.code for result in results[:2] if isinstance(result, ParseFailed)} == {"stopped"}
    assert isinstance(results[-1], ExtractFailed)
    late = pool.parse_feed(feed()).result(timeout=0)
    assert isinstance(late, ParseFailed)
    assert late.code == "stopped"
    assert gone_within(pids, 2)
    pool.close()


PROGRAM = textwrap.dedent(
    """
    import sys, time
    from monitor.domain.articles import FeedJob
    from monitor.extract import ParserProcesses
    pool = ParserProcesses()
    job = FeedJob(body=b"<rss><channel><title>F</title></channel></rss>", url="https://e.org/")
    [future.result() for future in [pool.parse_feed(job) for _ in range(4)]]
    print("main module read", *pool.worker_pids(), flush=True)
    pool.parse_feed(FeedJob(body=b"<?xml " + b"encoding='' " * 3500, url="https://e.org/"))
    time.sleep(60)
    """
)


@pytest.fixture
def program(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A program of its own, in a session of its own, whose two workers are running, one on a hang."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    with subprocess.Popen(
        [sys.executable, str(file)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    ) as started:
        yield started
        with contextlib.suppress(ProcessLookupError):  # a test that failed waits for nothing
            os.killpg(started.pid, signal.SIGKILL)


def pids_of(program: "subprocess.Popen[str]") -> list[int]:
    """Return the ids of the program's workers, which never ran its main module."""
    assert program.stdout is not None
    line = program.stdout.readline()
    assert line.startswith("main module read")
    return [int(pid) for pid in line.split()[3:]]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel kills orphans on Linux only")
def test_killing_the_service_leaves_no_orphans(program: "subprocess.Popen[str]") -> None:
    """After `kill -9` of the parent the workers end, also one that is busy."""
    pids = pids_of(program)
    assert len(pids) == 2
    time.sleep(0.2)
    program.kill()
    assert gone_within(pids, 5)


def test_a_program_that_forgets_to_close_ends_nevertheless(program: "subprocess.Popen[str]") -> None:
    """Ctrl-C in the terminal reaches every process of the group; the parent alone decides, and ends."""
    pids = pids_of(program)
    time.sleep(0.2)
    os.killpg(program.pid, signal.SIGINT)
    assert program.wait(timeout=10) != 0
    assert gone_within(pids, 5)


def test_workers_do_not_hear_the_terminal(pools: Pools) -> None:
    """A worker goes on with its job after Ctrl-C: what happens to it is the service's decision."""
    pool = pools()
    pool.parse_feed(feed()).result(timeout=60)
    (pid,) = pool.worker_pids()
    os.kill(pid, signal.SIGINT)
    assert isinstance(pool.parse_feed(feed()).result(timeout=60), ParsedFeed)
    assert pool.worker_pids() == [pid]
