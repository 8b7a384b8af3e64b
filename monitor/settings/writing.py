"""How does a topic's block come out of a file, and back into the operator's own? As text: comments stay."""

from collections.abc import Mapping as AnyMapping
from pathlib import Path

from monitor.domain.errors import NewsmonError
from monitor.settings.files import USER, Folders, SourceFile, files_of, read_files
from monitor.settings.loading import Settings, load_snapshot
from monitor.settings.splicing import block_span, margin, require_own, write_checked


def topic_block(snapshot: str, folders: Folders, topic_id: str, environ: AnyMapping[str, str]) -> str:
    """Return the YAML block of a topic as a snapshot's files hold it, from its dash on, not indented.

    Raises:
        NewsmonError: the snapshot has no such topic, or has it within brackets.
        ConfigError: this program does not understand the snapshot any more.
    """
    found = _find(load_snapshot(snapshot, folders, environ), files_of(snapshot, folders), topic_id)
    if found is None:
        raise NewsmonError(f"there was no topic {topic_id} then")
    file, first, last = found
    lines = file.text.splitlines()[first:last]
    edge = margin(lines[0])
    # A comment may stand further to the left than the block that it is in.
    return "".join(f"{line[min(edge, margin(line)) :]}\n" for line in lines)


def write_topic(settings: Settings, topic_id: str, block: str, environ: AnyMapping[str, str]) -> Path:
    """Put a topic's block into the operator's folder, in place of the one there; return the file.

    The configuration is checked with it first: with faults, nothing is written.

    Raises:
        NewsmonError: the folder is the shipped pack's, which is read-only; the file cannot be written, or
            has the topic within brackets.
        ConfigError: with the faults that the block brings.
    """
    folders = settings.folders
    require_own(folders)
    own = [file for file in read_files(folders)[0] if file.layer == USER]
    found = _find(settings, own, topic_id)
    if found is None:
        path = f"topics/{topic_id}.yaml"
        before = next((file.text for file in own if file.path == path), "")
        text = f"{before.rstrip()}\n\n{block}" if before.strip() else block
    else:
        path, text = found[0].path, _with_block(*found, block)
    return write_checked(path, text, folders, environ)


def _with_block(file: SourceFile, first: int, last: int, block: str) -> str:
    """Return the file's text with a block in the place of these lines; every other letter stays."""
    lines = file.text.splitlines(keepends=True)
    edge = " " * margin(lines[first])
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    written = [f"{edge}{line}{end}" if line.strip() else end for line in block.splitlines()]
    return "".join([*lines[:first], *written, *lines[last:]])


def _find(settings: Settings, files: list[SourceFile], topic_id: str) -> tuple[SourceFile, int, int] | None:
    """Return the file that holds a topic's block, and the block's first line and the one after its last.

    Raises:
        NewsmonError: the topic is written within brackets, where lines are no blocks.
    """
    topic = next((one for one in settings.pack.topics if one.id == topic_id), None)
    file = next((one for one in files if topic and one.name == topic.place.file), None)
    if topic is None or file is None:
        return None
    return file, *block_span(file.text.splitlines(), topic.place, topic_id)
