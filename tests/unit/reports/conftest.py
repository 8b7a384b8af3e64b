"""Stories to report on, made up by us."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.domain.alerts import AlertData, DigestData, Message, Recipient, StoryItem
from monitor.domain.topics import ClauseResult, Evidence, Match, Quote
from monitor.reports import alert, digest


def quote_of(marked: str, *, field: str = "body", start: int = 0, **labels: str) -> Quote:
    """Return the sentence that `marked` writes with its evidence in brackets; `labels` name the words."""
    text, marks, open_at = "", [], 0
    for letter in marked:
        if letter == "[":
            open_at = len(text)
        elif letter == "]":
            word = text[open_at:]
            where = {"start": start + open_at, "end": start + len(text)}
            marks.append(
                Evidence(field=field, text=word, label=labels.get(word.replace(" ", "_"), ""), **where)
            )
        else:
            text += letter
    return Quote(field=field, start=start, end=start + len(text), text=text, marks=tuple(marks))


def match_of(topic: str, relevance: int, *quotes: Quote, clauses: tuple[ClauseResult, ...] = ()) -> Match:
    """Return a flagged match whose evidence is that of its quotes."""
    return Match(
        topic_id=topic,
        topic_version="v1",
        flagged=True,
        relevance=relevance,
        total=relevance,
        threshold=50,
        quotes=quotes,
        evidence=tuple(mark for quote in quotes for mark in quote.marks),
        clauses=clauses,
    )


ROADMAP = quote_of(
    "Brussels and [Astana] [signed] a roadmap on [rare earths] on Friday, worth €1.2 billion through 2030, "
    "the [European Union]’s envoy said.",
    start=120,
    Astana="@kazakhstan",
    rare_earths="#minerals",
    European_Union="@eu",
)
FUNDS = quote_of(
    "The first money goes to a [tungsten] plant near [Karaganda] and to training for [Kazakh] geologists.",
    start=400,
    tungsten="#minerals",
    Karaganda="@kazakhstan",
    Kazakh="@kazakhstan",
)
HEADLINE = quote_of(
    "[EU] and [Kazakhstan] agree on a [rare-earths] roadmap",
    field="title",
    EU="@eu",
    Kazakhstan="@kazakhstan",
    **{"rare-earths": "#minerals"},
)
UZBEK_GAS = quote_of(
    "[Москва] вновь предложила [Ташкенту] [газовый союз], заявил министр.",
    start=30,
    Москва="@russia",
    Ташкенту="@uzbekistan",
    газовый_союз="#energy",
)
SEED = {
    "story_id": 7,
    "article_id": 11,
    "title": "EU and Kazakhstan agree on a rare-earths roadmap",
    "url": "https://steppe-courier.example/2026/11/23/roadmap",
    "outlet": "Steppe Courier",
    "published": datetime(2026, 11, 23, 9, 5, tzinfo=UTC),
    "lang": "en",
    "matches": (match_of("ca-minerals", 94, HEADLINE, ROADMAP, FUNDS),),
    "topics": (("ca-minerals", "Critical minerals partnerships"),),
    "also": (
        ("Khabar Daily", "https://khabar-daily.example/eu-roadmap"),
        ("欧亚观察", "https://eurasia-watch.example/zh/1123"),
    ),
    "actors": (("kazakhstan", "Kazakhstan"), ("eu", "EU")),
    "themes": (("minerals", "critical minerals"), ("investment", "investment")),
}
RUSSIAN = SEED | {
    "story_id": 8,
    "title": "Россия снова предлагает Узбекистану газовый союз",
    "url": "https://turan-vesti.example/gaz",
    "outlet": "Туран Вести",
    "published": datetime(2026, 11, 23, 6, 40, tzinfo=UTC),
    "lang": "ru",
    "matches": (match_of("ca-energy", 88, UZBEK_GAS),),
    "topics": (("ca-energy", "Energy and gas union"),),
    "also": (),
    "actors": (("russia", "Russia"), ("uzbekistan", "Uzbekistan")),
    "themes": (("energy", "energy and gas"),),
    "incomplete": "from the feed only (page gone: 404)",
}


@pytest.fixture
def desk() -> Recipient:
    """The desk in Almaty, five hours ahead of UTC."""
    return Recipient(
        id="desk", name="Desk", addresses=(("email", "desk@desk.example"),), timezone="Asia/Almaty"
    )


@pytest.fixture
def story() -> Callable[..., StoryItem]:
    """The roadmap story, with whatever a test changes."""

    def make(**changes: Any) -> StoryItem:
        return StoryItem(**(SEED | changes))

    return make


@pytest.fixture
def russian() -> Callable[..., StoryItem]:
    """A story in Russian, read from its feed only."""

    def make(**changes: Any) -> StoryItem:
        return StoryItem(**(RUSSIAN | changes))

    return make


@pytest.fixture
def quoting() -> Callable[..., Quote]:
    """Make a sentence from words with their evidence in brackets."""
    return quote_of


@pytest.fixture
def matching() -> Callable[..., Match]:
    """Make a flagged match from a topic, a relevance and sentences."""
    return match_of


@pytest.fixture
def alert_of(desk: Recipient) -> Callable[..., Message]:
    """Render an alert to the desk about a story."""

    def make(story: StoryItem, **changes: Any) -> Message:
        footer = "To unsubscribe, write to operator@desk.example."
        return alert.render(AlertData(**{"recipient": desk, "story": story, "footer": footer} | changes))

    return make


@pytest.fixture
def digest_of(desk: Recipient) -> Callable[..., Message]:
    """Render Monday's digest to the desk about stories."""

    def make(*stories: StoryItem, **changes: Any) -> Message:
        usual: dict[str, Any] = {
            "recipient": desk,
            "date": "2026-11-23",
            "since": datetime(2026, 11, 22, 3, tzinfo=UTC),
            "until": datetime(2026, 11, 23, 3, tzinfo=UTC),
            "stories": stories,
            "feeds_polled": 14,
            "articles_read": 72,
            "rules_version": "3f9a2c1",
            "footer": "To unsubscribe, write to operator@desk.example.",
        }
        return digest.render(DigestData(**usual | changes))

    return make
