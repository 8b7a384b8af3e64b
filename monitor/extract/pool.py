"""How are hostile bytes read without harm? In worker processes that can be killed at any moment.

Each worker has a thread and a pipe of its own, and shares no lock with anybody: killing it, by us at
its deadline or by the kernel for want of memory, leaves nothing behind that another could wait for.
(Pebble's pool, tried first, shares one pipe and its locks among the workers: `kill -9` of a worker
left futures that never ended in each of three trials.)
"""

import atexit
import hashlib
import multiprocessing
import pickle
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from queue import SimpleQueue
from types import ModuleType
from typing import Any

import structlog

from monitor.clock import SystemClock
from monitor.domain.articles import ExtractFailed, ExtractResult, FeedJob, PageJob, WorkerLimits
from monitor.domain.errors import StoreError
from monitor.domain.feeds import ParseFailed, ParseResult
from monitor.domain.finding import FindJob, FoundOnPage, OutlineJob, Outlines
from monitor.domain.ports import Clock, Quarantine

STRIKES = 2
"""Times that the same bytes may cost a worker; after that they are not tried again."""

_REMEMBERED = 10_000
_STARTUP = 60.0
_PATIENCE = 2.0
_STARTING = threading.Lock()

log = structlog.get_logger("extract")


Job = FeedJob | PageJob | FindJob | OutlineJob


@dataclass(frozen=True, slots=True)
class _Task:
    job: Job
    future: "Future[Any]"


class ParserProcesses:
    """Parsers in killable processes; implements `ports.Workers`.

    Nothing is started before the first job. Failure codes beside the parsers' own: `killed` (the
    deadline was over), `crashed` (the worker died, twice), `memory`, `stopped` (`close` was called:
    the bytes were not judged).

    Args:
        limits: what one job may cost, and the number of workers.
        clock: stamps the jobs that carry no instant; dates are judged by it.
    """

    def __init__(self, limits: WorkerLimits | None = None, clock: Clock | None = None) -> None:
        self._limits = limits or WorkerLimits()
        self._clock = clock or SystemClock()
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._lanes: list[_Lane] = []
        self._lock = threading.Lock()
        self._closed = False
        self._strikes: OrderedDict[bytes, int] = OrderedDict()
        self._quarantine: Quarantine | None = None

    def parse_feed(self, job: FeedJob) -> "Future[ParseResult]":
        """Return a future that never raises: a killed or crashed worker is a ParseFailed."""
        return self._submit(job if job.now else replace(job, now=self._clock.now()))

    def extract_page(self, job: PageJob) -> "Future[ExtractResult]":
        """Return a future that never raises: a killed or crashed worker is an ExtractFailed."""
        return self._submit(job if job.now else replace(job, now=self._clock.now()))

    def find_feeds(self, job: FindJob) -> "Future[FoundOnPage | ParseFailed]":
        """Return a future that never raises: a killed or crashed worker is a ParseFailed."""
        return self._submit(job)

    def read_outlines(self, job: OutlineJob) -> "Future[Outlines | ParseFailed]":
        """Return a future that never raises: a killed or crashed worker is a ParseFailed."""
        return self._submit(job)

    def remember_in(self, quarantine: Quarantine) -> None:
        """Go by what is remembered there of documents that killed, and remember further ones there."""
        known = quarantine.strikes()
        with self._lock:
            self._quarantine = quarantine
            self._strikes = OrderedDict(known) | self._strikes

    def close(self) -> None:
        """Kill the workers; jobs not done end as `stopped`. Returns within a second."""
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
            lanes, self._lanes = self._lanes, []
        for lane in lanes:
            self._tasks.put(None)
            lane.stop()
        for lane in lanes:
            lane.thread.join()

    def worker_pids(self) -> list[int]:
        """Return the process ids of the workers that are running now."""
        with self._lock:
            return [pid for lane in self._lanes if (pid := lane.pid) is not None]

    def _submit(self, job: Job) -> "Future[Any]":
        future: Future[Any] = Future()
        with self._lock:
            strikes = self._strikes.get(_fingerprint(job), 0) if self._strikes else 0
            if self._closed:
                future.set_result(_failed(job, "stopped", "the service is stopping"))
            elif strikes >= STRIKES:
                future.set_result(_failed(job, "killed", f"not tried again: killed {strikes} times before"))
            else:
                if not self._lanes:
                    # At exit multiprocessing kills and awaits every worker itself, and can wait for
                    # ever for one that a lane is just replacing. This comes before it.
                    atexit.register(self.close)
                while len(self._lanes) < self._limits.workers:
                    self._lanes.append(_Lane(self._tasks, self._limits, self._strike))
                self._tasks.put(_Task(job, future))
        return future

    def _strike(self, job: Job) -> None:
        with self._lock:
            key = _fingerprint(job)
            times = self._strikes[key] = self._strikes.pop(key, 0) + 1
            if len(self._strikes) > _REMEMBERED:
                self._strikes.popitem(last=False)
            quarantine = self._quarantine
        log.warning("a document killed its parser", url=job.url, times=times)
        if quarantine is not None:
            try:
                quarantine.strike(key, job.url, self._clock.now())
            except StoreError:
                # The job's result must not hang on a locked database; it is remembered until we end.
                log.exception("could not remember it")


class _Lane:
    """One worker process at a time, and the thread that hands it jobs and watches the clock.

    `pid` is the worker's process id, None while there is none.
    """

    def __init__(
        self,
        tasks: "SimpleQueue[_Task | None]",
        limits: WorkerLimits,
        strike: Callable[[Job], None],
    ) -> None:
        self._tasks = tasks
        self._limits = limits
        self._strike = strike
        self._stopped = False
        self._process: ForkServerProcess | None = None
        self._pipe: Connection | None = None
        self._served = 0
        self.pid: int | None = None
        self.thread = threading.Thread(target=self._run, name="extract-lane", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Make the thread end: kills its worker, so that a job under way ends at once."""
        self._stopped = True
        with _STARTING:
            if self._process is not None:
                self._process.kill()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            if task.future.set_running_or_notify_cancel():
                try:
                    result = self._serve(task.job)
                except Exception as error:  # noqa: BLE001 - a bug must not leave the future waiting
                    self._end_worker(kill=True)
                    result = _failed(task.job, "crashed", f"{type(error).__name__}: {error}")
                task.future.set_result(result)
        self._end_worker(kill=True)

    def _serve(self, job: Job) -> Any:  # noqa: ANN401 - the job's kind of result
        """Return the job's result; a worker that dies is replaced once, within the same deadline."""
        limit = self._limits.deadline.total_seconds()
        remaining = limit
        for _ in range(STRIKES):
            if not self._is_ready():
                break
            assert self._pipe is not None
            begun = time.monotonic()
            try:
                result, worn_out = _exchange(self._pipe, job, remaining)
            except TimeoutError:
                self._end_worker(kill=True)
                self._strike(job)
                return _failed(job, "killed", f"reading it took longer than {limit:g} s")
            except (EOFError, OSError):
                # Not always the bytes' doing: the kernel kills for want of memory whom it likes.
                self._end_worker(kill=True)
                remaining -= time.monotonic() - begun
            else:
                self._served += 1
                if worn_out or self._served >= self._limits.recycle_after:
                    self._end_worker(kill=False)
                return result
        if self._stopped:
            return _failed(job, "stopped", "the service is stopping")
        if self._pipe is None and remaining == limit:
            return _failed(job, "crashed", "no worker process could be started")
        self._strike(job)
        return _failed(job, "crashed", "the worker process died twice on it")

    def _is_ready(self) -> bool:
        """Return whether there is a worker, having started one where there was none.

        Its start is not the job's time: the first one loads the parsers, a second or more.
        """
        if self._pipe is not None:
            return True
        context = multiprocessing.get_context("forkserver")
        self._pipe, theirs = context.Pipe()
        try:
            with _STARTING:
                if self._stopped:
                    return False
                self._process = _start(context, theirs, self._limits.memory)
                self.pid = self._process.pid
            theirs.close()
            _exchange(self._pipe, None, _STARTUP)
        except (EOFError, OSError):
            self._end_worker(kill=True)
            return False
        self._served = 0
        return True

    def _end_worker(self, *, kill: bool) -> None:
        process, pipe = self._process, self._pipe
        self._process = self._pipe = self.pid = None
        if pipe is not None:
            pipe.close()  # an idle worker ends by itself when its pipe closes
        if process is not None:
            with _STARTING:  # starting another reaps the dead, too: not both at once
                if not kill:
                    process.join(_PATIENCE)
                process.kill()
                process.join()
                process.close()


def _exchange(pipe: Connection, job: Job | None, seconds: float) -> Any:  # noqa: ANN401
    """Return what the worker says to a job (None: that it is ready).

    Raises:
        TimeoutError: nothing came in time.
        EOFError, OSError: the worker is dead.
    """
    if job is not None:
        # `send` pickles the same more slowly: it looks for reductions of multiprocessing first.
        pipe.send_bytes(pickle.dumps(job, pickle.HIGHEST_PROTOCOL))
    if not pipe.poll(max(seconds, 0)):
        raise TimeoutError
    return pipe.recv()


def _start(context: ForkServerContext, pipe: Connection, memory: int) -> ForkServerProcess:
    """Return a new worker process, started. Callers hold `_STARTING`."""
    context.set_forkserver_preload(["monitor.extract.worker"])
    process = context.Process(
        target=_serve_in_worker, args=(pipe, memory), name="newsmon-worker", daemon=True
    )
    # A new process would import the program's main module again: a command line, a benchmark, a
    # test run, at a cost of up to a second and with whatever it does when imported. Hide it.
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main
    return process


def _serve_in_worker(pipe: Connection, memory: int) -> None:
    # Imported in the worker, where the fork server has it loaded; never in the service.
    from monitor.extract.worker import serve

    serve(pipe, memory)


def _fingerprint(job: Job) -> bytes:
    return hashlib.blake2b(job.body, digest_size=16, person=type(job).__name__.encode()).digest()


def _failed(job: Job, code: str, message: str) -> ParseFailed | ExtractFailed:
    if isinstance(job, PageJob):
        return ExtractFailed(code=code, message=message)
    return ParseFailed(code=code, message=message)
