"""Where may a secret stand, and what does it say? In the environment, or in a file of its own."""

import base64
import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr

from monitor.domain.errors import Fault
from monitor.domain.feeds import Feed
from monitor.settings.files import Folders, shown
from monitor.settings.sections import Smtp
from monitor.settings.tree import Mapping, Text

_PASSWORD_IN_URL = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_SECRETS = (
    ("smtp", "password", re.compile(".+", re.DOTALL), "set NEWSMON_SMTP_PASSWORD, or smtp.password_file"),
    ("database", "url", _PASSWORD_IN_URL, "set NEWSMON_DATABASE, or use PGPASSWORD"),
    ("http", "proxy", _PASSWORD_IN_URL, "set NEWSMON_HTTP_PROXY"),
)
"""Section, key, what makes its value a secret, and where that belongs instead."""


def without_secrets(node: Mapping, faults: list[Fault]) -> Mapping:
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


def smtp_password(smtp: Smtp, folders: Folders, faults: list[Fault]) -> SecretStr | None:
    """Return the mail server's password, from the environment or else from its file."""
    if smtp.password is not None or smtp.password_file is None:
        return smtp.password
    password = _read(smtp.password_file, "smtp.password_file", folders, faults)
    return None if password is None else SecretStr(password)


def authorizations(feeds: Iterable[Feed], folders: Folders, faults: list[Fault]) -> dict[str, str]:
    """Return the Basic header (RFC 7617) of each source that asks who we are, by source."""
    made = {}
    for feed in feeds:
        if feed.credentials is None:
            continue
        key = f"{feed.id}: credentials.password_file"
        password = _read(feed.credentials.password_file, key, folders, faults)
        if password is not None:
            both = f"{feed.credentials.user}:{password}".encode()
            made[feed.id] = f"Basic {base64.b64encode(both).decode()}"
    return made


def _read(name: str, key: str, folders: Folders, faults: list[Fault]) -> str | None:
    path = folders.user / Path(name).expanduser()
    try:
        return path.read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        faults.append(
            Fault(
                file=shown(path),
                key=key,
                problem=f"cannot be read: {reason}",
                hint="the path is relative to the configuration's folder",
            )
        )
        return None
