"""Globs decide which links of a source count."""

import time

import pytest

from monitor.domain.feeds import ALL_LINKS, LinkRules
from monitor.policy.links import link_counts

HOST = "https://courier.example"


@pytest.mark.parametrize(
    ("only", "never", "path", "expected"),
    [
        ((), (), "/anything", True),
        (("/news/*",), (), "/news/2026/one", True),
        (("/news/*",), (), "/sport/one", False),
        (("/news/*", "/opinion/*"), (), "/opinion/one", True),
        ((), ("/in-the-news/*",), "/in-the-news/quoted", False),
        ((), ("/in-the-news/*",), "/analysis/quoted", True),
        (("/news/*",), ("*/video/*",), "/news/video/one", False),
        (("/news/*",), (), "/news/", True),
        (("/news/*",), (), "/News/one", False),
        (("*id=*",), (), "/show?id=7", True),
        (("/show",), (), "/show?id=7", False),
        (("/a.b",), (), "/aXb", False),
        (("/новости/*",), (), "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1", True),
        (("/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/*",), (), "/новости/1", True),
        (("/",), (), "", True),
        ((), ("https://courier.example/shop*",), "/shop/one", False),
        (("*a*b*c",), (), "/a1b2c3c", True),
        (("*a*b*c",), (), "/a1c2b", False),
        (("*x*c",), (), "/abc", False),
        (("*aba*ba",), (), "/aba", False),
        (("https://other.example/*",), (), "/news/one", False),
    ],
)
def test_a_link_counts_as_its_globs_say(
    *, only: tuple[str, ...], never: tuple[str, ...], path: str, expected: bool
) -> None:
    """Any of `only` and none of `never`; a star stands for anything, all else for itself."""
    assert link_counts(LinkRules(only=only, never=never), HOST + path) is expected


@pytest.mark.parametrize("url", [None, "", "no address", "http://[broken", "urn:isbn:7"])
def test_what_is_no_web_address_matches_nothing(url: str | None) -> None:
    """It is left out where only some links count, and kept where some never do."""
    assert not link_counts(LinkRules(only=("*",)), url)
    assert link_counts(LinkRules(never=("*",)), url)
    assert link_counts(ALL_LINKS, url)


def test_many_stars_cost_no_more_than_a_few() -> None:
    """A glob cannot be made to take long, by whoever wrote it or by a long link."""
    start = time.perf_counter()
    assert not link_counts(LinkRules(only=("*a" * 200 + "*b",)), HOST + "/" + "a" * 2_000)
    assert time.perf_counter() - start < 1
