"""Find: look at what an address has to offer as a source, and store nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Entry, Fetched, FetchFailed, FetchRequest, ParsedFeed, ParseFailed
from monitor.domain.finding import FindJob, OutlineJob, Outlines, Pointer, Prospect
from monitor.domain.ports import Clock, HttpClient, Workers
from monitor.pipeline import Progress, unseen
from monitor.policy.finding import likely_places, named_sitemaps, ranked
from monitor.policy.pace import describe
from monitor.policy.urls import host_of

SAMPLES = 3
MOST_PARTS = 2
_LONG = 600
_HEAD = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What an address has to offer: sources, the best first, or the list that it is; or why nothing.

    `lang` is the language that the site claims.
    """

    prospects: tuple[Prospect, ...] = ()
    outlines: Outlines | None = None
    problem: str = ""
    lang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Everything that finding needs. `max_bytes` caps a body after decompression."""

    http: HttpClient
    workers: Workers
    clock: Clock
    max_bytes: int = 5_000_000

    def find(self, url: str, *, allow_private: bool = False, progress: Progress = unseen) -> Findings:
        """Return what is at an address: a feed, a sitemap, a list of sources, or a site with some of these.

        A site is asked politely, at the pace of its host: first what its page names, then its sitemaps,
        and only where there is nothing the paths at which many sites have a feed.
        """
        (result,) = self._fetch([Pointer(url=url, why="given")], allow_private=allow_private).values()
        if isinstance(result, str):
            return Findings(problem=result)
        given = self._read(result, Pointer(url=url, why="given"))
        if given is not None:
            return Findings(prospects=(given,), lang=given.lang)
        outlines = self._outlines(result)
        if outlines is not None:
            return Findings(outlines=outlines)
        return self._of_site(result, allow_private=allow_private, progress=progress)

    def _of_site(self, page: Fetched, *, allow_private: bool, progress: Progress) -> Findings:
        content_type = page.headers.get("content-type", "")
        job = FindJob(body=page.body, url=page.url, content_type=content_type)
        on_page = self.workers.find_feeds(job).result()
        if isinstance(on_page, ParseFailed):
            return Findings(problem=f"{on_page.code}: {on_page.message}")
        robots = Pointer(url=f"{'/'.join(page.url.split('/', 3)[:3])}/robots.txt", why="robots")
        asked = self._fetch([*on_page.pointers, robots], allow_private=allow_private, progress=progress)
        rules = asked.pop(robots, "")
        sitemaps = named_sitemaps(rules.body.decode("utf-8", "replace")) if isinstance(rules, Fetched) else []
        found = self._prospects(asked)
        if not any(one.total for one in found):
            places = [*sitemaps, *likely_places(page.url)]
        else:
            places = [one for one in sitemaps if "news" in one.url.lower()]
        known = {one.url for one in on_page.pointers}
        more = [place for place in places if place.url not in known]
        found += self._prospects(self._fetch(more, allow_private=allow_private, progress=progress))
        found = [replace(one, home=one.home or page.url, lang=one.lang or on_page.lang) for one in found]
        as_page = self._as_page(page)
        if as_page is not None:
            found.append(replace(as_page, title=on_page.title or as_page.title, lang=on_page.lang))
        best = ranked(found, page.url, self.clock.now())
        problem = "" if best else "neither a feed nor a list of articles was found there"
        return Findings(prospects=tuple(best), problem=problem, lang=on_page.lang)

    def _fetch(
        self, pointers: Iterable[Pointer], *, allow_private: bool, progress: Progress = unseen
    ) -> dict[Pointer, Fetched | str]:
        """Return what came from each address, or in words why nothing did."""
        asked = {str(number): pointer for number, pointer in enumerate(dict.fromkeys(pointers))}
        requests = [
            FetchRequest(key=key, url=pointer.url, max_bytes=self.max_bytes, allow_private=allow_private)
            for key, pointer in asked.items()
        ]
        came: dict[Pointer, Fetched | str] = {}
        for done, result in enumerate(self.http.fetch_many(requests), 1):
            progress(done, len(requests))
            pointer = asked[result.request.key]
            if isinstance(result, Fetched):
                came[pointer] = result
            else:
                came[pointer] = (
                    describe(result) if isinstance(result, FetchFailed) else "the server answered 304"
                )
        return {pointer: came[pointer] for pointer in asked.values()}

    def _prospects(self, came: Mapping[Pointer, Fetched | str]) -> list[Prospect]:
        read = (
            self._read(result, pointer) for pointer, result in came.items() if isinstance(result, Fetched)
        )
        return [one for one in read if one is not None]

    def _read(self, came: Fetched, pointer: Pointer) -> Prospect | None:
        """Return the source that a body is, None where it is none."""
        kind = "sitemap" if _is_sitemap(came) else "feed"
        parsed = self._parsed(came, kind)
        if not isinstance(parsed, ParsedFeed):
            return None
        if parsed.more:
            parts = [Pointer(url=part, why=pointer.why) for part in parsed.more[:MOST_PARTS]]
            read = [
                self._parsed(part, kind)
                for part in self._fetch(parts, allow_private=came.request.allow_private).values()
                if isinstance(part, Fetched)
            ]
            entries = tuple(entry for part in read if isinstance(part, ParsedFeed) for entry in part.entries)
            parsed = replace(parsed, entries=entries, total=len(entries))
        if kind == "sitemap" and not any(entry.published or entry.updated for entry in parsed.entries):
            return None  # all pages a site ever had, and no word of which are new
        return _prospect(parsed, kind, pointer, came.url)

    def _as_page(self, came: Fetched) -> Prospect | None:
        parsed = self._parsed(came, "page")
        if not isinstance(parsed, ParsedFeed):
            return None
        return _prospect(parsed, "page", Pointer(url=came.url, why="page"), came.url)

    def _parsed(self, came: Fetched, kind: str) -> ParsedFeed | ParseFailed:
        content_type = came.headers.get("content-type", "")
        job = FeedJob(body=came.body, url=came.url, kind=kind, content_type=content_type)
        return self.workers.parse_feed(job).result()

    def _outlines(self, came: Fetched) -> Outlines | None:
        head = came.body[:_HEAD].lower()
        if b"<opml" not in head and b"<rdf:rdf" not in head:
            return None
        job = OutlineJob(body=came.body, url=came.url, content_type=came.headers.get("content-type", ""))
        read = self.workers.read_outlines(job).result()
        return read if isinstance(read, Outlines) and read.outlines else None


def _is_sitemap(came: Fetched) -> bool:
    head = came.body[:_HEAD]
    return head[:2] == b"\x1f\x8b" or b"<urlset" in head or b"<sitemapindex" in head


def _prospect(parsed: ParsedFeed, kind: str, pointer: Pointer, url: str) -> Prospect:
    dates = [date for entry in parsed.entries if (date := entry.published or entry.updated)]
    return Prospect(
        url=url if pointer.why == "given" else pointer.url,
        kind=kind,
        why=pointer.why,
        title=parsed.title or pointer.title or host_of(url),
        home=parsed.home,
        lang=parsed.lang,
        total=parsed.total,
        newest=max(dates, default=None),
        samples=tuple(entry.title for entry in parsed.entries if entry.title)[:SAMPLES],
        full_text=bool(parsed.entries) and _carries_text(parsed.entries),
    )


def _carries_text(entries: tuple[Entry, ...]) -> bool:
    """Return whether most entries carry an article's length of text."""
    return sum(len(entry.content) >= _LONG for entry in entries) * 2 > len(entries)
