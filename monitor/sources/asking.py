"""How is any kind of source asked whether it changed?"""

from monitor.domain.feeds import Feed, FeedState, FetchRequest


def conditional(
    feed: Feed, state: FeedState, *, accept: str, max_bytes: int, robots: bool = False
) -> FetchRequest:
    """Return the conditional request that polls a source; its key is the source's id.

    The URL is the one the source moved to, if it did. What the source needs besides (headers,
    credentials) is added by who knows the secrets.
    """
    return FetchRequest(
        key=feed.id,
        url=state.url,
        etag=state.etag,
        last_modified=state.last_modified,
        accept=accept,
        max_bytes=max_bytes,
        robots=robots,
        allow_private=feed.allow_private,
    )
