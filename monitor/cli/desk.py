"""Which desk does a command work for? Finds and loads the configuration that was asked for."""

import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

import typer

from monitor.cli import show

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.settings import Folders, Settings


@dataclass(slots=True)
class Places:
    """The folders that the global options name; None for the default."""

    config: Path | None = None
    data: Path | None = None


PLACES = Places()


def folders() -> "Folders":
    """Return the folders in force."""
    from monitor.settings import locate

    return locate(PLACES.config, PLACES.data)


def settings() -> "Settings":
    """Return the settings in force.

    Raises:
        ConfigError: with every fault in them.
    """
    from monitor.settings import load

    loaded = load(folders(), os.environ)
    for warning in loaded.warnings:
        show.remark(f"newsmon: {warning}")
    return loaded


def require_known(kind: str, name: str | None, known: Iterable[str]) -> None:
    """Do nothing for a name that is known, or none.

    Raises:
        typer.BadParameter: nothing is named so; with the name that may be meant.
    """
    names = list(known)
    if name is None or name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    hint = (
        f"did you mean {near[0]}?"
        if near
        else f"there are: {shorten(', '.join(names), 200, placeholder=' …')}"
    )
    raise typer.BadParameter(f"no {kind} named {name} ({hint if names else f'there is no {kind} at all'})")


def reading() -> "App":
    """Return the application for a command that only looks into the database, and makes none.

    Raises:
        NewsmonError: there is no database yet; the message says where.
    """
    from monitor.domain.errors import NewsmonError

    app = desk()
    if missing := no_database(app.settings):
        raise NewsmonError(missing)
    return app


def no_database(found: "Settings") -> str | None:
    """Return in a sentence that there is no database yet, and where; None if there is one."""
    from db import is_fresh, place

    url = found.database.url
    assert url is not None
    if not is_fresh(url):
        return None
    return f"there is no database yet in {place(url)} (newsmon run makes it; --data names another folder)"


def desk() -> "App":
    """Return the application for the settings in force, logging warnings only."""
    from monitor import logs
    from monitor.app import App

    found = settings()
    logs.configure(form=found.log.format, level="info" if show.MANNERS.verbose else "warning")
    return App(found)
