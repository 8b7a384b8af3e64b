"""How do new rules reach a service that runs? `apply`: checked, weighed, and changed all or nothing."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, health, show
from monitor.domain.errors import ConfigError, NewsmonError

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.pipeline.compare import Comparison, Impact, Shift
    from monitor.rules import Matcher
    from monitor.settings import Settings

LOOKED_BACK = timedelta(days=30)
TIMES_AS_MANY = 3
SHOWN = 5
_APART = frozenset({"folders", "feeds", "pack", "recipients", "warnings"})
"""Parts of the settings that are told in other words, or that are no part of the files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the files say beside what is in force. `impact` is None where no topic changed."""

    settings: "Settings"
    digest: str
    files: str
    versions: dict[str, str]
    is_new: bool
    impact: "Impact | None"
    others: tuple[str, ...] = ()

    @property
    def floods(self) -> bool:
        """Return whether people would get more than three times as many messages, and one a day more."""
        impact = self.impact
        return impact is not None and impact.after > max(TIMES_AS_MANY * impact.before, impact.before + 1)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(apply)


def apply(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Also when many more messages would go out.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Put the configuration's files into force, all or nothing, also for a service that runs.

    First it shows what the changed topics would have flagged in the last 30 days, and how many messages
    a day that means; more than three times as many need --yes. A configuration with faults changes nothing.

    Example: newsmon apply --dry-run
    """
    with desk.desk() as app:
        with show.progress("Reading") as bar:
            change = consider(app, bar)
        if json:
            show.say_json(_plain(change))
        else:
            _tell(change)
        if not change.is_new or dry_run:
            return
        if change.floods and not yes:
            show.remark("More than three times as many messages: nothing was changed. Say --yes to go on.")
            raise typer.Exit(1)
        put_into_force(app, change)
        running = health.health(app.store.status(app.clock.now()), app.clock.now()) != health.STOPPED
    show.remark(
        f"In force: {'the service takes it over within seconds' if running else 'the next start takes it'}."
    )


def consider(app: "App", progress: Callable[[int, int], None]) -> Change:
    """Return what the files of the desk `app` would change, and what that would have meant.

    Raises:
        ConfigError: with every fault of the files.
        NewsmonError: they name another database.
    """
    from monitor.settings import check

    folders = app.settings.folders
    checked = check(folders, os.environ, afresh=False)
    if checked.settings is None or checked.matcher is None:
        raise ConfigError(checked.faults)
    if checked.settings.database.url != app.settings.database.url:
        raise NewsmonError("the files name another database: stop the service and start it anew")
    digest, files = checked.snapshot
    try:
        live = live_rules(app)
    except ConfigError:
        # An older program put it into force: nothing can be compared, and nothing must stand in the way.
        live = None
    return Change(
        settings=checked.settings,
        digest=digest,
        files=files,
        versions=dict(checked.matcher.versions),
        is_new=app.store.applied_digest() != digest,
        impact=_impact(app, live[1] if live else None, checked.settings, checked.matcher, progress),
        others=_others(live[0], checked.settings) if live else (),
    )


def in_short(change: Change) -> dict[str, object]:
    """Return a change in a few words, for a log."""
    impact = change.impact
    if impact is None:
        return {"others": list(change.others)}
    moved = {one.topic_id: f"+{len(one.gained)} -{len(one.lost)}" for one in impact.topics}
    messages = f"{impact.before:.1f} a day before, {impact.after:.1f} after"
    return {"topics": moved, "messages": messages, "others": list(change.others)}


def put_into_force(app: "App", change: Change) -> None:
    """Keep the change as the configuration in force: a service that runs takes it over."""
    app.store.save_snapshot(change.digest, change.files, app.clock.now(), change.versions)


def live_rules(app: "App") -> "tuple[Settings, Matcher] | None":
    """Return the settings and rules in force, None where nothing ever was.

    Raises:
        ConfigError: this program does not understand them any more.
    """
    from monitor.rules import compile_pack
    from monitor.settings import load_snapshot

    kept = app.store.last_snapshot()
    if kept is None:
        return None
    settings = load_snapshot(kept[1], app.settings.folders, os.environ)
    return settings, compile_pack(settings.pack)


def _impact(
    app: "App",
    old: "Matcher | None",
    settings: "Settings",
    new: "Matcher",
    progress: Callable[[int, int], None],
) -> "Impact | None":
    from monitor.pipeline.compare import Impact, changed_topics, compare, messages

    changed = changed_topics(old, new)
    if not changed:
        return None
    since = app.clock.now() - LOOKED_BACK
    found, flags = compare(app.store, old, new, changed, since, progress)
    told = messages(settings.recipients, app.store.flagged_since(since), found, flags)
    return Impact(
        days=days_since(app, since),
        topics=tuple(found[topic] for topic in changed),
        messages=told,
    )


def days_since(app: "App", since: datetime) -> float:
    """Return how many days of archive there are since an instant, one at least."""
    now = app.clock.now()
    oldest = app.store.oldest_article() or now
    return max((now - max(oldest, since)) / timedelta(days=1), 1.0)


def _others(old: "Settings", new: "Settings") -> tuple[str, ...]:
    """Return in words what changes besides topics."""
    before, after = ({feed.id: feed for feed in one.feeds} for one in (old, new))
    changed = [name for name in before.keys() & after.keys() if before[name] != after[name]]
    counts = (
        (len(after.keys() - before.keys()), "more"),
        (len(before.keys() - after.keys()), "fewer"),
        (len(changed), "changed"),
    )
    words = [f"{number} sources {what}" for number, what in counts if number]
    if old.recipients != new.recipients:
        words.append("recipients changed")
    plain = (
        "operator",
        "http",
        "workers",
        "polling",
        "alerts",
        "smtp",
        "digest",
        "health",
        "retention",
        "log",
        "database",
    )
    words += [f"{name} changed" for name in plain if getattr(old, name) != getattr(new, name)]
    return tuple(words)


def _plain(change: Change) -> dict[str, object]:
    impact = change.impact
    return {
        "changed": change.is_new,
        "others": list(change.others),
        "days": impact.days if impact else None,
        "messages": [
            {"recipient": recipient, "before": before, "after": after}
            for recipient, before, after in (impact.messages if impact else ())
        ],
        "topics": [comparison_row(one) for one in (impact.topics if impact else ())],
    }


def comparison_row(one: "Comparison") -> dict[str, object]:
    """Return a comparison as JSON holds it."""
    return {
        "topic": one.topic_id,
        "kept": one.kept,
        "gained": show.plain(one.gained),
        "lost": show.plain(one.lost),
        "near": show.plain(one.near),
    }


def _tell(change: Change) -> None:
    if not change.is_new:
        show.remark("The files are what is in force already.")
        return
    for words in change.others:
        show.say(words)
    impact = change.impact
    if impact is None:
        show.say("No topic changes its meaning.")
        return
    for one in impact.topics:
        tell_comparison(one, SHOWN)
    if impact.messages:
        show.say(
            f"Messages at once over the last {impact.days:.0f} days: "
            f"{impact.before:.1f} a day before, {impact.after:.1f} a day after"
        )


def tell_comparison(one: "Comparison", most: int) -> None:
    """Show what a topic gains and loses, at most so many articles of each."""
    show.say(f"{one.topic_id}: {one.kept} as before, {len(one.gained)} gained, {len(one.lost)} lost")
    for sign, shifts in (("+", one.gained), ("-", one.lost)):
        for shift in shifts[:most]:
            show.say(shift_line(sign, shift))
        if len(shifts) > most:
            show.say(f"  {sign} … and {len(shifts) - most} more")


def shift_line(sign: str, shift: "Shift") -> str:
    """Return an article that is judged otherwise, in two lines."""
    before = "–" if shift.before is None else str(shift.before)
    after = "–" if shift.after is None else str(shift.after)
    because = " ".join(shift.because.split())[:140]
    tail = f"\n       “{because}”" if because else ""
    return f"  {sign} {before:>3} → {after:>3}  {shift.article_id:>6}  {shift.outlet}: {shift.title}{tail}"
