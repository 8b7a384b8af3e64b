"""What does one request come to? From URL to result: name, turn, dial, redirects, body; nothing raised."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from monitor.domain.feeds import (
    Fetched,
    FetchFailed,
    FetchFault,
    FetchRequest,
    FetchResult,
    NotModified,
    Redirect,
)
from monitor.http.decoding import ACCEPTED, decoder_for
from monitor.http.dialing import Guard, Names, OpenSocket, Resolve, Resolver, trusted
from monitor.http.faults import AddressRefusedError, FetchError, explain
from monitor.http.robots import Robots
from monitor.http.settings import HttpSettings
from monitor.http.turns import Room, Turns
from monitor.http.urls import Target, join_target, parse_target
from monitor.policy.retry_after import parse_http_date, parse_retry_after

MAX_REDIRECTS = 5

_OK, _NOT_MODIFIED = 200, 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_ALIVE_SECONDS = 10.0
_MAX_HEADERS, _MAX_HEADER_BYTES = 256, 32 * 1024

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Trip:
    """One request on its way through redirects; its clock runs only while the network is at work.

    `whole` is false where the beginning of a body that is too long will do.
    """

    request: FetchRequest
    room: Room | None = None
    whole: bool = True
    redirects: list[Redirect] = field(default_factory=list)
    spent: float = 0.0
    since: float | None = None

    @property
    def elapsed(self) -> timedelta:
        running = 0.0 if self.since is None else asyncio.get_running_loop().time() - self.since
        return timedelta(seconds=self.spent + running)

    @asynccontextmanager
    async def clock(self, most: float) -> AsyncIterator[None]:
        """Let the clock run, until it shows `most` seconds in all.

        Raises:
            TimeoutError: then.
        """
        now = asyncio.get_running_loop().time
        self.since = now()
        try:
            async with asyncio.timeout(max(most - self.spent, 0.0)):
                yield
        finally:
            self.spent += now() - self.since
            self.since = None


class Fetcher:
    """Fetches within one event loop; made inside it, closed inside it."""

    def __init__(self, settings: HttpSettings, *, resolve: Resolve, opener: OpenSocket) -> None:
        self._settings = settings
        self._timeout = settings.timeout.total_seconds()
        self._proxy = URL(settings.proxy) if settings.proxy else None
        self._names = Names(resolve)
        self._ssl = trusted()
        self._guard = Guard(settings, opener, private=False)
        self._public = self._session(opener, None if self._proxy else self._guard)
        self._private = self._session(opener, Guard(settings, opener, private=True))
        self._robots = Robots(self._fetch_robots, settings.product)
        self.turns = Turns(
            concurrency=settings.concurrency,
            per_host=settings.per_host,
            spacing=settings.spacing.total_seconds(),
        )

    def _session(self, opener: OpenSocket, guard: Guard | None) -> aiohttp.ClientSession:
        settings = self._settings
        connector = aiohttp.TCPConnector(
            ssl=self._ssl,
            socket_factory=guard or opener,
            resolver=Resolver(self._names, guard),
            use_dns_cache=False,
            limit=0,  # turns.py counts
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,  # a proxy from the environment would dial past the guard
            auto_decompress=False,
            max_headers=_MAX_HEADERS,
            max_field_size=_MAX_HEADER_BYTES,
            max_line_size=_MAX_HEADER_BYTES,
            timeout=aiohttp.ClientTimeout(
                total=None,  # ours: it runs on over redirects and stands still in the queue
                connect=settings.connect_timeout.total_seconds(),
                sock_read=settings.read_timeout.total_seconds(),
            ),
        )

    async def fetch(self, request: FetchRequest, room: Room | None) -> FetchResult:
        """Return what became of a request. It takes a place in `room`, whatever comes of it."""
        trip = _Trip(request=request, room=room)
        try:
            return await self._travel(trip)
        finally:
            if trip.room is not None:  # it failed before its turn came
                trip.room.held += 1

    async def _fetch_robots(self, request: FetchRequest) -> FetchResult:
        return await self._travel(_Trip(request=request, whole=False))

    async def _travel(self, trip: _Trip) -> FetchResult:
        try:
            return await self._follow(trip)
        except FetchError as error:
            fault = error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            fault = explain(error)
        except Exception as error:  # a bug, but no single server may end a batch by it
            logger.exception("a request failed in an unforeseen way")
            fault = explain(error)
        return FetchFailed(
            request=trip.request,
            fault=fault.fault,
            message=fault.message,
            status=fault.status,
            retry_after=fault.retry_after,
            redirects=tuple(trip.redirects),
            elapsed=trip.elapsed,
        )

    async def _follow(self, trip: _Trip) -> FetchResult:
        target = parse_target(trip.request.url)
        first, seen = target.host, {target.url}
        authorization = trip.request.authorization or target.authorization
        while True:
            answer = await self._ask(trip, target, authorization, own=target.host == first)
            if not isinstance(answer, Redirect):
                return answer
            following = join_target(target, answer.url)
            trip.redirects.append(Redirect(status=answer.status, url=str(following.url)))
            if following.url in seen:
                raise FetchError(FetchFault.REDIRECTS, "the redirects go in a circle")
            if len(trip.redirects) > MAX_REDIRECTS:
                raise FetchError(FetchFault.REDIRECTS, f"more than {MAX_REDIRECTS} redirects")
            if following.origin != target.origin:
                authorization = None
            seen.add(following.url)
            target = following

    async def _ask(
        self, trip: _Trip, target: Target, authorization: str | None, *, own: bool
    ) -> FetchResult | Redirect:
        """Return one hop's answer, after all that must come first; a Redirect is as the server wrote it.

        `own` is whether it is still the host that the request named.
        """
        request, spacing = trip.request, None
        proxied = self._proxy is not None and not request.allow_private
        if proxied:
            self._check_unresolved(target)
        if request.robots:
            spacing = await self._robots.check(target, private=request.allow_private)
        if target.literal is None and not proxied and not self._names.at_hand(target.host):
            await self._look_up(trip, target.host)
        await self.turns.take(target.host, trip.room, spacing=spacing)
        trip.room = None  # it has its place now, also for hops to come
        try:
            async with trip.clock(self._timeout):
                return await self._get(trip, target, self._headers(request, authorization, own=own))
        finally:
            self.turns.give_back(target.host)

    def _check_unresolved(self, target: Target) -> None:
        """Refuse what can be known to be private before a proxy resolves it.

        Raises:
            AddressRefusedError: as `Guard.check`.
        """
        name = target.host.rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            raise FetchError(FetchFault.PRIVATE_ADDRESS, "localhost is not public")
        if target.literal is not None:
            try:
                self._guard.check(target.literal, target.port)
            except AddressRefusedError as refused:
                raise FetchError(refused.fault, refused.message) from None
        elif target.port not in self._settings.ports:
            raise FetchError(FetchFault.BAD_URL, f"port {target.port} is not among the allowed ports")

    async def _look_up(self, trip: _Trip, host: str) -> None:
        """Have the name's addresses at hand before taking a turn: slow name servers keep no slot busy.

        Raises:
            FetchError: DNS.
        """
        try:
            async with (
                trip.clock(self._timeout),
                asyncio.timeout(self._settings.connect_timeout.total_seconds()),
            ):
                await self._names.addresses(host)
        except TimeoutError:
            raise FetchError(FetchFault.DNS, f"no name server answered for {host} in time") from None
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            raise FetchError(FetchFault.DNS, f"the name {host} was not found: {why}") from None

    def _headers(self, request: FetchRequest, authorization: str | None, *, own: bool) -> CIMultiDict[str]:
        headers = CIMultiDict({"User-Agent": self._settings.identity, "Accept": request.accept})
        if own:
            headers.update(request.headers)
        headers["Accept-Encoding"] = ACCEPTED
        if authorization is not None:
            headers["Authorization"] = authorization
        if own:
            validators = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
            headers.update({name: value for name, value in validators.items() if value and _sendable(value)})
        return headers

    async def _get(self, trip: _Trip, target: Target, headers: CIMultiDict[str]) -> FetchResult | Redirect:
        request = trip.request
        session = self._private if request.allow_private else self._public
        proxy = None if request.allow_private else self._proxy
        response = await session.get(target.url, headers=headers, allow_redirects=False, proxy=proxy)
        try:
            status = response.status
            if status == _OK:
                body = await _body(response, request.max_bytes, whole=trip.whole)
                return Fetched(
                    request=request,
                    url=str(target.url),
                    status=status,
                    headers=_clean_headers(response),
                    body=body,
                    redirects=tuple(trip.redirects),
                    elapsed=trip.elapsed,
                )
            if status == _NOT_MODIFIED and ("If-None-Match" in headers or "If-Modified-Since" in headers):
                return NotModified(
                    request=request,
                    headers=_clean_headers(response),
                    redirects=tuple(trip.redirects),
                    elapsed=trip.elapsed,
                )
            if status in _REDIRECTS and "Location" in response.headers:
                return Redirect(status=status, url=response.headers["Location"])
            raise _refused(response)
        finally:
            response.release()  # an unread body closes the connection, instead of being read

    async def close(self) -> None:
        """Close all connections; look-ups under way are left to end by themselves."""
        await self._public.close()
        await self._private.close()
        self._names.close()


def _sendable(value: str) -> bool:
    """Tell whether a stored header can be sent: no control characters, no lone surrogates."""
    return value.isprintable()


def _refused(response: aiohttp.ClientResponse) -> FetchError:
    headers, wait = response.headers, None
    if "Retry-After" in headers:
        now = parse_http_date(headers.get("Date", "")) or datetime.now(UTC)
        wait = parse_retry_after(headers["Retry-After"], now)
    return FetchError(
        FetchFault.STATUS,
        f"the server answered with status {response.status}",
        status=response.status,
        retry_after=wait,
    )


def _clean_headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Return the headers with lower-case names, repeated ones joined, without cookies or lone surrogates."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers.items():
        name, value = raw_name.lower(), raw_value
        if name == "set-cookie":
            continue
        if not value.isascii():
            value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _body(response: aiohttp.ClientResponse, most: int, *, whole: bool) -> bytes:
    """Return the decoded body, of at most `most` bytes; a longer one is a fault, or cut if not `whole`.

    Raises:
        FetchError: TOO_LARGE, TRUNCATED or ENCODING.
    """
    decoder = decoder_for(response.headers.getall("Content-Encoding", ()))
    if whole and (response.content_length or 0) > most:
        raise _too_large(most)
    chunks: list[bytes] = []
    size = received = 0
    while chunk := await response.content.readany():
        received += len(chunk)
        if decoder is not None:
            chunk = decoder.feed(chunk, most + 1 - size)
        chunks.append(chunk)
        size += len(chunk)
        if size > most or received > 2 * most:
            if whole:
                raise _too_large(most)
            return b"".join(chunks)[:most]
    if decoder is not None and received and not decoder.finished:
        raise FetchError(FetchFault.TRUNCATED, "the compressed body ends too early")
    return b"".join(chunks)


def _too_large(most: int) -> FetchError:
    return FetchError(FetchFault.TOO_LARGE, f"the body is larger than {most:,} bytes")
