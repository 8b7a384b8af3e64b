"""Which configuration is in force: the files as they are, or, when they have faults, the last good ones?"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli import desk

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.errors import Fault
    from monitor.domain.ports import Store
    from monitor.settings import Settings

DATABASE = "last-good-database"
_URL_VARIABLES = ("NEWSMON_DATABASE", "NEWSMON_DATABASE_URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The settings in force: those of the files, or those kept in the database at `kept_at`.

    `faults` are those of the files, where that is why.

    `digest` and `files` are the snapshot that makes the settings, `versions` those of its topics where
    it was not kept before.
    """

    settings: "Settings"
    warnings: tuple[str, ...] = ()
    digest: str = ""
    files: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    faults: "tuple[Fault, ...]" = ()
    kept_at: datetime | None = None


def in_force() -> InForce:
    """Return the settings that the files make; or, where they have faults, the last good ones.

    Raises:
        ConfigError: there are faults, and no good configuration was ever run here.
    """
    from monitor.domain.errors import ConfigError, StoreError
    from monitor.settings import check, load_snapshot

    folders = desk.folders()
    checked = check(folders, os.environ, afresh=False)
    if checked.settings is not None and checked.matcher is not None:
        digest, files = checked.snapshot
        return InForce(
            settings=checked.settings,
            warnings=checked.warnings,
            digest=digest,
            files=files,
            versions=checked.matcher.versions,
        )
    try:
        kept = _last_snapshot()
    except StoreError as error:
        # What is wrong with the files is what they can mend.
        raise ConfigError(checked.faults) from error
    if kept is None:
        raise ConfigError(checked.faults)
    digest, files, kept_at = kept
    settings = load_snapshot(files, folders, os.environ)
    return InForce(settings=settings, digest=digest, files=files, faults=checked.faults, kept_at=kept_at)


def applied(store: "Store") -> InForce:
    """Return what `newsmon apply` put into force last: it is kept already.

    Raises:
        ConfigError: the environment, or a file that holds a password, has a fault.
    """
    from monitor.settings import load_snapshot

    kept = store.last_snapshot()
    assert kept is not None, "something was put into force"
    digest, files, at = kept
    settings = load_snapshot(files, desk.folders(), os.environ)
    return InForce(settings=settings, digest=digest, files=files, kept_at=at)


def keep(found: InForce, app: "App") -> None:
    """Keep files without faults as the last good ones, and where their database is."""
    from monitor.settings import default_database
    from monitor.settings.replacing import replace_file

    if found.kept_at is not None:
        return
    app.store.save_snapshot(found.digest, found.files, app.clock.now(), found.versions)
    url, note = found.settings.database.url, _note()
    if url == default_database(found.settings.folders):
        note.unlink(missing_ok=True)
    elif not _named_database():
        # From the files, so it holds no password: one there is a fault.
        replace_file(note, f"{url}\n")


def tell(found: InForce) -> None:
    """Log what is wrong with the files, loudly, and what may not be meant."""
    import structlog

    for warning in found.warnings:
        structlog.get_logger("configuration").warning(warning)
    if found.faults:
        complain(
            found.faults,
            "going on with the last good configuration; newsmon check names what is wrong with the files",
            of=f"{found.kept_at:%Y-%m-%d %H:%M} UTC",
        )


def complain(faults: "tuple[Fault, ...]", consequence: str, **words: str) -> None:
    """Log every fault of the files, and what follows from them."""
    import structlog

    log = structlog.get_logger("configuration")
    for fault in faults:
        log.error("fault", place=fault.place, problem=str(fault).removeprefix(f"{fault.place}: "))
    log.error(consequence, faults=len(faults), **words)


def _last_snapshot() -> tuple[str, str, datetime] | None:
    """Return the last good configuration kept in the database, and when it was kept."""
    from db import is_fresh, open_store
    from monitor.settings import default_database

    # With faults in the files, what they say of the database cannot be relied upon.
    url = _named_database() or _noted_database() or default_database(desk.folders())
    if is_fresh(url):
        return None
    store = open_store(url)
    try:
        return store.last_snapshot()
    finally:
        store.close()


def _named_database() -> str | None:
    return next((os.environ[name] for name in _URL_VARIABLES if os.environ.get(name)), None)


def _noted_database() -> str | None:
    with suppress(OSError, UnicodeDecodeError):
        return _note().read_text(encoding="utf-8").strip()
    return None


def _note() -> Path:
    return desk.folders().data / DATABASE
