"""Which desk does a command work for? Finds and loads the configuration that was asked for."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
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


def desk() -> "App":
    """Return the application for the settings in force, logging warnings only."""
    from monitor import logs
    from monitor.app import App

    found = settings()
    logs.configure(form=found.log.format, level="info" if show.MANNERS.verbose else "warning")
    return App(found)


def require_known(kind: str, name: str | None, known: Collection[str]) -> None:
    """Refuse a name that nobody bears, with the nearest that somebody does; None is no name.

    Raises:
        typer.BadParameter: it is none of the known.
    """
    if name is None or name in known:
        return
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(known)[:20])}"
    raise typer.BadParameter(f"no {kind} named {name} ({hint})")
