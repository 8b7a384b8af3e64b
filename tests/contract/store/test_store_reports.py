"""What reports ask: stories, coverage, counts and days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from store_samples import (
    HOUR,
    NOW,
    add_articles,
    add_feeds,
    article,
    claim_entries,
    entry,
    feed,
    match,
    matched,
    poll,
    read,
)

from db import SqlStore
from monitor.domain.alerts import StoryItem
from monitor.domain.health import Finding, Health, HealthRecord


def test_a_story_is_led_by_its_most_relevant_article(store: SqlStore) -> None:
    """The other outlets follow, each once; below-threshold matches are not shown."""
    add_feeds(store)
    poll(store, *(entry(number) for number in range(1, 6)))
    outlets = ("Steppe", "Turan", "Turan", "Steppe", "Khabar")
    records = [
        read(pending, article(number, outlet=outlet, incomplete="from the feed only" if number == 3 else ""))
        for number, (pending, outlet) in enumerate(zip(claim_entries(store), outlets, strict=True), 1)
    ]
    store.record_reads(records)
    numbers = [row.article.id for row in reversed(store.articles())]
    verdicts = [
        (match(relevance=60),),
        (match(relevance=60),),
        (match("a", relevance=90), match("b")),
        (),
        (),
    ]
    store.record_matches(
        [
            matched(number, *matches, match("low", flagged=False, relevance=99), story_key="s")
            for number, matches in zip(numbers, verdicts, strict=True)
        ]
    )
    stored = store.article(numbers[0])
    assert stored is not None
    assert store.stories([stored.story_id or 0, 999]) == [
        StoryItem(
            story_id=stored.story_id or 0,
            article_id=numbers[2],
            title="Title 3",
            url="https://steppe.example/3",
            outlet="Turan",
            published=NOW - HOUR,
            lang="en",
            matches=(match("a", relevance=90), match("b")),
            topics=(("a", "a"), ("b", "b")),
            also=(("Steppe", "https://steppe.example/1"), ("Khabar", "https://steppe.example/5")),
            actors=(("kazakhstan", "Kazakhstan"),),
            themes=(("minerals", "critical minerals"),),
            incomplete="from the feed only",
        )
    ]


def test_stories_come_in_the_order_asked_for(store: SqlStore) -> None:
    """Also many of them; a story without a flagged article is shown, too."""
    add_feeds(store)
    numbers = add_articles(store, *range(1, 31))
    store.record_matches([matched(number) for number in numbers])
    ids = [stored.story_id or 0 for number in reversed(numbers) if (stored := store.article(number))]
    items = store.stories(ids)
    assert [item.story_id for item in items] == ids
    assert items[0].matches == ()
    assert store.stories([]) == []


def test_coverage_names_the_feeds_that_do_not_deliver(store: SqlStore) -> None:
    """Each with the worst of its open episodes that concern a reader; removed feeds are not named."""
    add_feeds(store, "gone", "silent", "well", "over", "removed")
    states = {
        "gone": [(Health.GONE, NOW - 99 * HOUR, "status 410"), (Health.SILENT, NOW - 99 * HOUR, "")],
        "silent": [(Health.SILENT, NOW - 24 * HOUR, "usually 14 a day"), (Health.MOVED, NOW, "")],
        "well": [(Health.CLOCK_SKEW, NOW, "5 h ahead")],
        "over": [(Health.FAILING, NOW - HOUR, "timeout")],
        "removed": [(Health.GONE, NOW, "")],
    }
    found = {
        name: tuple(Finding(state=state, since=since, evidence=shown) for state, since, shown in of)
        for name, of in states.items()
    }
    store.record_health([HealthRecord(feed_id=n, at=NOW, findings=f) for n, f in found.items()])
    store.record_health([HealthRecord(feed_id="over", at=NOW + HOUR, findings=())])
    store.remember_feeds([feed(name) for name in states if name != "removed"], NOW)
    assert [(note.feed_id, note.outlet, note.text) for note in store.coverage()] == [
        (
            "gone",
            "Gone",
            "gone for good since 19 Nov 2026, 06:00 UTC: the outlet ended this feed; look for another",
        ),
        (
            "silent",
            "Silent",
            "nothing new since 22 Nov 2026, 09:00 UTC (usually 14 a day): what it published may be missing",
        ),
    ]


def test_counts_are_of_the_half_open_window(store: SqlStore) -> None:
    """A feed polled twice counts once; the end of the window belongs to the next one."""
    add_feeds(store, "a", "b", "steppe")
    poll(store, feed_id="a")
    poll(store, feed_id="a", at=NOW + HOUR / 2)
    poll(store, feed_id="b", at=NOW + HOUR)
    add_articles(store, 1, 2)
    assert store.counts_since(NOW, NOW + HOUR) == (2, 2)
    assert store.counts_since(NOW + HOUR, NOW + 2 * HOUR) == (1, 0)


@pytest.mark.parametrize(
    ("timezone", "expected"),
    [
        ("UTC", [("2026-10-24", 0), ("2026-10-25", 3), ("2026-10-26", 1)]),
        # There the 25th lasts from 22:00 UTC to 23:00 UTC, 25 hours.
        ("Europe/Paris", [("2026-10-24", 0), ("2026-10-25", 3), ("2026-10-26", 1)]),
        ("Asia/Almaty", [("2026-10-24", 0), ("2026-10-25", 2), ("2026-10-26", 2)]),
    ],
)
def test_flagged_stories_count_on_their_local_day(
    store: SqlStore, timezone: str, expected: list[tuple[str, int]]
) -> None:
    """A story counts once, on the day it was first flagged; quiet days are zeros."""
    add_feeds(store)
    numbers = add_articles(store, 1, 2, 3, 4, 5)
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    moments = [start, start + timedelta(hours=12), start + timedelta(hours=22), start + timedelta(hours=26)]
    for number, at in zip(numbers[:4], moments, strict=True):
        store.record_matches([matched(number, match(), at=at)])
    store.record_matches([matched(numbers[0], match(), at=start + timedelta(hours=26))])
    store.record_matches([matched(numbers[4], at=start)])
    assert store.flagged_per_day(date(2026, 10, 24), date(2026, 10, 26), timezone) == expected
