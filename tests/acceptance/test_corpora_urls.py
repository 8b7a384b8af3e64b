"""Do all the addresses in the corpora stay themselves, and do different pages stay different?"""

import gzip
import html
import posixpath
import re
from collections import defaultdict
from pathlib import Path
from urllib.parse import unquote

import pytest

from monitor.policy.urls import canonical_url, same_page_key

MANY = 80_000
"""How many addresses there are at least: of feeds, lists, sitemaps, and of the pages' own links."""

_ADDRESS = re.compile(rb"https?://[^\s\"'<>\\\]]+")
_AMP_CACHE = re.compile(r"^[a-z0-9-]+\.cdn\.ampproject\.org/c/(?:s/)?")
_SAME_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.")
_USER, _PORT = re.compile(r"^[^/]*@"), re.compile(r":(?:80|443)?$")
_SAYS_NOTHING = re.compile(
    r"utm_|(?:fbclid|gclid|_ga|_gl|ocid|ref_src)(?:=|$)|amp(?:=|$)|outputType=amp$|ref=rss$"
)
_SESSION = re.compile(r";jsessionid=[^/]*$")
_INDEX = re.compile(r"(?:^|/)index\.(?:html?|php)$")
_AMP = re.compile(r"(?:^|/)amp$")


@pytest.fixture(scope="module")
def addresses(corpora: Path) -> frozenset[str]:
    """Every web address that stands anywhere in the corpora, entities decoded."""
    found: set[str] = set()
    for file in corpora.rglob("*"):
        if file.is_file():
            body = file.read_bytes()
            body = gzip.decompress(body) if file.suffix == ".gz" else body
            found.update(html.unescape(one.decode("utf-8", "replace")) for one in _ADDRESS.findall(body))
    assert len(found) >= MANY
    return frozenset(found)


def plain(url: str) -> str:
    """Return what is left of an address without what is known to change nothing; written apart from ours."""
    rest = re.sub(r"^https?://", "", url.split("#", maxsplit=1)[0])
    rest = _AMP_CACHE.sub("", _USER.sub("", rest))
    before, _, query = rest.partition("?")
    host, _, path = before.partition("/")
    host = _SAME_HOST.sub("", _PORT.sub("", host.lower()).rstrip("."))
    path = posixpath.normpath("/" + _SESSION.sub("", unquote(path))).lstrip("/")
    path = _AMP.sub("", _INDEX.sub("", path)).rstrip("/")
    words = [word for word in query.replace("&amp;", "&").split("&") if word]
    kept = sorted(unquote(word) for word in words if not _SAYS_NOTHING.match(word))
    return f"{_ascii(host)}/{path}?{'&'.join(kept)}"


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def test_a_canonical_address_is_final(addresses: frozenset[str]) -> None:
    """Applied twice, nothing more changes, for all of them."""
    changed = {}
    for url in addresses:
        once = canonical_url(url)
        if once is not None and canonical_url(once) != once:
            changed[url] = once
    assert changed == {}


def test_different_pages_stay_different(addresses: frozenset[str]) -> None:
    """Addresses share a key only where scheme, host's spelling, index, AMP, session or trackers differ."""
    spellings: dict[str, set[str]] = defaultdict(set)
    for url in addresses:
        key = same_page_key(url)
        if key is not None:
            spellings[key].add(plain(url))
    merged = {key: found for key, found in spellings.items() if len(found) > 1}
    assert merged == {}
    assert len(spellings) >= MANY


def test_a_canonical_address_leads_to_the_same_page(addresses: frozenset[str]) -> None:
    """The address that is stored has the key of the one it was made of."""
    wrong = {
        url: found
        for url in addresses
        if (found := canonical_url(url)) is not None and same_page_key(found) != same_page_key(url)
    }
    assert wrong == {}
