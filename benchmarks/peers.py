"""Who else polls feeds? A library in a process that stays, and commands that start anew in each round."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol


class Peer(Protocol):
    """A poller: made on one feed, then given all of them; each round polls every feed once."""

    def round(self) -> None:
        """Poll every feed."""

    def entries(self) -> int:
        """Return how many entries are stored."""


class Reader:
    """lemon24/reader without its search index."""

    def __init__(self, folder: Path, base: str, feeds: int) -> None:
        from reader import make_reader

        self._reader = make_reader(str(folder / "reader.db"))
        self._reader.add_feed(f"{base}0?warm")
        self._reader.update_feeds()
        for number in range(feeds):
            self._reader.add_feed(f"{base}{number}")

    def round(self) -> None:
        """Update every feed, as our clock makes all of ours due."""
        self._reader.update_feeds(scheduled=False)

    def entries(self) -> int:
        """Return how many entries are stored."""
        total = self._reader.get_entry_counts().total
        assert total is not None
        return total


class Rss2email:
    """rss2email, which makes a mail of each new entry and is told to send none."""

    def __init__(self, folder: Path, base: str, feeds: int) -> None:
        self._config, self._data = folder / "rss2email.cfg", folder / "rss2email.json"
        self._write([f"{base}0?warm"])
        self.round()
        self._write([f"{base}0?warm", *(f"{base}{number}" for number in range(feeds))])

    def _write(self, urls: list[str]) -> None:
        parts = [f"[feed.f{number}]\nurl = {url}\n" for number, url in enumerate(urls)]
        self._config.write_text("\n".join(["[DEFAULT]\nto = desk@bench.example\nverbose = error\n", *parts]))

    def round(self) -> None:
        """Run the command once."""
        start = "from rss2email.main import run; run()"
        files = ["-c", str(self._config), "-d", str(self._data)]
        subprocess.run([sys.executable, "-c", start, *files, "run", "--no-send"], check=True)

    def entries(self) -> int:
        """Return how many entries it says it has seen."""
        return sum(len(feed["seen"]) for feed in json.loads(self._data.read_text())["feeds"])


class Newsboat:
    """newsboat, told to reload and quit."""

    def __init__(self, folder: Path, base: str, feeds: int) -> None:
        command = newsboat()
        assert command is not None
        self._home = folder / "newsboat"
        self._home.mkdir()
        self._cache, urls, config = (self._home / name for name in ("cache.db", "urls", "config"))
        config.write_text("max-items 0\n")
        urls.write_text(f"{base}0?warm\n")
        self._command = [
            command,
            "-q",
            "-u",
            str(urls),
            "-c",
            str(self._cache),
            "-C",
            str(config),
            "-x",
            "reload",
        ]
        self.round()
        urls.write_text("".join(f"{base}{path}\n" for path in ("0?warm", *range(feeds))))

    def round(self) -> None:
        """Run the command once."""
        environment = os.environ | {"HOME": str(self._home)}
        subprocess.run(self._command, check=True, env=environment, stdout=subprocess.DEVNULL)

    def entries(self) -> int:
        """Return how many entries are stored."""
        with closing(sqlite3.connect(self._cache)) as cache:
            return int(cache.execute("SELECT count(*) FROM rss_item").fetchone()[0])


def newsboat() -> str | None:
    """Return the command: that of `NEWSBOAT`, or the first on the path; None where there is none."""
    return os.environ.get("NEWSBOAT") or shutil.which("newsboat")


def missing() -> dict[str, str]:
    """Return which of the peers cannot be had here, and why."""
    reasons = {
        name: "not installed in this environment"
        for name in ("reader", "rss2email")
        if find_spec(name) is None
    }
    return reasons if newsboat() else reasons | {"newsboat": "no such command"}


PEERS: dict[str, type[Reader | Rss2email | Newsboat]] = {
    "reader": Reader,
    "rss2email": Rss2email,
    "newsboat": Newsboat,
}
