"""Must files be read and rules compiled again, or is what was made of the same before still right?

What is kept lies below `cache/` in the data folder, and is a convenience: missing, foreign, damaged or
out of date, it is made again without a word. It holds for one content, one program and one Python, and
for nothing else (ADR 12).
"""

import contextlib
import os
import stat
import sys
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import monitor
from monitor.domain.topics import Pack
from monitor.rules import Matcher, compile_pack
from monitor.rules.frozen import frozen, thawed

Kept = TypeVar("Kept")

NAME = "compiled-rules"
_SOURCES = ("rules", "settings", "domain")
_WRITTEN_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def matcher_of(pack: Pack, data: Path) -> Matcher:
    """Return the pack's matcher: as it was kept below the folder `data`, or compiled and kept now.

    Raises:
        ConfigError: with every fault in the rules.
    """
    matcher = recalled(NAME, pack, data, Matcher)
    if matcher is None:
        matcher = compile_pack(pack)
        keep(NAME, pack, data, matcher)
    return matcher


def recalled(name: str, content: object, data: Path, kind: type[Kept]) -> Kept | None:
    """Return what was kept under a name for exactly this content, None where nothing was.

    The content is told by its `repr`, which must say all of it, and nothing of addresses.
    """
    key = _key(content)
    kept = _read(data / "cache" / name)
    return thawed(kept[len(key) :], kind) if kept.startswith(key) else None


def keep(name: str, content: object, data: Path, value: object) -> None:
    """Keep what was made of this content, in place of what was kept under the name before."""
    _write(data / "cache" / name, _key(content) + frozen(value))


def _key(content: object) -> bytes:
    """Return what a value rests on, as a digest: every word and place, and the program."""
    said = repr((content, monitor.__version__, sys.version, _program()))
    return sha256(said.encode("utf-8", "surrogatepass")).digest()


@cache
def _program() -> str:
    """Return a digest of the code that reads and compiles: in a checkout it changes without the version."""
    package = Path(monitor.__file__).parent
    files = [path for part in _SOURCES for path in sorted((package / part).glob("*.py"))]
    return sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def _read(path: Path) -> bytes:
    """Return the file's content; nothing where it is not a file of our own that only we may write."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as stream:  # noqa: PTH123 - a handle
            found = os.fstat(handle)
            ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
            return stream.read() if ours and not found.st_mode & _WRITTEN_BY_OTHERS else b""
    except OSError:
        return b""


def _write(path: Path, content: bytes) -> None:
    """Put the content in place in one step; where that cannot be, there is no cache."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with open(handle, "wb") as stream:  # noqa: PTH123 - a handle
                stream.write(content)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
