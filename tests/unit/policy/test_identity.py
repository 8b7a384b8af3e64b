"""An entry keeps its identity through what feeds do to guids, links and neighbours."""

import time

import pytest

from monitor.domain.feeds import Entry
from monitor.policy.identity import (
    ALONE,
    Claim,
    Sharing,
    distinct_keys,
    identify,
    possible_keys,
    sharing,
    stored_key,
)

LINK = "https://e.org/2026/story"
DAY = "2026-11-23"
BOTH = Sharing(guid=True, link=True)


def claim(guid: str = "", link: str = LINK, title: str = "Talks begin", published: str = DAY) -> Claim:
    """Return a claim that differs from the usual one in what is given."""
    return Claim(guid=guid, link=link, title=title, published=published)


def key(
    guid: str = "",
    link: str = LINK,
    title: str = "Talks begin",
    published: str = DAY,
    shared: Sharing = ALONE,
) -> str:
    """Return the key of an entry that makes this claim."""
    return identify(claim(guid, link, title, published), shared).key


@pytest.mark.parametrize("guid", ["https://e.org/?p=5", "tag:e.org,2026:5"])
def test_a_lasting_guid_survives_changes_of_link_and_title(guid: str) -> None:
    """A guid that is an address or a tag URI decides alone."""
    assert key(guid) == key(f" {guid}\n", link="https://e.org/other", title="New title", published="")
    assert key(guid) != key(guid + "1")


@pytest.mark.parametrize("guid", ["8f14e45f", "urn:uuid:0b3b2d9e-1", "https://", "5"])
def test_the_link_decides_beside_an_opaque_guid(guid: str) -> None:
    """A guid made anew at every poll does not make the entry new."""
    assert key(guid) == key("another") == key() == key(title="New title")
    assert key(guid) == key(guid, link="http://www.e.org/2026/story/?utm_source=rss")
    assert key(guid) != key(guid, link="https://e.org/2026/other")


def test_an_opaque_guid_decides_where_there_is_no_link() -> None:
    """Without a link the guid is all there is."""
    assert key("5", link="") == key("5", link="", title="New title")
    assert key("5", link="") != key("6", link="")


def test_title_and_date_decide_where_there_is_nothing_else() -> None:
    """Without guid and link the words identify, whatever their spacing."""
    assert key(link="") == key(link="", title=" Talks  begin")
    assert key(link="") != key(link="", published="2026-11-24")
    assert key(link="", title="") != key(link="", title="", published="")


def test_a_shared_guid_does_not_collapse_the_feed() -> None:
    """Where all items bear one guid, the links (or else the words) tell them apart."""
    guid, shared = "https://e.org/", Sharing(guid=True)
    assert key(guid, shared=shared) != key(guid, link="https://e.org/2026/other", shared=shared)
    assert key(guid, link="", shared=shared) != key(guid, link="", title="Other", shared=shared)
    assert key(guid, shared=shared) == key(guid, title="Corrected", shared=shared)


def test_a_shared_link_does_not_collapse_the_feed() -> None:
    """Where items lead to one page, their guids (or else the words) tell them apart."""
    shared = Sharing(link=True)
    assert key("5", shared=shared) != key("6", shared=shared)
    assert key("5", shared=shared) == key("5", title="Corrected", shared=shared)
    assert key(shared=shared) != key(title="Other", shared=shared)
    assert key("https://e.org/?p=5", shared=shared) == key("https://e.org/?p=5")


def test_where_guid_and_link_are_shared_the_words_decide() -> None:
    """One guid and one link for all leave title and date."""
    assert key("5", shared=BOTH) != key("5", title="Other", shared=BOTH)


@pytest.mark.parametrize("front", ["https://e.org", "http://www.e.org/", "https://e.org/#top"])
def test_a_front_page_identifies_nothing(front: str) -> None:
    """Each poll may show another item that leads there: none is the last one changed."""
    assert key("5", link=front) != key("6", link=front)
    assert key(link=front) != key(link=front, title="Other")
    assert key(link=front) != key(link="")


def test_a_link_that_is_no_web_address_still_identifies() -> None:
    """An odd link is better than none."""
    assert key(link="urn:x:1/") != key(link="urn:x:2/")


def test_a_guid_of_a_megabyte_is_accepted() -> None:
    """The key is a hash: its length does not grow."""
    assert len(key("g" * 1_000_000, link="")) == 64


def test_parts_do_not_run_into_one_another() -> None:
    """Where one part ends and the next begins makes a difference."""
    assert key(link="", title="ab", published="c") != key(link="", title="a", published="bc")


def test_surrogates_do_not_break_a_key() -> None:
    """A lone surrogate in a guid is no reason to fail."""
    assert key("\ud800", link="") != key("\ud801", link="")


def test_repeated_keys_are_told_apart_and_the_first_stays() -> None:
    """An entry listed twice is two entries, of which the first is what it was."""
    distinct = distinct_keys(["a", "b", "a", "a"])
    assert distinct[:2] == ["a", "b"]
    assert len(set(distinct)) == 4
    assert distinct_keys(["a", "a"])[1] == distinct[2]


def test_what_repeats_another_has_a_key_by_its_rank() -> None:
    """The second of two equal items is not the first one changed, and has no other key."""
    found = sharing([claim(), claim(), claim(link="https://e.org/other")])
    assert [one.rank for one in found] == [0, 1, 0]
    second = identify(claim(), found[1])
    assert second.key != key()
    assert (second.narrow, second.wide) == ((), None)


def stored(identity_of: Claim, shared: Sharing = ALONE, summary: str = "") -> Entry:
    """Return the entry that makes this claim."""
    found = identify(identity_of, shared)
    return Entry(
        key=found.key,
        guid=identity_of.guid,
        url=identity_of.link,
        title=identity_of.title,
        summary=summary,
        narrow_keys=found.narrow,
        wide_key=found.wide,
    )


@pytest.mark.parametrize("shared", [Sharing(guid=True), Sharing(link=True), BOTH])
@pytest.mark.parametrize("guid", ["5", "https://e.org/?p=5", ""])
@pytest.mark.parametrize("link", [LINK, ""])
def test_an_entry_is_found_again_when_its_neighbours_leave(guid: str, link: str, shared: Sharing) -> None:
    """What was shared and is no longer is the same entry, also with new words."""
    before = stored(claim(guid, link), shared)
    after = stored(claim(guid, link), summary="Longer now")
    known = {before.key: before.words_digest}
    assert stored_key(after, known) == before.key
    assert set(known) <= set(possible_keys([after]))


@pytest.mark.parametrize("shared", [Sharing(guid=True), Sharing(link=True), BOTH])
def test_an_entry_is_found_again_when_neighbours_come(shared: Sharing) -> None:
    """What was alone and is shared now is the same entry where its words are the same."""
    before = stored(claim("https://e.org/?p=5" if shared.guid else "5"))
    known = {before.key: before.words_digest}
    same = stored(claim(before.guid or ""), shared)
    other = stored(claim(before.guid or "", title="Another"), shared)
    assert stored_key(same, known) == before.key
    assert stored_key(other, known) == other.key
    assert set(known) <= set(possible_keys([other]))


def test_a_new_entry_keeps_its_own_key() -> None:
    """Nothing known, nothing changed; and what is known under its own key stays there."""
    entry = stored(claim("5"))
    assert stored_key(entry, {}) == entry.key
    assert stored_key(entry, {entry.key: "x", entry.narrow_keys[0]: "y"}) == entry.key


def test_a_document_of_one_link_only_is_read_in_no_time() -> None:
    """What each item shares is told without looking at all the others again."""
    claims = [Claim(link="https://a.example/x", title=str(number)) for number in range(20_000)]
    begun = time.process_time()
    assert all(shared.nobodys_page for shared in sharing(claims))
    assert time.process_time() - begun < 3
