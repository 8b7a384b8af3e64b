"""A worker answers every job, whatever becomes of it."""

import resource
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from typing import Any

import pytest

from monitor.domain.articles import ExtractFailed, FeedJob, PageJob
from monitor.domain.feeds import ParsedFeed, ParseFailed
from monitor.extract import worker

MEMORY = 1 << 40
FEED = FeedJob(body=b'<rss version="2.0"><channel><title>F</title></channel></rss>', url="https://e.org/feed")
PAGE = PageJob(body=b"<html><body></body></html>", url="https://e.org/page")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Give back what a worker changes of its process."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.getsignal(signal.SIGINT)
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)
    signal.signal(signal.SIGINT, handler)


def test_jobs_are_answered_by_their_kind() -> None:
    """A feed is parsed, a page extracted, and a sound worker stays."""
    result, worn_out = worker.answer(FEED, MEMORY)
    assert isinstance(result, ParsedFeed)
    assert not worn_out
    result, worn_out = worker.answer(PAGE, MEMORY)
    assert isinstance(result, ExtractFailed)
    assert not worn_out


@pytest.mark.parametrize(
    ("error", "code", "worn_out"),
    [
        (MemoryError(), "memory", True),
        (RecursionError(), "crashed", True),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), "crashed", False),
        (AssertionError("x" * 1_000), "crashed", False),
    ],
)
@pytest.mark.parametrize("job", [FEED, PAGE])
def test_what_a_parser_raises_is_its_verdict(
    monkeypatch: pytest.MonkeyPatch, job: worker.Job, error: Exception, code: str, *, worn_out: bool
) -> None:
    """Exceptions become failures of the job's kind; those of memory and depth wear the worker out."""

    def fail(_: object) -> Any:
        raise error

    monkeypatch.setattr(worker, "parse_document", fail)
    monkeypatch.setattr(worker, "extract_page", fail)
    result, tired = worker.answer(job, MEMORY)
    assert isinstance(result, ParseFailed if isinstance(job, FeedJob) else ExtractFailed)
    assert (result.code, tired) == (code, worn_out)
    assert 0 < len(result.message) <= 300


def test_the_limit_never_goes_above_the_systems_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the operator set a hard limit, it stays and bounds ours."""
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (0, MEMORY // 2))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    worker._limit(MEMORY)
    assert limits == [(MEMORY // 2, MEMORY // 2)]


def serving(pipe_setup: Callable[[Any], None]) -> None:
    """Run `serve` on one end of a pipe while `pipe_setup` uses the other."""
    ours, theirs = Pipe()
    user = threading.Thread(target=pipe_setup, args=(ours,))
    user.start()
    worker.serve(theirs, MEMORY)
    user.join()


def test_a_worker_serves_until_its_pipe_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says when it is ready, answers job after job, and ignores the terminal's Ctrl-C."""
    monkeypatch.setattr(worker, "_die_with_parent", lambda: None)
    answers: list[Any] = []

    def use(pipe: Any) -> None:
        answers.append(pipe.recv())
        for job in (FEED, PAGE):
            pipe.send(job)
            answers.append(pipe.recv())
        pipe.close()

    serving(use)
    assert answers[0] == "ready"
    assert isinstance(answers[1][0], ParsedFeed)
    assert isinstance(answers[2][0], ExtractFailed)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_worker_whose_answer_nobody_takes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed pipe is no error to speak of."""
    monkeypatch.setattr(worker, "_die_with_parent", lambda: None)
    closed = threading.Event()

    def slow(_: object) -> ParseFailed:
        closed.wait(5)
        return ParseFailed(code="empty", message="x" * 1_000_000)

    monkeypatch.setattr(worker, "parse_document", slow)

    def use(pipe: Any) -> None:
        pipe.recv()
        pipe.send(FEED)
        pipe.close()
        closed.set()

    serving(use)


def test_a_bloated_worker_asks_to_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its memory is looked at after every job."""
    monkeypatch.setattr(worker, "_die_with_parent", lambda: None)
    monkeypatch.setattr(worker, "BLOATED", 1)
    answers: list[Any] = []

    def use(pipe: Any) -> None:
        pipe.recv()
        pipe.send(FEED)
        answers.append(pipe.recv())
        pipe.close()

    serving(use)
    assert answers[0][1] is True


def test_memory_is_measured_with_and_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no /proc, the largest size so far is what can be known."""
    exact = worker.resident()
    assert 10_000_000 < exact < 4_000_000_000

    def no_proc(*_: object) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", no_proc)
    assert worker.resident() >= exact // 2
