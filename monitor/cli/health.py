"""How is the service? `status`."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, lastgood, show

if TYPE_CHECKING:
    from monitor.domain.records import StatusCounts

ALIVE = timedelta(minutes=2)
HEALTHY, DEGRADED, STOPPED = 0, 1, 2
STAGES = ("poll", "read", "match", "digest", "notify")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(status)


def status(*, json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show how the service is. Exit 0 healthy, 1 degraded, 2 stopped.

    Example: newsmon status
    """
    from monitor import logs
    from monitor.app import App

    found = lastgood.in_force()
    logs.configure(form=found.settings.log.format, level="warning")
    if missing := desk.no_database(found.settings):
        _tell_missing(missing, found, json=json)
        raise typer.Exit(STOPPED)
    with App(found.settings) as app:
        now = app.clock.now()
        counts = app.store.status(now)
        kept = app.store.last_snapshot()
    verdict = health(counts, now)
    if found.faults and verdict == HEALTHY:
        verdict = DEGRADED
    told = _configuration(found, kept[0] if kept else None)
    if json:
        words = {HEALTHY: "healthy", DEGRADED: "degraded", STOPPED: "stopped"}
        row = {"health": words[verdict], "configuration": told, "configured": len(found.settings.feeds)}
        show.say_json(row | dict(show.plain(counts)))  # type: ignore[call-overload]  # a dataclass makes a dict
    else:
        for line in _lines(counts, verdict, now, len(found.settings.feeds)):
            show.say(line)
        show.say(f"settings    {told}")
    raise typer.Exit(verdict)


def _tell_missing(missing: str, found: lastgood.InForce, *, json: bool) -> None:
    """Show how a service is that never ran: there is not even a database."""
    configured, told = len(found.settings.feeds), _configuration(found, None)
    if json:
        show.say_json(
            {"health": "stopped", "configuration": told, "configured": configured, "missing": missing}
        )
    else:
        show.say(f"service     stopped; {missing}")
        show.say(f"feeds       {configured}: none was ever polled")
        show.say(f"settings    {told}")


def _configuration(found: lastgood.InForce, kept: str | None) -> str:
    """Return how the files stand to what the service goes by; `kept` is the digest of the latter."""
    if found.faults:
        number = len(found.faults)
        return (
            f"{number} fault{'s'[: number != 1]} in the files (newsmon check names them); "
            f"the last good ones, of {found.kept_at:%Y-%m-%d %H:%M} UTC, are in force"
        )
    if kept not in (None, found.digest):
        return "changed since the service last started; a restart puts them in force"
    return "no faults"


def health(counts: "StatusCounts", now: datetime) -> int:
    """Return 0 healthy, 1 degraded (late, failing, in doubt or dead), 2 stopped (no round lately)."""
    beats = [at for stage, at in counts.heartbeats.items() if stage in {"read", "match", "notify"}]
    if not beats or now - max(beats) > ALIVE or counts.heartbeats.get("stopped", max(beats)) > max(beats):
        return STOPPED
    stuck = any(now - at > 5 * ALIVE for at in beats)
    troubled = counts.feeds_late or counts.deliveries.get("dead") or counts.deliveries.get("held")
    failing = counts.feeds_failing * 2 > counts.feeds > 0
    return DEGRADED if stuck or troubled or failing else HEALTHY


def _lines(counts: "StatusCounts", verdict: int, now: datetime, configured: int) -> list[str]:
    word = {HEALTHY: "running", DEGRADED: "running, with trouble", STOPPED: "stopped"}[verdict]
    since = f", started {show.ago(counts.started_at, now)} ago" if counts.started_at else ""
    if counts.started_at is None and verdict == STOPPED:
        word = "stopped; it never ran on this database (newsmon run starts it)"
    troubles = f"{counts.feeds_due} due, {counts.feeds_late} late, {counts.feeds_failing} failing"
    if not counts.feeds:
        troubles = "none was ever polled"
    lines = [f"service     {word}{since}", f"feeds       {counts.feeds or configured}: {troubles}"]
    for stage in STAGES:
        oldest = counts.oldest.get(stage)
        age = f", the oldest for {show.ago(oldest, now)}" if oldest else ""
        lines.append(f"{stage:<11} {counts.waiting[stage]} waiting{age}")
    lines += [
        f"entries     {_counted(counts.entries)}",
        f"articles    {counts.articles}, {counts.flagged} flagged, {counts.stories} stories",
        f"outbox      {_counted(counts.deliveries)}",
        f"digest      last {show.ago(counts.last_digest, now)}" + (" ago" if counts.last_digest else ""),
        f"database    {show.size(counts.size_bytes)}",
    ]
    return lines


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items() if number) or "none"
