"""Which entry of its feed is this?

What identifies an item of a feed is decided here, once. Feeds break every rule there is: the same
guid on every item, one link for all, a new guid at every poll, no guid at all (reliability.md, P3).

A key rests on what the item says of itself and on whether other items of the same document say the
same. The others come and go, so an entry also carries the keys that it would have beside others:
`stored_key` finds it again under these.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.domain.feeds import Entry
from monitor.policy.urls import is_front_page, same_page_key

NOBODYS_PAGE = 3
"""So many titles under one link of a document: it is no article's page."""

# A guid of these forms was meant to last: a web address, or a tag URI (RFC 4151).
_LASTING = re.compile(r"(?:https?://|tag:)[^\s/]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an item says of itself, as far as it tells it from the others; empty where it says nothing."""

    guid: str = ""
    link: str = ""
    title: str = ""
    published: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What an item shares with others of its document.

    `guid`: its guid stands beside other links (or titles, where there are no links). `link`: its
    link stands beside other titles; `nobodys_page` where these are at least three. `rank`: how many
    items before it are the same by all that identifies.
    """

    guid: bool = False
    link: bool = False
    nobodys_page: bool = False
    rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An entry's key, and those that it may be stored under.

    `narrow` are the keys it would have if others shared its guid or link: they can be no other's.
    `wide` is the one it would have alone, where it is not: that may be another's.
    """

    key: str
    narrow: tuple[str, ...] = ()
    wide: str | None = None


ALONE = Sharing()


def sharing(claims: Sequence[Claim]) -> list[Sharing]:
    """Return what each item of a document shares with the others, in their order."""
    pages = [_page(claim.link) for claim in claims]
    beside_guid: dict[str, set[str]] = defaultdict(set)
    beside_page: dict[str, set[str]] = defaultdict(set)
    for claim, page in zip(claims, pages, strict=True):
        # A link that is only the guid again (a permalink) says no more than the guid does.
        beside_guid[claim.guid].add((claim.link != claim.guid.strip() and page) or claim.title)
        beside_page[page].add(claim.title)
    ranks: dict[str, int] = defaultdict(int)
    found = []
    for claim, page in zip(claims, pages, strict=True):
        shared = Sharing(
            guid=bool(claim.guid) and len(beside_guid[claim.guid]) > 1,
            link=bool(page) and len(beside_page[page]) > 1,
        )
        key = _key(claim, page, guid_is_shared=shared.guid, link_is_shared=shared.link)
        titles = beside_page[page]
        nobodys = bool(page) and len(titles) - ("" in titles) >= NOBODYS_PAGE
        found.append(Sharing(guid=shared.guid, link=shared.link, nobodys_page=nobodys, rank=ranks[key]))
        ranks[key] += 1
    return found


def identify(claim: Claim, shared: Sharing = ALONE) -> Identity:
    """Return an entry's identity within its feed. Keys are 64 hexadecimal digits, SHA-256.

    The first that holds decides:

    1. a guid that is a web address or a tag URI: it was meant to last, and survives a changed link;
    2. the link (as `same_page_key`): an opaque guid beside it may be made anew at every poll,
       while two entries with one link are one article anyway;
    3. an opaque guid without a link;
    4. the title and the date as written.

    A guid that others bear with other links says nothing without the link; a link that others bear
    with other titles, or that leads to a site's front page, says nothing without the guid; and where
    there is no such other thing, title and date say it. An item that is the same as one before it by
    all this has a key by its rank.

    Args:
        claim: guid of any length, white space around it is ignored; absolute link; plain title, or
            where an item has none the beginning of what it says; date as the feed writes it.
        shared: what the item shares with others of its document.
    """
    page = _page(claim.link)
    key = _key(claim, page, guid_is_shared=shared.guid, link_is_shared=shared.link)
    if shared.rank:
        return Identity(key=_digest("again", key, str(shared.rank + 1)))
    wide = _key(claim, page, guid_is_shared=False, link_is_shared=False)
    others = (
        _key(claim, page, guid_is_shared=guid, link_is_shared=link)
        for guid, link in ((True, False), (False, True), (True, True))
    )
    narrow = tuple(dict.fromkeys(other for other in others if other not in (key, wide)))
    return Identity(key=key, narrow=narrow, wide=wide if wide != key else None)


def stored_key(entry: Entry, known: Mapping[str, str]) -> str:
    """Return the key under which an entry is stored, its own where it is new.

    Args:
        entry: as parsed just now.
        known: the keys stored for its feed (those asked for), each with its words' digest.
    """
    if entry.key in known:
        return entry.key
    for key in entry.narrow_keys:
        if key in known:
            return key
    if entry.wide_key is not None and known.get(entry.wide_key) == entry.words_digest:
        return entry.wide_key
    return entry.key


def possible_keys(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield every key under which one of the entries may be stored."""
    for entry in entries:
        yield entry.key
        yield from entry.narrow_keys
        if entry.wide_key is not None:
            yield entry.wide_key


def distinct_keys(keys: Iterable[str]) -> list[str]:
    """Return the keys of one document's entries, made distinct where an entry repeats another's.

    The first keeps its key; none is lost: what they are about is decided by their pages.
    """
    seen: dict[str, int] = {}
    distinct = []
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
        distinct.append(key if seen[key] == 1 else _digest("again", key, str(seen[key])))
    return distinct


def _page(link: str) -> str:
    return (same_page_key(link) or link.strip()) if link else ""


def _key(claim: Claim, page: str, *, guid_is_shared: bool, link_is_shared: bool) -> str:
    guid = claim.guid.strip()
    words = (" ".join(claim.title.split()), claim.published)
    link_is_shared = link_is_shared or is_front_page(claim.link)
    if guid_is_shared and guid:
        return _digest("guid+", guid, page, *(() if page and not link_is_shared else words))
    if guid and _LASTING.match(guid):
        return _digest("guid", guid)
    if page and link_is_shared:
        return _digest("link+", page, *((guid,) if guid else words))
    if page:
        return _digest("link", page)
    if guid:
        return _digest("guid", guid)
    return _digest("words", *words)


def _digest(*parts: str) -> str:
    # The lengths keep ("ab", "c") and ("a", "bc") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
