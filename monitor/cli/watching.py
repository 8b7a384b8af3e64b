"""Does each source deliver what it should? `sources health`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, show

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.app import App
    from monitor.domain.feeds import Feed
    from monitor.domain.health import Evidence, SourceHealth


def register(app: typer.Typer) -> None:
    """Add the commands of this module to `newsmon sources`."""
    app.command()(health)


def health(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Sources to tell all of; without: a line each."),
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Tell how each source is, since when, what shows it, and what to do: the worst first.

    Example: newsmon sources health astana-times
    """
    from monitor.domain.health import RANK

    with desk.desk() as app:
        if missing := desk.no_database(app.settings):
            show.remark(missing)
        feeds = {feed.id: feed for feed in app.settings.feeds}
        for name in sources or ():
            desk.require_known("source", name, feeds)
        now = app.clock.now()
        found = look(app, [feeds[name] for name in sources or feeds], now)
    if not sources:
        found.sort(key=lambda one: (RANK[one.finding.state], one.finding.since))
    if json:
        for one in found:
            show.say_json(one)
    elif sources:
        for one in found:
            tell(one, now)
    else:
        _list(found, now)


def look(app: "App", feeds: "Sequence[Feed]", now: "datetime") -> "list[SourceHealth]":
    """Return how each source is at `now`, by what the database knows of it, if there is one yet."""
    from monitor.policy.health import seen

    names = [feed.id for feed in feeds]
    known = {} if desk.no_database(app.settings) else app.store.health_evidence(names, now)
    return [seen(feed, known.get(feed.id) or _unknown(feed, app), now) for feed in feeds]


def _unknown(feed: "Feed", app: "App") -> "Evidence":
    from monitor.domain.feeds import FeedState
    from monitor.domain.health import Evidence

    now = app.clock.now()
    return Evidence(state=FeedState(feed_id=feed.id, url=feed.url, next_due=now), added_at=now)


def _list(found: "list[SourceHealth]", now: "datetime") -> None:
    from rich.table import Table

    from monitor.policy.mail import clean_line
    from monitor.reports.strip import strip

    table = Table("source", "state", "for", "14 days", "what shows it", box=None, pad_edge=False)
    for one in found:
        finding = one.finding
        since = show.ago(finding.since, now)
        table.add_row(one.feed_id, finding.state, since, strip(one.days), clean_line(finding.evidence, 90))
    show.console().print(table)
    ailing = sum(not one.delivers for one in found)
    if ailing:
        show.remark(f"{ailing} of {len(found)} do not deliver; newsmon sources health ID tells what to do.")


def tell(one: "SourceHealth", now: "datetime") -> None:
    """Show all that is known of how a source is."""
    from monitor.policy.health import usually
    from monitor.reports.strip import strip

    usual = f", {usually(one.usual)}" if one.usual else ""
    show.say(f"{one.feed_id}  {one.outlet}")
    show.say(f"  14 days     {strip(one.days)}|  {sum(one.days)} entries{usual}")
    for finding in (one.finding, *one.others):
        shown = f": {finding.evidence}" if finding.evidence else ""
        show.say(f"  {finding.state:<11} for {show.ago(finding.since, now)}{shown}")
        if finding.advice:
            show.say(f"  {'':<11} {finding.advice}")
