"""Which modules can open a connection?"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import monitor

PACKAGE = Path(monitor.__file__).parent
LINES_OUT = frozenset(
    {
        "aiohttp",
        "ftplib",
        "http.client",
        "httpx",
        "requests",
        "smtplib",
        "socket",
        "urllib.request",
        "urllib3",
    }
)
ALLOWED = {
    "channels/email.py": {"smtplib"},
    "cli/metrics.py": {"socket"},
    "demo/mailbox.py": {"socket"},
    "demo/newsroom.py": {"socket"},
}
"""Beside monitor/http: mail goes out by SMTP; the demo and the metrics listen."""


def imported(file: Path) -> Iterator[str]:
    """Yield what a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.hazard("N1")
def test_only_the_guarded_client_dials() -> None:
    """No other module imports a library that opens connections, but for those that are named here."""
    found = {}
    for file in PACKAGE.rglob("*.py"):
        name = file.relative_to(PACKAGE).as_posix()
        used = {line for line in imported(file) if line in LINES_OUT}
        if not name.startswith("http/") and used - ALLOWED.get(name, set()):
            found[name] = used
    assert found == {}
