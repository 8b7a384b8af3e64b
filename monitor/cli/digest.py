"""How does a person see a digest before its time? `newsmon digest`."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli import desk, show


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(digest)


def digest(
    recipient: Annotated[str | None, typer.Argument(help="A recipient's id; the first one if none.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write HTML here, and plain text beside it.")
    ] = None,
    *,
    send: Annotated[bool, typer.Option("--send", help="Put today's digest into the outbox now.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object with all that the digest shows.")
    ] = False,
) -> None:
    """Show what waits for a recipient's next digest. Nothing is sent or taken off, unless --send.

    Example: newsmon digest desk --out digest.html
    """
    from zoneinfo import ZoneInfo

    from monitor.policy.digests import DigestDue
    from monitor.reports.digest import render

    with desk.reading() as app:
        known = {r.id: r for r in app.settings.recipients}
        if not known:
            raise typer.BadParameter("there are no recipients; add one under `recipients:` in newsmon.yaml")
        desk.require_known("recipient", recipient, known)
        person = known[recipient] if recipient else next(iter(known.values()))
        now = app.clock.now()
        last = app.store.last_digest(person.id)
        due = DigestDue(
            date=now.astimezone(ZoneInfo(person.timezone)).date().isoformat(),
            since=last[1] if last else now - timedelta(days=1),
            until=now,
        )
        data = app.digester.gather(person, due)
        message = render(data)
        if send:
            made = app.digester.make(person, due)
            show.remark(
                "In the outbox." if made is not None else f"The digest of {due.date} was made before."
            )
    if out is not None:
        out.write_text(message.html, encoding="utf-8")
        out.with_suffix(".txt").write_text(message.text, encoding="utf-8")
        show.remark(f"{out} and {out.with_suffix('.txt')}")
    elif json:
        show.say_json(data)
    else:
        show.say(message.text)
