"""Do the daemon's rounds go on, stop, and get noticed when they hang?"""

import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
import structlog

from monitor import scheduler
from monitor.scheduler import Daemon, Progress, Pulse, Tick

SOON = timedelta(seconds=0.05)


@pytest.fixture(autouse=True)
def _watch_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "WATCH_EVERY", SOON)


def start(daemon: Daemon) -> threading.Thread:
    """Run a daemon in a thread of its own."""
    thread = threading.Thread(target=daemon.run)
    thread.start()
    return thread


@pytest.mark.hazard("D1")
def test_a_round_that_fails_costs_only_itself() -> None:
    """A stage that raises is run again, and the others go on; only good rounds leave a heartbeat."""
    tries: list[str] = []
    beats: list[str] = []
    both = threading.Event()

    def bad(_beat: Progress) -> None:
        tries.append("bad")
        raise RuntimeError("a bug")

    def good(beat: Progress) -> None:
        beat(1, 1)
        if tries.count("bad") > 1:
            both.set()

    ticks = [Tick(name="bad", run=bad, every=SOON), Tick(name="good", run=good, every=SOON)]
    daemon = Daemon(ticks, heartbeat=beats.append)
    with structlog.testing.capture_logs() as logs:
        thread = start(daemon)
        assert both.wait(10)
        daemon.stop()
        thread.join(10)
        assert daemon.wait(10)
    assert set(beats) == {"good"}
    assert "round failed" in {log["event"] for log in logs}


def test_a_stop_ends_a_round_at_its_next_sign_of_life() -> None:
    """A long round ends where nothing is half written, without a heartbeat."""
    begun = threading.Event()
    beats: list[str] = []

    def long(beat: Progress) -> None:
        begun.set()
        for done in range(10_000):
            time.sleep(0.005)
            beat(done, 10_000)

    daemon = Daemon([Tick(name="long", run=long, every=SOON)], heartbeat=beats.append)
    thread = start(daemon)
    assert begun.wait(10)
    daemon.stop()
    thread.join(10)
    assert daemon.wait(5)
    assert beats == []


@pytest.mark.hazard("D1")
def test_a_clock_that_is_set_wakes_every_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a step of the wall clock the stages run at once, whatever their interval."""
    rounds: list[float] = []
    twice = threading.Event()

    def work(_beat: Progress) -> None:
        rounds.append(time.monotonic())
        if len(rounds) > 1:
            twice.set()

    daemon = Daemon([Tick(name="work", run=work, every=timedelta(hours=1))], heartbeat=lambda _stage: None)
    thread = start(daemon)
    while not rounds:
        time.sleep(0.01)
    real = time.time
    with structlog.testing.capture_logs() as logs:
        monkeypatch.setattr(scheduler.time, "time", lambda: real() - 3600)
        assert twice.wait(10)
        daemon.stop()
        thread.join(10)
    assert "the clock was set" in {log["event"] for log in logs}


def test_a_daemon_that_is_superseded_stops() -> None:
    """It goes on while it is told no, or gets no answer, and stops at the first yes."""
    answers = iter([False, RuntimeError("locked"), True])

    def superseded() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    tick = Tick(name="work", run=lambda _beat: None, every=SOON)
    daemon = Daemon([tick], heartbeat=lambda _stage: None, superseded=superseded)
    with structlog.testing.capture_logs() as logs:
        thread = start(daemon)
        thread.join(10)
    assert not thread.is_alive()
    assert daemon.was_superseded
    assert "could not look for a new configuration" in {log["event"] for log in logs}


def test_silence_is_told_by_stage() -> None:
    """A stage is silent when its last sign is older than its limit; one never seen is not."""
    pulse = Pulse()
    pulse.beat("a")
    time.sleep(0.02)
    limits = {"a": timedelta(seconds=0.01), "never": timedelta(0)}
    assert pulse.silent(limits) == ["a"]
    assert pulse.silent({"a": timedelta(hours=1)}) == []


@pytest.mark.hazard("D1")
def test_a_stuck_stage_ends_the_process() -> None:
    """The process ends with code 70 and the stacks of its threads, so that a supervisor starts anew."""
    code = """
import time
from datetime import timedelta
from monitor import scheduler
scheduler.STUCK_AFTER = timedelta(seconds=0.2)
scheduler.WATCH_EVERY = timedelta(seconds=0.05)
tick = scheduler.Tick(name="stuck", run=lambda beat: time.sleep(60), every=timedelta(seconds=0.1))
scheduler.Daemon([tick], heartbeat=lambda stage: None).run()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == scheduler.EXIT_STUCK
    assert "most recent call first" in done.stderr


def test_rounds_of_a_stage_overlap_as_its_tick_allows() -> None:
    """A stage with two rounds at once begins the second while the first waits, and no third."""
    most, running, lock, both = 0, 0, threading.Lock(), threading.Event()
    release = threading.Event()

    def slow(_beat: Progress) -> None:
        nonlocal most, running
        with lock:
            running += 1
            most = max(most, running)
            if running == 2:
                both.set()
        release.wait(10)
        with lock:
            running -= 1

    daemon = Daemon([Tick(name="poll", run=slow, every=SOON, at_once=2)], heartbeat=lambda _stage: None)
    thread = start(daemon)
    assert both.wait(10)
    time.sleep(5 * SOON.total_seconds())
    release.set()
    daemon.stop()
    thread.join(10)
    assert daemon.wait(10)
    assert most == 2


SIGNALLED = """
import os, signal, sys, threading
from monitor.scheduler import Daemon

def stopped_at(instant):
    daemon, seen = Daemon([], heartbeat=print), 0
    def count(frame, event, argument):
        nonlocal seen
        seen += frame.f_code.co_name == "_watch" or seen > 0
        if seen == instant:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, daemon.stop)
    sys.setprofile(count)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    daemon.run()
    sys.setprofile(None)

for instant in range(1, 40):
    stopped_at(instant)
print("stopped")
os._exit(0)
"""


def test_a_signal_at_any_instant_of_the_watch_stops_it() -> None:
    """Also one whose handler interrupts the watch where it takes or holds its own lock."""
    ended = subprocess.run(
        [sys.executable, "-c", SIGNALLED], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stdout.strip() == "stopped", ended.stderr
