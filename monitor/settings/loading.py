"""What does the whole configuration say? Files and environment in, settings or all faults out."""

from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.domain.alerts import Recipient
from monitor.domain.errors import ConfigError, Fault
from monitor.domain.feeds import Feed
from monitor.domain.topics import Pack, Place
from monitor.settings import compiled, sections
from monitor.settings.crossing import main_faults
from monitor.settings.environment import overlay, unknown_variables
from monitor.settings.files import (
    KINDS,
    PACK,
    USER,
    Folders,
    SourceFile,
    files_of,
    read_files,
    shown,
    text_of,
)
from monitor.settings.layers import NAMES, SOURCE_NAMES, Layered, overlaid
from monitor.settings.making import Made, make
from monitor.settings.secrets import authorizations, smtp_password, without_secrets
from monitor.settings.shapes import shape
from monitor.settings.tree import Mapping, Node, kind_of, read_yaml

BLOCKS = "blocks"
"""The name under which what blocks made is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is configured, checked. `database.url` is always set; secrets never show.

    `off` are the sources that are switched off, `authorizations` the headers for those that ask who
    we are, by source. `warnings` are sentences for people: nothing is wrong, but something may not be
    meant.
    """

    folders: Folders
    operator: sections.Operator
    database: sections.Database
    http: sections.Http
    workers: sections.Workers
    polling: sections.Polling
    alerts: sections.Alerts
    smtp: sections.Smtp
    digest: sections.Digest
    health: sections.Health
    retention: sections.Retention
    log: sections.Log
    recipients: tuple[Recipient, ...]
    feeds: tuple[Feed, ...]
    pack: Pack
    off: tuple[Feed, ...] = ()
    authorizations: AnyMapping[str, str] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()


def load(folders: Folders, environ: AnyMapping[str, str]) -> Settings:
    """Return the settings that the folders' files and the environment make.

    Rules are checked for shape and names only; `check` compiles them too.

    Raises:
        ConfigError: with every fault of every file.
    """
    files, faults = read_files(folders)
    return _sound(assemble(files, folders, environ, faults)[0], faults)


def load_snapshot(text: str, folders: Folders, environ: AnyMapping[str, str]) -> Settings:
    """Return the settings that a snapshot's files make, whatever the folders hold now.

    Raises:
        ConfigError: the environment, or a file that holds a password, has a fault.
    """
    faults: list[Fault] = []
    return _sound(assemble(files_of(text, folders), folders, environ, faults)[0], faults)


def load_with_topic(settings: Settings, file: Path, topic_id: str, environ: AnyMapping[str, str]) -> Settings:
    """Return the settings with a file's topics in place of the file of the operator's that holds the topic.

    Raises:
        ConfigError: with every fault, also those of reading the file.
    """
    files, faults = read_files(settings.folders)
    here = {topic.place.file for topic in settings.pack.topics if topic.id == topic_id}
    kept = [one for one in files if one.layer == PACK or one.name not in here]
    name = shown(file)
    text = text_of(file, name, faults)
    added = SourceFile(layer=USER, path=f"topics/{file.name}", name=name, text=text or "")
    return _sound(assemble([*kept, added], settings.folders, environ, faults)[0], faults)


def default_database(folders: Folders) -> str:
    """Return the URL of the database where none is configured: SQLite in the data folder."""
    return f"sqlite:///{folders.data.absolute() / 'newsmon.db'}"


def _sound(settings: Settings | None, faults: list[Fault]) -> Settings:
    if settings is None or faults:
        raise ConfigError(in_order(faults))
    return settings


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults by file and line, each once."""
    return tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.file, fault.line, fault.column)))


def assemble(
    files: Iterable[SourceFile],
    folders: Folders,
    environ: AnyMapping[str, str],
    faults: list[Fault],
    *,
    afresh: bool = False,
) -> tuple[Settings | None, Made]:
    """Return the settings, None where they cannot be made, and what the blocks make; faults are appended.

    What the same blocks made before is taken from the data folder, unless all shall be made `afresh`.
    """
    files = list(files)
    main_node = overlaid(_main_node([file for file in files if not file.kind], faults), overlay(environ))
    main = shape(main_node, sections.Main, faults)
    blocks = [file for file in files if file.kind]
    made = _made(blocks, main or sections.Main(), faults, None if afresh or faults else folders.data)
    if main is None:
        return None, made
    password = smtp_password(main.smtp, folders, faults)
    smtp = main.smtp.model_copy(update={"password": password})
    main = main.model_copy(update={"smtp": smtp})
    faults += main_faults(main, main_node, made.topics)
    database = main.database.url or default_database(folders)
    settings = Settings(
        folders=folders,
        operator=main.operator,
        database=main.database.model_copy(update={"url": database}),
        http=main.http,
        workers=main.workers,
        polling=main.polling,
        alerts=main.alerts,
        smtp=main.smtp,
        digest=main.digest,
        health=main.health,
        retention=main.retention,
        log=main.log,
        recipients=tuple(block.recipient(main.digest.at, main.digest.timezone) for block in main.recipients),
        feeds=made.feeds,
        pack=made.pack,
        off=made.off,
        authorizations=authorizations(made.feeds, folders, faults),
        warnings=tuple(unknown_variables(environ)),
    )
    return settings, made


def _main_node(files: Iterable[SourceFile], faults: list[Fault]) -> Node:
    """Return what the main files say, the later over the earlier."""
    merged: Node = Mapping(Place())
    for file in files:
        node = read_yaml(file.text, file.name, faults)
        if isinstance(node, Mapping):
            merged = overlaid(merged, without_secrets(node, faults))
        elif node is not None:
            place, problem = node.place, f"must be a mapping of sections, not {kind_of(node)}"
            faults.append(Fault(file=place.file, line=place.line, column=place.column, problem=problem))
    return merged


def _made(files: list[SourceFile], main: sections.Main, faults: list[Fault], data: Path | None) -> Made:
    """Return what the blocks of the files make; kept below `data`, or taken from there."""
    # All that blocks are held against, and no secret: a proxy may have a password.
    content = (files, main.use_pack, main.polling, main.http.model_copy(update={"proxy": None}))
    if data is not None:
        kept = compiled.recalled(BLOCKS, content, data, tuple)
        if kept is not None:
            return Made(feeds=kept[0], pack=kept[1], off=kept[2])
    before = len(faults)
    layers = {kind: Layered(names=SOURCE_NAMES if kind == "sources" else NAMES) for kind in KINDS}
    unread = {kind for fault in faults for kind in KINDS if kind in Path(fault.file).parts}
    for file in files:
        known = len(faults)
        node = read_yaml(file.text, file.name, faults)
        if node is None and len(faults) > known:
            unread.add(file.kind)
        else:
            layers[file.kind].add(file.layer, node, faults)
    made = make(layers, main, frozenset(unread), faults)
    if data is not None and len(faults) == before:
        compiled.keep(BLOCKS, content, data, (made.feeds, made.pack, made.off))
    return made
