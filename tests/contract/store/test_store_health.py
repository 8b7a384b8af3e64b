"""What is remembered of the health of sources, on either database?"""

from dataclasses import replace
from datetime import datetime, timedelta

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
    poll,
    read,
)

from db import SqlStore
from monitor.domain.alerts import Delivery, Kind, Message
from monitor.domain.articles import EntryState
from monitor.domain.feeds import Rhythm
from monitor.domain.health import Episode, Finding, Health, HealthRecord, PageFact

DAY = timedelta(days=1)


def look(store: SqlStore, *findings: Finding, at: datetime = NOW, feed_id: str = "steppe") -> None:
    """Record a look at a feed."""
    store.record_health([HealthRecord(feed_id=feed_id, at=at, findings=findings)])


def held(store: SqlStore, since: datetime = NOW - DAY) -> list[tuple[Health, datetime, datetime | None, str]]:
    """Return what is known to hold, or to have held."""
    return [(e.state, e.since, e.until, e.evidence) for e in store.episodes(since)]


def silence(since: datetime = NOW - DAY, evidence: str = "usually 14 a day") -> Finding:
    """Return that a feed is silent."""
    return Finding(state=Health.SILENT, since=since, evidence=evidence, advice="Open its site.")


def test_evidence_holds_what_is_judged(store: SqlStore) -> None:
    """Memory, last poll, polls with news of 28 days, latest pages and episodes, for each feed asked for."""
    add_feeds(store, "steppe", "other")
    add_articles(store, 1, incomplete="teaser")
    poll(store, entry(8), feed_id="other", at=NOW - 29 * DAY)
    poll(store, entry(9), feed_id="other", at=NOW - 2 * HOUR)
    poll(store, at=NOW + HOUR, outcome="timeout", status=504)
    found = store.health_evidence(["steppe", "other", "unknown"], NOW + 2 * HOUR)
    assert sorted(found) == ["other", "steppe"]
    steppe = found["steppe"]
    assert (steppe.added_at, steppe.watched_at, steppe.last_entry) == (NOW, None, NOW)
    assert (steppe.status, steppe.outcome, steppe.state.last_polled) == (504, "timeout", NOW + HOUR)
    assert steppe.news == ((NOW, 1),)
    text = "Text 1.\n\nIn two paragraphs."
    assert steppe.pages == (
        PageFact(at=NOW, print=f"{len(text)} {text}", length=len(text), lang="en", incomplete="teaser"),
    )
    assert found["other"].news == ((NOW - 2 * HOUR, 1),)
    assert store.health_evidence([], NOW) == {}
    unpolled = store.health_evidence(["steppe"], NOW + 40 * DAY)["steppe"]
    assert unpolled.news == ()


def test_pages_tell_why_there_is_no_text(store: SqlStore) -> None:
    """What was forbidden, what is gone; what is not read yet, and another entry's article, say nothing."""
    add_feeds(store)
    poll(store, *(entry(number) for number in range(1, 6)))
    waiting = claim_entries(store)
    ends = (EntryState.BLOCKED, EntryState.GONE, EntryState.FAILED, EntryState.DUPLICATE)
    store.record_reads(
        [
            read(one, state=state, reason=f"page {state}", at=NOW + HOUR * place)
            for place, (one, state) in enumerate(zip(waiting, ends, strict=False))
        ]
    )
    pages = store.health_evidence(["steppe"], NOW)["steppe"].pages
    assert [(page.lost, page.refused, page.at) for page in pages] == [
        ("page failed", False, NOW + 2 * HOUR),
        ("page gone", False, NOW + HOUR),
        ("page blocked", True, NOW),
    ]


def test_only_the_latest_pages_are_looked_at(store: SqlStore) -> None:
    """Thirty of them, as they are now."""
    add_feeds(store)
    add_articles(store, *range(1, 41))
    poll(store, entry(99))
    (newest,) = claim_entries(store)
    store.record_reads([read(newest, article(99, text="Newest."), at=NOW + HOUR)])
    pages = store.health_evidence(["steppe"], NOW)["steppe"].pages
    assert len(pages) == 30
    assert pages[0].print == "7 Newest."


def test_feeds_are_looked_after_in_turn(store: SqlStore) -> None:
    """Those never looked at first, then those longest ago; removed ones not at all."""
    add_feeds(store, "a", "b", "c")
    assert store.unwatched(NOW, 2) == ["a", "b"]
    look(store, at=NOW - 2 * HOUR, feed_id="b")
    look(store, at=NOW, feed_id="c")
    assert store.unwatched(NOW - HOUR, 9) == ["a", "b"]
    assert store.unwatched(NOW, 9) == ["a", "b", "c"]
    store.remember_feeds([feed("c")], NOW)
    assert store.unwatched(NOW, 9) == ["c"]
    store.record_health([])


def test_an_episode_lasts_from_its_first_look_to_the_first_without_it(store: SqlStore) -> None:
    """Its beginning stays, its evidence is that of the last look; what is well leaves no episode."""
    add_feeds(store)
    look(store, Finding(state=Health.OK, since=NOW))
    assert held(store) == []
    look(store, silence(), Finding(state=Health.MOVED, since=NOW))
    look(store, silence(since=NOW - HOUR, evidence="usually 15 a day"), at=NOW + HOUR)
    assert held(store) == [
        (Health.SILENT, NOW - DAY, None, "usually 15 a day"),
        (Health.MOVED, NOW, NOW + HOUR, ""),
    ]
    look(store, Finding(state=Health.NEW, since=NOW), at=NOW + 2 * HOUR)
    assert held(store, since=NOW + 2 * HOUR) == [
        (Health.SILENT, NOW - DAY, NOW + 2 * HOUR, "usually 15 a day")
    ]
    assert [e.state for e in store.health_evidence(["steppe"], NOW)["steppe"].episodes] == [
        Health.SILENT,
        Health.MOVED,
    ]


def test_a_state_found_again_with_the_same_beginning_goes_on(store: SqlStore) -> None:
    """Whoever flickers around a limit has one episode, not many."""
    add_feeds(store)
    for hour in range(6):
        look(store, *([silence()] if hour % 2 == 0 else []), at=NOW + hour * HOUR)
    look(store, silence(evidence="usually 9 a day"), at=NOW + 6 * HOUR)
    assert held(store) == [(Health.SILENT, NOW - DAY, None, "usually 9 a day")]


def test_what_a_look_learns_is_remembered(store: SqlStore) -> None:
    """A rhythm, and a span in which nobody looked, which is over."""
    add_feeds(store)
    rhythm = Rhythm(hourly=(0.5,) * 168, weeks=4.0)
    away = Episode(feed_id="steppe", state=Health.UNHEARD, since=NOW - 3 * DAY, until=NOW)
    record = HealthRecord(feed_id="steppe", at=NOW, findings=(), rhythm=rhythm, away=away)
    store.record_health([record])
    store.record_health([replace(record, rhythm=None)])
    assert store.health_evidence(["steppe"], NOW)["steppe"].state.rhythm == rhythm
    assert store.health_evidence(["steppe"], NOW)["steppe"].watched_at == NOW
    assert held(store) == [(Health.UNHEARD, NOW - 3 * DAY, NOW, "")]


def notice(occasion: str = "2026-11-23T09:00Z", at: datetime = NOW) -> Delivery:
    """Return a notice to the operator."""
    return Delivery(
        recipient_id="operator",
        address="operator@example.org",
        channel="email",
        kind=Kind.NOTICE,
        occasion=occasion,
        message_id=f"<{occasion}@example.org>",
        message=Message(subject="s", text="t", html="h"),
        created_at=at,
        next_due=at,
    )


def test_a_notice_and_what_it_tells_are_one(store: SqlStore) -> None:
    """It is told once: another of the same occasion changes nothing."""
    add_feeds(store)
    look(store, silence(), Finding(state=Health.GAP, since=NOW))
    first, second = (episode.id for episode in store.episodes(NOW))
    assert store.last_delivery("operator", Kind.NOTICE) is None
    assert store.record_notice(notice(), [first], [])
    assert not store.record_notice(notice(), [second], [first])
    told = {e.id: (e.told_at, e.over_told_at) for e in store.episodes(NOW)}
    assert told == {first: (NOW, None), second: (None, None)}
    look(store, at=NOW + HOUR)
    assert store.record_notice(notice("later", NOW + HOUR), [], [first])
    assert store.episodes(NOW)[0].over_told_at == NOW + HOUR
    assert store.last_delivery("operator", Kind.NOTICE) == ("later", NOW + HOUR)
    assert store.last_delivery("operator", Kind.HEALTH) is None


def test_sources_are_counted_by_the_state_that_leads(store: SqlStore) -> None:
    """Each once; those nobody looked at are new, those without a state are well."""
    add_feeds(store, "a", "b", "c", "d")
    look(store, silence(), Finding(state=Health.GAP, since=NOW), feed_id="a")
    look(store, Finding(state=Health.MOVED, since=NOW), feed_id="b")
    look(store, feed_id="c")
    counts = store.sources_by_state()
    assert {state: number for state, number in counts.items() if number} == {
        "silent": 1,
        "moved": 1,
        "ok": 1,
        "new": 1,
    }
    assert len(counts) == len(Health) - 1


def test_episodes_are_forgotten_400_days_after_their_end(store: SqlStore) -> None:
    """Those that hold are kept, however old."""
    add_feeds(store)
    look(
        store, silence(NOW - 500 * DAY), Finding(state=Health.GAP, since=NOW - 450 * DAY), at=NOW - 450 * DAY
    )
    look(store, silence(NOW - 500 * DAY), at=NOW - 401 * DAY)
    assert store.prune(NOW, 90 * DAY)["episodes"] == 1
    assert [state for state, *_ in held(store, NOW - 999 * DAY)] == [Health.SILENT]


def test_poison_in_evidence_is_refused(store: SqlStore) -> None:
    """A NUL, which one of the databases cannot hold, reaches neither."""
    add_feeds(store)
    with pytest.raises(ValueError, match=r"episodes\.evidence"):
        look(store, silence(evidence="a\0b"))
