"""How does somebody see Newsmon at work in a minute? `newsmon demo`."""

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, rounds, show

if TYPE_CHECKING:
    from collections import Counter

    from monitor.demo.show import Stage
    from monitor.domain.alerts import StoryItem


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(demo)


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End after the first round.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object a story instead of the table.")
    ] = False,
) -> None:
    """Show everything on an invented newsroom: poll, read, flag, mail, digest. Nothing leaves this machine.

    Example: newsmon demo --once
    """
    from db import single_daemon
    from monitor import logs
    from monitor.clock import SystemClock
    from monitor.demo import show as scene
    from monitor.settings import load

    folders = desk.folders()
    folders = replace(folders, user=folders.pack)
    logs.configure(level="debug" if show.MANNERS.verbose else "error")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("NEWSMON_")}
    folder = folders.data / "demo"
    with single_daemon(scene.database_url(folder)):
        stage = scene.set_up(load(folders, environ), folder, SystemClock())
        surprises = _show(stage, once=once, json=json)
    raise typer.Exit(1 if surprises else 0)


def _show(stage: "Stage", *, once: bool, json: bool) -> list[str]:
    """Work off a round, show what it found, and go on watching unless `once`; return the surprises."""
    from monitor.demo import show as scene

    try:
        _opening(stage)
        polled = _round(stage)
        path = scene.write_digest(stage)
        _send(stage)
        show.remark(f"Polled {scene.polled(polled)}")
        stories = scene.flagged(stage)
        for story in stories if json else ():
            show.say_json(story)
        if not json:
            _table(stories)
        show.remark(
            f"{stage.mailbox.count()} mails in {stage.mailbox.folder} · digest: {path}\n"
            f"database: {stage.database}\n"
            f"newsmon --data {stage.folder} explain <url> tells why an article was or was not flagged"
        )
        surprises = scene.surprises(stage)
        for line in surprises:
            show.remark(f"Not as expected: {line}")
        if not once:
            _watch(stage)
        scene.finish(stage)
        return surprises
    finally:
        stage.close()


def _opening(stage: "Stage") -> None:
    articles = stage.newsroom.visible()
    outlets = len(stage.newsroom.feeds())
    show.remark(
        f"Newsmon demo · newsroom on 127.0.0.1:{stage.newsroom.port} · {outlets} outlets, "
        f"{len(articles)} articles · data in {stage.folder}"
    )


def _round(stage: "Stage") -> "Counter[str]":
    counts = rounds.poll_and_read(stage.app)
    names = {"articles", "flagged", "alerts"}
    return type(counts)({k: n for k, n in counts.items() if k not in names and not k.startswith("entries ")})


def _send(stage: "Stage") -> None:
    with show.progress("Sending") as bar:
        while stage.app.notifier.run(progress=bar)["sent"]:
            pass


def _table(stories: "list[StoryItem]") -> None:
    from rich.table import Table
    from rich.text import Text

    out = show.console()
    # Fixed shares of the line: one story a line, however long its title.
    room = max(out.width - 9 - 7 - 4, 60)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("relevance", width=9, justify="right")
    for name, share in (("topic", 0.18), ("story", 0.4)):
        table.add_column(name, width=int(room * share), no_wrap=True, overflow="ellipsis")
    table.add_column("outlets", width=7, justify="right")
    table.add_column("why", width=int(room * 0.42), no_wrap=True, overflow="ellipsis")
    for story in stories:
        best = max(story.matches, key=lambda match: match.relevance)
        why = best.quotes[0].text if best.quotes else ""
        table.add_row(
            str(best.relevance),
            Text(dict(story.topics)[best.topic_id]),
            Text(story.title),
            str(1 + len(story.also)),
            Text(f"“{' '.join(why.split())}”" if why else "in the title"),
        )
    out.print(table)


def _watch(stage: "Stage") -> None:
    """Go on watching, and name each story that is new, until Ctrl-C."""
    from monitor.demo.show import flagged, watch

    known = {story.story_id for story in flagged(stage)}
    show.remark("Watching: new items appear every now and then. Ctrl-C ends.")
    stop = threading.Event()

    def work() -> None:
        _round(stage)
        _send(stage)
        for story in flagged(stage):
            if story.story_id not in known:
                known.add(story.story_id)
                show.say(f"{max(m.relevance for m in story.matches):>3}  {story.outlet}: {story.title}")

    try:
        watch(stage, work, stop.wait)
    except KeyboardInterrupt:
        show.remark(
            f"\nStopped. {stage.mailbox.count()} mails and all that was read are kept in {stage.folder}."
        )
