"""How is the service run? `run`, `poll`."""

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli import daemon, desk, lastgood, metrics, rounds, show


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(run)
    app.command()(poll)


def run(
    *,
    once: Annotated[bool, typer.Option("--once", help="Work off what is due, then end.")] = False,
    metrics_at: Annotated[
        str | None,
        typer.Option(
            "--metrics", metavar="HOST:PORT", help="Serve figures for Prometheus on /metrics there."
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option("--metrics-token", metavar="FILE", help="Whoever asks must bear what this file holds."),
    ] = None,
) -> None:
    """Run the service: poll on schedule, read, match, tell. SIGTERM or Ctrl-C ends it cleanly.

    SIGHUP puts the configuration's files into force, as `newsmon apply` does.

    Example: newsmon --config ~/desk --data /var/lib/newsmon run
    """
    from db import single_daemon
    from monitor import logs

    where = _address(metrics_at, token_file)
    desk.folders().data.mkdir(parents=True, exist_ok=True)
    found = lastgood.in_force()
    settings = found.settings
    logs.configure(form=settings.log.format, level="debug" if show.MANNERS.verbose else settings.log.level)
    lastgood.tell(found)
    url = settings.database.url
    assert url is not None
    with single_daemon(url):
        if not once:
            daemon.Service(where).run(found)
        with daemon.application(found) as app:
            counts = rounds.poll_and_read(app)
            counts.update(rounds.tell(app))
            show.remark(rounds.summary(counts))


def _address(where: str | None, token_file: Path | None) -> metrics.Address | None:
    """Return where the figures are served, None for nowhere.

    Raises:
        typer.BadParameter: that is no address, or one that others reach and nothing keeps them out.
    """
    if where is None:
        return None
    try:
        return metrics.address(where, token_file)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


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
