"""How does the service say what it does? For people on a terminal, as JSON lines otherwise."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from monitor.policy.mail import clean_line

MAX_VALUE = 500


def configure(*, form: str = "auto", level: str = "info", stream: TextIO | None = None) -> None:
    """Send all logs to `stream` (stderr) from `level` on.

    Args:
        form: "human", "json", or "auto": human when the stream is a terminal.
        level: debug, info, warning, error or critical.
        stream: where lines go; stderr, so that results on stdout stay clean.
    """
    out = stream or sys.stderr
    human = form == "human" or (form == "auto" and out.isatty())
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if human else "iso", utc=not human),
        structlog.processors.format_exc_info,
        harmless,
    ]
    if human:
        processors.append(structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=18))
    else:
        processors.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    _take_over()


class _Passed(logging.Handler):
    """Passes on what libraries log, so that it comes in the same form as our own."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info
        )


def _take_over() -> None:
    """Let libraries log warnings and worse through us, once."""
    root = logging.getLogger()
    if not any(isinstance(handler, _Passed) for handler in root.handlers):
        root.addHandler(_Passed(logging.WARNING))
    # That a tick comes while the round before it still runs is how we mean it.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def harmless(_logger: object, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Strip control characters and cut long values: a feed's words must not forge log lines."""
    return {key: _harmless(key, value) for key, value in event.items()}


def _harmless(key: str, value: object) -> object:
    if key == "exception" or not isinstance(value, str):
        return value
    return clean_line(value, MAX_VALUE)
