"""How is a block put into one of the operator's files, or taken out? As text: every comment stays."""

import os
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from pathlib import Path

from monitor.domain.errors import ConfigError, NewsmonError
from monitor.settings.checking import check
from monitor.settings.files import Folders


def require_own(folders: Folders) -> None:
    """Do nothing where the user's folder may be written.

    Raises:
        NewsmonError: it is the shipped pack's, which is read-only.
    """
    if folders.pack.resolve() == folders.user.resolve():
        raise NewsmonError("the shipped pack is read-only: newsmon init DIR, then --config DIR")


def block_span(lines: Sequence[str], line: int) -> tuple[int, int]:
    """Return the first line of the block that a line (counted from 1) lies in, and the one after its last."""
    first = line - 1
    while not lines[first].lstrip().startswith("-"):
        first -= 1
    margin = _margin(lines[first])
    last = first + 1
    while last < len(lines) and _inside(lines[last], margin):
        last += 1
    # What stands between two blocks speaks of the second.
    while _margin(lines[last - 1]) <= margin and lines[last - 1].strip()[:1] in {"", "#"}:
        last -= 1
    return first, last


def write_checked(path: Path, text: str, folders: Folders, environ: AnyMapping[str, str]) -> None:
    """Write a file whole or not at all, and put back what was there where the check finds faults.

    Raises:
        ConfigError: with the faults that the new text brings.
    """
    before = path.read_text("utf-8") if path.is_file() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, text)
    faults = check(folders, environ, afresh=False).faults
    if faults:
        if before is None:
            path.unlink()
        else:
            _replace(path, before)
        raise ConfigError(faults)


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def _inside(line: str, margin: int) -> bool:
    """Return whether a line belongs to the block whose dash stands at `margin`."""
    return not line.strip() or line.lstrip().startswith("#") or _margin(line) > margin


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())
