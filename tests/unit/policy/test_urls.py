"""A canonical URL still works when followed, and names its page the same way every time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.policy.urls import MAX_URL, canonical_url, is_front_page, same_page_key, same_site

TOKENS = (
    "https://",
    "http://",
    "HTTP://",
    "user:pw@",
    "Example.ORG",
    "пример.рф",
    "m.news.kz",
    ":443",
    ":8080",
    "/",
    "//",
    "a",
    "news",
    "..",
    ".",
    "%2F",
    "%7e",
    "%",
    "%zz",
    "қазақ",
    " ",
    "index.html",
    "amp",
    "%2e",
    "%61mp",
    ";jsessionid=AB1",
    "?",
    "&",
    "=",
    "id=5",
    "utm_source=x",
    "fbclid=1",
    "ref=rss",
    "ref=5",
    "#frag",
    "#!x",
    "[",
    "]",
    "::1",
    "+",
)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://Example.COM:80/a/../b/./c", "http://example.com/b/c"),
        ("https://example.com:443", "https://example.com/"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("https://user:secret@example.com/x", "https://example.com/x"),
        ("https://example.com./x", "https://example.com/x"),
        ("https://example.com/x#comments", "https://example.com/x"),
        ("https://example.com/a/b/..", "https://example.com/a/"),
        ("https://example.com/../../x", "https://example.com/x"),
        ("https://example.com/%7euser/%d2%9b", "https://example.com/~user/%D2%9B"),
        ("https://example.com/a%2fb", "https://example.com/a%2Fb"),
        ("https://example.com/100%zz", "https://example.com/100%25zz"),
        ("https://example.com/a/%2e%2e/b", "https://example.com/b"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("https://example.com/новость", "https://example.com/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C"),
        ("https://пример.рф/x", "https://xn--e1afmkfd.xn--p1ai/x"),
        ("  https://example.com/x \n", "https://example.com/x"),
        ("https://[2001:db8::1]:8080/x", "https://[2001:db8::1]:8080/x"),
        ("https://example.com/news/index.php", "https://example.com/news/"),
        ("https://example.com/index.php?id=7", "https://example.com/index.php?id=7"),
    ],
)
def test_one_spelling_is_left(url: str, canonical: str) -> None:
    """Scheme, host, port, dot segments, escapes and index files have one spelling."""
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "parameter",
    [
        "utm_source=tg",
        "UTM_Medium=x",
        "fbclid=a1",
        "gclid=x",
        "yclid=5",
        "ysclid=lq",
        "mc_eid=9",
        "_ga=2.1",
        "at_campaign=64",
        "at_medium=RSS",
        "ref=rss",
        "from=twitter",
        "PHPSESSID=abc",
        "sid=0123456789abcdef0123",
        "aspsessionidabcd=x",
        "amp",
        "amp=1",
        "outputType=valid_amp",
        "srsltid=Af",
        "xtor=RSS-3208",
    ],
)
def test_what_changes_nothing_is_dropped(parameter: str) -> None:
    """Trackers, click ids, session ids and AMP switches go, and what stands beside them stays."""
    assert canonical_url(f"https://e.org/x?id=5&{parameter}&b=2") == "https://e.org/x?id=5&b=2"
    assert canonical_url(f"https://e.org/x?{parameter}") == "https://e.org/x"


@pytest.mark.parametrize(
    "query",
    [
        "p=123",
        "id=5&lang=kk",
        "newsid=7",
        "from=Astana&to=Almaty",
        "ref=4711",
        "source=tass",
        "sid=12",
        "b=1&a=2",
        "q=%D2%9B",
        "format=feed",
        "session=spring",
        "amp=12",
        "123456",
        "a=&b=1",
        "year=2026&month=11",
        "oc=5",
        "page=2",
    ],
)
def test_real_parameters_stay_in_their_order(query: str) -> None:
    """A parameter that may choose another page is kept, as it was written."""
    assert canonical_url(f"https://e.org/view?{query}") == f"https://e.org/view?{query}"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://e.org/2026/story/amp/", "https://e.org/2026/story/"),
        ("https://e.org/story.html;jsessionid=A1B2?x=1", "https://e.org/story.html?x=1"),
        ("https://www.google.com/amp/s/e.org/story?id=1", "https://e.org/story?id=1"),
        ("https://www.google.com/amp/e.org", "http://e.org/"),
        ("https://e-org.cdn.ampproject.org/c/s/e.org/story", "https://e.org/story"),
        ("https://www.google.com/search?q=x", "https://www.google.com/search?q=x"),
        ("https://news.google.com/rss/articles/CBMi-x_1", "https://news.google.com/rss/articles/CBMi-x_1"),
    ],
)
def test_wrappers_are_taken_off(url: str, canonical: str) -> None:
    """An AMP page, an AMP cache or a session in the path leads to the page itself."""
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    "url",
    [
        "",
        "story.html",
        "//e.org/x",
        "ftp://e.org/x",
        "javascript:alert(1)",
        "mailto:a@e.org",
        "https://",
        "https:///x",
        "https://e.org:99999/",
        "https://e.org:port/",
        "http://[::1",
        "https://e org/",
        "https://e.org\\@evil.org/",
        "https://e.org/a\nb",
        "https://e.org/\x00",
        "https://e%2Eorg/",
        "https://" + "é" * 80 + ".org/",
        "https://www.google.com/amp/s/e.org:99999/x",
        f"https://e.org/{'x' * MAX_URL}",
        "https://e.org/" + "x" * 9000,
    ],
)
def test_what_is_no_web_address_is_none(url: str) -> None:
    """Other schemes, missing hosts, bad ports, controls, backslashes and giants are refused."""
    assert canonical_url(url) is None
    assert same_page_key(url) is None


@pytest.mark.parametrize(
    "other",
    [
        "http://www.e.org/news/story",
        "https://m.e.org/news/story/",
        "https://e.org/news/story/?utm_source=x",
        "https://amp.e.org/news/story",
        "http://e.org/news/story/index.html",
        "https://e.org/news/story#top",
    ],
)
def test_spellings_of_one_page_share_a_key(other: str) -> None:
    """Scheme, www, mobile and AMP hosts and a trailing slash do not make another page."""
    assert same_page_key(other) == same_page_key("https://e.org/news/story")


def test_other_pages_have_other_keys() -> None:
    """The order of parameters does not matter for comparing, their values do."""
    assert same_page_key("https://e.org/?a=1&b=2") == same_page_key("https://e.org/?b=2&a=1")
    assert same_page_key("https://e.org/?a=1") != same_page_key("https://e.org/?a=2")
    assert same_page_key("https://m.org/") != same_page_key("https://org/")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.e.org/a", "https://e.org/b", True),
        ("https://news.e.org/a", "https://e.org:8080/b", True),
        ("https://m.e.org/", "http://www.e.org/", True),
        ("https://e.org/", "https://the.org/", False),
        ("https://not-e.org/", "https://e.org/", False),
        ("mailto:x", "https://e.org/", False),
        ("https://e.org/", "", False),
    ],
)
def test_a_site_is_a_host_and_what_is_under_it(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """A subdomain belongs to its site, a name that merely ends alike does not."""
    assert same_site(one, other) is same
    assert same_site(other, one) is same


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join))
def test_canonical_is_final(url: str) -> None:
    """Whatever comes in, the answer is None or a web address that stays as it is."""
    found = canonical_url(url)
    if found is not None:
        assert canonical_url(found) == found
        assert found.startswith(("http://", "https://"))
        assert found.isascii()


@pytest.mark.parametrize(
    ("url", "front"),
    [
        ("https://e.org", True),
        ("http://www.e.org/index.html?utm_source=rss#top", True),
        ("https://e.org/news", False),
        ("https://e.org/?p=5", False),
        ("urn:x", False),
        ("", False),
    ],
)
def test_a_front_page_has_neither_path_nor_query(url: str, front: bool) -> None:  # noqa: FBT001
    """Whatever it shows today, it is no article's page."""
    assert is_front_page(url) is front
