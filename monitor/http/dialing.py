"""Which address does a connection really go to, and may it?

The guard sits where the socket is made, after the name is resolved: what it checks is what is dialled, so
redirects, spellings and names that change their answer between check and use all end here.
"""

import asyncio
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import certifi
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.domain.feeds import FetchFault
from monitor.http.faults import AddressRefusedError
from monitor.http.settings import HttpSettings
from monitor.policy.addresses import Address, Reach, classify, listed

AddrInfo = tuple[int, int, int, str, tuple[str | int, ...]]
Resolve = Callable[[str], list[str]]
OpenSocket = Callable[[AddrInfo], socket.socket]

MAX_THREADS = 256
_KEEP_SECONDS = 60.0
_KEEP_NAMES = 4096


def system_resolve(host: str) -> list[str]:
    """Return the addresses of a host name, best first, from the system's resolver; blocks.

    Raises:
        OSError: the name has none, or nobody could be asked.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from None
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def open_socket(info: AddrInfo) -> socket.socket:
    """Return an unconnected socket of the right kind."""
    return socket.socket(info[0], info[1], info[2])


def trusted() -> ssl.SSLContext:
    """Return a context that verifies by the system's certificates, or certifi's where it has none.

    SSL_CERT_FILE and SSL_CERT_DIR name others, as usual with OpenSSL. Building one takes 20 ms.
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not paths.cafile and not (paths.capath and any(Path(paths.capath).iterdir())):
        context.load_verify_locations(certifi.where())
    return context


class Guard:
    """A socket factory for aiohttp that refuses addresses which are none of our business."""

    def __init__(self, settings: HttpSettings, opener: OpenSocket, *, private: bool) -> None:
        self._settings, self._open, self._private = settings, opener, private

    def __call__(self, info: AddrInfo) -> socket.socket:
        """Return a socket for the address about to be dialled.

        Raises:
            AddressRefusedError: the address or port may not be dialled.
        """
        host, port = info[4][0], info[4][1]
        self.check(ip_address(str(host)), int(port))
        return self._open(info)

    def check(self, address: Address, port: int) -> None:
        """Refuse an address that is neither public, nor listed, nor private for an intranet source.

        Raises:
            AddressRefusedError: naming the range or port.
        """
        if listed(address, self._settings.allowed):
            return
        reach, name = classify(address)
        if reach is Reach.PUBLIC:
            if port not in self._settings.ports:
                raise AddressRefusedError(FetchFault.BAD_URL, f"port {port} is not among the allowed ports")
        elif reach is Reach.SPECIAL or not self._private:
            raise AddressRefusedError(FetchFault.PRIVATE_ADDRESS, f"{address} is not public ({name})")


class Names:
    """The look-ups of one event loop, in threads of their own, kept for a minute.

    A blocked look-up cannot be cancelled, so there are many threads, made on demand: with 64 of them, 200
    names whose server does not answer would still hold up everybody else. They are daemons: a look-up that
    hangs does not delay the end of the program.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._loop = asyncio.get_running_loop()
        self._kept: dict[str, tuple[float, list[str]]] = {}
        self._asked: dict[str, asyncio.Future[list[str]]] = {}
        self._jobs: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._threads = 0

    def at_hand(self, host: str) -> bool:
        """Tell whether the addresses of a name are known without asking."""
        kept = self._kept.get(host)
        return kept is not None and self._loop.time() < kept[0]

    async def addresses(self, host: str) -> list[str]:
        """Return the addresses of a name.

        Raises:
            OSError: as `system_resolve`.
        """
        if self.at_hand(host):
            return self._kept[host][1]
        future = self._asked.get(host)
        if future is None:
            future = self._asked[host] = self._loop.create_future()
            future.add_done_callback(lambda done: done.exception())  # nobody may be waiting any more
            self._jobs.put(host)
            if len(self._asked) > self._threads and self._threads < MAX_THREADS:
                self._threads += 1
                threading.Thread(target=self._work, name="newsmon-dns", daemon=True).start()
        return await asyncio.shield(future)

    def _work(self) -> None:
        while (host := self._jobs.get()) is not None:
            answer: list[str] | OSError
            try:
                answer = self._resolve(host) or socket.gaierror(socket.EAI_NONAME, "no address")
            except OSError as error:
                answer = error
            with suppress(RuntimeError):  # the loop has closed meanwhile
                self._loop.call_soon_threadsafe(self._settle, host, answer)

    def _settle(self, host: str, answer: list[str] | OSError) -> None:
        future = self._asked.pop(host)
        if isinstance(answer, OSError):
            future.set_exception(answer)
            return
        if len(self._kept) >= _KEEP_NAMES:
            self._kept.clear()
        self._kept[host] = (self._loop.time() + _KEEP_SECONDS, answer)
        future.set_result(answer)

    def close(self) -> None:
        """Let the threads end when they have finished what they are at."""
        for _ in range(self._threads):
            self._jobs.put(None)


class Resolver(AbstractResolver):
    """The same look-ups in aiohttp's shape, without the addresses that a guard would refuse.

    The guard sees what is dialled once more; here a name with nothing but refused addresses gets its reason.
    """

    def __init__(self, names: Names, guard: Guard | None) -> None:
        self._names, self._guard = names, guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the permitted addresses of a name, all families.

        Raises:
            AddressRefusedError: there are addresses, but none is permitted.
            OSError: as `system_resolve`.
        """
        refused: AddressRefusedError | None = None
        found: list[ResolveResult] = []
        for address in await self._names.addresses(host):
            try:
                if self._guard is not None:
                    self._guard.check(ip_address(address), port)
            except AddressRefusedError as error:
                refused = error
            else:
                found.append(
                    ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
                )
        if not found and refused is not None:
            raise refused
        return found

    async def close(self) -> None:
        """Do nothing: the names outlive a connector."""
