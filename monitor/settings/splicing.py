"""Where does a block stand in a file, and how does a new text take the old one's place?"""

import re
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from pathlib import Path

from monitor.domain.errors import ConfigError, NewsmonError
from monitor.domain.topics import Place
from monitor.settings.checking import check
from monitor.settings.files import Folders
from monitor.settings.replacing import replace_file

_DASH = re.compile(r"\s*-(?:\s|$)")


def require_own(folders: Folders) -> None:
    """Do nothing where the user's folder may be written.

    Raises:
        NewsmonError: it is the shipped pack's, which is read-only.
    """
    if folders.pack.resolve() == folders.user.resolve():
        raise NewsmonError("the shipped pack is read-only: newsmon init DIR, then --config DIR")


def block_span(lines: Sequence[str], place: Place, name: str) -> tuple[int, int]:
    """Return the first line of the block that begins at or before a place, and the one after its last.

    Raises:
        NewsmonError: the block, called `name`, is written within brackets, where lines are no blocks.
    """
    first = place.line - 1
    while first >= 0 and not _DASH.match(lines[first]):
        first -= 1
    if first < 0:
        raise NewsmonError(f"{place} has {name} within brackets: no block to take out or replace")
    at = margin(lines[first])
    last = first + 1
    while last < len(lines) and _inside(lines[last], at):
        last += 1
    # What stands between two blocks speaks of the second.
    while margin(lines[last - 1]) <= at and lines[last - 1].strip()[:1] in {"", "#"}:
        last -= 1
    return first, last


def margin(line: str) -> int:
    """Return how many blanks a line begins with."""
    return len(line) - len(line.lstrip())


def write_checked(path: str, text: str, folders: Folders, environ: AnyMapping[str, str]) -> Path:
    """Write a file of the user's folder; the configuration is checked with it first. Return the file.

    Raises:
        NewsmonError: it cannot be written.
        ConfigError: with the faults that the text brings; nothing is written then.
    """
    if faults := check(folders, environ, afresh=False, instead={path: text}).faults:
        raise ConfigError(faults)
    replace_file(folders.user / path, text)
    return folders.user / path


def _inside(line: str, at: int) -> bool:
    """Return whether a line belongs to the block whose dash stands at `at`."""
    return not line.strip() or line.lstrip().startswith("#") or margin(line) > at
