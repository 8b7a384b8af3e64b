"""What did a source publish before we knew it? `sources backfill`."""

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, show
from monitor.cli.archive import since as since_when

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.pipeline.backfill import Filled


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(backfill)


def backfill(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The sources' ids.")],
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="How far back: 90d, 12h, or a date.")
    ] = "90d",
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; nothing is kept.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object for each source.")] = False,
) -> None:
    """Look for what sources published in the past: archives, numbered pages, sitemaps.

    What is found waits to be read, after all news, and goes into the digest only. A run that was
    broken off goes on where it was. Exit code 1 if a source broke off.

    Example: newsmon sources backfill astana-times --since 90d
    """
    with desk.desk() as app:
        feeds = {feed.id: feed for feed in app.settings.feeds}
        for name in ids:
            desk.require_known("source", name, feeds)
        begin = since_when(since)
        now = app.clock.now()
        if begin is None or begin >= now:
            raise typer.BadParameter(f"--since {since}: this lies not in the past")
        chosen = [feeds[name] for name in dict.fromkeys(ids)]
        new = failed = 0
        with show.progress("Looking") as bar:
            for filled in app.backfiller(keep=not dry_run).run(chosen, begin, bar, keep=not dry_run):
                new, failed = new + filled.new, failed + filled.failed
                if json:
                    show.say_json(_row(filled))
                else:
                    show.say(_line(filled, app.clock.now()))
    if dry_run:
        show.remark(f"{new} entries would be new. Nothing was kept.")
    elif new:
        show.remark(f"{new} new entries wait to be read: newsmon run or newsmon poll does it.")
    raise typer.Exit(1 if failed else 0)


def _row(filled: "Filled") -> dict[str, object]:
    progress = filled.progress
    return {
        "id": filled.feed.id,
        "new": filled.new,
        "oldest": filled.oldest,
        "failed": filled.failed,
        "over": progress.next_url is None,
        "note": progress.note,
        "since": progress.since,
        "documents": progress.pages,
        "found": progress.found,
        "next": progress.next_url,
    }


def _line(filled: "Filled", now: "datetime") -> str:
    mark = "✗" if filled.failed else "✓"
    back = f", back {show.ago(filled.oldest, now)}" if filled.oldest else ""
    documents = f"{filled.progress.pages} document{'s'[: filled.progress.pages != 1]}"
    return f"{mark} {filled.feed.id:<28} {filled.new} new in {documents}{back}: {filled.progress.note}"
