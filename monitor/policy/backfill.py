"""Where does a source's past lie, and how much of a document of it counts?"""

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from monitor.domain.feeds import Entry, ParsedFeed
from monitor.domain.records import Backfill
from monitor.policy.alerting import LATE_AFTER

_PAGED = re.compile(r"(?:^|(?<=&))paged=(\d{1,6})(?=&|$)")


def goes_on(stored: Backfill | None, since: datetime) -> bool:
    """Return whether a search that was begun before serves for one back to `since`."""
    return stored is not None and stored.next_url is not None and since >= stored.since


def dated(entry: Entry) -> datetime | None:
    """Return when an entry was published, or else changed; None where it does not say."""
    return entry.published or entry.updated


def counts(entry: Entry, since: datetime, now: datetime, *, polled: bool) -> bool:
    """Return whether a search back to `since` keeps an entry.

    Of a document that is `polled` anyway only what is certainly back-catalogue counts, so that no
    news come late. An older document's entries without a date are about as old as those beside them.
    """
    at = dated(entry)
    if at is None:
        return not polled
    return at >= since and not (polled and now - at <= LATE_AFTER)


def is_past(entries: Iterable[Entry], since: datetime) -> bool:
    """Return whether a document lies beyond the date: none of its dated entries is as young.

    A single old one proves nothing: some outlets keep one at the head of every page.
    """
    dates = [at for entry in entries if (at := dated(entry)) is not None]
    return bool(dates) and max(dates) < since


def older_document(parsed: ParsedFeed, url: str, *, first: bool) -> str | None:
    """Return where older entries are than in the document at `url`; None where it is the last.

    It says so itself (RFC 5005, JSON Feed's next_url), or it is one of numbered pages, as WordPress has
    them. The `first` document may be such a one without saying so: that is tried.
    """
    if parsed.older is not None:
        return parsed.older
    numbered = is_numbered(url) or (first and not parsed.version.startswith("json"))
    return next_page(url) if numbered else None


def is_numbered(url: str) -> bool:
    """Return whether an address names the page of a feed by its number (`?paged=2`)."""
    return _PAGED.search(urlsplit(url).query) is not None


def next_page(url: str) -> str:
    """Return the address of the page after this one; the first has no number."""
    parts = urlsplit(url)
    if found := _PAGED.search(parts.query):
        query = f"{parts.query[: found.start(1)]}{int(found[1]) + 1}{parts.query[found.end(1) :]}"
    else:
        query = f"{parts.query}&paged=2" if parts.query else "paged=2"
    return urlunsplit(parts._replace(query=query, fragment=""))
