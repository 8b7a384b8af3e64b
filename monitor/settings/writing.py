"""How does a topic's block come out of a file, and back into the operator's own? As text: comments stay."""

import os
from collections.abc import Mapping as AnyMapping
from pathlib import Path
from textwrap import dedent, indent

from monitor.domain.errors import ConfigError, NewsmonError
from monitor.settings.checking import check
from monitor.settings.files import USER, Folders, SourceFile, files_of, read_files
from monitor.settings.loading import Settings, load_snapshot


def topic_block(snapshot: str, folders: Folders, topic_id: str, environ: AnyMapping[str, str]) -> str:
    """Return the YAML block of a topic as a snapshot's files hold it, from its dash on, not indented.

    Raises:
        NewsmonError: the snapshot has no such topic.
        ConfigError: this program does not understand the snapshot any more.
    """
    found = _find(load_snapshot(snapshot, folders, environ), files_of(snapshot, folders), topic_id)
    if found is None:
        raise NewsmonError(f"there was no topic {topic_id} then")
    file, first, last = found
    return dedent("\n".join(file.text.splitlines()[first:last])) + "\n"


def write_topic(settings: Settings, topic_id: str, block: str, environ: AnyMapping[str, str]) -> Path:
    """Put a topic's block into the operator's folder, in place of the one there; return the file.

    It is written whole or not at all, and taken back where the configuration has faults with it.

    Raises:
        NewsmonError: the folder is the shipped pack's, which is read-only.
        ConfigError: with the faults that the block brings.
    """
    folders = settings.folders
    if folders.pack.resolve() == folders.user.resolve():
        raise NewsmonError("the shipped pack is read-only: newsmon init DIR, then --config DIR")
    own = [file for file in read_files(folders)[0] if file.layer == USER]
    found = _find(settings, own, topic_id)
    if found is None:
        path = folders.user / "topics" / f"{topic_id}.yaml"
        before = path.read_text("utf-8") if path.is_file() else None
        text = f"{before.rstrip()}\n\n{block}" if before and before.strip() else block
    else:
        file, first, last = found
        path, before = folders.user / file.path, file.text
        lines = before.splitlines()
        margin = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
        text = "\n".join([*lines[:first], indent(block.rstrip("\n"), margin), *lines[last:]]) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, text)
    faults = check(folders, environ).faults
    if faults:
        if before is None:
            path.unlink()
        else:
            _replace(path, before)
        raise ConfigError(faults)
    return path


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    with part.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def _find(settings: Settings, files: list[SourceFile], topic_id: str) -> tuple[SourceFile, int, int] | None:
    """Return the file that holds a topic's block, and the block's first line and the one after its last."""
    topic = next((one for one in settings.pack.topics if one.id == topic_id), None)
    file = next((one for one in files if topic and one.name == topic.place.file), None)
    if topic is None or file is None:
        return None
    lines = file.text.splitlines()
    first = topic.place.line - 1
    while not lines[first].lstrip().startswith("-"):
        first -= 1
    margin = len(lines[first]) - len(lines[first].lstrip())
    last = first + 1
    while last < len(lines) and _inside(lines[last], margin):
        last += 1
    # What stands between two blocks speaks of the second.
    while _margin(lines[last - 1]) <= margin and lines[last - 1].strip()[:1] in {"", "#"}:
        last -= 1
    return file, first, last


def _inside(line: str, margin: int) -> bool:
    """Return whether a line belongs to the block whose dash stands at `margin`."""
    return not line.strip() or line.lstrip().startswith("#") or _margin(line) > margin


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip())
