"""How does a test run Newsmon as a person does? In this process, or as a program in a session of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from monitor.cli import main

STEP = 0.02


def wait_for(what: Callable[[], object], seconds: float) -> bool:
    """Return whether something comes true in time."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(STEP)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command that came to its end."""

    code: int
    out: str
    err: str


def command(
    words: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Done:
    """Run `newsmon` in this process: quicker than a program, for commands that end by themselves."""
    for name in [name for name in os.environ if name.startswith("NEWSMON_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "argv", ["newsmon", *words])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main.main()
    printed = capsys.readouterr()
    return Done(code=int(ended.value.code or 0), out=printed.out, err=printed.err)


class Program:
    """`newsmon` with some words, running; whatever of it is left when the block ends is killed.

    Its stdout and stderr go to files in `folder`. Everything that it starts stays in its session, by which
    what outlives it is found.
    """

    def __init__(self, folder: Path, *words: str, **environ: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        number = len(list(folder.glob("*.out")))
        self._out, self._err = folder / f"{number}.out", folder / f"{number}.err"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSMON_")}
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "monitor", *words],
                cwd=Path(__file__).resolve().parent.parent,
                env=kept | {"COLUMNS": "140"} | environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pid in [self.pid, *self.left()] if self.code is None else self.left():
            os.kill(pid, signal.SIGKILL)
        self._process.wait()

    @property
    def code(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self._process.poll()

    @property
    def out(self) -> str:
        """Return what it said on stdout so far."""
        return self._out.read_text("utf-8")

    @property
    def err(self) -> str:
        """Return what it said on stderr so far."""
        return self._err.read_text("utf-8")

    def ended(self, seconds: float) -> bool:
        """Wait for its end; return whether it came in time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End its main process as `kill -9` does, and await that."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> None:
        """Ask it to end, as a supervisor does."""
        self._process.terminate()

    def interrupt(self) -> None:
        """Press Ctrl-C: the terminal tells every process of the group."""
        os.killpg(self.pid, signal.SIGINT)

    def left(self) -> list[int]:
        """Return the processes of its session that live, without its main process."""
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and int(entry.name) != self.pid and _session(entry) == self.pid
        ]


def _session(entry: Path) -> int | None:
    """Return the session of a process; None when it is gone, or dead and not yet awaited."""
    try:
        # After the name, which may hold anything: state, parent, group, session (proc(5)).
        state, _parent, _group, session, *_ = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else int(session)
