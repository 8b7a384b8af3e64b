"""Whose article is it? A feed may list those of others."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.domain.feeds import Entry, Feed
from monitor.policy.urls import host_of, same_site


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who published an article, as far as it is known: country and kind only of configured outlets."""

    outlet: str
    domain: str
    country: str | None = None
    outlet_kind: str | None = None
    section: str | None = None


def publisher(feed: Feed, entry: Entry, url: str | None, feeds: Iterable[Feed]) -> Publisher:
    """Return who published the article behind an entry.

    The feed's outlet, unless the item names another one with its site (RSS `source`, Atom's
    `source`, as news searches and collections do), or its page is on another site than the outlet
    and its feed. Then it is the outlet that is configured for that site, else the one that the item
    names, else the site's host.

    Args:
        feed: the feed that lists the entry.
        entry: as it is stored.
        url: the address of the page that was read, None where none was.
        feeds: all that are configured.
    """
    named = entry.publisher_url
    if named and not _is_own(feed, named):
        return _of_site(named, entry.publisher, feeds)
    if url and url.startswith(("http://", "https://")) and not _is_own(feed, url):
        return _of_site(url, None, feeds)
    return _of_feed(feed, section=feed.section)


def _is_own(feed: Feed, url: str) -> bool:
    return same_site(url, f"https://{feed.domain}/") or same_site(url, feed.url)


def _of_site(url: str, name: str | None, feeds: Iterable[Feed]) -> Publisher:
    known = next((feed for feed in feeds if same_site(url, f"https://{feed.domain}/")), None)
    if known is not None:
        return _of_feed(known, section=None)
    host = host_of(url).removeprefix("www.")
    return Publisher(outlet=name or host, domain=host)


def _of_feed(feed: Feed, section: str | None) -> Publisher:
    return Publisher(
        outlet=feed.outlet,
        domain=feed.domain,
        country=feed.country,
        outlet_kind=feed.outlet_kind,
        section=section,
    )
