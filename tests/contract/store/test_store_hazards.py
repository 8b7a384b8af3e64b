"""Poison, locks and failures: the same answer on both databases, and nothing half done."""

import json
import random
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from sqlalchemy import event, text
from store_samples import (
    EVIDENCE,
    HOUR,
    LEASE,
    NOW,
    add_articles,
    add_feeds,
    article,
    at_once,
    claim_entries,
    delivery,
    digest_delivery,
    entry,
    feed,
    match,
    matched,
    poll,
    read,
)

from db import SqlStore, check, open_store
from monitor.domain.alerts import DeliveryState, Message
from monitor.domain.articles import EntryState
from monitor.domain.errors import StoreBusy, StoreError
from monitor.domain.records import ReadRecord
from monitor.domain.topics import ClauseResult, Mention, Quote, SearchText

POISON = {"a NUL": "a\0b", "a surrogate": "a\ud800b"}

# What is refused, by the column that the error must name. Each breaks one text of one record.
REFUSED: dict[str, Callable[[SqlStore, str], object]] = {
    "feeds.outlet": lambda store, bad: store.remember_feeds([feed(outlet=bad)], NOW),
    "feeds.id": lambda store, bad: store.remember_feeds([feed(id=bad)], NOW),
    "first_seen.id": lambda store, bad: store.remember_first_seen("topic", ["good", bad], NOW),
    "feeds.last_error": lambda store, bad: poll(
        store, state=replace(store.feed_states()[0].state, last_error=bad)
    ),
    "polls.message": lambda store, bad: poll(store, message=bad),
    "entries.title": lambda store, bad: poll(store, entry(5), entry(6, title=bad)),
    "entries.content": lambda store, bad: poll(store, updated=(entry(1, content=bad),)),
    "entries.key": lambda store, bad: poll(store, entry(5, key=bad)),
    "entries.reason": lambda store, bad: store.record_reads([_plain_read(reason=bad)]),
    "entries.fetch_note": lambda store, bad: store.record_reads([_plain_read(fetch_note=bad)]),
    "articles.author": lambda store, bad: store.record_reads([_plain_read(article=article(1, author=bad))]),
    "article_versions.text": lambda store, bad: store.record_reads(
        [_plain_read(article=article(1, text=bad))]
    ),
    "stories.text_key": lambda store, bad: store.record_matches([matched(1, story_key=bad)]),
    "matches.topic_id": lambda store, bad: store.record_matches([matched(1, match(bad))]),
    "matches.clauses": lambda store, bad: store.record_matches(
        [matched(1, match(clauses=(ClauseResult(kind="require", when=bad, held=True),)))]
    ),
    "matches.evidence": lambda store, bad: store.record_matches(
        [matched(1, match(evidence=(replace(EVIDENCE, text=bad),)))]
    ),
    "matches.quotes": lambda store, bad: store.record_matches(
        [matched(1, match(quotes=(Quote(field="body", start=0, end=3, text=bad),)))]
    ),
    "articles.actors": lambda store, bad: store.record_matches(
        [matched(1, actors=(Mention(id="a", name=bad, count=1),))]
    ),
    "search.body": lambda store, bad: store.record_matches(
        [matched(1, search=SearchText(title=(), body=(bad,)))]
    ),
    "alerts.reason": lambda store, bad: store.record_matches(
        [matched(1, tell=[replace(at_once(1), alert=replace(at_once(1).alert, reason=bad))])]
    ),
    "deliveries.address": lambda store, bad: store.record_digest(digest_delivery(address=bad), []),
    "deliveries.message": lambda store, bad: store.record_digest(
        digest_delivery(message=Message(subject=bad, text="", html="")), []
    ),
    "deliveries.last_error": lambda store, bad: store.record_delivery(1, DeliveryState.TODO, NOW, error=bad),
    "heartbeats.stage": lambda store, bad: store.heartbeat(bad, NOW),
    "snapshots.files": lambda store, bad: store.save_snapshot("d", bad, NOW),
    "search": lambda store, bad: store.articles(search=[["good"], [bad]]),
}


def _plain_read(**changes: object) -> ReadRecord:
    fields = {"entry_id": 1, "at": NOW, "state": EntryState.EXTRACTED, "reason": ""}
    return ReadRecord(**(fields | changes))  # type: ignore[arg-type]  # what a test changes


def rows(store: SqlStore) -> dict[str, int]:
    """Return the number of rows of every table."""
    with store.database.reading() as connection:
        tables = [
            "feeds",
            "polls",
            "entries",
            "articles",
            "article_versions",
            "stories",
            "matches",
            "alerts",
            "deliveries",
        ]
        counts = {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar() for name in tables}
    return {name: count or 0 for name, count in counts.items()}


@pytest.mark.hazard("P2")
@pytest.mark.parametrize("column", REFUSED)
@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_poison_is_refused_by_name_and_nothing_is_stored(store: SqlStore, column: str, poison: str) -> None:
    """What one database could not hold is refused by both, with the column's name."""
    add_feeds(store)
    add_articles(store, 1)
    before = rows(store)
    with pytest.raises(ValueError, match=rf"^{column} holds a (NUL|lone surrogate)"):
        REFUSED[column](store, poison)
    assert rows(store) == before


@pytest.mark.parametrize(
    ("column", "act"),
    [
        ("entries.key", lambda store, long: poll(store, entry(5, key=long))),
        ("feeds.id", lambda store, long: store.remember_feeds([feed(id=long)], NOW)),
        ("stories.text_key", lambda store, long: store.record_matches([matched(1, story_key=long)])),
        ("deliveries.occasion", lambda store, long: store.record_digest(digest_delivery(date=long), [])),
    ],
)
def test_a_key_that_one_database_could_not_index_is_refused(
    store: SqlStore, column: str, act: Callable[[SqlStore, str], object]
) -> None:
    """PostgreSQL refuses long keys when it is too late; here both refuse them at once."""
    add_feeds(store)
    with pytest.raises(ValueError, match=f"^{column} is longer than 200 characters"):
        act(store, "k" * 201)


def test_a_backslash_before_u0000_is_no_poison(store: SqlStore) -> None:
    """Text about NUL is not NUL."""
    add_feeds(store)
    (number,) = add_articles(store, 1)
    verdict = match(evidence=(replace(EVIDENCE, text="\\u0000"),))
    store.record_matches([matched(number, verdict)])
    journey = store.journey(str(number))
    assert journey is not None
    assert journey.matches == (verdict,)


@pytest.mark.hazard("P2")
def test_hostile_rows_come_back_unchanged(store: SqlStore) -> None:
    """Five hundred rows of controls, noncharacters, scripts and lengths are stored alike by both."""
    chance = random.Random(8)
    letters = [chr(n) for n in (1, 7, 8, 9, 11, 27, 127, 133, 0x200B, 0x202E, 0x2028, 0xFDD0, 0xFEFF, 0xFFFF)]
    letters += [
        "\r\n",
        "'",
        '"',
        "\\",
        "%s",
        ":x",
        "--",
        ";",
        "哈",
        "Қ",
        "🇰🇿",
        "e\u0301",
        chr(0x10FFFF),
        "\x1b[31m",
    ]

    def word() -> str:
        return "".join(chance.choices(letters, k=chance.randint(1, 40))) * chance.choice((1, 1, 1, 200))

    hostile = [
        entry(
            number,
            guid=word(),
            url=f"https://steppe.example/{number}/" + word(),
            title=word(),
            author=word(),
            published=chance.choice((datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC), None)),
            published_raw=word(),
            summary=word(),
            content=word(),
        )
        for number in range(500)
    ]
    add_feeds(store)
    poll(store, *hostile)
    pending = claim_entries(store, limit=500)
    assert [one.entry for one in pending] == hostile
    store.record_reads(
        [
            read(one, article(n, url=one.url, title=one.entry.title, text=one.entry.content))
            for n, one in enumerate(pending)
        ]
    )
    stored = store.articles(limit=500)
    assert [row.article.text for row in reversed(stored)] == [one.content for one in hostile]


def test_a_datetime_that_is_not_utc_never_reaches_the_database(store: SqlStore) -> None:
    """Neither a naive one nor another zone's is taken for UTC."""
    for wrong in (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=5)))):  # noqa: DTZ001 - the point
        with pytest.raises((StoreError, ValueError)):
            store.heartbeat("poll", wrong)
    assert store.status(NOW).heartbeats == {}


@pytest.mark.hazard("D2")
def test_a_lock_held_by_another_process_is_busy_and_changes_nothing(database_url: str) -> None:
    """After the busy time a writer gives up with StoreBusy, readers go on, and a second try succeeds."""
    store = open_store(database_url, busy=timedelta(seconds=0.2))
    add_feeds(store)
    release = _lock(store, database_url)
    assert len(store.feed_states()) == 1
    with pytest.raises(StoreBusy):
        poll(store, entry(1))
    assert store.feed_states()[0].entries == 0
    release()
    poll(store, entry(1))
    assert store.feed_states()[0].entries == 1
    store.close()


def _lock(store: SqlStore, url: str) -> Callable[[], None]:
    """Lock the table of feeds against writers, as another process would; return what lets go."""
    if store.database.file:
        other = sqlite3.connect(store.database.file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        def release() -> None:
            other.rollback()
            other.close()

        return release
    connection = psycopg.connect(url)
    connection.execute("LOCK TABLE feeds IN SHARE MODE")
    return connection.close


def test_a_thread_that_does_not_let_go_makes_the_others_busy(sqlite_url: str) -> None:
    """Writers of one process queue, but not for ever."""
    store = open_store(sqlite_url, busy=timedelta(seconds=0.1))
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with store.database.writing():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait(10)
    with pytest.raises(StoreBusy, match="another thread"):
        store.heartbeat("poll", NOW)
    leave.set()
    thread.join()
    store.heartbeat("poll", NOW)
    store.close()


def test_more_readers_than_connections_are_busy(sqlite_url: str) -> None:
    """Running out of connections is no bug of the database's: try again."""
    store = open_store(sqlite_url)
    pool = store.database.engine.pool
    pool._timeout = 0.05
    held = [store.database.engine.connect() for _ in range(pool.size() + pool._max_overflow)]
    with pytest.raises(StoreBusy, match="connections"):
        store.feed_states()
    for connection in held:
        connection.close()
    store.close()


@pytest.mark.hazard("D2")
def test_no_update_is_lost_among_many_writers(database_url: str) -> None:
    """Eight threads on two stores count five hundred polls, and all of them are counted."""
    stores = [open_store(database_url), open_store(database_url)]
    add_feeds(stores[0])
    state = stores[0].feed_states()[0].state
    errors: list[Exception] = []

    def work(store: SqlStore) -> None:
        try:
            for _ in range(50):
                poll(store, state=state)
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(stores[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert stores[0].feed_states()[0].polls == 400
    for store in stores:
        store.close()


def test_a_database_that_breaks_is_a_store_error(database_url: str) -> None:
    """A table that is gone is told as StoreError, without the values of the statement."""
    store = open_store(database_url)
    with store.database.writing() as connection:
        connection.execute(text("ALTER TABLE heartbeats RENAME TO elsewhere"))
    try:
        with pytest.raises(StoreError, match=r"the database failed: .*heartbeats") as caught:
            store.heartbeat("secret-stage", NOW)
        assert "secret-stage" not in str(caught.value)
        assert not isinstance(caught.value, StoreBusy)
    finally:
        with store.database.writing() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO heartbeats"))
        store.close()


@pytest.mark.hazard("D3")
def test_every_step_that_dies_leaves_the_database_as_it_was(store: SqlStore, database_url: str) -> None:
    """However far a record got before it was killed, none of it is there, and a second try does all of it."""
    add_feeds(store)

    def read_all() -> None:
        waiting = {one.id: int(one.entry.key, 16) for one in claim_entries(store, limit=9)}
        listed.update(waiting)
        store.record_reads(
            [_plain_read(entry_id=number, article=article(key)) for number, key in listed.items()]
        )

    def match_all() -> None:
        first, second = sorted(row.article.id for row in store.articles())
        store.record_matches([matched(first, match(), tell=[at_once(1)]), matched(second, match())])

    listed: dict[int, int] = {}
    acts: list[Callable[[], object]] = [
        lambda: poll(store, entry(1), entry(2), updated=(entry(3),)),
        read_all,
        match_all,
        lambda: store.record_digest(digest_delivery(), [1, 2]),
    ]
    for act in acts:
        before = rows(store)
        steps = 0
        while _dies_at(store, steps, act):
            assert rows(store) == before
            steps += 1
        assert rows(store) != before
        assert steps >= 2
    assert check(database_url) == []
    assert (rows(store)["alerts"], rows(store)["deliveries"]) == (1, 2)


class _Killed(BaseException):
    """Stands for a process that ends between two statements."""


def _dies_at(store: SqlStore, step: int, act: Callable[[], object]) -> bool:
    """Run `act`, dying before its statement number `step`; return whether it came that far."""
    seen = 0

    def count(*_arguments: object) -> None:
        nonlocal seen
        if not _is_read(_arguments[2]):
            if seen == step:
                raise _Killed
            seen += 1

    engine = store.database.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        act()
    except _Killed:
        return True
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return False


def _is_read(statement: object) -> bool:
    return str(statement).lstrip().startswith(("SELECT", "BEGIN"))


@pytest.mark.hazard("D4")
def test_what_is_acknowledged_is_on_disk(sqlite_url: str) -> None:
    """The settings that make a commit last through a power cut are in force on every connection."""
    store = open_store(sqlite_url)
    with store.database.reading() as first, store.database.writing() as second:
        for connection in (first, second):
            settings = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
            assert settings == {
                "journal_mode": "wal",
                "synchronous": 2,
                "foreign_keys": 1,
                "busy_timeout": 30_000,
            }
    store.close()


def test_json_in_the_database_is_readable(store: SqlStore) -> None:
    """Another program reads matches and messages without our code."""
    add_feeds(store)
    (number,) = add_articles(store, 1)
    store.record_matches([matched(number, match(), tell=[at_once(1)])])
    with store.database.reading() as connection:
        evidence = connection.execute(text("SELECT evidence FROM matches")).scalar_one()
        message = connection.execute(text("SELECT message FROM deliveries")).scalar_one()
    assert json.loads(evidence) == [
        {"field": "body", "start": 5, "end": 11, "text": "Астана", "label": "kazakhstan"}
    ]
    assert json.loads(message)["subject"] == delivery().message.subject
    assert "Тақырып" in message
    assert store.claim_deliveries(NOW + HOUR, LEASE, 1)[0].message == delivery().message
