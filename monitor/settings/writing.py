"""How does a topic's block come out of a file, and back into the operator's own? As text: comments stay."""

from collections.abc import Mapping as AnyMapping
from pathlib import Path
from textwrap import dedent, indent

from monitor.domain.errors import NewsmonError
from monitor.settings.files import USER, Folders, SourceFile, files_of, read_files
from monitor.settings.loading import Settings, load_snapshot
from monitor.settings.splicing import block_span, require_own, write_checked


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
    require_own(folders)
    own = [file for file in read_files(folders)[0] if file.layer == USER]
    found = _find(settings, own, topic_id)
    if found is None:
        path = folders.user / "topics" / f"{topic_id}.yaml"
        before = path.read_text("utf-8") if path.is_file() else ""
        text = f"{before.rstrip()}\n\n{block}" if before.strip() else block
    else:
        file, first, last = found
        path = folders.user / file.path
        lines = file.text.splitlines()
        margin = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
        text = "\n".join([*lines[:first], indent(block.rstrip("\n"), margin), *lines[last:]]) + "\n"
    write_checked(path, text, folders, environ)
    return path


def _find(settings: Settings, files: list[SourceFile], topic_id: str) -> tuple[SourceFile, int, int] | None:
    """Return the file that holds a topic's block, and the block's first line and the one after its last."""
    topic = next((one for one in settings.pack.topics if one.id == topic_id), None)
    file = next((one for one in files if topic and one.name == topic.place.file), None)
    if topic is None or file is None:
        return None
    return file, *block_span(file.text.splitlines(), topic.place.line)
