"""What items share is told without parsing them, as it is told of the parsed ones."""

import time

import pytest

from monitor.extract.cut import cut_items
from monitor.extract.sharing import shared_in
from monitor.policy.identity import ALONE, Sharing


def shared(*items: str) -> list[Sharing]:
    """Return what the items of an RSS feed share."""
    body = f"<rss><channel><title>F</title>{''.join(items)}</channel></rss>".encode()
    cut = cut_items(body)
    assert cut is not None
    return list(shared_in(body, cut))


def item(number: int, extra: str = "") -> str:
    """Return an item with a title and a link of its own."""
    return f"<item><title>T{number}</title><link>https://e.org/{number}</link>{extra}</item>"


def entry(link: str, title: str, guid: str = "") -> str:
    """Return an Atom entry; what is empty is left out."""
    named = f"<id>{guid}</id>" if guid else ""
    return f"<entry>{named}<title>{title}</title>{link}</entry>"


@pytest.mark.parametrize(
    ("items", "guids"),
    [
        ((item(1, "<guid>g</guid>"), item(2, "<guid>g</guid>"), item(3, "<guid>h</guid>")), {0, 1}),
        ((item(1, "<guid>g</guid>"), item(1, "<guid>g</guid>")), set()),
        ((item(1), item(2)), set()),
        (
            ("<item><guid>g</guid><title>a</title></item>", "<item><guid>g</guid><title>b</title></item>"),
            {0, 1},
        ),
        ((item(1, "<guide>g</guide>"), item(2, "<guide>g</guide>")), set()),
        ((item(1, "<guid><![CDATA[g&amp;]]></guid>"), item(2, "<guid> g&#38; </guid>")), {0, 1}),
        ((item(1, "<guid/>"), item(2, "<guid/>")), set()),
        ((entry("<link href='1'/>", "T", "g"), entry("<link href='2'></link>", "T", "g")), {0, 1}),
        (
            (
                entry("<link rel='self' href='0'/><link rel='alternate' href='1'/>", "T", "g"),
                entry("<link rel='self' href='0'/><link rel='alternate' href='2'/>", "T", "g"),
            ),
            {0, 1},
        ),
    ],
)
def test_shared_guids_are_seen_without_parsing(items: tuple[str, ...], guids: set[int]) -> None:
    """A guid beside different links, or titles where there are no links, is shared."""
    assert {at for at, one in enumerate(shared(*items)) if one.guid} == guids


def linked(title: str, link: str, extra: str = "") -> str:
    """Return an item of this title and link."""
    return f"<item><title>{title}</title><link>{link}</link>{extra}</item>"


@pytest.mark.parametrize(
    ("items", "links"),
    [
        (
            (linked("a", "https://e.org/x"), linked("b", "https://e.org/x"), linked("b", "https://e.org/y")),
            {0, 1},
        ),
        ((linked("a", "https://e.org/x"), linked("a", "https://e.org/x")), set()),
        ((linked("a", "https://e.org/x#1"), linked("b", "https://e.org/x#2")), {0, 1}),
        ((linked("a", "https://e.org/x?utm_source=1"), linked("b", "https://e.org/x?utm_source=2")), {0, 1}),
        ((linked("a", "https://e.org/?p=1"), linked("b", "https://e.org/?p=2")), set()),
        ((linked("a", "<![CDATA[https://e.org/x]]>"), linked("b", "https://e.org/x")), {0, 1}),
        (
            (entry("<link href='https://e.org/x'/>", "a"), entry("<link href='https://e.org/x'/>", "b")),
            {0, 1},
        ),
        ((linked("a", ""), linked("b", "")), set()),
    ],
)
def test_shared_links_are_seen_without_parsing(items: tuple[str, ...], links: set[int]) -> None:
    """A page under different titles is shared, whatever its fragment and trackers."""
    assert {at for at, one in enumerate(shared(*items)) if one.link} == links


def test_a_page_under_three_titles_is_nobodys() -> None:
    """Two may be an article listed twice, three are a list of things on one page."""
    page = "https://e.org/notices"
    two = shared(linked("a", page), linked("b", page))
    three = shared(linked("a", page), linked("b", page), linked("c", page), linked("d", "https://e.org/d"))
    assert [one.nobodys_page for one in two] == [False, False]
    assert [one.nobodys_page for one in three] == [True, True, True, False]


def test_the_usual_feed_shares_nothing() -> None:
    """Where guids and links all differ nothing is asked further."""
    assert shared(item(1, "<guid>1</guid>"), item(2, "<guid>2</guid>")) == [ALONE, ALONE]


@pytest.mark.parametrize(
    ("items", "ranks"),
    [
        ((linked("a", "https://e.org/x"), linked("a", "https://e.org/x", "<x/>")), [0, 1]),
        (
            (
                "<item><title>a</title><pubDate>Mon</pubDate></item>",
                "<item><title>a</title><pubDate>Tue</pubDate></item>",
                "<item><title>a</title><pubDate>Tue</pubDate><x/></item>",
            ),
            [0, 0, 1],
        ),
        (("<item><description>a</description></item>", "<item><description>b</description></item>"), [0, 0]),
        (
            (
                "<item><guid>https://e.org/1</guid><title>a</title></item>",
                "<item><guid>https://e.org/1</guid><title>a</title><x/></item>",
            ),
            [0, 1],
        ),
        (
            (
                "<item rdf:about='https://e.org/1'><title>a</title></item>",
                "<item rdf:about='https://e.org/2'><title>a</title></item>",
            ),
            [0, 0],
        ),
    ],
)
def test_what_is_the_same_by_all_that_identifies_has_a_rank(items: tuple[str, ...], ranks: list[int]) -> None:
    """The first keeps its key, the others have theirs by their places."""
    assert [one.rank for one in shared(*items)] == ranks


def test_an_item_of_nothing_but_openings_is_read_in_no_time() -> None:
    """What begins a guid over and over, and never ends one, costs no more than other bytes."""
    begun = time.process_time()
    shared("<item><guid>http://e.org/1</guid>" + "<guid " * 20_000 + "</item>", item(2))
    assert time.process_time() - begun < 3
