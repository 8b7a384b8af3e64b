"""How does a command show its results? Tables and progress for people, JSON for programs."""

import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console


@dataclasses.dataclass(slots=True)
class Manners:
    """How this run shows things, as the global options say."""

    color: bool = True
    quiet: bool = False
    verbose: bool = False


MANNERS = Manners()


class Bar(Protocol):
    """Told how far a piece of work is."""

    def __call__(self, done: int, total: int, /) -> None:
        """Show that `done` of `total` are done."""
        ...


def console(*, stderr: bool = False) -> "Console":
    """Return the console for results (stdout) or for progress and remarks (stderr)."""
    from rich.console import Console

    plain = not MANNERS.color or "NO_COLOR" in os.environ
    return Console(stderr=stderr, no_color=plain, highlight=False, soft_wrap=False, emoji=False, markup=False)


def say(text: str) -> None:
    """Print a result line to stdout, free of control characters."""
    from monitor.policy.mail import clean_text

    print(clean_text(text))  # noqa: T201 - this is where results are printed


def remark(text: str) -> None:
    """Print a remark to stderr, unless asked to be quiet."""
    from monitor.policy.mail import clean_text

    if not MANNERS.quiet:
        print(clean_text(text), file=sys.stderr)  # noqa: T201 - this is where remarks are printed


def complain(text: str) -> None:
    """Print what went wrong to stderr, however quiet we were asked to be."""
    from monitor.policy.mail import clean_text

    print(clean_text(text), file=sys.stderr)  # noqa: T201 - this is where faults are printed


def say_json(value: object) -> None:
    """Print one line of JSON to stdout; instants as ISO 8601, durations in seconds."""
    line = json.dumps(plain(value), ensure_ascii=False)
    # UTF-8 has no place for half a surrogate pair; as an escape it is still JSON, and the same text.
    print(line.encode(errors="backslashreplace").decode())  # noqa: T201 - this is where results are printed


def plain(value: object) -> object:
    """Return a value as JSON can hold it: dataclasses as objects, instants as ISO 8601."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return _scalar(value)


def _scalar(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.hex() if isinstance(value, bytes) else value


@contextmanager
def progress(label: str) -> Iterator[Bar]:
    """Show a bar on stderr while a piece of work runs; nothing when quiet or not on a terminal."""
    out = console(stderr=True)
    if MANNERS.quiet or not out.is_terminal:
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:<9}"), BarColumn(bar_width=20), MofNCompleteColumn())
    # Results that are printed meanwhile are no part of the bar: they go to stdout, as they are.
    with Progress(*columns, console=out, redirect_stdout=False) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def ago(then: datetime | None, now: datetime) -> str:
    """Return how long ago something was, in words: `4 min`, `3 h`, `2 days`."""
    if then is None:
        return "never"
    seconds = max(int((now - then).total_seconds()), 0)
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (size < 86_400 and seconds >= size):  # noqa: PLR2004 - "26 h", not "1 days"
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def size(number: int) -> str:
    """Return a size in bytes for people: `48 kB`, `1.2 MB`."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= scale:
            return f"{number / scale:.1f} {unit}" if number < 10 * scale else f"{number // scale} {unit}"
    return f"{number} B"
