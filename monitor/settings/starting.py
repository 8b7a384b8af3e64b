"""What does a new desk begin with? A commented configuration, written into an empty folder."""

from importlib.resources import files
from pathlib import Path

from monitor.domain.errors import NewsmonError

_FILES = ("newsmon.yaml", "sources/example.yaml", "topics/example.yaml", "README.txt")


def starter(target: Path) -> list[Path]:
    """Write the starter configuration and return the files written.

    Raises:
        NewsmonError: a file would be overwritten, or the folder cannot be written; nothing is
            overwritten in any case.
    """
    existing = [str(target / name) for name in _FILES if (target / name).exists()]
    if existing:
        raise NewsmonError(f"{', '.join(existing)}: already there; nothing was written")
    templates = files("monitor.settings") / "starter"
    written = []
    try:
        for name in _FILES:
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as stream:
                stream.write(templates.joinpath(name).read_text("utf-8"))
            written.append(path)
    except OSError as error:
        raise NewsmonError(f"{error.filename or target}: cannot be written: {error.strerror}") from error
    return written
