"""Where may a site have its feeds, which of those found is best, and what is a new source called?"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urljoin, urlsplit

from monitor.domain.finding import Pointer, Prospect
from monitor.policy.urls import host_of, same_page_key

MOST_SITEMAPS = 5
"""Sitemaps of one robots.txt that are looked at."""

RECENT = timedelta(days=60)
"""A source whose newest entry is older is the last to be offered."""

# Where WordPress, Drupal, Joomla, Blogger, Hugo, Jekyll, Bitrix and hand-made sites have their feeds.
_KNOWN = (
    "feed/",
    "rss",
    "rss.xml",
    "feed.xml",
    "atom.xml",
    "index.xml",
    "feed",
    "rss/",
    "news.rss",
    "?feed=rss2",
    "?format=feed&type=rss",
    "feeds/posts/default",
    "rss/news",
    "rss/rss.xml",
    "feed.json",
)
_KNOWN_SITEMAPS = ("news-sitemap.xml", "sitemap-news.xml", "sitemap_news.xml", "news_sitemap.xml")
_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(\S{1,2000})", re.IGNORECASE | re.MULTILINE)
_NEWS = re.compile(r"news|google", re.IGNORECASE)
_COMMENTS = re.compile(r"comment", re.IGNORECASE)
_YOUTUBE = re.compile(r"(?:www\.|m\.)?youtube\.com")
_WITHOUT_FEEDS = re.compile(
    r"(?:www\.|m\.)?(?:t\.me|telegram\.me|facebook\.com|instagram\.com|x\.com|twitter\.com|linkedin\.com|tiktok\.com|vk\.com)"
)
_WHY = {"given": 0, "link": 1, "robots": 2, "anchor": 3, "known": 4}
_KINDS = {"feed": 0, "sitemap": 1, "page": 2}
_PLAIN_HOST = re.compile(r"^(?:www\d?|m|feeds?|rss|news)\.(?=[^.]+\.)")
# Countries' domains that are sold to all the world.
_SOLD = frozenset({"AI", "CC", "CO", "EU", "FM", "IO", "ME", "SU", "TV", "WS", "LA", "SH", "TO", "GG", "LY"})
_SUFFIXES = frozenset(
    {"com", "org", "net", "info", "edu", "gov", "int", "co", "news", "media", "press", "today"}
)


def likely_places(url: str) -> Iterator[Pointer]:
    """Yield the addresses where a site is likely to have feeds, those of the page's own section first."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}/"
    if _WITHOUT_FEEDS.fullmatch(parts.netloc.lower()):
        return
    if _YOUTUBE.fullmatch(parts.netloc.lower()):
        channel = re.match(r"/channel/([\w-]+)", parts.path)
        names = (
            {"channel_id": channel[1]}
            if channel
            else {"playlist_id": parse_qs(parts.query).get("list", [""])[0]}
        )
        for name, value in names.items():
            if value:
                yield Pointer(url=f"{root}feeds/videos.xml?{name}={value}", why="known")
        return
    if parts.netloc.lower() == "medium.com" and len(parts.path) > 1:
        yield Pointer(url=urljoin(root, f"feed{parts.path}"), why="known")
        return
    section = root + parts.path.strip("/") + "/" if parts.path.strip("/") else root
    if section != root:
        for path in ("feed/", "rss", "rss.xml", "?format=feed&type=rss"):
            yield Pointer(url=section + path, why="known")
    for path in (*_KNOWN, *_KNOWN_SITEMAPS):
        yield Pointer(url=root + path, why="known")


def named_sitemaps(robots: str) -> list[Pointer]:
    """Return the sitemaps that a robots.txt names (sitemaps.org), those of news first; at most 5."""
    urls = dict.fromkeys(_SITEMAP.findall(robots))
    ordered = sorted(urls, key=lambda url: not _NEWS.search(url))
    return [Pointer(url=url, why="robots") for url in ordered[:MOST_SITEMAPS]]


def ranked(prospects: Iterable[Prospect], asked: str, now: datetime) -> list[Prospect]:
    """Return what was found, the best first, each once, however many addresses it has.

    Feeds before sitemaps before pages; what lists something recent before what does not, news before
    comments, what leads to the site itself before what leads elsewhere, what belongs to the section that
    was asked for before the rest, and what the site itself names before what was guessed.
    """
    section = (same_page_key(asked) or "").partition("/")[2]

    def order(one: Prospect) -> tuple[object, ...]:
        fresh = one.newest is not None and now - one.newest <= RECENT
        return (
            not one.total,
            one.newest is not None and not fresh,
            bool(_COMMENTS.search(f"{urlsplit(one.url).path} {one.title}")),
            _KINDS[one.kind],
            one.astray,
            bool(section) and f"/{section}" not in one.url,
            _WHY.get(one.why, 9),
            not one.full_text,
        )

    kept: dict[object, Prospect] = {}
    for one in sorted(prospects, key=order):
        same = (one.total, one.samples) if one.samples else same_page_key(one.url)
        kept.setdefault(same, one)
    return list(kept.values())


def country_of(url: str) -> str | None:
    """Return the ISO 3166 code of the country whose domain a site has, None where it tells none."""
    top = host_of(url).partition(":")[0].rpartition(".")[2].upper()
    if top in _SOLD or len(top) != 2:  # noqa: PLR2004 - the letters of a country's domain
        return None
    return "GB" if top == "UK" else top


def source_id(url: str, lang: str | None, taken: Collection[str]) -> str:
    """Return an id for a new source, made of its host: `gazeta-uz`, with its language where that is taken."""
    host = _PLAIN_HOST.sub("", host_of(url).partition(":")[0])
    labels = [label for label in host.split(".") if label]
    if len(labels) > 1 and labels[-1] in _SUFFIXES:
        labels = labels[:-1]
    base = re.sub(r"[^a-z0-9]+", "-", "-".join(labels)).strip("-") or "source"
    named = f"{base}-{lang.partition('-')[0]}" if lang else base
    candidates = (base, named, *(f"{named}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in candidates if name not in taken)


def site_of(home: str | None, url: str) -> str:
    """Return the address by whose host a source goes: its home, or its own where that is no public name."""
    name = host_of(home or "").partition(":")[0]
    return home if home and "." in name and not name.replace(".", "").isdecimal() else url


def source_lang(claim: str | None) -> str | None:
    """Return a claimed language as a source declares it (`kk`, `uz-Cyrl`), None where it is none.

    Countries are left out: what software claims unless it is told otherwise is `en-US`.
    """
    parts = (claim or "").replace("_", "-").split("-")
    script = next((part.title() for part in parts[1:] if len(part) == 4 and part.isalpha()), None)  # noqa: PLR2004 - ISO 15924
    if not re.fullmatch(r"[a-z]{2,3}", parts[0].lower(), re.ASCII):
        return None
    return f"{parts[0].lower()}-{script}" if script else parts[0].lower()
