"""Find: look at what an address has to offer as a source, and store nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Entry, Fetched, FetchFailed, FetchRequest, ParsedFeed, ParseFailed
from monitor.domain.finding import FindJob, FoundOnPage, OutlineJob, Outlines, Pointer, Prospect
from monitor.domain.ports import Clock, HttpClient, Workers
from monitor.pipeline import Progress, unseen
from monitor.policy.finding import likely_places, named_sitemaps, ranked
from monitor.policy.pace import describe
from monitor.policy.urls import host_of, same_site

SAMPLES = 3
MOST_PARTS = 2
MOST_PAGES, MOST_FURTHER = 3, 20
_LONG = 600
_HEAD = 2_000
_REFUSED = ("status 4", "robots")
# What a page's head or robots.txt names is meant for programs; anchors and guesses are not.
_UNNAMED = frozenset({"anchor", "known"})


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
class _Visit:
    """One look at a site: the hosts that may be private, and what was asked there with what came of it."""

    private: frozenset[str] = frozenset()
    progress: Progress = unseen
    asked: dict[str, str] = field(default_factory=dict)

    def note(self, url: str, came: Fetched | str) -> None:
        """Remember what became of a request."""
        self.asked[url] = "answered" if isinstance(came, Fetched) else came.partition(":")[0]

    @property
    def told(self) -> str:
        """Return how many addresses were asked, and what came of them."""
        ends = Counter(self.asked.values()).most_common()
        return f"{len(self.asked)} addresses asked: {', '.join(f'{number} {end}' for end, number in ends)}"


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
        and only where there is nothing the paths at which many sites have a feed. What nobody named is
        asked as robots.txt allows. An address that the server refuses leads to the site's front page.
        `allow_private` holds for the host of the address alone, whatever its pages point to.
        """
        given = Pointer(url=url, why="given")
        visit = _Visit(private=frozenset({host_of(url)}) if allow_private else frozenset(), progress=progress)
        (result,) = self._fetch([given], visit).values()
        if isinstance(result, str):
            front = self._front(url, visit) if result.startswith(_REFUSED) else None
            if front is None:
                return Findings(problem=result)
            return replace(self._of_site(front, visit), problem=f"{result}; the site has something, though")
        if visit.private:
            visit = replace(visit, private=visit.private | {host_of(result.url)})
        found = self._read(result, given)
        if found is not None:
            return Findings(prospects=(found,), lang=found.lang)
        if _is_sitemap(result):
            return Findings(problem="a sitemap without dates: nothing in it tells what is new")
        outlines = self._outlines(result)
        if outlines is not None:
            return Findings(outlines=outlines)
        return self._of_site(result, visit)

    def _of_site(self, page: Fetched, visit: "_Visit") -> Findings:
        on_page = self._on(page)
        if isinstance(on_page, ParseFailed):
            return Findings(problem=f"{on_page.code}: {on_page.message}")
        robots = Pointer(url=f"{_root(page.url)}robots.txt", why="robots")
        named = self._fetch([*on_page.pointers, robots], visit)
        rules = named.pop(robots, "")
        sitemaps = named_sitemaps(rules.body.decode("utf-8", "replace")) if isinstance(rules, Fetched) else []
        found = self._prospects(named)
        if not any(one.total for one in found):
            found += self._prospects(self._further(page, named, visit))
        if any(one.total for one in found):
            places = [one for one in sitemaps if "news" in one.url.lower()]
        else:
            places = [*sitemaps, *likely_places(page.url)]
        found += self._prospects(self._fetch([one for one in places if one.url not in visit.asked], visit))
        found = [replace(one, home=one.home or page.url, lang=one.lang or on_page.lang) for one in found]
        as_page = self._as_page(page)
        if as_page is not None:
            found.append(replace(as_page, title=on_page.title or as_page.title, lang=on_page.lang))
        best = ranked(found, page.url, self.clock.now())
        problem = "" if best else f"neither a feed nor a list of articles was found there ({visit.told})"
        return Findings(prospects=tuple(best), problem=problem, lang=on_page.lang)

    def _on(self, page: Fetched) -> FoundOnPage | ParseFailed:
        content_type = page.headers.get("content-type", "")
        return self.workers.find_feeds(
            FindJob(body=page.body, url=page.url, content_type=content_type)
        ).result()

    def _front(self, url: str, visit: "_Visit") -> Fetched | None:
        """Return the front page of an address's site, None where the address is that, or it cannot be had."""
        front = Pointer(url=_root(url), why="known")
        if visit.asked.keys() & {front.url, front.url[:-1]} or url == front.url:
            return None
        came = self._fetch([front], visit)[front]
        return came if isinstance(came, Fetched) else None

    def _further(
        self, page: Fetched, named: "Mapping[Pointer, Fetched | str]", visit: "_Visit"
    ) -> "dict[Pointer, Fetched | str]":
        """Return what the site's pages about its feeds name, and its front page: one step, no more."""
        pages = [
            came for pointer, came in named.items() if pointer.why == "anchor" and isinstance(came, Fetched)
        ][:MOST_PAGES]
        front = self._front(page.url, visit)
        pointers: list[Pointer] = []
        for one in [*pages, *([front] if front else [])]:
            on_page = self._on(one)
            if isinstance(on_page, FoundOnPage):
                pointers += [pointer for pointer in on_page.pointers if pointer.url not in visit.asked]
        return self._fetch(pointers[:MOST_FURTHER], visit)

    def _fetch(self, pointers: Iterable[Pointer], visit: "_Visit") -> "dict[Pointer, Fetched | str]":
        """Return what came from each address, or in words why nothing did."""
        asked = {str(number): pointer for number, pointer in enumerate(dict.fromkeys(pointers))}
        requests = [
            FetchRequest(
                key=key,
                url=pointer.url,
                max_bytes=self.max_bytes,
                robots=pointer.why in _UNNAMED,
                allow_private=host_of(pointer.url) in visit.private,
            )
            for key, pointer in asked.items()
        ]
        came: dict[Pointer, Fetched | str] = {}
        for done, result in enumerate(self.http.fetch_many(requests), 1):
            visit.progress(done, len(requests))
            pointer = asked[result.request.key]
            if isinstance(result, Fetched):
                came[pointer] = result
            else:
                came[pointer] = (
                    describe(result) if isinstance(result, FetchFailed) else "the server answered 304"
                )
            visit.note(pointer.url, came[pointer])
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
                for part in self._fetch(parts, _Visit(private=_let_in(came))).values()
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


def _root(url: str) -> str:
    return "/".join(url.split("/", 3)[:3]) + "/"


def _let_in(came: Fetched) -> frozenset[str]:
    return frozenset({host_of(came.url)}) if came.request.allow_private else frozenset()


def _prospect(parsed: ParsedFeed, kind: str, pointer: Pointer, url: str) -> Prospect:
    dates = [date for entry in parsed.entries if (date := entry.published or entry.updated)]
    languages = Counter(entry.lang for entry in parsed.entries if entry.lang).most_common(1)
    links = [entry.url for entry in parsed.entries if entry.url]
    home = sum(same_site(link, url) or bool(parsed.home and same_site(link, parsed.home)) for link in links)
    return Prospect(
        url=url if pointer.why == "given" else pointer.url,
        kind=kind,
        why=pointer.why,
        title=parsed.title or pointer.title or host_of(url),
        home=parsed.home,
        lang=languages[0][0] if languages else parsed.lang,
        total=parsed.total,
        newest=max(dates, default=None),
        samples=tuple(entry.title for entry in parsed.entries if entry.title)[:SAMPLES],
        full_text=bool(parsed.entries) and _carries_text(parsed.entries),
        astray=2 * home < len(links),
    )


def _carries_text(entries: tuple[Entry, ...]) -> bool:
    """Return whether most entries carry an article's length of text."""
    return sum(len(entry.content) >= _LONG for entry in entries) * 2 > len(entries)
