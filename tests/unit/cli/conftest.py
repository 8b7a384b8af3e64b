"""What do the tests of the commands share? A demo, and a desk of one source that nobody answers for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Run, invoke

from monitor.cli import show


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs `newsmon` with the words given, without the NEWSMON_ variables of this machine."""
    for name in [name for name in os.environ if name.startswith("NEWSMON_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "140")
    yield lambda *words: invoke(words, monkeypatch, capsys)
    show.MANNERS.color, show.MANNERS.quiet, show.MANNERS.verbose = True, False, False


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that all tests share; made by the first that needs it."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def demo(shown: Path, run: Run) -> str:
    """The data folder of a finished demo."""
    if not (shown / "demo").exists():
        code, _, said = run("--data", str(shown), "demo", "--once")
        assert code == 0, said
    return str(shown / "demo")


@pytest.fixture
def desk(tmp_path: Path) -> tuple[str, ...]:
    """The options of a desk with one source that nobody answers for, and one reader on the console."""
    folder = tmp_path / "desk"
    (folder / "sources").mkdir(parents=True)
    (folder / "newsmon.yaml").write_text(
        "use_pack: {sources: false}\noperator: {contact: ops@desk.example}\n"
        "recipients:\n  - id: me\n    name: Me\n    subscriptions:\n"
        "      - {topics: ['*'], when: at-once, channel: console}\n",
        encoding="utf-8",
    )
    (folder / "sources" / "own.yaml").write_text(
        "- {id: dead, name: Dead, url: 'http://127.0.0.1:9/feed', allow_private: true}\n", encoding="utf-8"
    )
    return ("--config", str(folder), "--data", str(tmp_path / "data"))
