"""What does a worker process do? Serves jobs from its pipe until it is closed.

The fork server imports this module once, so that each worker starts with the parsers loaded.
"""

import fcntl
import gc
import multiprocessing
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection

# Before numpy is imported: its threads would not survive the fork, and each reserves memory.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from monitor.domain.articles import ExtractFailed, ExtractResult, FeedJob, PageJob
from monitor.domain.feeds import ParseFailed, ParseResult
from monitor.domain.finding import FindJob, FoundOnPage, OutlineJob, Outlines
from monitor.extract.documents import parse_document
from monitor.extract.finding import find_feeds
from monitor.extract.languages import detect_language
from monitor.extract.outlines import parse_outlines
from monitor.extract.pages import extract_page

BLOATED = 300 * 1024 * 1024
"""Bytes in memory above which a worker asks to be replaced."""

_HEADROOM = 256 * 1024 * 1024
_CAP = 300

Job = FeedJob | PageJob | FindJob | OutlineJob
Result = ParseResult | ExtractResult | FoundOnPage | Outlines

# Loads the language model here, once, instead of in every worker.
detect_language("The language model is loaded before the first worker is forked off. " * 2)


def serve(pipe: Connection, memory: int) -> None:
    """Answer each job from the pipe with (result, whether the worker wants to be replaced).

    Ends when the pipe closes. The terminal's Ctrl-C is the service's business, not the worker's;
    when the service is killed, the kernel kills the worker (Linux).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    gc.freeze()
    pipe.send("ready")
    while True:
        try:
            job: Job = pipe.recv()
        except EOFError:
            return
        result, worn_out = answer(job, memory)
        try:
            pipe.send_bytes(pickle.dumps((result, worn_out or resident() > BLOATED), pickle.HIGHEST_PROTOCOL))
        except OSError:
            return


def answer(job: Job, memory: int) -> tuple[Result, bool]:
    """Return the job's result and whether the attempt wore the worker out; raises nothing.

    Above `memory` bytes of address space the job fails. Receiving and answering keep some room
    beyond it.
    """
    try:
        _limit(memory)
        result = _work(job)
    except MemoryError:
        return failure(job, "memory", f"reading it took more than {memory >> 20} MB"), True
    except RecursionError:
        return failure(job, "crashed", "the document is nested too deeply"), True
    except Exception as error:  # noqa: BLE001 - whatever a parser raises is its verdict on these bytes
        return failure(job, "crashed", f"{type(error).__name__}: {error}"[:_CAP]), False
    finally:
        _limit(memory + _HEADROOM)
    return result, False


def _work(job: Job) -> Result:
    match job:
        case FeedJob():
            return parse_document(job)
        case PageJob():
            return extract_page(job)
        case FindJob():
            return find_feeds(job)
        case OutlineJob():
            return parse_outlines(job)


def failure(job: Job, code: str, message: str) -> Result:
    """Return the failure that fits the job."""
    kind: Callable[..., Result] = ExtractFailed if isinstance(job, PageJob) else ParseFailed
    return kind(code=code, message=message)


def resident() -> int:
    """Return the bytes of memory this process holds now (at most so far, where there is no /proc)."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - read after every job
            return int(statm.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _limit(memory: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        memory = min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (memory, hard))


def _die_with_parent() -> None:
    """Ask the kernel to kill this process when the service ends, also in the middle of a job (Linux).

    The service holds the other end of the sentinel's pipe: that end closes when it dies, which the
    kernel tells by the signal asked for (fcntl(2), F_SETSIG). Nothing in Python has to run for it.
    """
    service = multiprocessing.parent_process()
    if sys.platform == "linux" and service is not None:
        fcntl.fcntl(service.sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(service.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(service.sentinel, fcntl.F_SETFL, os.O_ASYNC)
