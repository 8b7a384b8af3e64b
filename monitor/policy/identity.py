"""Which entry of its feed is this?

What identifies an item of a feed is decided here, once. Feeds break every rule there is: the same
guid on every item, a new guid at every poll, no guid at all (reliability.md, P3).
"""

import hashlib
import re
from collections.abc import Iterable

from monitor.policy.urls import same_page_key

# A guid of these forms was meant to last: a web address, or a tag URI (RFC 4151).
_LASTING = re.compile(r"(?:https?://|tag:)[^\s/]", re.IGNORECASE)


def entry_key(
    *, guid: str | None, url: str | None, title: str, published: str | None, guid_is_shared: bool = False
) -> str:
    """Return an entry's identity within its feed: 64 hexadecimal digits, SHA-256.

    The first that holds decides:

    1. a guid that is a web address or a tag URI: it was meant to last, and survives a changed link;
    2. the link (as `same_page_key`): an opaque guid beside it may be made anew at every poll,
       while two entries with one link are one article anyway;
    3. an opaque guid without a link;
    4. the title and the date as written.

    Args:
        guid: what the feed calls the item, of any length; white space around it is ignored.
        url: the item's absolute link.
        title: plain text; where an item has none, the beginning of what it says.
        published: the date as the feed writes it.
        guid_is_shared: other items of the same document bear this guid with other links; then the
            guid says nothing without the link, and without a link not without title and date.
    """
    guid = (guid or "").strip()
    page = (same_page_key(url) or url.strip()) if url else ""
    words = (" ".join(title.split()), published or "")
    if guid_is_shared and guid:
        return _digest("guid+", guid, page, *(() if page else words))
    if guid and _LASTING.match(guid):
        return _digest("guid", guid)
    if page:
        return _digest("link", page)
    if guid:
        return _digest("guid", guid)
    return _digest("words", *words)


def distinct_keys(keys: Iterable[str]) -> list[str]:
    """Return the keys of one document's entries, made distinct where an entry repeats another's.

    The first keeps its key, so that an item listed twice today and once tomorrow stays the same;
    none is lost: what they are about is decided by their pages.
    """
    seen: dict[str, int] = {}
    distinct = []
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
        distinct.append(key if seen[key] == 1 else _digest("again", key, str(seen[key])))
    return distinct


def _digest(*parts: str) -> str:
    # The lengths keep ("ab", "c") and ("a", "bc") apart.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
