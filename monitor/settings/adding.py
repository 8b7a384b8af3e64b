"""How do sources come into the operator's files, and go again? Each a block of its own."""

import json
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from pathlib import Path

from monitor.domain.errors import NewsmonError
from monitor.domain.topics import Place
from monitor.settings.files import PACK, USER, Folders, SourceFile, read_files, shown
from monitor.settings.layers import SOURCE_NAMES, identity
from monitor.settings.splicing import block_span, require_own, write_checked
from monitor.settings.tree import Items, Mapping, read_yaml

OWN_FILE = "sources/added.yaml"
_HEAD = "# Sources that `newsmon sources add` and `import` wrote. Edit them as you like; ids never change.\n"
_READ_OTHERWISE = frozenset({"true", "false", "yes", "no", "on", "off", "null", "nan", "inf"})
_KEYS = ("id", "url", "name", "home", "kind", "country", "lang", "outlet_kind", "group")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """What is written of a new source; what is None is left to its default."""

    id: str
    url: str
    name: str
    home: str | None = None
    kind: str | None = None
    country: str | None = None
    lang: str | None = None
    outlet_kind: str | None = None
    group: str | None = None
    allow_private: bool = False

    def block(self) -> str:
        """Return it as a block of YAML."""
        said = [(key, value) for key in _KEYS if (value := getattr(self, key)) is not None]
        lines = [f"{key}: {_written(value)}" for key, value in said]
        lines += ["allow_private: true"] if self.allow_private else []
        return "- " + "\n  ".join(lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How a source was removed: from which file, and what brings it back."""

    path: Path
    undo: str


def add_sources(folders: Folders, environ: AnyMapping[str, str], sources: Sequence[NewSource]) -> Path:
    """Add sources to the operator's folder, all or none; return the file.

    Raises:
        NewsmonError: the folder is the shipped pack's, which is read-only.
        ConfigError: with the faults that they bring.
    """
    require_own(folders)
    blocks = "\n".join(source.block() for source in sources)
    return write_checked(OWN_FILE, f"{_own_text(folders).rstrip()}\n\n{blocks}", folders, environ)


def remove_source(folders: Folders, environ: AnyMapping[str, str], source_id: str) -> Removed:
    """Take a source out of the operator's file, or switch a shipped one off there.

    Raises:
        NewsmonError: there is no such source, or the folder is the shipped pack's.
        ConfigError: with the faults that there would be without it.
    """
    require_own(folders)
    found = list(_blocks(folders, source_id))
    line = f"- {{id: {source_id}, enabled: false}}"
    # Without a word of the operator's a shipped source would be back.
    instead = [line] if any(file.layer == PACK for file, _ in found) else []
    for file, place in found:
        if file.layer == USER:
            lines = file.text.splitlines()
            first, last = block_span(lines, place, source_id)
            text = "\n".join([*lines[:first], *instead, *lines[last:]]).rstrip() + "\n"
            path = write_checked(file.path, text, folders, environ)
            block_text = "\n".join(lines[first:last])
            return Removed(path=path, undo=f"put this back into {shown(path)}:\n{block_text}")
    if not instead:
        raise NewsmonError(f"there is no source {source_id} in the files")
    path = write_checked(OWN_FILE, f"{_own_text(folders).rstrip()}\n\n{line}\n", folders, environ)
    return Removed(path=path, undo=f"take this line out of {shown(path)} again:\n{line}")


def _blocks(folders: Folders, source_id: str) -> Iterator[tuple[SourceFile, Place]]:
    """Yield where the files speak of a source."""
    for file in read_files(folders)[0]:
        blocks = read_yaml(file.text, file.name, []) if file.kind == "sources" else None
        for block in blocks if isinstance(blocks, Items) else ():
            if isinstance(block, Mapping) and identity(block, SOURCE_NAMES) == source_id:
                yield file, block.place


def _own_text(folders: Folders) -> str:
    path = folders.user / OWN_FILE
    return path.read_text("utf-8") if path.is_file() else _HEAD


def _written(value: str) -> str:
    """Return a value as YAML reads it back: plain where that is safe, as a JSON text else."""
    word = value.isascii() and value.replace("-", "").replace(".", "").isalnum() and value[0].isalpha()
    address = value.startswith(("http://", "https://")) and not {" ", "#"} & set(value) and value[-1] != ":"
    if (word and value.lower() not in _READ_OTHERWISE) or address:
        return value
    return json.dumps(value, ensure_ascii=False)
