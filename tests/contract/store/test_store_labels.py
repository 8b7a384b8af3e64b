"""What people say of verdicts is kept by page, topic and person, also of pages that no source listed."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from store_samples import HOUR, NOW, add_articles, add_feeds, article, match, matched

from db import SqlStore
from monitor.domain.labels import Label

PAGE = article(7, url="https://far.example/7", title="Far away", text="Nobody listed it.", lang="kk")


def label(url: str = "https://steppe.example/1", by: str = "aigul", **changes: object) -> Label:
    """Return a label."""
    made = Label(url=url, topic_id="minerals", by=by, relevant=True, at=NOW)
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields of Label


@pytest.fixture(autouse=True)
def _archive(store: SqlStore) -> None:
    add_feeds(store)
    add_articles(store, 1, 2)


def test_a_label_speaks_of_the_article_in_the_archive(store: SqlStore) -> None:
    """What was labelled comes back with the article as the rules see it, and every label of it."""
    store.record_label(label())
    store.record_label(label(by="bolat", relevant=False, at=NOW + HOUR))
    store.record_label(label("https://steppe.example/2", topic_id="energy"))
    (one,) = store.labelled("minerals")
    assert one.article_id is not None
    known = store.article(one.article_id)
    assert known is not None
    assert one.document == known.document
    assert one.labels == (label(), label(by="bolat", relevant=False, at=NOW + HOUR))
    assert one.relevant is None
    assert [found.document.url for found in store.labelled("energy")] == ["https://steppe.example/2"]


def test_a_person_may_change_their_mind(store: SqlStore) -> None:
    """A second label of the same person takes the place of the first; it can be taken back."""
    store.record_label(label())
    store.record_label(label(relevant=False, at=NOW + HOUR))
    (one,) = store.labelled("minerals")
    assert one.labels == (label(relevant=False, at=NOW + HOUR),)
    assert one.relevant is False
    assert store.remove_label(label().url, "minerals", "aigul")
    assert not store.remove_label(label().url, "minerals", "aigul")
    assert store.labelled("minerals") == []


def test_a_page_that_no_source_listed_is_kept_with_its_label(store: SqlStore) -> None:
    """A missed page's text is kept for as long as somebody's label speaks of it."""
    store.record_label(label(PAGE.url), PAGE)
    store.record_label(label(PAGE.url, by="bolat"), replace(PAGE, text="another reading"))
    (one,) = store.labelled("minerals")
    assert one.article_id is None
    assert (one.document.title, one.document.body, one.document.lang) == (PAGE.title, PAGE.text, "kk")
    assert (one.document.url, one.document.published) == (PAGE.url, PAGE.published)
    store.remove_label(PAGE.url, "minerals", "aigul")
    assert len(store.labelled("minerals")) == 1
    store.remove_label(PAGE.url, "minerals", "bolat")
    store.record_label(label(PAGE.url))
    assert store.labelled("minerals") == []  # the page went with its last label


def test_a_page_that_is_listed_later_is_the_archives(store: SqlStore) -> None:
    """Once a source lists a page that was labelled, the label speaks of the article."""
    url = "https://steppe.example/3"
    store.record_label(label(url), replace(PAGE, url=url))
    (number,) = add_articles(store, 3)
    (one,) = store.labelled("minerals")
    assert one.article_id == number


def test_what_no_topic_should_flag_counts_for_each(store: SqlStore) -> None:
    """Relevant to none speaks of every topic; relevant to some speaks of none in particular."""
    store.record_label(label(topic_id="*", relevant=False))
    store.record_label(label("https://steppe.example/2", topic_id="*"))
    for topic in ("minerals", "energy"):
        (one,) = store.labelled(topic)
        assert (one.document.url, one.relevant) == ("https://steppe.example/1", False)
    assert [one.relevant for one in store.labelled("*")] == [False, True]


def test_what_one_topic_should_flag_is_relevant_to_some(store: SqlStore) -> None:
    """Relevant to one topic is relevant at all; not relevant to one says nothing of the others."""
    store.record_label(label(topic_id="minerals"))
    store.record_label(label("https://steppe.example/2", topic_id="energy", relevant=False))
    (one,) = store.labelled("*")
    assert (one.document.url, one.relevant) == ("https://steppe.example/1", True)


def test_all_labels_on_a_page_can_be_asked_for(store: SqlStore) -> None:
    """What anybody said of a page, for any topic, comes back by topic and person."""
    store.record_label(label(by="bolat"))
    store.record_label(label(topic_id="*", relevant=False))
    store.record_label(label("https://steppe.example/2"))
    assert store.labels_on(label().url) == [label(topic_id="*", relevant=False), label(by="bolat")]
    assert store.labels_on("https://nobody.example/") == []


def test_what_was_not_flagged_can_be_sampled(store: SqlStore) -> None:
    """What a topic did not flag comes with its nearest verdict; flagged and labelled ones are left out."""
    first, second = (row.article.id for row in reversed(store.articles()))
    third, flagged, unmatched = add_articles(store, 3, 4, 5)
    near = match(flagged=False, relevance=40, threshold=50)
    nearer = match("energy", flagged=False, relevance=30, threshold=35)
    store.record_matches(
        [
            matched(first, near, nearer),
            matched(second),
            matched(third, match("energy"), near),
            matched(flagged, match()),
        ]
    )

    def found(topic: str, since: datetime = NOW - HOUR) -> list[tuple[int, str | None, int]]:
        return [(one.article_id, one.topic_id, one.short) for one in store.unflagged(topic, since)]

    assert found("*") == [(second, None, 0), (first, "energy", 5)]
    assert found("minerals") == [(third, "minerals", 10), (second, None, 0), (first, "minerals", 10)]
    assert found("*", NOW + HOUR) == []
    assert unmatched not in [number for number, _, _ in found("minerals")]
    store.record_label(label())
    assert found("*") == [(second, None, 0)]
    assert found("energy") == [(flagged, None, 0), (second, None, 0), (first, "energy", 5)]
    store.record_label(label("https://steppe.example/2", topic_id="*", relevant=False))
    assert found("energy") == [(flagged, None, 0), (first, "energy", 5)]


def test_versions_of_topics_are_kept_with_their_snapshots(store: SqlStore) -> None:
    """A version is noted when it differs from the last; going back to an older one is noted, too."""
    store.save_snapshot("a", "{1}", NOW, {"minerals": "v1", "energy": "e1"})
    store.save_snapshot("a", "{1}", NOW + HOUR, {"minerals": "v1", "energy": "e1"})
    store.save_snapshot("b", "{2}", NOW + 2 * HOUR, {"minerals": "v2", "energy": "e1"})
    store.save_snapshot("a", "{1}", NOW + 3 * HOUR, {"minerals": "v1", "energy": "e1"})
    versions = store.topic_versions("minerals")
    assert [(v.version, v.since) for v in versions] == [
        ("v1", NOW + 3 * HOUR),
        ("v2", NOW + 2 * HOUR),
        ("v1", NOW),
    ]
    assert [store.snapshot_files(v.snapshot_id) for v in versions] == ["{1}", "{2}", "{1}"]
    assert len(store.topic_versions("energy")) == 1
    assert store.topic_versions("none") == []
    assert store.snapshot_files(999) is None


def test_pruning_keeps_what_a_version_rests_on(store: SqlStore) -> None:
    """The snapshot of a version that is kept stays; versions go 400 days later, but for the latest."""
    for number in range(25):
        versions = {"minerals": "v1" if number == 0 else "v2" if number == 1 else "v3"}
        store.save_snapshot(str(number), f"{{{number}}}", NOW + number * HOUR, versions)
    assert store.prune(NOW, HOUR)["snapshots"] == 2  # of 25 the last 20, and three that hold a version
    assert [v.version for v in store.topic_versions("minerals")] == ["v3", "v2", "v1"]
    pruned = store.prune(NOW + timedelta(days=400, hours=12), HOUR)
    assert (pruned["topic_versions"], pruned["snapshots"]) == (2, 2)
    (latest,) = store.topic_versions("minerals")
    assert store.snapshot_files(latest.snapshot_id) == "{2}"
