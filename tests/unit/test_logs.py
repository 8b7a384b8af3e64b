"""Are logs readable, and harmless whatever a feed calls itself?"""

import io
import json
import logging

import structlog

from monitor import logs


def test_a_program_gets_lines_of_json() -> None:
    """Elsewhere than on a terminal a line is one JSON object, from the level asked for on."""
    out = io.StringIO()
    logs.configure(level="warning", stream=out)
    log = structlog.get_logger("x")
    log.info("unheard")
    log.warning("heard", feed="a")
    line = json.loads(out.getvalue())
    assert (line["event"], line["feed"], line["level"]) == ("heard", "a", "warning")


def test_hostile_words_forge_no_line() -> None:
    """Control characters are stripped, long values cut."""
    out = io.StringIO()
    logs.configure(form="human", stream=out)
    structlog.get_logger("x").info("polled", title="a\x1b[31m\nforged", long="x" * 9_000, number=3)
    assert out.getvalue().count("\n") == 1
    assert "\x1b[31m" not in out.getvalue()
    assert len(out.getvalue()) < 1_000


def test_a_traceback_keeps_its_lines() -> None:
    """What helps to find a bug is not cut."""
    out = io.StringIO()
    logs.configure(stream=out)
    try:
        int("deep")
    except ValueError:
        structlog.get_logger("x").exception("bug")
    assert "Traceback" in json.loads(out.getvalue())["exception"]


def test_what_libraries_log_comes_in_the_same_form() -> None:
    """A library's warning is a line of ours; its chatter, and ticks that overlap, are not told."""
    stream = io.StringIO()
    logs.configure(form="json", stream=stream)
    logs.configure(form="json", stream=stream)
    logging.getLogger("library").warning("a \x1b[31m%s", "word")
    logging.getLogger("library").info("chatter")
    logging.getLogger("apscheduler.scheduler").warning("maximum number of running instances reached")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["event"], line["level"], line["logger"]) == ("a word", "warning", "library")
