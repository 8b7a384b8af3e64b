"""What does the whole configuration say? Files and environment in, settings or all faults out."""

import re
from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from monitor.domain.alerts import Recipient
from monitor.domain.errors import ConfigError, Fault
from monitor.domain.feeds import Feed
from monitor.domain.topics import Pack, Place
from monitor.settings import compiled, sections
from monitor.settings.crossing import main_faults
from monitor.settings.environment import overlay, unknown_variables
from monitor.settings.files import KINDS, PACK, USER, Folders, SourceFile, files_of, read_files, shown
from monitor.settings.layers import Layered, overlaid
from monitor.settings.making import Made, make
from monitor.settings.shapes import shape
from monitor.settings.tree import Mapping, Node, Text, kind_of, read_yaml

BLOCKS = "blocks"
"""The name under which what blocks made is kept."""

_PASSWORD_IN_URL = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_SECRETS = (
    ("smtp", "password", re.compile(".+", re.DOTALL), "set NEWSMON_SMTP_PASSWORD, or smtp.password_file"),
    ("database", "url", _PASSWORD_IN_URL, "set NEWSMON_DATABASE, or use PGPASSWORD"),
    ("http", "proxy", _PASSWORD_IN_URL, "set NEWSMON_HTTP_PROXY"),
)
"""Section, key, what makes its value a secret, and where that belongs instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is configured, checked. `database.url` is always set; secrets never show.

    `warnings` are sentences for people: nothing is wrong, but something may not be meant.
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
    retention: sections.Retention
    log: sections.Log
    recipients: tuple[Recipient, ...]
    feeds: tuple[Feed, ...]
    pack: Pack
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
        ConfigError: with every fault.
        OSError: the file cannot be read.
    """
    files, faults = read_files(settings.folders)
    here = {topic.place.file for topic in settings.pack.topics if topic.id == topic_id}
    kept = [one for one in files if one.layer == PACK or one.name not in here]
    name = shown(file)
    added = SourceFile(layer=USER, path=f"topics/{file.name}", name=name, text=file.read_text("utf-8-sig"))
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
    password = _password(main.smtp, folders, faults)
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
        retention=main.retention,
        log=main.log,
        recipients=tuple(block.recipient(main.digest.at, main.digest.timezone) for block in main.recipients),
        feeds=made.feeds,
        pack=made.pack,
        warnings=tuple(unknown_variables(environ)),
    )
    return settings, made


def _main_node(files: Iterable[SourceFile], faults: list[Fault]) -> Node:
    """Return what the main files say, the later over the earlier."""
    merged: Node = Mapping(Place())
    for file in files:
        node = read_yaml(file.text, file.name, faults)
        if isinstance(node, Mapping):
            merged = overlaid(merged, _without_secrets(node, faults))
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
            return Made(feeds=kept[0], pack=kept[1])
    before = len(faults)
    layers = {kind: Layered() for kind in KINDS}
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
        compiled.keep(BLOCKS, content, data, (made.feeds, made.pack))
    return made


def _without_secrets(node: Mapping, faults: list[Fault]) -> Mapping:
    """Return a main file's values with secrets taken out, each with a fault: files get shared."""
    for section, key, secret, hint in _SECRETS:
        part = node.get(Text(section))
        written = part.key(key) if isinstance(part, Mapping) else None
        if not isinstance(part, Mapping) or written is None:
            continue
        value = part[written]
        if isinstance(value, Text) and secret.search(value):
            faults.append(
                Fault(
                    file=written.file,
                    line=written.line,
                    column=written.column,
                    key=f"{section}.{key}",
                    problem="a password must not stand in a configuration file",
                    hint=hint,
                )
            )
            part[written] = None
    return node


def _password(smtp: sections.Smtp, folders: Folders, faults: list[Fault]) -> SecretStr | None:
    """Return the mail server's password, from the environment or else from its file."""
    if smtp.password is not None or smtp.password_file is None:
        return smtp.password
    path = folders.user / Path(smtp.password_file).expanduser()
    try:
        return SecretStr(path.read_text("utf-8").strip("\r\n"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        faults.append(
            Fault(
                file=shown(path),
                key="smtp.password_file",
                problem=f"cannot be read: {reason}",
                hint="the path is relative to the configuration's folder",
            )
        )
        return None
