"""The article that the project began with is flagged, with a sentence for each of its partners."""

from collections.abc import Iterator
from typing import Any

import pytest
from desks import Desk, feed
from fakes import FakeClock
from press import Item, Press, html, page, rss, xml

from monitor.cli import rounds
from monitor.domain.alerts import StoryItem
from monitor.domain.topics import Match

PATH = "/2026/11/global-players-seek-closer-ties/"


@pytest.fixture(scope="module")
def story(seed: str, workers: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoryItem]:
    """What the desk makes of the article, polled, read and matched as any other."""
    title, *paragraphs = [line.strip() for line in seed.splitlines() if line.strip()]
    with Press() as press:
        item = Item(title=title, link=press.url(PATH), text="A talk.", date="Mon, 23 Nov 2026 07:00:00 GMT")
        press.answers = {"/feed": xml(rss([item])), PATH: html(page(title, paragraphs))}
        feeds = [feed("seed", press.url("/feed"))]
        with Desk(tmp_path_factory.mktemp("seed"), workers, feeds=feeds, clock=FakeClock()) as app:
            counts = rounds.poll_and_read(app)
            assert (counts["ok"], counts["new entries"], counts["flagged"]) == (1, 1, 1)
            (row,) = app.store.articles(flagged=True)
            assert row.article.title == title
            (story,) = app.store.stories([row.article.story_id or 0])
            yield story


@pytest.fixture(scope="module")
def partnerships(story: StoryItem) -> Match:
    """The verdict of the topic that the project is about."""
    return next(match for match in story.matches if match.topic_id == "central-asia-partnerships")


def test_the_article_is_flagged_in_full(story: StoryItem, partnerships: Match) -> None:
    """It is as relevant as can be, and what the partners want is flagged beside who they are."""
    assert (partnerships.flagged, partnerships.relevance) == (True, 100)
    flagged = {match.topic_id for match in story.matches if match.flagged}
    assert {"ca-energy", "ca-trade", "ca-minerals", "ca-investment", "ca-anti-corruption"} <= flagged


@pytest.mark.parametrize(
    ("partner", "words"),
    [
        ("eu", {"EU", "European Union", "European Commission"}),
        ("us", {"United States"}),
        ("uk", {"United Kingdom", "U.K.", "British government"}),
        ("china", {"China", "Chinese"}),
        ("russia", {"Russia", "Russian"}),
        ("ots", {"OTS", "Organization of Turkic States", "Turkic states"}),
    ],
)
def test_a_sentence_names_each_partner(partnerships: Match, partner: str, words: set[str]) -> None:
    """A sentence shown as evidence has the partner's name marked where it stands in the article."""
    marks = [
        (quote, mark) for quote in partnerships.quotes for mark in quote.marks if mark.label == f"@{partner}"
    ]
    assert {mark.text for _, mark in marks} & words
    for quote, mark in marks:
        assert quote.text[mark.start - quote.start : mark.end - quote.start] == mark.text
