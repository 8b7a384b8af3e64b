"""How is the database looked after? Upgrade, check, backup."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli import show
from monitor.cli.desk import folders, settings

app = typer.Typer(help="Look after the database.", no_args_is_help=True, rich_markup_mode=None)


def _url() -> str:
    url = settings().database.url
    assert url is not None
    return url


@app.command()
def upgrade() -> None:
    """Bring the database to this program's schema; nothing stored is lost.

    Example: newsmon db upgrade
    """
    from db import upgrade as bring_up

    bring_up(_url())
    show.say("The database is up to date.")


@app.command()
def check(*, json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Check integrity, references and schema. Exit 1 if something is wrong.

    Example: newsmon db check
    """
    from db import check as find_faults

    faults = find_faults(_url())
    if json:
        show.say_json({"faults": faults})
    else:
        for fault in faults or ["The database is sound."]:
            show.say(fault)
    raise typer.Exit(1 if faults else 0)


@app.command()
def backup(
    target: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A file that is not there yet.")
    ] = None,
) -> None:
    """Write a consistent copy of the database while it is in use, and verify it.

    Example: newsmon db backup /backups/newsmon-2026-11-23.db
    """
    from db import backup as copy

    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    path = target or folders().data / "backups" / f"newsmon-{stamp}.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = copy(_url(), path)
    show.say(f"{path} ({sum(rows.values())} rows, {show.size(path.stat().st_size)}, verified)")
