"""How is the service run and watched? `run`, `poll`, `status`."""

import os
import signal
import sys
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, rounds, show

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.ports import StatusCounts
    from monitor.scheduler import Tick
    from monitor.settings import Settings

ALIVE = timedelta(minutes=2)
STOP_WITHIN = 8.0
HEALTHY, DEGRADED, STOPPED = 0, 1, 2


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(run)
    app.command()(poll)
    app.command()(status)


def run(
    *, once: Annotated[bool, typer.Option("--once", help="Work off what is due, then end.")] = False
) -> None:
    """Run the service: poll on schedule, read, match, tell. SIGTERM or Ctrl-C ends it cleanly.

    Example: newsmon --config ~/desk --data /var/lib/newsmon run
    """
    from db import single_daemon
    from monitor import logs
    from monitor.app import App

    folders = desk.folders()
    folders.data.mkdir(parents=True, exist_ok=True)
    settings, snapshot = _settings_or_snapshot()
    logs.configure(form=settings.log.format, level="debug" if show.MANNERS.verbose else settings.log.level)
    url = settings.database.url
    assert url is not None
    with single_daemon(url), App(settings) as app:
        app.store.release_leases(app.clock.now())
        if snapshot:
            app.store.save_snapshot(*snapshot, app.clock.now())
        if once:
            counts = rounds.poll_and_read(app)
            counts.update(rounds.tell(app))
            show.remark(rounds.summary(counts))
        else:
            _serve(app)


def _serve(app: "App") -> None:
    """Run the daemon until a signal comes; then close, and end even if a round hangs."""
    import structlog

    from monitor.scheduler import Daemon

    log = structlog.get_logger("daemon")
    now = app.clock.now()
    app.store.heartbeat("started", now)
    daemon = Daemon(_ticks(app), heartbeat=lambda stage: app.store.heartbeat(stage, app.clock.now()))
    signal.signal(signal.SIGTERM, daemon.stop)
    signal.signal(signal.SIGINT, daemon.stop)
    log.info("started", feeds=len(app.settings.feeds), topics=len(app.matcher.topics))
    daemon.run()
    log.info("stopping")
    # Whatever waits for the network ends now, and its round with it, before anything is recorded.
    threading.Thread(target=app.http.close, daemon=True).start()
    log.info("stopped", clean=daemon.wait(STOP_WITHIN))
    app.store.heartbeat("stopped", app.clock.now())
    sys.stderr.flush()
    # Rounds under way hold threads that Python would wait for. Whatever they were at is leased in
    # the database and free for the next start: the service is built to survive worse than this.
    os._exit(0)


def _ticks(app: "App") -> "list[Tick]":
    """Return the daemon's stages, all made now: they run in threads of their own later."""
    from monitor.scheduler import Tick

    poller, reader, matching = app.poller, app.reader, app.matching
    notifier, digester, pruner = app.notifier, app.digester, app.pruner
    quick = timedelta(seconds=5)
    return [
        Tick(name="poll", run=lambda beat: poller.run(progress=beat), every=app.settings.polling.tick),
        Tick(name="read", run=lambda beat: reader.run(progress=beat), every=quick),
        Tick(name="match", run=lambda beat: matching.run(progress=beat), every=quick),
        Tick(name="notify", run=lambda beat: notifier.run(progress=beat), every=quick),
        Tick(name="digest", run=lambda _beat: digester.run(), every=timedelta(seconds=30)),
        Tick(name="prune", run=lambda _beat: pruner.run(), every=timedelta(hours=6)),
    ]


def _settings_or_snapshot() -> "tuple[Settings, tuple[str, str] | None]":
    """Return the settings and their snapshot; or, after faults, the last good ones (and no snapshot).

    Raises:
        ConfigError: there are faults, and no good configuration was ever run here.
    """
    from monitor.domain.errors import ConfigError
    from monitor.settings import check, load_snapshot, snapshot

    folders = desk.folders()
    checked = check(folders, os.environ)
    if checked.settings is not None and not checked.faults:
        return checked.settings, snapshot(folders)
    kept = _last_snapshot()
    if kept is None:
        raise ConfigError(tuple(checked.faults))
    for fault in checked.faults:
        show.remark(str(fault))
    show.remark(f"newsmon: going on with the last good configuration, of {kept[1]:%Y-%m-%d %H:%M} UTC")
    return load_snapshot(kept[0], folders, os.environ), None


def _last_snapshot() -> tuple[str, datetime] | None:
    """Return the last good configuration kept in the database, and when it was kept."""
    from db import is_fresh, open_store
    from monitor.settings import default_database

    # With faults in the files, what they say of the database cannot be relied upon.
    url = os.environ.get("NEWSMON_DATABASE") or default_database(desk.folders())
    if is_fresh(url):
        return None
    store = open_store(url)
    try:
        found = store.last_snapshot()
    finally:
        store.close()
    return (found[1], found[2]) if found else None


def poll(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE]...", help="Ids to poll now; all that are due if none."),
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object with all counts.")] = False,
) -> None:
    """Poll sources now, read what they list, and match it. Alerts wait in the outbox for `run`.

    Example: newsmon poll astana-times
    """
    with desk.desk() as app:
        unknown = sorted(set(sources or ()) - {feed.id for feed in app.settings.feeds})
        if unknown:
            raise typer.BadParameter(f"no source named {', '.join(unknown)} (newsmon sources lists them)")
        poller = app.poller
        if sources:
            app.store.hasten_feeds(sources, app.clock.now())
        del poller
        counts = rounds.poll_and_read(app)
    if json:
        show.say_json(dict(counts))
    else:
        show.say(rounds.summary(counts))


def status(*, json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show how the service is. Exit 0 healthy, 1 degraded, 2 stopped.

    Example: newsmon status
    """
    with desk.desk() as app:
        now = app.clock.now()
        counts = app.store.status(now)
        verdict = health(counts, now)
    if json:
        words = {HEALTHY: "healthy", DEGRADED: "degraded", STOPPED: "stopped"}
        show.say_json({"health": words[verdict]} | dict(show.plain(counts)))  # type: ignore[call-overload]  # a dataclass makes a dict
    else:
        for line in _lines(counts, verdict, now):
            show.say(line)
    raise typer.Exit(verdict)


def health(counts: "StatusCounts", now: datetime) -> int:
    """Return 0 healthy, 1 degraded (late, failing, in doubt or dead), 2 stopped (no round lately)."""
    beats = [at for stage, at in counts.heartbeats.items() if stage in {"read", "match", "notify"}]
    if not beats or now - max(beats) > ALIVE or counts.heartbeats.get("stopped", max(beats)) > max(beats):
        return STOPPED
    stuck = any(now - at > 5 * ALIVE for at in beats)
    troubled = counts.feeds_late or counts.deliveries.get("dead") or counts.deliveries.get("held")
    failing = counts.feeds_failing * 2 > counts.feeds > 0
    return DEGRADED if stuck or troubled or failing else HEALTHY


def _lines(counts: "StatusCounts", verdict: int, now: datetime) -> list[str]:
    word = {HEALTHY: "running", DEGRADED: "running, with trouble", STOPPED: "stopped"}[verdict]
    since = f", started {show.ago(counts.started_at, now)} ago" if counts.started_at else ""
    troubles = f"{counts.feeds_due} due, {counts.feeds_late} late, {counts.feeds_failing} failing"
    lines = [f"service     {word}{since}", f"feeds       {counts.feeds}: {troubles}"]
    for stage, number in counts.waiting.items():
        oldest = counts.oldest.get(stage)
        age = f", the oldest for {show.ago(oldest, now)}" if oldest else ""
        lines.append(f"{stage:<11} {number} waiting{age}")
    sent = counts.deliveries
    lines += [
        f"entries     {_counted(counts.entries)}",
        f"articles    {counts.articles}, {counts.flagged} flagged, {counts.stories} stories",
        f"outbox      {_counted(sent)}",
        f"digest      last {show.ago(counts.last_digest, now)}" + (" ago" if counts.last_digest else ""),
        f"database    {show.size(counts.size_bytes)}",
    ]
    return lines


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items() if number) or "none"
