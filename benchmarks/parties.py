"""How does each party work in a process of its own? Its CPU and memory are then its own, too."""

import logging
import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import structlog
from measure import peak_memory
from peers import PEERS

from monitor.app import App
from monitor.domain.feeds import Feed
from monitor.settings import load, locate

START = datetime(2026, 11, 23, tzinfo=UTC)


class Clock:
    """A clock that jumps between rounds, so that every feed is due again."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        """Return the instant set last."""
        return self.at


class Newsmon:
    """Newsmon with the shipped settings, set on the origin's feeds, and warmed on one of them."""

    def __init__(self, folder: Path, base: str, feeds: int) -> None:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        settings = load(locate(None, folder), {})
        self.clock = Clock()
        urls = {"warm": f"{base}0?warm"} | {f"feed-{number:04}": f"{base}{number}" for number in range(feeds)}
        settings = replace(
            settings,
            feeds=tuple(
                Feed(id=name, url=url, outlet="Bench", domain="bench.example", allow_private=True)
                for name, url in urls.items()
            ),
            http=settings.http.model_copy(update={"spacing": timedelta(), "per_host": 50}),
        )
        self.app = App(settings, clock=self.clock)
        self.app.poller.run(limit=1)
        self._limit = 10 * feeds

    def round(self) -> dict[str, int]:
        """Poll every feed, three hours after the round before; return how many had each outcome."""
        self.clock.at += timedelta(hours=3)
        return dict(self.app.poller.run(limit=self._limit))

    def entries(self) -> int:
        """Return how many entries are stored."""
        return sum(self.app.store.status(self.clock.now()).entries.values())


class Party:
    """A party at work in a process of its own, told what to do by a pipe; `pid` is that of the process."""

    def __init__(self, name: str, folder: Path, base: str, feeds: int) -> None:
        self._pipe, far = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_work, args=(far, name, folder, base, feeds))
        self._process.start()
        far.close()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def wait(self) -> object:
        """Return what it answers to what it was told last; first of all, that it is ready."""
        return self._pipe.recv()

    def ask(self, what: str) -> object:
        """Return the answer to `round`, `entries` or `memory` (bytes of its own process, at most so far)."""
        self._pipe.send(what)
        return self.wait()

    def close(self) -> None:
        """End the process, and those that it started."""
        self._pipe.close()
        self._process.join()


def _work(pipe: Connection, name: str, folder: Path, base: str, feeds: int) -> None:
    party = (Newsmon if name == "newsmon" else PEERS[name])(folder, base, feeds)
    answers: dict[str, Callable[[], object]] = {
        "round": party.round,
        "entries": party.entries,
        "memory": peak_memory,
    }
    pipe.send("ready")
    try:
        while True:
            pipe.send(answers[pipe.recv()]())
    except EOFError:
        if isinstance(party, Newsmon):
            party.app.close()
