"""How is the service run? `run`, `poll`."""

import os
import signal
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, lastgood, rounds, show
from monitor.domain.errors import NewsmonError

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.scheduler import Tick

STOP_WITHIN = 8.0


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(run)
    app.command()(poll)


def run(
    *, once: Annotated[bool, typer.Option("--once", help="Work off what is due, then end.")] = False
) -> None:
    """Run the service: poll on schedule, read, match, tell. SIGTERM or Ctrl-C ends it cleanly.

    Example: newsmon --config ~/desk --data /var/lib/newsmon run
    """
    from db import single_daemon
    from monitor import logs
    from monitor.app import App

    desk.folders().data.mkdir(parents=True, exist_ok=True)
    found = lastgood.in_force()
    settings = found.settings
    logs.configure(form=settings.log.format, level="debug" if show.MANNERS.verbose else settings.log.level)
    lastgood.tell(found)
    url = settings.database.url
    assert url is not None
    with single_daemon(url), App(settings) as app:
        app.store.release_leases(app.clock.now())
        lastgood.keep(found, app)
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
    clean = daemon.wait(STOP_WITHIN)
    try:
        app.store.heartbeat("stopped", app.clock.now())
        kept = app.store.status(app.clock.now())
        waiting = {f"to_{stage}": kept.waiting[stage] for stage in ("read", "match", "notify")}
        log.info("stopped; all that was read is kept", clean=clean, articles=kept.articles, **waiting)
    except NewsmonError as error:
        log.warning("stopped", clean=clean, database=str(error))
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
        for name in sources or ():
            desk.require_known("source", name, [feed.id for feed in app.settings.feeds])
        if sources:
            # Only what the store remembers can be hastened.
            app.store.remember_feeds(app.settings.feeds, app.clock.now())
            app.store.hasten_feeds(sources, app.clock.now())
        counts = rounds.poll_and_read(app)
    if json:
        show.say_json(dict(counts))
    else:
        show.say(rounds.summary(counts))
