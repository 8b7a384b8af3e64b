"""What does a signal do that comes while the service still starts? It ends it, as it does later.

This module imports next to nothing: the handlers stand before the slow imports begin.
"""

import os
import signal
from collections.abc import Sequence
from typing import NoReturn

VALUED = frozenset({"--config", "--data"})
"""Shared options that take a value."""


def heed_signals(arguments: Sequence[str]) -> None:
    """Let SIGTERM and SIGINT end a service that starts with exit code 0, and SIGHUP do nothing.

    Nothing is under way yet that a transaction does not hold, and the files are about to be read.
    Other commands than `run` keep what Python does at a signal; so does `run --once`, whose exit
    code 0 says that all was worked off.
    """
    if _command(arguments) == "run" and "--once" not in arguments:
        signal.signal(signal.SIGTERM, _end)
        signal.signal(signal.SIGINT, _end)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _end(*_signal: object) -> NoReturn:
    os.write(2, b"newsmon: stopped before it had started\n")
    os._exit(0)


def _command(arguments: Sequence[str]) -> str | None:
    """Return the first word that is no shared option and no value of one."""
    waiting = iter(arguments)
    for argument in waiting:
        if argument in VALUED:
            next(waiting, None)
        elif not argument.startswith("-"):
            return argument
    return None
