"""Must the rules be compiled, or is what was compiled before still right? A file in the data folder.

The file is a convenience: missing, foreign, damaged or out of date, it is made again without a word.
It holds for one content of the pack, one program and one Python, and for nothing else (ADR 11).
"""

import contextlib
import os
import stat
import sys
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path

import monitor
from monitor.domain.topics import Pack
from monitor.rules import Matcher, compile_pack
from monitor.rules.frozen import frozen, thawed

NAME = "compiled-rules"
_WRITTEN_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def matcher_of(pack: Pack, data: Path) -> Matcher:
    """Return the pack's matcher: as it was kept below the folder `data`, or compiled and kept now.

    Raises:
        ConfigError: with every fault in the rules.
    """
    key, path = _key(pack), data / "cache" / NAME
    kept = _read(path)
    matcher = thawed(kept[len(key) :]) if kept.startswith(key) else None
    if matcher is None:
        matcher = compile_pack(pack)
        _write(path, key + frozen(matcher))
    return matcher


def _key(pack: Pack) -> bytes:
    """Return what the compiled rules rest on, as a digest: every word and place, and the program."""
    content = repr((pack, monitor.__version__, sys.version, _program()))
    return sha256(content.encode("utf-8", "surrogatepass")).digest()


@cache
def _program() -> str:
    """Return a digest of the code that compiles: in a checkout it changes without the version."""
    package = Path(monitor.__file__).parent
    files = [*sorted((package / "rules").glob("*.py")), package / "domain" / "topics.py"]
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
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{NAME}-")
        try:
            with open(handle, "wb") as stream:  # noqa: PTH123 - a handle
                stream.write(content)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
