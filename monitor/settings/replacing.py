"""How does an operator's file take another's place? At once: a power cut leaves the one or the other."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from monitor.domain.errors import NewsmonError
from monitor.settings.files import shown


def replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all. A link stays a link, and the file keeps its permissions.

    Raises:
        NewsmonError: it cannot be written; nothing was changed.
    """
    path = path.resolve()
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise NewsmonError(f"{shown(path)} cannot be written: {error.strerror}") from error
