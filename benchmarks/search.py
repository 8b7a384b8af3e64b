"""What does a search of the archive cost beside reading all of it? 100,000 articles, one run.

    PYTHONPATH=. .venv-bench/bin/python benchmarks/search.py [--articles 100000]

Articles of some 300 words are made up from a vocabulary in which common words are common (Zipf) and
names of the pack are rare, and stored as the service stores them. Each query is then answered twice:
by the index and the rules, and by the rules alone over every article. Both must find the same.
"""

import argparse
import logging
import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path

import structlog
from measure import measured

import db
from monitor.domain.articles import Article, DateSource, EntryState
from monitor.domain.feeds import Entry, Feed
from monitor.domain.records import MatchRecord, PollRecord, ReadRecord
from monitor.pipeline.search import search
from monitor.rules import QUERY, Matcher, compile_query
from monitor.settings import load, locate

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
AIM = 0.2
BATCH = 500
WORDS_EACH = 300
NAMES = [
    "Kazakhstan",
    "Astana",
    "Uzbekistan",
    "Tashkent",
    "Bishkek",
    "Dushanbe",
    "Turkmenistan",
    "Brussels",
    "Beijing",
    "Moscow",
    "Ankara",
    "EBRD",
    "Gazprom",
    "Kazatomprom",
    "uranium",
    "lithium",
    "copper",
    "pipeline",
    "railway",
    "corridor",
    "loan",
    "tariff",
    "sanctions",
    "visa",
    "summit",
]
QUERIES = (
    "@kazakhstan NEAR/10 uranium",
    "(@uzbekistan SENTENCE @china) AND railway~ NEAR/5 loan~",
    '"Kazatomprom" AND lithium NOT copper',
    "@central-asia AND @partners AND #minerals",
    "title:pipeline AND (@russia OR @turkiye)",
)


def texts(number: int) -> Iterator[tuple[str, str]]:
    """Yield so many titles and bodies, the same in every run."""
    chance = random.Random(7)
    letters = "abcdefghijklmnoprstuvw"
    common = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(20_000)]
    weights = list(accumulate(1 / rank for rank in range(1, len(common) + 1)))
    for _ in range(number):
        words = chance.choices(common, cum_weights=weights, k=WORDS_EACH)
        for _ in range(chance.randint(0, 6)):
            words[chance.randrange(WORDS_EACH)] = chance.choice(NAMES)
        sentences = [" ".join(words[i : i + 15]).capitalize() + "." for i in range(0, WORDS_EACH, 15)]
        yield " ".join(chance.choices(words, k=8)), " ".join(sentences)


def fill(store: db.SqlStore, matcher: Matcher, number: int) -> None:
    """Store so many articles as polling, reading and matching do."""
    store.remember_feeds(
        [Feed(id="made", url="https://made.example/rss", outlet="M", domain="m.example")], NOW
    )
    made = enumerate(texts(number))
    while batch := list(islice(made, BATCH)):
        (state,) = (row.state for row in store.feed_states())
        entries = tuple(
            Entry(key=f"{i:064x}", guid=None, url=f"https://m.example/{i}", title=title)
            for i, (title, _) in batch
        )
        store.record_polls([PollRecord(state=state, at=NOW, outcome="ok", new=entries)])
        by_title = {f"https://m.example/{i}": one for i, one in batch}
        records = [
            ReadRecord(
                entry_id=pending.id,
                at=NOW,
                state=EntryState.EXTRACTED,
                reason="",
                article=Article(
                    url=pending.url or "",
                    feed_id="made",
                    outlet="M",
                    domain="m.example",
                    title=by_title[pending.url or ""][0],
                    text=by_title[pending.url or ""][1],
                    published=NOW,
                    published_from=DateSource.FEED,
                    lang="en",
                    read_at=NOW,
                ),
            )
            for pending in store.claim_entries(NOW, timedelta(minutes=5), BATCH)
        ]
        store.record_reads(records)
        store.record_matches([_matched(matcher, one.article) for one in _claimed(store)])


def _claimed(store: db.SqlStore):  # noqa: ANN202 - the store's own type
    return store.claim_articles(NOW, timedelta(minutes=5), BATCH)


def _matched(matcher: Matcher, article: Article) -> MatchRecord:
    reading = matcher.read(article.document)
    return MatchRecord(
        article_id=article.id,
        version=article.version,
        at=NOW,
        story_key=f"{article.id:064x}",
        matches=(),
        actors=reading.actors,
        themes=reading.themes,
        search=reading.search,
        tell=lambda _story_id: (),
    )


def scan(store: db.SqlStore, matcher: Matcher) -> list[int]:
    """Return what the query holds for, every article read."""
    ids = store.select_articles(None)
    return [
        article.id
        for start in range(0, len(ids), 100)
        for article in store.articles_of(ids[start : start + 100])
        if matcher.judge(QUERY, article.document) is not None
    ]


def main() -> None:
    """Fill an archive, ask it, and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--articles", type=int, default=100_000)
    arguments.add_argument("--alone", action="store_true", help="no peers: there are none")
    given = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{name}/newsmon.db"
        db.upgrade(url)
        store = db.open_store(url)
        pack = load(locate(None, Path(name)), {}).pack
        fill(store, compile_query(pack, "gas"), given.articles)
        print(f"{given.articles} articles of {WORDS_EACH} words; CPU seconds")
        print(f"{'query':<58}{'found':>7}{'search':>9}{'scan':>9}{'ratio':>8}   aim {AIM}")
        for query in QUERIES:
            matcher = compile_query(pack, query)
            with measured() as searched:
                found = [article.id for article, _ in search(store, matcher, QUERY)]
            with measured() as scanned:
                expected = scan(store, matcher)
            if found != expected:
                raise SystemExit(f"{query}: search finds {len(found)}, reading everything {len(expected)}")
            ratio = searched.cpu / max(scanned.cpu, 0.01)
            print(f"{query:<58}{len(found):>7}{searched.cpu:>9.2f}{scanned.cpu:>9.2f}{ratio:>8.3f}")
        store.close()


if __name__ == "__main__":
    main()
