"""How does a test run a command in this process?"""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from monitor.cli import main as program

Run = Callable[..., tuple[int, str, str]]


def invoke(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Run `newsmon` in this process; return exit code, stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["newsmon", *words])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        program.main()
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def rows(printed: str) -> list[dict[str, Any]]:
    """Return the JSON lines printed."""
    return [json.loads(line) for line in printed.splitlines()]
