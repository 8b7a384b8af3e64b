"""How does the service go on for weeks? One configuration after another, until a signal says stop."""

import os
import signal
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from monitor.cli import applying, lastgood, metrics
from monitor.domain.errors import ConfigError, NewsmonError

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.scheduler import Daemon, Tick

STOP_WITHIN = 8.0
POLLS_AT_ONCE = 4
"""Rounds of polls side by side: a server that takes half a minute delays no feed that falls due meanwhile."""


class Service:
    """The daemon, made anew whenever another configuration comes into force.

    SIGTERM and SIGINT end it. SIGHUP reads the configuration's files: without faults, and unless many
    more messages would go out, they come into force as `newsmon apply` brings them.
    """

    def __init__(self, figures_at: metrics.Address | None = None) -> None:
        self._figures_at = figures_at
        self._meter = metrics.Meter()
        self._app: App | None = None
        self._daemon: Daemon | None = None
        self._told_to_stop = False

    def run(self, found: lastgood.InForce) -> NoReturn:
        """Serve until told to stop, and end the process."""
        import structlog

        log = structlog.get_logger("daemon")
        if self._figures_at is not None:
            levels = metrics.Levels(lambda: self._app)
            metrics.Exporter(self._figures_at, [self._meter.figures, levels.figures])
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, self._reread)
        while True:
            app = application(found)
            self._serve(app, found.digest)
            log.info("stopping")
            # Whatever waits for the network ends now, and its round with it, before anything is recorded.
            threading.Thread(target=app.http.close, daemon=True).start()
            clean = self._ended()
            if self._told_to_stop:
                _end(app, clean=clean)
            log.info("another configuration is in force: taking it over")
            if not clean:
                # A round hangs, with threads that nothing ends but the process.
                sys.stderr.flush()
                os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
            found = _next(app, found)
            app.close()

    def _serve(self, app: "App", digest: str) -> None:
        """Serve until told to stop, or until something else is in force than the snapshot of this digest."""
        import structlog

        from monitor.scheduler import Daemon

        app.store.heartbeat("started", app.clock.now())
        daemon = Daemon(
            self._meter.ticks(_ticks(app)),
            heartbeat=lambda stage: app.store.heartbeat(stage, app.clock.now()),
            superseded=lambda: app.store.applied_digest() not in {None, digest},
        )
        self._app, self._daemon = app, daemon
        if self._told_to_stop:
            daemon.stop()
        topics, feeds = len(app.matcher.topics), len(app.settings.feeds)
        structlog.get_logger("daemon").info("started", feeds=feeds, topics=topics)
        daemon.run()

    def _stop(self, *_signal: object) -> None:
        self._told_to_stop = True
        if self._daemon is not None:
            self._daemon.stop()

    def _reread(self, *_signal: object) -> None:
        # In a thread of its own: to weigh new rules takes longer than a look after the stages may.
        if self._app is not None:
            threading.Thread(target=_reread, args=(self._app,), daemon=True).start()

    def _ended(self) -> bool:
        """Wait for the rounds under way; return whether all of them ended."""
        assert self._daemon is not None
        return self._daemon.wait(STOP_WITHIN)


def application(found: lastgood.InForce) -> "App":
    """Return the application for the configuration in force, on a database that nobody else works on."""
    from monitor.app import App

    app = App(found.settings)
    app.store.release_leases(app.clock.now())
    lastgood.keep(found, app)
    return app


def _next(app: "App", found: lastgood.InForce) -> lastgood.InForce:
    """Return what was put into force; what was before where this process cannot make settings of it."""
    try:
        return lastgood.applied(app.store)
    except ConfigError as error:
        # Whoever applied it has another environment, or may read what we may not.
        lastgood.complain(
            error.faults, "not taken over, the service goes on as before; mend this and restart it"
        )
        return replace(found, digest=app.store.applied_digest() or "", kept_at=app.clock.now())


def _end(app: "App", *, clean: bool) -> NoReturn:
    """Say what is kept, and end the process."""
    import structlog

    log = structlog.get_logger("daemon")
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


def _reread(app: "App") -> None:
    """Put the files into force, if they are sound and do no harm; say in the log what was done."""
    import structlog

    log = structlog.get_logger("configuration")
    try:
        change = applying.consider(app, lambda _done, _total: None)
        words = applying.in_short(change)
        if not change.is_new:
            log.info("the files are what is in force already")
        elif change.floods:
            log.error("not put into force: newsmon apply --yes does, if it is meant", **words)
        else:
            applying.put_into_force(app, change)
            log.info("put into force", **words)
    except ConfigError as error:
        lastgood.complain(error.faults, "nothing was changed: the files have faults")
    except Exception:
        log.exception("nothing was changed")


def _ticks(app: "App") -> "list[Tick]":
    """Return the daemon's stages, all made now: they run in threads of their own later."""
    from monitor.scheduler import Tick

    poller, reader, matching = app.poller, app.reader, app.matching
    notifier, digester, pruner, watcher = app.notifier, app.digester, app.pruner, app.watcher
    informer = app.informer
    quick = min(timedelta(seconds=5), app.settings.polling.tick)
    return [
        Tick(
            name="poll",
            run=lambda beat: poller.run(progress=beat),
            every=app.settings.polling.tick,
            at_once=POLLS_AT_ONCE,
        ),
        Tick(name="read", run=lambda beat: reader.run(progress=beat), every=quick),
        Tick(name="match", run=lambda beat: matching.run(progress=beat), every=quick),
        Tick(name="notify", run=lambda beat: notifier.run(progress=beat), every=quick),
        Tick(name="watch", run=lambda beat: watcher.run(progress=beat), every=timedelta(minutes=1)),
        Tick(name="inform", run=lambda _beat: informer.run(), every=timedelta(minutes=1)),
        Tick(name="digest", run=lambda _beat: digester.run(), every=timedelta(seconds=30)),
        Tick(name="prune", run=lambda _beat: pruner.run(), every=timedelta(hours=6)),
    ]
