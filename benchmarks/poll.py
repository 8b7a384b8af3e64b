"""What does a poll cost beside lemon24/reader? 500 local feeds x 20 entries, four rounds, one run.

    python3 -m venv .venv-bench
    .venv-bench/bin/pip install --no-deps --require-hashes -r benchmarks/requirements.txt
    PYTHONPATH=. .venv-bench/bin/python benchmarks/poll.py

CPU seconds are those of the process and its workers; the server is a process of its own and not
counted. Both are warm: start-up and a first feed are printed apart. The two take turns, round by round.
"""

import argparse
import logging
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from measure import Cost, measured
from origin import Origin

from monitor.app import App
from monitor.domain.feeds import Feed
from monitor.settings import load, locate

ROUNDS = {"new": 0.8, "not-modified": 0.4, "same-body": 0.1, "one-more": 0.25}
START = datetime(2026, 11, 23, tzinfo=UTC)


class Clock:
    """A clock that jumps between rounds, so that every feed is due again."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        """Return the instant set last."""
        return self.at


def newsmon(folder: Path, origin: Origin, feeds: int) -> tuple[App, Clock]:
    """Return Newsmon with the shipped settings, set on the origin's feeds, and warmed on one of them."""
    settings = load(locate(None, folder), {})
    clock = Clock()
    warm = replace(_feed(origin, 0), id="warm", url=origin.url("0?warm"))
    settings = replace(
        settings,
        feeds=(warm, *(_feed(origin, n) for n in range(feeds))),
        http=settings.http.model_copy(update={"spacing": timedelta(), "per_host": 50}),
    )
    app = App(settings, clock=clock)
    app.poller.run(limit=1)
    return app, clock


def _feed(origin: Origin, number: int) -> Feed:
    return Feed(
        id=f"feed-{number:04}",
        url=origin.url(number),
        outlet="Bench",
        domain="bench.example",
        allow_private=True,
    )


class Peer:
    """lemon24/reader on the same feeds, warmed on the same one."""

    def __init__(self, folder: Path, origin: Origin, feeds: int) -> None:
        from reader import make_reader

        self._reader = make_reader(str(folder / "reader.db"))
        self._reader.add_feed(origin.url("0?warm"))
        self._reader.update_feeds()
        for number in range(feeds):
            self._reader.add_feed(origin.url(number))

    def round(self) -> None:
        """Update every feed, as our clock makes all of ours due."""
        self._reader.update_feeds(scheduled=False)

    def entries(self) -> int:
        """Return how many entries are stored."""
        total = self._reader.get_entry_counts().total
        assert total is not None
        return total


class Nobody:
    """Stands where the peer would, for `--alone`."""

    def round(self) -> None:
        """Do nothing."""

    def entries(self) -> int:
        """Return nothing."""
        return 0


def main() -> None:
    """Run the rounds and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--feeds", type=int, default=500)
    arguments.add_argument(
        "--alone", action="store_true", help="without the peer, which need not be installed"
    )
    given = arguments.parse_args()
    feeds: int = given.feeds
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    origin = Origin(feeds)
    mine = frozenset({origin.pid})
    with tempfile.TemporaryDirectory() as folder:
        with measured(mine) as ours_start:
            app, clock = newsmon(Path(folder), origin, feeds)
        with measured(mine) as theirs_start:
            peer = Nobody() if given.alone else Peer(Path(folder), origin, feeds)
        print(f"{feeds} feeds x 20 entries of 2 kB; CPU seconds (wall)")
        print(f"{'round':<14}{'newsmon':>16}{'reader':>16}{'ratio':>8}{'aim':>7}")
        print(f"{'start-up':<14}{_cost(ours_start)}{_cost(theirs_start)}")
        for name, aim in ROUNDS.items():
            origin.round(name)
            clock.at += timedelta(hours=3)
            with measured(mine) as ours:
                counts = app.poller.run(limit=10 * feeds)
            with measured(mine) as theirs:
                peer.round()
            _check(name, counts, feeds)
            ratio = "" if given.alone else f"{ours.cpu / theirs.cpu:.3f}"
            print(f"{name:<14}{_cost(ours)}{_cost(theirs)}{ratio:>8}{aim:>7}")
        stored = sum(app.store.status(clock.now()).entries.values())
        print(f"entries stored: newsmon {stored}, reader {peer.entries()}")
        app.close()
    origin.close()


def _check(name: str, counts: dict[str, int], feeds: int) -> None:
    """Refuse to print a figure for a round that did not do its work."""
    # The feed that warmed us up has one more, too.
    expected = {"new": feeds * 20, "one-more": feeds + 1}.get(name, 0)
    if counts["new entries"] != expected or counts["ok"] + counts["unchanged"] < feeds:
        raise SystemExit(f"round {name}: {dict(counts)}, expected {expected} new entries")


def _cost(cost: Cost) -> str:
    return f"{cost.cpu:>9.2f} ({cost.wall:.1f})".rjust(16)


if __name__ == "__main__":
    main()
