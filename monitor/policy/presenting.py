"""What do we say of ourselves to an address that a source names or leads to?"""

from monitor.domain.feeds import Feed
from monitor.policy.urls import same_site


def presented(
    feed: Feed, url: str, authorization: str | None
) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """Return the source's headers and credentials as far as they are for this address.

    They are for the site that its declaration names, wherever the feed moved to and its links lead. What
    signs us in is also never sent in the clear where the source itself is asked by https.
    """
    if not same_site(url, feed.url):
        return (), None
    in_the_clear = _is_secure(feed.url) and not _is_secure(url)
    return feed.headers, None if in_the_clear else authorization


def _is_secure(url: str) -> bool:
    return url.strip().lower().startswith("https:")
