"""What does a test of the whole path stand on? Newsmon as `app` makes it, with what is costly shared."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from random import Random

import pytest
from fakes import FakeClock

from monitor.app import App
from monitor.clock import SystemClock
from monitor.domain.alerts import Recipient
from monitor.domain.feeds import Feed
from monitor.domain.ports import Clock, Workers
from monitor.extract import ParserProcesses
from monitor.rules import Matcher, compile_pack
from monitor.settings import Settings, load, locate

LOOPBACK = (ip_network("127.0.0.0/8"),)


@cache
def shipped() -> Settings:
    """Return the settings of the shipped pack alone, loaded once."""
    with tempfile.TemporaryDirectory() as empty:
        return load(locate(Path(empty), Path(empty)), {})


@cache
def shipped_matcher() -> Matcher:
    """Return the shipped topics, compiled once."""
    return compile_pack(shipped().pack)


@pytest.fixture(scope="session")
def workers() -> Iterator[ParserProcesses]:
    """Parsers that stand at 2026-11-23, as FakeClock does: dates are judged alike in every year."""
    processes = ParserProcesses(clock=FakeClock())
    yield processes
    processes.close()


class Desk(App):
    """Newsmon on a database of its own, with shared parsers and topics; may ask the loopback."""

    def __init__(
        self,
        folder: Path,
        workers: Workers,
        *,
        feeds: Sequence[Feed] = (),
        recipients: Sequence[Recipient] = (),
        clock: Clock | None = None,
        smtp_port: int | None = None,
        settings: Settings | None = None,
    ) -> None:
        known = settings or shipped()
        smtp = {"host": "127.0.0.1", "port": smtp_port, "security": "none", "sender": "newsmon@desk.example"}
        super().__init__(
            replace(
                known,
                feeds=tuple(feeds),
                recipients=tuple(recipients),
                database=known.database.model_copy(update={"url": f"sqlite:///{folder / 'newsmon.db'}"}),
                http=known.http.model_copy(
                    update={"allowed": LOOPBACK, "per_host": 16, "spacing": timedelta()}
                ),
                smtp=known.smtp.model_copy(update=smtp if smtp_port else {}),
            ),
            clock=clock or SystemClock(),
            random=Random(7),
        )
        self.__dict__["workers"] = workers
        if known.pack is shipped().pack:
            self.__dict__["matcher"] = shipped_matcher()

    def close(self) -> None:
        """Close everything but the parsers, which others use too."""
        self.__dict__.pop("workers", None)
        super().close()


def feed(name: str, url: str, **changes: object) -> Feed:
    """Return a feed to poll."""
    made = Feed(id=name, url=url, outlet=name.replace("-", " ").title(), domain=f"{name}.example")
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields of Feed
