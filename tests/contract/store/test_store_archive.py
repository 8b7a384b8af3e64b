"""The archive: articles by words, topic, time and feed, and the journey of a URL."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import (
    HOUR,
    NOW,
    add_articles,
    add_feeds,
    article,
    claim_entries,
    entry,
    match,
    matched,
    poll,
    read,
)

from db import SqlStore
from monitor.domain.articles import EntryState
from monitor.domain.topics import SearchText


def index(store: SqlStore, title: str, body: str, number: int = 1) -> int:
    """Store an article with these prepared words; return its id."""
    (article_id,) = add_articles(store, number)
    words = SearchText(title=tuple(title.split()), body=tuple(body.split()))
    store.record_matches([matched(article_id, search=words)])
    return article_id


def found(store: SqlStore, *phrases: str) -> list[int]:
    """Return the ids of the articles that hold every phrase."""
    return [row.article.id for row in store.articles(search=[phrase.split() for phrase in phrases])]


@pytest.fixture(autouse=True)
def _feeds(store: SqlStore) -> None:
    add_feeds(store, "steppe", "turan")


@pytest.mark.parametrize(
    ("phrases", "hit"),
    [
        (["gas"], True),
        (["union"], True),
        (["gas union"], True),
        (["union gas"], False),
        (["roadmap gas"], False),
        (["astana"], True),
        (["astana", "gas union"], True),
        (["astana", "missing"], False),
        (["kazakhstan"], False),
        (["哈 萨 克"], True),
        (["哈 克"], False),
        (["казах"], False),
        (["казахстан"], True),
        (["o'zbek"], True),
        (["c++"], True),
        (["c"], False),
        (['"quoted"'], True),
        (["back\\slash"], True),
        (["a&b|c!(d):*"], True),
        (["NOT"], False),
        ([], True),
        ([""], True),
    ],
)
def test_articles_are_found_by_prepared_words(store: SqlStore, phrases: list[str], hit: bool) -> None:  # noqa: FBT001 - a column of the table
    """Whole words and phrases, in title or body, whatever signs are in them, alike on both databases."""
    number = index(
        store,
        "astana signs roadmap",
        'gas union казахстан 哈 萨 克 斯 坦 o\'zbek c++ "quoted" back\\slash a&b|c!(d):* i\u0307stanbul',
    )
    assert found(store, *phrases) == ([number] if hit else [])


def test_a_phrase_does_not_cross_from_title_to_body(store: SqlStore) -> None:
    """Title and body are two fields."""
    index(store, "new gas", "union talks")
    assert found(store, "gas union") == []
    assert len(found(store, "gas", "union")) == 1


def test_search_finds_the_present_version_only(store: SqlStore) -> None:
    """Words that a correction took out are not found any more."""
    number = index(store, "old", "words")
    store.record_matches([matched(number, search=SearchText(title=("new",), body=()))])
    assert found(store, "old") == []
    assert found(store, "new") == [number]


def test_endless_words_and_texts_are_indexed_as_far_as_both_databases_can(store: SqlStore) -> None:
    """A word of 5,000 letters is found by itself; a text of a million words by its first ones."""
    (first, second, third) = add_articles(store, 1, 2, 3)
    long_word = "ж" * 5000
    many = tuple(f"слово{number}" for number in range(300_000))
    texts = [(long_word,), many, (*many[:90_000], long_word)]
    for number, body in zip((first, second, third), texts, strict=True):
        store.record_matches([matched(number, search=SearchText(title=("t",), body=body))])
    assert found(store, long_word) == [first]
    assert found(store, "слово0 слово1") == [third, second]
    assert found(store, "слово299999") == []
    assert found(store, "слово") == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(
            st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=8
        ).filter(lambda word: not word.isspace()),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_words_are_stored_are_found(store: SqlStore, words: list[str]) -> None:
    """No word breaks the index or the query, and a text is found by itself as a phrase."""
    number = (_search_articles(store) or [index(store, "t", "b", 9)])[0]
    folded = [word.casefold() for word in words]
    store.record_matches([matched(number, search=SearchText(title=(), body=tuple(folded)))])
    assert [row.article.id for row in store.articles(search=[folded])] == [number]


def _search_articles(store: SqlStore) -> list[int]:
    return [row.article.id for row in store.articles()]


def test_filters_narrow_together(store: SqlStore) -> None:
    """Topic, flag, time and feed; the last one stored comes first; topics come with their relevance."""
    poll(store, entry(4), feed_id="turan")
    first, second, third = add_articles_of(store)
    store.record_matches([matched(first, match("a"), match("b", relevance=90), match("c", flagged=False))])
    store.record_matches([matched(second, match("a", flagged=False))])

    def ids(**filters: object) -> list[int]:
        return [row.article.id for row in store.articles(**filters)]  # type: ignore[arg-type]  # one of many

    assert ids() == [third, second, first]
    assert ids(limit=2) == [third, second]
    assert ids(flagged=True) == [first]
    assert ids(topic="a") == [first]
    assert ids(topic="c") == []
    assert ids(feed_id="turan") == [third]
    assert ids(since=NOW + HOUR) == [third]
    assert ids(since=NOW + 2 * HOUR) == []
    assert ids(topic="a", feed_id="turan") == []
    assert store.articles(topic="a")[0].topics == (("b", 90), ("a", 80))
    assert store.article(999) is None


def add_articles_of(store: SqlStore) -> list[int]:
    """Store two articles of one feed and, an hour later, one of another."""
    first, second = add_articles_keeping(store)
    return [first, second, store.articles(limit=1)[0].article.id]


def add_articles_keeping(store: SqlStore) -> list[int]:
    """Read entries 1 and 2 of `steppe` now, and the one of `turan` an hour later."""
    poll(store, entry(1), entry(2))
    pending = {one.entry.key: one for one in claim_entries(store)}
    own = [read(pending[entry(number).key], article(number)) for number in (1, 2)]
    store.record_reads(own)
    other = article(4, feed_id="turan", read_at=NOW + HOUR)
    store.record_reads([read(pending[entry(4).key], other)])
    return [row.article.id for row in reversed(store.articles())][:2]


def test_a_journey_is_found_by_id_and_by_both_urls(store: SqlStore) -> None:
    """The canonical URL, the URL as listed and the article's id lead to the same journey."""
    poll(store, entry(1, url="https://steppe.example/1?utm_source=rss"))
    (pending,) = claim_entries(store)
    store.record_reads([read(pending, article(1))])
    (row,) = store.articles()
    journey = store.journey(str(row.article.id))
    assert journey is not None
    assert journey.url == "https://steppe.example/1"
    assert store.journey("https://steppe.example/1") == journey
    assert store.journey("https://steppe.example/1?utm_source=rss") == journey


@pytest.mark.parametrize("unknown", ["999", "9" * 30, "², ٣", "https://steppe.example/9", "", "\0", "\ud800"])
def test_an_unknown_url_has_no_journey(store: SqlStore, unknown: str) -> None:
    """Whatever a person types is answered."""
    add_articles(store, 1)
    assert store.journey(unknown) is None


def test_a_listed_entry_has_a_journey_before_it_is_read(store: SqlStore) -> None:
    """What waits is explained as waiting."""
    poll(store, entry(1))
    journey = store.journey("https://steppe.example/1")
    assert journey is not None
    assert (journey.state, journey.title, journey.url) == ("listed", "Title 1", "https://steppe.example/1")
    assert (journey.listed_at, journey.read_at, journey.matches) == (NOW, None, ())


def test_the_entry_that_became_the_article_speaks_for_a_url(store: SqlStore) -> None:
    """Of several entries with one URL, not the duplicate's journey is told."""
    poll(store, entry(1), feed_id="turan")
    poll(store, entry(2, url="https://steppe.example/1"))
    first, second = claim_entries(store)
    store.record_reads([read(first, state=EntryState.GONE, reason="404"), read(second, article(1))])
    journey = store.journey("https://steppe.example/1")
    assert journey is not None
    assert journey.feed_id == "steppe"


def test_pages_that_are_articles_already_are_known(store: SqlStore) -> None:
    """By canonical URL, however many are asked for."""
    first, second = add_articles(store, 1, 2)
    urls = [f"https://steppe.example/{number}" for number in range(1200)]
    assert store.known_pages(urls) == {urls[1]: first, urls[2]: second}
    assert store.known_pages([]) == {}
