"""Whose turn is it? Requests wait here for their host, its pace and a free slot, holding nothing meanwhile.

A request starts only when everything it needs is free at the same instant. So a slow or strictly paced host
keeps none of the global slots busy, and a caller that is slow to take its results keeps no host busy.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

_MANY_HOSTS = 1024


@dataclass(slots=True, eq=False)
class Room:
    """How many results one caller may have under way or lying ready: its bound on memory."""

    limit: int
    held: int = 0
    parked: "dict[_Host, None]" = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Host:
    spacing: float
    active: int = 0
    open_at: float = 0.0
    in_line: bool = False
    timer: asyncio.TimerHandle | None = None
    waiting: dict[Room | None, deque[asyncio.Future[None]]] = field(default_factory=dict)


class Turns:
    """Gives requests their turn; to be used within one event loop.

    Args:
        concurrency: requests under way at once.
        per_host: of these, on one host.
        spacing: seconds between two starts on one host.
    """

    def __init__(self, *, concurrency: int, per_host: int, spacing: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._free = concurrency
        self._per_host = per_host
        self._spacing = spacing
        self._hosts: dict[str, _Host] = {}
        self._line: deque[_Host] = deque()  # hosts that could start one now

    async def take(self, host_name: str, room: Room | None, *, spacing: float | None = None) -> None:
        """Wait for a turn on a host; `give_back` must follow.

        Args:
            host_name: whose turn.
            room: what the result will take up, None where nobody's memory is at stake.
            spacing: seconds that this host asks for between two starts, from now on; None if unknown.
        """
        host = self._host(host_name)
        if spacing is not None:
            host.spacing = max(spacing, self._spacing)
        waiter: asyncio.Future[None] = self._loop.create_future()
        host.waiting.setdefault(room, deque()).append(waiter)
        self._line_up(host)
        self._start_what_can()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.give_back(host_name)
            raise

    def give_back(self, host_name: str) -> None:
        """End a turn."""
        host = self._hosts[host_name]
        host.active -= 1
        self._free += 1
        self._line_up(host)
        self._start_what_can()

    def make_room(self, room: Room, results: int) -> None:
        """Note that a caller has taken so many results."""
        room.held -= results
        parked, room.parked = room.parked, {}
        for host in parked:
            self._line_up(host)
        self._start_what_can()

    def _host(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            if len(self._hosts) >= _MANY_HOSTS:
                now = self._loop.time()
                self._hosts = {
                    key: old
                    for key, old in self._hosts.items()
                    if old.active or old.waiting or old.open_at > now
                }
            host = self._hosts[name] = _Host(self._spacing)
        return host

    def _line_up(self, host: _Host) -> None:
        if host.in_line or not host.waiting or host.active >= self._per_host:
            return
        now = self._loop.time()
        if host.open_at <= now:
            host.in_line = True
            self._line.append(host)
        elif host.timer is None:
            host.timer = self._loop.call_at(host.open_at, self._opened, host)

    def _opened(self, host: _Host) -> None:
        host.timer = None
        self._line_up(host)
        self._start_what_can()

    def _start_what_can(self) -> None:
        while self._free and self._line:
            host = self._line.popleft()
            host.in_line = False
            found = self._next_of(host)
            if found is None:
                continue
            waiter, room = found
            if room is not None:
                room.held += 1
            self._free -= 1
            host.active += 1
            host.open_at = self._loop.time() + host.spacing
            waiter.set_result(None)
            self._line_up(host)

    def _next_of(self, host: _Host) -> tuple[asyncio.Future[None], Room | None] | None:
        """Return the next request of a host whose caller has room; callers take turns."""
        for room in list(host.waiting):
            line = host.waiting.pop(room)
            while line and line[0].cancelled():
                line.popleft()
            if not line:
                continue
            if room is not None and room.held >= room.limit:
                host.waiting[room] = line
                room.parked[host] = None
                continue
            waiter = line.popleft()
            if line:
                host.waiting[room] = line
            return waiter, room
        return None
