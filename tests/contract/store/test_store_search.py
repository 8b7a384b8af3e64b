"""The archive, searched by the topic language: exactly what reading it all would give, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from desks import shipped, shipped_matcher
from store_samples import NOW, add_feeds, article, claim_entries, entry, matched, poll, read

from db import SqlStore
from db.search import CUT_SHORT, LONGEST_WORD
from monitor.demo.drafts import load_outlets
from monitor.domain.articles import Article
from monitor.domain.searching import AllOf, AnyOf, Word
from monitor.domain.topics import Query, SearchText, Topic
from monitor.pipeline.search import Scope, search
from monitor.rules import Matcher, compile_pack

QUERIES = (
    "@central-asia NEAR/5 @partners",
    "@kazakhstan AND (#minerals OR #energy)",
    "@russia SENTENCE #energy NOT #sport",
    "@uzbekistan EXCEPT Tashkent",
    "title:@kazakhstan",
    "first/20:@china",
    "lead:(#trade OR #transport)",
    "ATLEAST/3 @kyrgyzstan",
    "lang:ru AND соглашени*",
    "lang:zh OR lang:kk",
    'Узбекистан~ AND "газ~"',
    "哈萨克斯坦",
    'Özbekistan~ OR "Oʻzbekiston~"',
    "miner* BEFORE/9 agree*",
    "wom?n OR m?n",
    're:"[0-9]+ (million|billion)"',
    're:"[0-9]+ (million|billion)" AND @eu',
    '=EU OR "Trans-Caspian"',
    "words>=80 AND @eu",
    "NOT @central-asia",
    "@central-asia AND @partners AND #cooperation",
    "nothing-has-this-word",
)


def stored(store: SqlStore) -> list[Article]:
    """Put the demo's articles into a store, matched; return them, the oldest first."""
    drafts = [(outlet.lang, draft) for outlet in load_outlets() for draft in outlet.drafts]
    add_feeds(store, "steppe", "turan")
    poll(store, *(entry(number) for number in range(len(drafts))))
    articles = [
        article(number, title=d.title, text=d.text, lang=lang, read_at=NOW - timedelta(hours=number))
        for number, (lang, d) in enumerate(drafts)
    ]
    waiting = claim_entries(store)
    store.record_reads([read(one, a) for one, a in zip(waiting, articles, strict=True)])
    claimed = [one.article for one in store.claim_articles(NOW, timedelta(minutes=5), 1000)]
    rules = shipped_matcher()
    store.record_matches([matched(a.id, search=rules.read(a.document).search) for a in claimed])
    return claimed


@pytest.fixture(scope="module")
def asked() -> Matcher:
    """Every query above, every topic of the pack, every theme and each fifth actor, as topics of one pack."""
    pack = shipped().pack
    names = [f"@{actor.id}" for actor in pack.actors[::5]] + [f"#{theme.id}" for theme in pack.themes]
    queries = [*QUERIES, *names]
    topics = [Topic(id=f"q{n}", name=q, require=Query(text=q), threshold=0) for n, q in enumerate(queries)]
    return compile_pack(replace(pack, topics=(*pack.topics, *topics)))


@pytest.fixture
def archive(store: SqlStore) -> Iterator[tuple[SqlStore, list[Article]]]:
    """A store with the demo's articles in it, and these."""
    return store, stored(store)


def test_search_finds_what_reading_everything_finds(
    archive: tuple[SqlStore, list[Article]], asked: Matcher
) -> None:
    """For every query, name and topic the index leaves out nothing, and the rules decide."""
    store, articles = archive
    holding: dict[str, set[int]] = {topic.id: set() for topic in asked.topics}
    for one in articles:
        for match in asked.read(one.document).matches:
            holding[match.topic_id].add(one.id)
    lost = {
        topic.name: missed
        for topic in asked.topics
        if (missed := holding[topic.id] - set(store.select_articles(asked.sought(topic.id))))
    }
    assert not lost
    for number, query in enumerate(QUERIES):
        found = [one.id for one, _ in search(store, asked, f"q{number}")]
        assert found == sorted(holding[f"q{number}"], reverse=True), query
    assert sum(map(bool, holding.values())) > len(QUERIES)


def test_the_index_sorts_out(archive: tuple[SqlStore, list[Article]], asked: Matcher) -> None:
    """What an index can tell is not read: few articles are left to look at."""
    store, articles = archive
    assert len(store.select_articles(asked.sought("q11"))) < len(articles) / 4


def test_a_search_looks_where_it_is_told_to(archive: tuple[SqlStore, list[Article]], asked: Matcher) -> None:
    """Since an instant, in a source, in a language with its variants; newest first; progress is told."""
    store, articles = archive
    number = QUERIES.index("NOT @central-asia")
    seen: list[tuple[int, int]] = []

    def ids(**scope: Any) -> list[int]:
        found = search(
            store, asked, f"q{number}", Scope(**scope), lambda done, total: seen.append((done, total))
        )
        return [one.id for one, _ in found]

    everything = ids()
    russian = {one.id for one in articles if (one.lang or "").startswith("ru")}
    assert everything == sorted(everything, reverse=True)
    assert set(ids(lang="ru")) == russian & set(everything)
    assert ids(lang="r") == []
    assert ids(feed_id="turan") == []
    recent = NOW - timedelta(hours=10)
    assert set(ids(since=recent)) == {one.id for one in articles if one.read_at >= recent} & set(everything)
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1]


def test_what_the_index_cuts_short_is_always_looked_at(store: SqlStore) -> None:
    """An article too long for the index is among those worth a look, and endless words are sought as cut."""
    add_feeds(store, "steppe")
    poll(store, entry(1), entry(2))
    first, second = claim_entries(store)
    store.record_reads([read(first, article(1)), read(second, article(2))])
    one, other = [claimed.article.id for claimed in store.claim_articles(NOW, timedelta(minutes=5), 9)]
    endless = "ж" * 5000
    many = tuple(f"слово{number}" for number in range(300_000))
    store.record_matches(
        [
            matched(one, search=SearchText(title=(), body=(*many, "last"))),
            matched(other, search=SearchText(title=(endless,), body=("back\\slash", "it's", 'a"b'))),
        ]
    )
    assert store.select_articles(Word(text="last")) == [one]
    assert store.select_articles(Word(text=endless)) == [other, one]
    assert store.select_articles(Word(text=endless[: LONGEST_WORD - 1], open=True)) == [other, one]
    for word in ("back\\slash", "it's", 'a"b'):
        assert store.select_articles(Word(text=word)) == [other, one]
        assert store.select_articles(Word(text=word[:-1], open=True)) == [other, one]
    both = AllOf(parts=(Word(text="it's"), AnyOf(parts=(Word(text="no"), Word(text="back", open=True)))))
    assert store.select_articles(both) == [other, one]
    assert store.select_articles(AllOf(parts=(Word(text="it's"), Word(text="no")))) == [one]
    assert store.select_articles(AnyOf(parts=())) == [one]
    assert store.select_articles(AllOf(parts=(Word(text="it's"), AnyOf(parts=())))) == [one]
    assert CUT_SHORT.isalpha()


def test_articles_come_in_the_order_asked_for(store: SqlStore) -> None:
    """Articles are returned in the order of their ids' list; one that is not there is left out."""
    add_feeds(store, "steppe")
    poll(store, entry(1), entry(2))
    first, second = claim_entries(store)
    store.record_reads([read(first, article(1)), read(second, article(2))])
    one, other = sorted(claimed.article.id for claimed in store.claim_articles(NOW, timedelta(minutes=5), 9))
    assert [a.id for a in store.articles_of([other, 999, one])] == [other, one]
    assert store.select_articles(None) == []  # not matched yet
