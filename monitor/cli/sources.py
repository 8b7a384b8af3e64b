"""Which sources are there, and how are they? `sources` and what is below it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, show, watching

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.feeds import Feed
    from monitor.domain.records import PastPoll, SourceRow
    from monitor.pipeline.trying import Tried

app = typer.Typer(
    help="List, look at, try, add and remove sources. Without a command: list them.",
    rich_markup_mode=None,
)
One = Annotated[str, typer.Argument(metavar="ID", help="The source's id.")]
Many = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="These; all without.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
SHOWN_POLLS, SHOWN_ENTRIES = 10, 5
STATES = ("ok", "new", "failing", "gone", "paused", "off")
NARROW, _NARROW_ID, _WIDEST = 100, 30, 72
"""Below how many columns the table is narrow, how much of an id it shows then, and of a title a line."""


@app.callback(invoke_without_command=True)
def sources(ctx: typer.Context, *, json: Json = False) -> None:
    """List, look at, try, add and remove sources. Without a command: list them.

    Example: newsmon sources
    """
    if ctx.invoked_subcommand is None:
        list_(json=json)


@app.command("list")
def list_(
    group: Annotated[str | None, typer.Option(help="Only this folder.")] = None,
    country: Annotated[str | None, typer.Option(help="Only this country: KZ.")] = None,
    lang: Annotated[str | None, typer.Option(help="Only this language: ru.")] = None,
    state: Annotated[
        str | None, typer.Option(help="Only these: ok, new, failing, gone, paused; or those that are off.")
    ] = None,
    *,
    json: Json = False,
) -> None:
    """List the configured sources: when polled, when due, what they listed, what ails them.

    Example: newsmon sources list --country UZ
    """
    desk.require_known("state", state, STATES)
    with desk.desk() as app:
        now = app.clock.now()
        known = _remembered(app)
        asked = app.settings.off if state == "off" else app.settings.feeds
        rows = ((feed, known.get(feed.id) or _unpolled(feed, now)) for feed in asked)
        listed = [
            (feed, row)
            for feed, row in rows
            if _is_wanted(feed, group, country, lang) and state in (None, "off", _word(row, now))
        ]
    if json:
        for feed, row in listed:
            show.say_json(_row(feed, row) | {"state": "off" if state == "off" else _word(row, now)})
        return
    if listed:
        _show_table(listed, now, off=state == "off")
    else:
        show.remark("No source is configured so." if asked else "No source is configured.")


def _show_table(listed: "Sequence[tuple[Feed, SourceRow]]", now: datetime, *, off: bool) -> None:
    from rich.table import Table

    out = show.console()
    narrow = out.width < NARROW
    headings = ("source", "outlet", "polled", "next", "entries", "newest", "state")
    left_out = {"outlet", "polled"} if narrow else set()
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        if heading not in left_out:
            most = _NARROW_ID if narrow and heading == "source" else None
            table.add_column(heading, no_wrap=narrow, overflow="ellipsis", max_width=most)
    for feed, row in listed:
        cells = {
            "source": feed.id,
            "outlet": feed.outlet,
            "polled": show.ago(row.state.last_polled, now),
            "next": "never" if off else _next(row, now),
            "entries": str(row.entries),
            "newest": show.ago(row.last_entry, now),
            "state": "off" if off else _in_short(row, now) if narrow else state_of(row, now),
        }
        table.add_row(*(cells[heading] for heading in headings if heading not in left_out))
    out.print(table)


def _in_short(row: "SourceRow", now: datetime) -> str:
    """Return how a source is where there is little room: `failing: status 404`."""
    error = (row.state.last_error or "").partition(":")[0]
    return f"{word}: {error}" if (word := _word(row, now)) == "failing" and error else word


def _is_wanted(feed: "Feed", group: str | None, country: str | None, lang: str | None) -> bool:
    return (
        (group is None or (feed.group or "").casefold() == group.casefold())
        and (country is None or feed.country == country.upper())
        and (lang is None or (feed.lang or "").partition("-")[0] == lang.lower())
    )


def _remembered(app: "App") -> "dict[str, SourceRow]":
    """Return what the database knows of each source; nothing, and a remark, where there is none yet."""
    if missing := desk.no_database(app.settings):
        show.remark(missing)
        return {}
    return {row.state.feed_id: row for row in app.store.feed_states()}


def _unpolled(feed: "Feed", now: datetime) -> "SourceRow":
    from monitor.domain.feeds import FeedState
    from monitor.domain.records import SourceRow

    state = FeedState(feed_id=feed.id, url=feed.url, next_due=now)
    return SourceRow(state=state, entries=0, last_entry=None, polls=0, failures=0)


def _row(feed: "Feed", row: "SourceRow") -> dict[str, object]:
    # The digests of the last body's items say nothing to a reader.
    remembered = fields_of(row.state)
    del remembered["item_hashes"], remembered["rhythm"]
    declared = {"outlet": feed.outlet, "kind": feed.kind, "country": feed.country, "lang": feed.lang}
    counts = {"entries": row.entries, "last_entry": row.last_entry, "polls": row.polls}
    return remembered | declared | {"group": feed.group} | counts


def _next(row: "SourceRow", now: datetime) -> str:
    if _is_paused(row, now):
        return "paused"
    return f"in {show.ago(now, row.state.next_due)}" if row.state.next_due > now else "due"


def _is_paused(row: "SourceRow", now: datetime) -> bool:
    state = row.state
    return state.paused_since is not None and (state.paused_until is None or state.paused_until > now)


def _word(row: "SourceRow", now: datetime) -> str:
    """Return how a source is in one of the words of STATES."""
    word = state_of(row, now).partition(" ")[0]
    return "new" if word == "not" else word


def state_of(row: "SourceRow", now: datetime) -> str:
    """Return in a few words how a source is."""
    state = row.state
    if _is_paused(row, now):
        until = f" until {state.paused_until:%Y-%m-%d %H:%M} UTC" if state.paused_until else ""
        return f"paused{until}"
    if state.gone_since:
        return f"gone (410) for {show.ago(state.gone_since, now)}"
    if state.failing_since:
        return f"failing for {show.ago(state.failing_since, now)}: {state.last_error or ''}"
    return "ok" if state.last_success else "not polled yet"


@app.command("show")
def show_(source: One, *, json: Json = False) -> None:
    """Show all that is known of a source: its settings, its memory, its last polls and entries.

    Example: newsmon sources show astana-times
    """
    from monitor.settings.adding import where_declared

    with desk.desk() as app:
        feed = _the(app, source)
        now = app.clock.now()
        known = _remembered(app)
        row = known.get(feed.id) or _unpolled(feed, now)
        polls = app.store.past_polls(feed.id, SHOWN_POLLS) if known else []
        articles = app.store.articles(feed_id=feed.id, limit=SHOWN_ENTRIES) if known else []
        health = watching.look(app, [feed], now)[0] if known else None
        places = where_declared(app.settings.folders, feed.id)
    if json:
        latest = [{"title": one.article.title, "url": one.article.url} for one in articles]
        show.say_json(
            {
                "declared": feed,
                "places": places,
                "remembered": _row(feed, row),
                "health": health,
                "polls": polls,
                "articles": latest,
            }
        )
        return
    for name, value in _declared(feed):
        show.say(f"{name:<12} {value}")
    show.say(f"{'declared':<12} {', over '.join(places)}")
    show.say(f"{'state':<12} {state_of(row, now)}")
    show.say(
        f"{'polled':<12} {show.ago(row.state.last_polled, now)}{' ago' if row.state.last_polled else ''}, "
        f"next {_next(row, now)}; {row.polls} poll{'s'[: row.polls != 1]}, {row.failures} failed"
    )
    newest = f", the last new one {show.ago(row.last_entry, now)} ago" if row.last_entry else ""
    show.say(f"{'entries':<12} {row.entries}{newest}")
    if row.state.url != feed.url:
        show.say(f"{'moved':<12} to {row.state.url}")
    if row.state.last_error and "not-a-feed" in row.state.last_error:
        show.say(f"{'advice':<12} newsmon sources add https://{feed.domain}/ looks for its feed,")
        show.say(f"{'':<12} newsmon sources remove {feed.id} then takes this address out")
    if health is not None:
        show.say("\nhealth")
        watching.tell(health, now)
    if polls:
        show.say("\nlast polls")
    for poll in polls:
        show.say(f"  {poll.at:%Y-%m-%d %H:%M}  {_poll_line(poll)}")
    if articles:
        show.say("\nlast articles")
    for one in articles:
        day = f"{one.article.published:%Y-%m-%d %H:%M}" if one.article.published else "undated         "
        show.say(f"  {day}  {shorten(one.article.title, _WIDEST - 14, placeholder=' …')}")


def _poll_line(poll: "PastPoll") -> str:
    """Return what a poll brought, or why it brought nothing."""
    took = f"{show.size(poll.size)}, {poll.elapsed.total_seconds():.1f} s"
    if poll.outcome not in ("ok", "unchanged"):
        return f"{_once(poll.outcome, poll.message)} ({took})"
    told = f": {poll.message}" if poll.message else ""
    return f"{poll.outcome:<9} {poll.new} new, {poll.updated} changed of {poll.listed}, {took}{told}"


def _once(outcome: str, message: str) -> str:
    """Return an outcome with its message, which may begin with it."""
    return message if message.startswith(outcome) else f"{outcome}: {message}" if message else outcome


def _declared(feed: "Feed") -> Iterator[tuple[str, object]]:
    pace = f"every {feed.poll_every}" if not feed.adapts else "follows the outlet"
    rhythm = f"{feed.rhythm:g} a day expected" if feed.rhythm else ""
    yield "source", feed.id
    yield "url", feed.url
    yield "outlet", f"{feed.outlet} ({feed.domain})"
    yield "kind", feed.kind
    about = (feed.country, feed.lang, feed.outlet_kind, feed.section, feed.group)
    yield "about", ", ".join(str(word) for word in about if word) or "nothing said"
    yield "pace", ", ".join(filter(None, (pace, rhythm)))
    if feed.headers or feed.credentials:
        names = [name for name, _ in feed.headers] + ["credentials"] * (feed.credentials is not None)
        yield "sends", ", ".join(names)
    for key, rules in (("links", feed.links), ("extract", feed.reading)):
        said = {name: value for name, value in fields_of(rules).items() if value not in (None, [], "fast")}
        if said:
            yield key, "; ".join(f"{name}: {value}" for name, value in said.items())


def fields_of(value: object) -> dict[str, object]:
    """Return the fields of a dataclass as JSON holds them."""
    plain = show.plain(value)
    assert isinstance(plain, dict)
    return plain


@app.command("test")
def try_(
    ids: Many = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are switched off.")] = False,
    json: Json = False,
) -> None:
    """Ask sources now, and show what each would give. Nothing is stored.

    Exit code 1 if one of them gives nothing.

    Example: newsmon sources test astana-times
    """
    with desk.desk() as app:
        feeds = _these(app, ids) if ids else [*app.settings.feeds, *(app.settings.off if everything else ())]
        good = failed = 0
        with show.progress("Asking") as bar:
            for done, tried in enumerate(app.tester.test(feeds), 1):
                bar(done, len(feeds))
                good, failed = good + tried.gave, failed + (not tried.gave)
                if json:
                    show.say_json(_tried_row(tried))
                else:
                    show.say(_tried_line(tried, app.clock.now()))
    show.remark(f"{good} gave entries, {failed} did not.")
    raise typer.Exit(1 if failed else 0)


def _tried_row(tried: "Tried") -> dict[str, object]:
    return {
        "id": tried.feed.id,
        "url": tried.feed.url,
        "gave": tried.gave,
        "outcome": tried.outcome,
        "message": tried.message,
        "entries": tried.total,
        "newest": tried.newest,
        "title": tried.title,
        "samples": list(tried.samples),
    }


def _tried_line(tried: "Tried", now: datetime) -> str:
    if not tried.gave:
        return f"✗ {tried.feed.id}\n    {_once(tried.outcome, tried.message)}"
    newest = f"newest {show.ago(tried.newest, now)} ago" if tried.newest else "undated"
    moved = f"; now at {tried.moved}" if tried.moved else ""
    sample = f"\n    {shorten(tried.samples[0], _WIDEST, placeholder=' …')}" if tried.samples else ""
    count = f"{tried.total} entr{'y' if tried.total == 1 else 'ies'}"
    return f"✓ {tried.feed.id}\n    {count}, {newest}{moved}{sample}"


@app.command()
def pause(
    source: One,
    until: Annotated[
        str | None, typer.Option(help="When it ends by itself: 2026-12-24, or 2026-12-24T08:00.")
    ] = None,
    for_: Annotated[str | None, typer.Option("--for", help="How long: 12h, 7d.")] = None,
) -> None:
    """Ask a source no more, until it is resumed or the pause is over.

    Example: newsmon sources pause astana-times --for 7d
    """
    if until and for_:
        raise typer.BadParameter("say either --until or --for")
    with desk.desk() as app:
        feed = _the(app, source)
        now = app.clock.now()
        end = _end(until, for_, now)
        if end is not None and end <= now:
            raise typer.BadParameter(f"{until or for_} is over already")
        _remember(app, feed)
        app.store.pause_feed(feed.id, now, end)
    told = f" until {end:%Y-%m-%d %H:%M} UTC" if end else ""
    show.remark(f"{feed.id} is paused{told}. newsmon sources resume {feed.id} ends the pause.")


def _remember(app: "App", feed: "Feed") -> None:
    """Make sure that the database knows a source, and put nothing else into force."""
    if feed.id not in app.store.feed_addresses():
        app.store.remember_feeds(app.settings.feeds, app.clock.now())


def _end(until: str | None, for_: str | None, now: datetime) -> datetime | None:
    if for_ is not None:
        units = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
        try:
            return now + float(for_[:-1]) * units[for_[-1:]]
        except (ValueError, KeyError, OverflowError):
            raise typer.BadParameter(f"{for_!r} is no length of time like 12h or 7d") from None
    if until is None:
        return None
    try:
        named = datetime.fromisoformat(until)
    except ValueError:
        raise typer.BadParameter(f"{until!r} is no date like 2026-12-24") from None
    try:
        return named.replace(tzinfo=UTC) if named.tzinfo is None else named.astimezone(UTC)
    except OverflowError:
        raise typer.BadParameter(f"{until} is no instant of ours") from None


@app.command()
def resume(source: One) -> None:
    """End a source's pause; it is asked at once.

    Example: newsmon sources resume astana-times
    """
    with desk.desk() as app:
        feed = _the(app, source)
        _remember(app, feed)
        app.store.resume_feed(feed.id, app.clock.now())
    show.remark(f"{feed.id} is asked again.")


def _the(app: "App", source: str) -> "Feed":
    desk.require_known("source", source, [feed.id for feed in app.settings.feeds])
    return next(feed for feed in app.settings.feeds if feed.id == source)


def _these(app: "App", ids: Sequence[str]) -> "list[Feed]":
    known = {feed.id: feed for feed in (*app.settings.feeds, *app.settings.off)}
    for name in ids:
        desk.require_known("source", name, known)
    return [known[name] for name in ids]
