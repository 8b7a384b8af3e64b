"""What does a site's robots.txt allow us, by RFC 9309 and the common Crawl-delay?"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego

from monitor.domain.feeds import Fetched, FetchFailed, FetchFault, FetchRequest, FetchResult
from monitor.http.faults import FetchError
from monitor.http.urls import Target

MAX_BYTES = 512_000  # RFC 9309, 2.5: at least 500 KiB; what lies beyond is not read
MAX_DELAY = 30.0
KEEP_SECONDS = 24 * 3600.0
RETRY_SECONDS = 5 * 60.0
_KEEP_SITES = 1000

_AGENT = re.compile(r"user[-\s]*agent\s*:?\s*(.*)", re.IGNORECASE)
_SITE_WIDE = re.compile(r"(?:site-?maps?|host)\b", re.IGNORECASE)

Fetch = Callable[[FetchRequest], Awaitable[FetchResult]]
Key = tuple[str, str, int, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """What one site said, or why that is not known. `until` is loop time."""

    until: float
    protego: Protego | None = None
    unknown: FetchFailed | None = None


class Robots:
    """The rules of the sites asked lately; each robots.txt is fetched once a day, after errors sooner.

    Args:
        fetch: how to get a robots.txt; follows redirects, never raises.
        product: the name that the files may address us by.
    """

    def __init__(self, fetch: Fetch, product: str) -> None:
        self._fetch, self._product = fetch, product
        self._loop = asyncio.get_running_loop()
        self._sites: dict[Key, asyncio.Task[_Rules]] = {}

    async def check(self, target: Target, *, private: bool) -> float:
        """Return the seconds the site wants between two requests, 0 where it does not say.

        A file that is not there (4xx) allows everything; one that can't be had for now (5xx, no
        connection) forbids everything for the next five minutes.

        Raises:
            FetchError: ROBOTS where the file forbids this URL; the file's own fault where it can't be had.
        """
        rules = await self._rules(target, private=private)
        if rules.unknown is not None:
            failed = rules.unknown
            raise FetchError(
                failed.fault,
                f"robots.txt: {failed.message}",
                status=failed.status,
                retry_after=failed.retry_after,
            )
        if rules.protego is None:
            return 0.0
        if not rules.protego.can_fetch(str(target.url), self._product):
            raise FetchError(FetchFault.ROBOTS, f"robots.txt of {target.host} forbids this page")
        return min(rules.protego.crawl_delay(self._product) or 0.0, MAX_DELAY)

    async def _rules(self, target: Target, *, private: bool) -> _Rules:
        key = (*target.origin, private)
        task = self._sites.get(key)
        if task is None or (task.done() and self._stale(task)):
            if len(self._sites) >= _KEEP_SITES:
                self._sites = {kept: asked for kept, asked in self._sites.items() if not asked.done()}
            request = FetchRequest(
                key="robots.txt",
                url=str(target.url.origin().with_path("/robots.txt")),
                accept="text/plain, */*;q=0.5",
                max_bytes=MAX_BYTES,
                allow_private=private,
            )
            task = self._sites[key] = self._loop.create_task(self._ask(request))
        return await asyncio.shield(task)

    def _stale(self, task: asyncio.Task[_Rules]) -> bool:
        return task.cancelled() or self._loop.time() >= task.result().until

    async def _ask(self, request: FetchRequest) -> _Rules:
        answer = await self._fetch(request)
        now = self._loop.time()
        if isinstance(answer, Fetched):
            text = relevant(answer.body.decode("utf-8", "replace"), self._product)
            return _Rules(until=now + KEEP_SECONDS, protego=Protego.parse(text))
        if isinstance(answer, FetchFailed) and not _absent(answer):
            return _Rules(until=now + RETRY_SECONDS, unknown=answer)
        return _Rules(until=now + KEEP_SECONDS)


def _absent(failed: FetchFailed) -> bool:
    """Tell whether the site has no robots.txt, as opposed to not answering (RFC 9309, 2.3.1)."""
    if failed.fault is FetchFault.STATUS and failed.status is not None:
        return failed.status < 500  # noqa: PLR2004 - 5xx is the server's trouble, the rest says no
    return failed.fault is FetchFault.REDIRECTS


def relevant(text: str, product: str) -> str:
    """Return only the groups of a robots.txt that speak to everybody or to `product`.

    protego adds each rule to each agent named above it, so half a megabyte of agents and rules would keep
    it busy for minutes; and it lets a group for "news" speak to "newsmon", which RFC 9309 does not.
    """
    kept: list[str] = []
    ours = in_heading = False
    for raw in text.removeprefix("\ufeff").splitlines():
        line = raw.partition("#")[0].strip()
        if not line or _SITE_WIDE.match(line):
            continue
        agent = _AGENT.match(line)
        if agent is None:
            in_heading = False
            if ours:
                kept.append(line)
            continue
        ours = ours and in_heading
        in_heading = True
        name = agent[1].strip().lower().split("/", 1)[0]
        if name in {"*", product}:
            ours = True
            kept.append(f"User-agent: {name}")
    return "\n".join(kept)
