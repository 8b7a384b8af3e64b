"""When does each stage of the daemon run, and who notices when one hangs?"""

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = structlog.get_logger("scheduler")

Progress = Callable[[int, int], None]
Stage = Callable[[Progress], object]

STUCK_AFTER = timedelta(minutes=5)
WATCH_EVERY = timedelta(seconds=5)
CLOCK_STEP = timedelta(seconds=30)
EXIT_STUCK = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One stage: what it does, and how long after the start of one round the next may begin.

    `at_once` is how many rounds may run side by side. A stage that waits for others needs more than
    one: a round of polls lasts as long as its slowest server.
    """

    name: str
    run: Stage
    every: timedelta
    at_once: int = 1


@dataclass(slots=True, kw_only=True)
class Pulse:
    """Signs of life of the stages, by the monotonic clock, which no change of the wall clock moves."""

    _beats: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def beat(self, stage: str) -> None:
        """Note that a stage is alive now."""
        with self._lock:
            self._beats[stage] = time.monotonic()

    def silent(self, limits: Mapping[str, timedelta]) -> list[str]:
        """Return the stages that gave no sign for longer than their limit, sorted."""
        now = time.monotonic()
        with self._lock:
            beats = dict(self._beats)
        return sorted(
            name for name, limit in limits.items() if now - beats.get(name, now) > limit.total_seconds()
        )


class _Stopping(Exception):
    """Ends a round where nothing is half written."""


class Daemon:
    """Runs the ticks until told to stop.

    APScheduler keeps the jobs in memory only: what is due stands in the database, so that a lost,
    late or doubled tick changes nothing. Rounds of one stage overlap only as its tick allows.
    """

    def __init__(
        self,
        ticks: list[Tick],
        *,
        heartbeat: Callable[[str], None],
        superseded: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take the ticks, who is told of a round that ended well, and whom to ask if it is time to go.

        `superseded` is asked every few seconds; once it says yes, the daemon stops as if told to.
        """
        self.was_superseded = False
        self._ticks = ticks
        self._heartbeat = heartbeat
        self._superseded = superseded
        self._pulse = Pulse()
        self._stopped = False
        # An Event's lock may be held by the very wait that a signal handler interrupts; this is reentrant.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._rounds = threading.Condition()
        self._under_way = 0
        self._scheduler: BackgroundScheduler | None = None

    def stop(self, *_signal: object) -> None:
        """Ask the daemon to stop; safe in a signal handler."""
        self._stopped = True
        self._wake.put(None)

    def run(self) -> None:
        """Run until `stop` is called; rounds under way are told to end, see `wait`.

        A stage that gave no sign of life for five minutes ends the whole process (exit code 70, with
        the stacks of all threads on stderr), so that a supervisor starts a healthy one.
        """
        from apscheduler.schedulers.background import BackgroundScheduler

        rounds = sum(tick.at_once for tick in self._ticks) or 1
        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": {"type": "threadpool", "max_workers": rounds}},
            job_defaults={"coalesce": True, "misfire_grace_time": None},
        )
        self._scheduler = scheduler
        for tick in self._ticks:
            self._pulse.beat(tick.name)
            scheduler.add_job(
                self._round,
                "interval",
                args=(tick,),
                id=tick.name,
                seconds=tick.every.total_seconds(),
                max_instances=tick.at_once,
            )
        scheduler.start()
        self._run_all_now()
        try:
            self._watch()
        finally:
            scheduler.shutdown(wait=False)

    def wait(self, seconds: float) -> bool:
        """Wait for the rounds under way to end; return whether they did in time."""
        with self._rounds:
            return self._rounds.wait_for(lambda: self._under_way == 0, seconds)

    def _round(self, tick: Tick) -> None:
        with self._rounds:
            self._under_way += 1
        self._pulse.beat(tick.name)
        try:
            self._work(tick)
        finally:
            self._pulse.beat(tick.name)
            with self._rounds:
                self._under_way -= 1
                self._rounds.notify_all()

    def _work(self, tick: Tick) -> None:
        def beat(_done: int, _total: int) -> None:
            self._pulse.beat(tick.name)
            if self._stopped:
                raise _Stopping

        try:
            if not self._stopped:
                tick.run(beat)
                self._heartbeat(tick.name)
        except _Stopping:
            log.info("round ended early", stage=tick.name)
        except Exception:
            # A bug or a locked database costs this round; what was due is due again.
            log.exception("round failed", stage=tick.name)

    def _watch(self) -> None:
        """Look after the stages and the wall clock until told to stop."""
        limits = {tick.name: tick.every + STUCK_AFTER for tick in self._ticks}
        offset = time.time() - time.monotonic()
        while not self._told_to_stop(WATCH_EVERY.total_seconds()):
            # Interval triggers go by the wall clock: set back by an hour, they would sleep an hour.
            drift = time.time() - time.monotonic() - offset
            if abs(drift) > CLOCK_STEP.total_seconds():
                log.warning("the clock was set", seconds=round(drift))
                offset += drift
                self._run_all_now()
            if self._is_superseded():
                self.was_superseded = True
                self.stop()
            if stuck := self._pulse.silent(limits):
                log.critical("stuck; ending the process so that it can be started anew", stages=stuck)
                faulthandler.dump_traceback(file=sys.stderr)
                os._exit(EXIT_STUCK)

    def _told_to_stop(self, seconds: float) -> bool:
        """Wait for the word to stop, at most so long; return whether it came."""
        if not self._stopped:
            with suppress(Empty):
                self._wake.get(timeout=seconds)
        return self._stopped

    def _is_superseded(self) -> bool:
        try:
            return self._superseded()
        except Exception:
            # A locked database, or a bug: the work goes on as it is.
            log.exception("could not look for a new configuration")
            return False

    def _run_all_now(self) -> None:
        assert self._scheduler is not None
        for tick in self._ticks:
            self._scheduler.modify_job(tick.name, next_run_time=datetime.now(UTC))
