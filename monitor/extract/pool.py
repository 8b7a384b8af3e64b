"""How are hostile bytes read without harm? In worker processes that can be killed at any moment.

Each worker has a thread and a pipe of its own, and shares no lock with anybody: killing it, by us at
its deadline or by the kernel for want of memory, leaves nothing behind that another could wait for.
(Pebble's pool, tried first, shares one pipe and its locks among the workers: `kill -9` of a worker
left futures that never ended in each of three trials.)
"""

import hashlib
import multiprocessing
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

from monitor.clock import SystemClock
from monitor.domain.articles import ExtractFailed, ExtractResult, FeedJob, PageJob, WorkerLimits
from monitor.domain.feeds import ParseFailed, ParseResult
from monitor.domain.ports import Clock

STRIKES = 2
"""Times that the same bytes may cost a worker; after that they are not tried again."""

_REMEMBERED = 10_000
_STARTUP = 60.0
_STARTING = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Task:
    job: FeedJob | PageJob
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

    def parse_feed(self, job: FeedJob) -> "Future[ParseResult]":
        """Return a future that never raises: a killed or crashed worker is a ParseFailed."""
        return self._submit(job if job.now else replace(job, now=self._clock.now()))

    def extract_page(self, job: PageJob) -> "Future[ExtractResult]":
        """Return a future that never raises: a killed or crashed worker is an ExtractFailed."""
        return self._submit(job if job.now else replace(job, now=self._clock.now()))

    def close(self) -> None:
        """Kill the workers; jobs not done end as `stopped`. Returns within a second."""
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

    def _submit(self, job: FeedJob | PageJob) -> "Future[Any]":
        future: Future[Any] = Future()
        with self._lock:
            strikes = self._strikes.get(_fingerprint(job), 0) if self._strikes else 0
            if self._closed:
                future.set_result(_failed(job, "stopped", "the service is stopping"))
            elif strikes >= STRIKES:
                future.set_result(_failed(job, "killed", f"not tried again: killed {strikes} times before"))
            else:
                while len(self._lanes) < self._limits.workers:
                    self._lanes.append(_Lane(self._tasks, self._limits, self._strike))
                self._tasks.put(_Task(job, future))
        return future

    def _strike(self, job: FeedJob | PageJob) -> None:
        with self._lock:
            key = _fingerprint(job)
            self._strikes[key] = self._strikes.pop(key, 0) + 1
            if len(self._strikes) > _REMEMBERED:
                self._strikes.popitem(last=False)


class _Lane:
    """One worker process at a time, and the thread that hands it jobs and watches the clock."""

    def __init__(
        self,
        tasks: "SimpleQueue[_Task | None]",
        limits: WorkerLimits,
        strike: Callable[[FeedJob | PageJob], None],
    ) -> None:
        self._tasks = tasks
        self._limits = limits
        self._strike = strike
        self._stopped = False
        self._process: ForkServerProcess | None = None
        self._pipe: Connection | None = None
        self._served = 0
        self.thread = threading.Thread(target=self._run, name="extract-lane", daemon=True)
        self.thread.start()

    @property
    def pid(self) -> int | None:
        """The worker's process id, None while there is none."""
        process = self._process
        return process.pid if process else None

    def stop(self) -> None:
        """Make the thread end: kills its worker, so that a job under way ends at once."""
        self._stopped = True
        with _STARTING:
            if self._process is not None:
                self._process.kill()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            if task.future.set_running_or_notify_cancel():
                task.future.set_result(self._serve(task.job))
        self._end_worker(kill=True)

    def _serve(self, job: FeedJob | PageJob) -> Any:  # noqa: ANN401 - the job's kind of result
        """Return the job's result; a worker that dies is replaced once within the same deadline."""
        deadline = time.monotonic() + self._limits.deadline.total_seconds()
        for _ in range(STRIKES):
            try:
                result, worn_out = self._exchange(job, deadline)
            except TimeoutError:
                self._end_worker(kill=True)
                self._strike(job)
                limit = self._limits.deadline.total_seconds()
                return _failed(job, "killed", f"reading it took longer than {limit:g} s")
            except (EOFError, OSError):
                # Not always the bytes' doing: the kernel kills for want of memory whom it likes.
                self._end_worker(kill=True)
                if self._stopped:
                    break
            else:
                self._served += 1
                if worn_out or self._served >= self._limits.recycle_after:
                    self._end_worker(kill=False)
                return result
        if self._stopped:
            return _failed(job, "stopped", "the service is stopping")
        self._strike(job)
        return _failed(job, "crashed", "the worker process died twice on it")

    def _exchange(self, job: FeedJob | PageJob, deadline: float) -> tuple[Any, bool]:
        """Send the job and return the answer; TimeoutError at the deadline, EOFError for a death."""
        if self._pipe is None:
            started = time.monotonic()
            self._start_worker()
            deadline += time.monotonic() - started
        assert self._pipe is not None
        self._pipe.send(job)
        if not self._pipe.poll(max(deadline - time.monotonic(), 0)):
            raise TimeoutError
        answer: tuple[Any, bool] = self._pipe.recv()
        return answer

    def _start_worker(self) -> None:
        context = multiprocessing.get_context("forkserver")
        ours, theirs = context.Pipe()
        with _STARTING:
            if self._stopped:
                raise EOFError
            self._process = _start(context, theirs, self._limits.memory)
        theirs.close()
        self._pipe, self._served = ours, 0
        # The first start loads the parsers: a second or more that is not the job's fault.
        if not ours.poll(_STARTUP):
            raise EOFError
        ours.recv()

    def _end_worker(self, *, kill: bool) -> None:
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            pipe.close()  # an idle worker ends by itself when its pipe closes
        if process is not None:
            if kill:
                process.kill()
            with _STARTING:  # starting another reaps the dead, too: not both at once
                process.join()
                process.close()


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


def _fingerprint(job: FeedJob | PageJob) -> bytes:
    return hashlib.blake2b(job.body, digest_size=16, person=type(job).__name__.encode()).digest()


def _failed(job: FeedJob | PageJob, code: str, message: str) -> ParseFailed | ExtractFailed:
    if isinstance(job, FeedJob):
        return ParseFailed(code=code, message=message)
    return ExtractFailed(code=code, message=message)
