"""Which files make the configuration, and what do they hold? Folders, files, snapshots."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from monitor.domain.errors import ConfigError, Fault

MAX_BYTES = 5_000_000
"""The largest file that is read."""

KINDS = ("sources", "actors", "themes", "languages", "topics")
"""Folders with lists of blocks."""

DEFAULTS = "default.yaml"
MAIN = "newsmon.yaml"
PACK, USER = "pack", "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The shipped read-only pack, the operator's own configuration, and where data is kept.

    `user` may be the pack's folder itself (a checkout) or may not exist (nothing configured yet).
    """

    pack: Path
    user: Path
    data: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of the configuration: its layer (pack or user), path within it, name to show, text."""

    layer: str
    path: str
    name: str
    text: str

    @property
    def kind(self) -> str:
        """Return the folder of KINDS that the file lies in, or "" for a main file."""
        return self.path.split("/")[0] if "/" in self.path else ""


def locate(config: Path | None, data: Path | None) -> Folders:
    """Return the folders to work with; None stands for the default place.

    In a checkout the defaults are `config/` and `var/` beside the package; where Newsmon is
    installed, the platform's folders for configuration and data (`~/.config/newsmon`,
    `~/.local/share/newsmon`), with the pack inside the package.
    """
    package = Path(__file__).resolve().parent.parent
    checkout = package.parent
    pack = package / "data" / "config"
    if pack.is_dir():
        user = _home()
        kept = platformdirs.user_data_path("newsmon", appauthor=False)
    else:
        pack = user = checkout / "config"
        kept = checkout / "var"
    return Folders(pack=pack, user=Path(config or user), data=Path(data or kept))


def read_files(folders: Folders) -> tuple[list[SourceFile], list[Fault]]:
    """Return every file of the configuration in a stable order, and a fault for each unreadable one."""
    files: list[SourceFile] = []
    faults: list[Fault] = []
    paths = [(PACK, folders.pack, path) for path in _listed(folders.pack, DEFAULTS, faults)]
    if not (folders.pack / DEFAULTS).is_file():
        faults.append(
            Fault(file=shown(folders.pack), problem=f"no {DEFAULTS} here", hint="install Newsmon again")
        )
    if folders.pack.resolve() == folders.user.resolve():
        paths += [(USER, folders.user, path) for path in (folders.user / MAIN,) if path.exists()]
    elif folders.user != _home() or os.path.lexists(folders.user):
        faults += _strays(folders.user)
        paths += [(USER, folders.user, path) for path in _listed(folders.user, MAIN, faults)]
    for layer, folder, path in paths:
        name = shown(path)
        text = text_of(path, name, faults)
        if text is not None:
            relative = path.relative_to(folder).as_posix()
            files.append(SourceFile(layer=layer, path=relative, name=name, text=text))
    return files, faults


def shown(path: Path) -> str:
    """Return a path as people read it: relative where it lies below the working folder."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def snapshot(folders: Folders) -> tuple[str, str]:
    """Return the digest (hex sha256) and the JSON text of all files: `{layer: {path: content}}`.

    Raises:
        ConfigError: a file cannot be read.
    """
    files, faults = read_files(folders)
    if faults:
        raise ConfigError(tuple(faults))
    return snapshot_of(files)


def snapshot_of(files: Iterable[SourceFile]) -> tuple[str, str]:
    """Return the digest and the JSON text of files that were read."""
    layers: dict[str, dict[str, str]] = {PACK: {}, USER: {}}
    for file in files:
        layers[file.layer][file.path] = file.text
    text = json.dumps(layers, ensure_ascii=False, sort_keys=True, indent=0)
    return hashlib.sha256(text.encode()).hexdigest(), text


def files_of(text: str, folders: Folders) -> list[SourceFile]:
    """Return the files that a snapshot's JSON text holds, named as if they lay in the folders."""
    roots = {PACK: folders.pack, USER: folders.user}
    return [
        SourceFile(layer=layer, path=path, name=shown(roots[layer] / path), text=content)
        for layer, contents in json.loads(text).items()
        for path, content in contents.items()
    ]


def _home() -> Path:
    """Return the user's folder of an installation: the only one that need not exist."""
    return platformdirs.user_config_path("newsmon", appauthor=False)


def _listed(folder: Path, main: str, faults: list[Fault]) -> Iterator[Path]:
    if os.path.lexists(folder / main):
        yield folder / main
    for kind in KINDS:
        if os.path.lexists(folder / kind):
            yield from sorted(_yaml_below(folder / kind, faults))


def _yaml_below(folder: Path, faults: list[Fault]) -> Iterator[Path]:
    """Yield every YAML file below a folder, hidden ones excepted; a fault for each unreadable folder."""

    def note(error: OSError) -> None:
        faults.append(Fault(file=shown(Path(error.filename)), problem=f"cannot be read: {error.strerror}"))

    for parent, _, names in os.walk(folder, onerror=note):
        for name in names:
            if name.endswith((".yaml", ".yml")) and not name.startswith("."):
                yield Path(parent, name)


def _strays(user: Path) -> list[Fault]:
    """Return a fault for every YAML file that would never be read: its author thinks it counts."""
    try:
        names = sorted(path.name for path in user.iterdir())
    except OSError as error:
        hint = "newsmon init makes one" if isinstance(error, FileNotFoundError) else ""
        return [Fault(file=shown(user), problem=f"cannot be read: {error.strerror}", hint=hint)]
    faults: list[Fault] = []
    for name in names:
        path = user / name
        if name.startswith(".") or name == MAIN or name in KINDS:
            continue
        if name == DEFAULTS:
            problem, hint = "the shipped defaults cannot be replaced", f"write your own values in {MAIN}"
        elif name.endswith((".yaml", ".yml")):
            problem, hint = "is never read", f"name it {MAIN} or move it to {', '.join(KINDS)}"
        elif path.is_dir() and any(_yaml_below(path, [])):
            problem, hint = "files in this folder are never read", f"use {', '.join(KINDS)}"
        else:
            continue
        faults.append(Fault(file=shown(path), problem=problem, hint=hint))
    return faults


def text_of(path: Path, name: str, faults: list[Fault]) -> str | None:
    """Return what a file holds; None, and a fault, where it cannot be read."""
    try:
        if not path.is_file():
            # A broken link, or a pipe that would never end.
            faults.append(Fault(file=name, problem="not a file"))
            return None
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        faults.append(Fault(file=name, problem=f"cannot be read: {error.strerror}"))
        return None
    if len(content) > MAX_BYTES:
        faults.append(
            Fault(file=name, problem=f"larger than {MAX_BYTES // 1_000_000} MB", hint="split the file")
        )
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        faults.append(
            Fault(
                file=name,
                line=before.count(b"\n") + 1,
                column=len(before) - before.rfind(b"\n"),
                problem="not UTF-8",
                hint="save the file with the encoding UTF-8",
            )
        )
        return None
