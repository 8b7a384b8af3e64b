"""Which bytes does an input of a command stand for? Files, addresses, stdin."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.feeds import Feed, FetchResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The bytes of one input, or why there are none."""

    input: str
    url: str
    data: bytes = b""
    content_type: str = ""
    code: str = ""
    problem: str = ""


def bodies(application: "App", inputs: list[str], url: str, feed: "Feed | None" = None) -> Iterator[Body]:
    """Yield the bytes of each input in order; all URLs are fetched side by side first.

    Those on the site of `feed` are asked for with the headers and credentials that it needs.
    """
    from monitor.domain.feeds import FetchRequest
    from monitor.policy.presenting import presented
    from monitor.policy.urls import same_site

    addresses = dict.fromkeys(i for i in inputs if i.startswith(("http://", "https://")))
    requests = [FetchRequest(key=address, url=address, max_bytes=30_000_000) for address in addresses]
    if feed is not None:
        authorization = application.settings.authorizations.get(feed.id)
        requests = [
            replace(
                one,
                headers=headers,
                authorization=signed,
                allow_private=feed.allow_private and same_site(one.url, feed.url),
            )
            for one in requests
            for headers, signed in (presented(feed, one.url, authorization),)
        ]
    fetched = (
        {result.request.key: result for result in application.http.fetch_many(requests)} if requests else {}
    )
    for given in inputs:
        yield _from_network(given, fetched[given]) if given in fetched else _from_file(given, url)


def _from_network(given: str, result: "FetchResult") -> Body:
    from monitor.domain.feeds import Fetched, FetchFailed
    from monitor.policy.pace import describe

    if isinstance(result, Fetched):
        kind = result.headers.get("content-type", "")
        return Body(input=given, url=result.url, data=result.body, content_type=kind)
    if isinstance(result, FetchFailed):
        code = result.fault.value
        problem = describe(result).removeprefix(code).lstrip(": ")
        return Body(input=given, url=given, code=code, problem=problem or "no answer")
    return Body(input=given, url=given, code="protocol", problem="304 without having asked for it")


def _from_file(given: str, url: str) -> Body:
    try:
        data = sys.stdin.buffer.read() if given == "-" else Path(given).read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        if "://" in given:
            reason = "an address begins with http:// or https://"
        return Body(input=given, url=url, code="unreadable", problem=reason)
    return Body(input=given, url=url, data=data)
