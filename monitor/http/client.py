"""How do synchronous callers use the one event loop? `fetch_many` here, the loop in a thread of its own."""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from monitor.domain.feeds import FetchFailed, FetchFault, FetchRequest, FetchResult
from monitor.http.settings import HttpSettings
from monitor.http.turns import Room

if TYPE_CHECKING:
    from monitor.http.dialing import OpenSocket, Resolve
    from monitor.http.fetching import Fetcher

_READ_AHEAD = 8  # requests taken in per slot: enough to find free hosts behind busy ones


@dataclass(slots=True, eq=False)
class _Batch:
    """One call of `fetch_many`: requests going in, results coming out, tasks between."""

    room: Room
    requests: deque[FetchRequest] = field(default_factory=deque)
    results: "queue.SimpleQueue[FetchResult]" = field(default_factory=queue.SimpleQueue)
    tasks: "set[asyncio.Task[FetchResult]]" = field(default_factory=set)
    abandoned: bool = False


class AioHttp:
    """`ports.HttpClient` over aiohttp: polite, bounded, guarded; usable from several threads.

    Every dial is checked against the table of public addresses at the moment it is made; requests with
    `allow_private` have connections of their own, which may reach private networks, but still neither
    link-local, multicast nor reserved addresses. With a proxy, names are resolved and dialled there: then
    only what stands in a URL can be checked here (literal addresses, localhost, the port), and the proxy
    must refuse the rest; requests with `allow_private` go past the proxy.

    A request has `timeout` in all; waiting for a turn (concurrency, pace of a host) does not count. At
    most 2 × `concurrency` results per call of `fetch_many` are under way or lie ready.

    Args:
        settings: limits and identity.
        resolve: from host name to addresses, blocking; the system's resolver if None.
        opener: makes the sockets that the guard has permitted; if None, ordinary ones.
    """

    def __init__(
        self,
        settings: HttpSettings,
        *,
        resolve: "Resolve | None" = None,
        opener: "OpenSocket | None" = None,
    ) -> None:
        from monitor.http import dialing, fetching  # aiohttp takes 0.16 s to import

        self._settings = settings
        self._lock = threading.Lock()
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="newsmon-http", daemon=True)
        self._thread.start()

        async def make() -> "Fetcher":
            return fetching.Fetcher(
                settings,
                resolve=resolve or dialing.system_resolve,
                opener=opener or dialing.open_socket,
            )

        self._fetcher = asyncio.run_coroutine_threadsafe(make(), self._loop).result()

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def fetch_many(self, requests: Iterable[FetchRequest]) -> Iterator[FetchResult]:
        """Fetch all, side by side, and yield each result as it comes; never raises for a request.

        Requests are read in the caller's thread, ahead of their turn, but none while results lie ready.
        Closing the generator early cancels what is still under way. After `close`, every request fails.
        """
        slots = self._settings.concurrency
        batch = _Batch(room=Room(limit=2 * slots))
        pending = taken = 0
        source: Iterator[FetchRequest] | None = iter(requests)
        try:
            while True:
                while source is not None and pending < _READ_AHEAD * slots and batch.results.empty():
                    request = next(source, None)
                    if request is None:
                        source = None
                    else:
                        pending += 1
                        self._submit(batch, request)
                if not pending:
                    return
                result = batch.results.get()
                pending -= 1
                taken += 1
                if taken >= slots:
                    self._call(self._taken, batch, taken)
                    taken = 0
                yield result
        finally:
            if pending:
                self._call(self._abandon, batch)

    def close(self) -> None:
        """End all requests, close every connection and stop the loop's thread; a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            ended: Future[None] = asyncio.run_coroutine_threadsafe(self._shut_down(), self._loop)
        ended.result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _submit(self, batch: _Batch, request: FetchRequest) -> None:
        with self._lock:
            if self._closed:
                batch.results.put(_closed(request))
                return
            batch.requests.append(request)
            if len(batch.requests) == 1:  # otherwise the loop is on its way already
                self._loop.call_soon_threadsafe(self._begin, batch)

    def _call(self, what: Callable[..., None], *args: object) -> None:
        with self._lock:
            if not self._closed:
                self._loop.call_soon_threadsafe(what, *args)

    # From here on: only in the loop's thread.

    def _begin(self, batch: _Batch) -> None:
        while batch.requests:
            request = batch.requests.popleft()
            task = self._loop.create_task(self._fetcher.fetch(request, batch.room))
            batch.tasks.add(task)
            task.add_done_callback(partial(self._end, batch, request))

    def _end(self, batch: _Batch, request: FetchRequest, task: "asyncio.Task[FetchResult]") -> None:
        batch.tasks.discard(task)
        if not batch.abandoned:
            batch.results.put(_closed(request) if task.cancelled() else task.result())

    def _taken(self, batch: _Batch, results: int) -> None:
        self._fetcher.turns.make_room(batch.room, results)

    def _abandon(self, batch: _Batch) -> None:
        batch.abandoned = True
        for task in batch.tasks:
            task.cancel()

    async def _shut_down(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._fetcher.close()


def _closed(request: FetchRequest) -> FetchFailed:
    return FetchFailed(
        request=request, fault=FetchFault.CONNECT, message="the HTTP client was closed meanwhile"
    )
