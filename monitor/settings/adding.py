"""How do sources come into the operator's files, and go again? Each a block of its own."""

import json
from bisect import bisect_right
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.domain.errors import ConfigError, Fault, NewsmonError
from monitor.settings.checking import check
from monitor.settings.files import USER, Folders, SourceFile, read_files, shown
from monitor.settings.splicing import block_span, margin, require_own, write_checked
from monitor.settings.tree import Items, Mapping, Node, Text, read_yaml

OWN_FILE = "sources/added.yaml"
_HEAD = "# Sources that `newsmon sources add` and `import` wrote. Edit them as you like; ids never change.\n"
_READ_OTHERWISE = frozenset({"true", "false", "yes", "no", "on", "off", "null", "nan", "inf"})
_FALSE = frozenset({"false", "no", "off", "n", "f", "0"})
_KEYS = ("id", "url", "name", "home", "kind", "country", "lang", "outlet_kind", "group")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """What is written of a new source; what is None is left to its default.

    `more` are further keys with their values, as a block has them.
    """

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
    more: tuple[tuple[str, str], ...] = ()

    def block(self) -> str:
        """Return it as a block of YAML."""
        said = [(key, value) for key in _KEYS if (value := getattr(self, key)) is not None]
        said += self.more
        lines = [f"{key}: {_written(value)}" for key, value in said]
        lines += ["allow_private: true"] if self.allow_private else []
        return "- " + "\n  ".join(lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How a source was removed: from which file, and what brings it back."""

    path: Path
    undo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    """Where a source is declared: by a block of the operator's own, by one of the pack's, or by both."""

    file: SourceFile | None = None
    own: Mapping | None = None
    shipped: Mapping | None = None


def add_sources(folders: Folders, environ: AnyMapping[str, str], sources: Sequence[NewSource]) -> Path:
    """Add sources to the operator's folder, all or none; return the file.

    Raises:
        NewsmonError: the folder is the shipped pack's, which is read-only.
        ConfigError: with the faults that they bring.
    """
    require_own(folders)
    return write_checked(OWN_FILE, _with_blocks(folders, sources)[0], folders, environ)


def sift_sources(
    folders: Folders, environ: AnyMapping[str, str], sources: Sequence[NewSource]
) -> tuple[list[NewSource], list[tuple[NewSource, Fault]]]:
    """Return the sources that the check has nothing against, and the others with the first fault of each.

    A home that it refuses is left out: a feed's word on where its site is may be wrong.

    Raises:
        ConfigError: with faults that none of them brings: nothing can be added before these are mended.
    """
    good, refused = list(sources), []
    while good:
        text, starts = _with_blocks(folders, good)
        name = shown(folders.user / OWN_FILE)
        faults = check(folders, environ, afresh=False, instead={OWN_FILE: text}).faults
        bad: dict[int, Fault] = {}
        for fault in faults:
            if fault.file != name or fault.line < starts[0]:
                raise ConfigError(faults)
            bad.setdefault(bisect_right(starts, fault.line) - 1, fault)
        if not bad:
            break
        good = [replace(one, home=None) if _homeless(bad.get(at)) else one for at, one in enumerate(good)]
        bad = {at: fault for at, fault in bad.items() if not _homeless(fault)}
        refused += [(good[at], fault) for at, fault in bad.items()]
        good = [one for at, one in enumerate(good) if at not in bad]
    return good, refused


def _homeless(fault: Fault | None) -> bool:
    return fault is not None and fault.key == "home"


def remove_source(folders: Folders, environ: AnyMapping[str, str], source_id: str) -> Removed:
    """Take a source out of the operator's file; where the pack has it too, switch it off there instead.

    Raises:
        NewsmonError: there is no such source, the pack has it off, or the folder is the shipped pack's.
        ConfigError: with the faults that there would be without it.
    """
    require_own(folders)
    found = _declared(folders, source_id)
    line = f"- {{id: {source_id}, enabled: false}}"
    if found.file is not None and found.own is not None:
        lines = found.file.text.splitlines()
        first, last = block_span(lines, found.own.place, source_id)
        put = [" " * margin(lines[first]) + line] if found.shipped is not None else []
        text = "\n".join([*lines[:first], *put, *lines[last:]]).rstrip() + "\n"
        path = write_checked(found.file.path, text, folders, environ)
        whole = "\n".join(lines[first:last])
        instead = f" in place of the line about {source_id}" if put else ""
        return Removed(path=path, undo=f"put this back into {shown(path)}{instead}:\n{whole}")
    if found.shipped is None:
        raise NewsmonError(f"there is no source {source_id} in the files")
    if _is_off(found.shipped):
        raise NewsmonError(f"{source_id} is off already, in the pack")
    path = write_checked(OWN_FILE, f"{_own_text(folders).rstrip()}\n\n{line}\n", folders, environ)
    return Removed(path=path, undo=f"take this line out of {shown(path)} again:\n{line}")


def switch_on(folders: Folders, environ: AnyMapping[str, str], source_id: str) -> Path:
    """Switch on a source that is off, in the operator's files; return the file that says so now.

    Raises:
        NewsmonError: there is nothing to switch, or the folder is the shipped pack's.
        ConfigError: with the faults that it brings.
    """
    require_own(folders)
    found = _declared(folders, source_id)
    if found.file is None or found.own is None:
        if found.shipped is None:
            raise NewsmonError(f"there is no source {source_id} in the files")
        line = f"- {{id: {source_id}, enabled: true}}"
        return write_checked(OWN_FILE, f"{_own_text(folders).rstrip()}\n\n{line}\n", folders, environ)
    value = found.own.get(Text("enabled"))
    if not isinstance(value, Text):
        raise NewsmonError(f"{found.own.place.file}:{found.own.place.line}: write enabled: true there")
    lines = found.file.text.splitlines(keepends=True)
    at, line = value.column - 1, lines[value.line - 1]
    lines[value.line - 1] = f"{line[:at]}true{line[at + len(value) :]}"
    return write_checked(found.file.path, "".join(lines), folders, environ)


def where_declared(folders: Folders, source_id: str) -> tuple[str, ...]:
    """Return the file and line of each block about a source: the operator's own first, then the pack's."""
    found = _declared(folders, source_id)
    return tuple(
        f"{block.place.file}:{block.place.line}" for block in (found.own, found.shipped) if block is not None
    )


def _declared(folders: Folders, source_id: str) -> _Declared:
    found = _Declared()
    for file in read_files(folders)[0]:
        if file.kind != "sources":
            continue
        blocks = read_yaml(file.text, file.name, [])
        for block in blocks if isinstance(blocks, Items) else ():
            if not isinstance(block, Mapping) or _named(block) != source_id:
                continue
            if file.layer == USER:
                found = replace(found, file=file, own=block)
            else:
                found = replace(found, shipped=block)
    return found


def _named(block: Mapping) -> Node:
    """Return the id of a source's block; its `group` is a folder and names nothing."""
    name = block.get(Text("id"))
    return block.get(Text("extends")) if name is None else name


def _is_off(block: Mapping) -> bool:
    return str(block.get(Text("enabled")) or "").lower() in _FALSE


def _with_blocks(folders: Folders, sources: Sequence[NewSource]) -> tuple[str, list[int]]:
    """Return the text of OWN_FILE with blocks added, and the line that each of them begins at."""
    text = f"{_own_text(folders).rstrip()}\n"
    starts, line = [], text.count("\n") + 2
    for source in sources:
        starts.append(line)
        line += source.block().count("\n") + 1
    return "\n".join([text, *(source.block() for source in sources)]), starts


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
