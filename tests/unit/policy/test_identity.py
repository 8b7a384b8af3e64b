"""An entry keeps its identity through what feeds do to guids and links."""

import pytest

from monitor.policy.identity import distinct_keys, entry_key

LINK = "https://e.org/2026/story"


def key(
    guid: str | None = None,
    url: str | None = LINK,
    title: str = "Talks begin",
    published: str | None = "2026-11-23",
    *,
    shared: bool = False,
) -> str:
    """Return the key of an entry that differs from the usual one in what is given."""
    return entry_key(guid=guid, url=url, title=title, published=published, guid_is_shared=shared)


@pytest.mark.parametrize("guid", ["https://e.org/?p=5", "tag:e.org,2026:5"])
def test_a_lasting_guid_survives_changes_of_link_and_title(guid: str) -> None:
    """A guid that is an address or a tag URI decides alone."""
    assert key(guid) == key(f" {guid}\n", url="https://e.org/other", title="New title", published=None)
    assert key(guid) != key(guid + "1")


@pytest.mark.parametrize("guid", ["8f14e45f", "urn:uuid:0b3b2d9e-1", "https://", "5"])
def test_the_link_decides_beside_an_opaque_guid(guid: str) -> None:
    """A guid made anew at every poll does not make the entry new."""
    assert key(guid) == key("another") == key(None) == key(title="New title")
    assert key(guid) == key(guid, url="http://www.e.org/2026/story/?utm_source=rss")
    assert key(guid) != key(guid, url="https://e.org/2026/other")


def test_an_opaque_guid_decides_where_there_is_no_link() -> None:
    """Without a link the guid is all there is."""
    assert key("5", url=None) == key("5", url=None, title="New title")
    assert key("5", url=None) != key("6", url=None)


def test_title_and_date_decide_where_there_is_nothing_else() -> None:
    """Without guid and link the words identify, whatever their spacing."""
    assert key(url=None) == key(url=None, title=" Talks  begin")
    assert key(url=None) != key(url=None, published="2026-11-24")
    assert key(url=None, title="") != key(url=None, title="", published=None)


def test_a_shared_guid_does_not_collapse_the_feed() -> None:
    """Where all items bear one guid, the links (or else the words) tell them apart."""
    guid = "https://e.org/"
    assert key(guid, shared=True) != key(guid, url="https://e.org/2026/other", shared=True)
    assert key(guid, url=None, shared=True) != key(guid, url=None, title="Other", shared=True)
    assert key(guid, shared=True) == key(guid, title="Corrected", shared=True)


def test_a_link_that_is_no_web_address_still_identifies() -> None:
    """An odd link is better than none."""
    assert key(url="urn:x:1") != key(url="urn:x:2")


def test_a_guid_of_a_megabyte_is_accepted() -> None:
    """The key is a hash: its length does not grow."""
    assert len(key("g" * 1_000_000, url=None)) == 64


def test_parts_do_not_run_into_one_another() -> None:
    """Where one part ends and the next begins makes a difference."""
    assert key(url=None, title="ab", published="c") != key(url=None, title="a", published="bc")


def test_surrogates_do_not_break_a_key() -> None:
    """A lone surrogate in a guid is no reason to fail."""
    assert key("\ud800", url=None) != key("\ud801", url=None)


def test_repeated_keys_are_told_apart_and_the_first_stays() -> None:
    """An entry listed twice is two entries, of which the first is what it was."""
    distinct = distinct_keys(["a", "b", "a", "a"])
    assert distinct[:2] == ["a", "b"]
    assert len(set(distinct)) == 4
    assert distinct_keys(["a", "a"])[1] == distinct[2]
