"""What do we say of ourselves to an address that a source names or leads to?"""

import pytest

from monitor.domain.feeds import Feed
from monitor.policy.presenting import presented

HEADERS = (("X-Key", "secret"),)


@pytest.mark.parametrize(
    ("declared", "asked", "headers", "signed"),
    [
        ("https://a.example/feed", "https://a.example/1", True, True),
        ("https://a.example/feed", "HTTPS://www.a.example/1", True, True),
        ("https://a.example/feed", "http://a.example/1", True, False),
        ("http://a.example/feed", "http://a.example/1", True, True),
        ("https://a.example/feed", "https://b.example/feed", False, False),
        ("https://a.example/feed", "https://a.example.b.example/feed", False, False),
    ],
)
def test_what_a_source_needs_goes_to_its_own_site(
    declared: str, asked: str, *, headers: bool, signed: bool
) -> None:
    """Headers go to no other site, and a password not in the clear where the source has https."""
    feed = Feed(id="a", url=declared, outlet="A", domain="a.example", headers=HEADERS)
    assert presented(feed, asked, "Basic x") == (HEADERS if headers else (), "Basic x" if signed else None)
