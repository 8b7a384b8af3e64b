"""Is a match told at once, in the digest, or not at all?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.domain.alerts import Alert, Recipient, Route, Subscription, When
from monitor.domain.topics import Match
from monitor.policy.alerting import Occasion, decide

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=100)
FRESH = Occasion(published=NOW, feed_first_seen=LONG_AGO)
AT_ONCE = Subscription(topics=("a",), when=When.AT_ONCE)
DAILY = Subscription(topics=("*",), when=When.DAILY)


def match(topic: str = "a", relevance: int = 80, *, flagged: bool = True) -> Match:
    """Return a verdict."""
    return Match(
        topic_id=topic, topic_version="1", flagged=flagged, relevance=relevance, total=relevance, threshold=50
    )


def told(
    *subscriptions: Subscription,
    matches: tuple[Match, ...] = (match(),),
    occasion: Occasion = FRESH,
    first_seen: datetime = LONG_AGO,
    topic_seen: datetime = LONG_AGO,
) -> list[Alert]:
    """Return what one recipient with these subscriptions is told."""
    recipient = Recipient(
        id="r", name="R", addresses=(("email", "r@x.example"), ("console", "-")), subscriptions=subscriptions
    )
    seen = dict.fromkeys(("a", "b", "c"), topic_seen)
    return decide(matches, recipient, occasion, topics_first_seen=seen, recipient_first_seen=first_seen)


def test_a_fresh_match_is_told_at_once_to_who_asked_for_it() -> None:
    """A subscription that tells at once makes an alert with its topics and best relevance."""
    (alert,) = told(AT_ONCE)
    assert (alert.route, alert.topics, alert.relevance) == (Route.AT_ONCE, ("a",), 80)
    assert alert.reason == ""


def test_a_daily_subscription_waits_for_the_digest() -> None:
    """A daily subscription makes an alert for the digest."""
    (alert,) = told(DAILY)
    assert (alert.route, alert.reason) == (Route.DIGEST, "")


@pytest.mark.parametrize("order", [(AT_ONCE, DAILY), (DAILY, AT_ONCE)])
def test_telling_at_once_wins_and_one_channel_tells_once(order: tuple[Subscription, ...]) -> None:
    """Two subscriptions on one channel make one alert, whatever their order."""
    (alert,) = told(*order, matches=(match("a", 60), match("b", 90)))
    assert (alert.route, alert.topics, alert.relevance) == (Route.AT_ONCE, ("a", "b"), 90)


def test_two_channels_tell_each() -> None:
    """Each channel gets its own alert."""
    alerts = told(AT_ONCE, replace(DAILY, channel="console"))
    assert [(a.channel, a.route) for a in alerts] == [("email", Route.AT_ONCE), ("console", Route.DIGEST)]


@pytest.mark.parametrize(
    "subscription",
    [
        Subscription(topics=("c",)),
        Subscription(topics=("*",), min_relevance=81),
        Subscription(topics=("*",), channel="pigeon"),
    ],
)
def test_nobody_is_told_what_they_did_not_ask_for(subscription: Subscription) -> None:
    """Another topic, too little relevance, or no address: no alert."""
    assert told(subscription) == []


def test_what_is_not_flagged_is_not_told() -> None:
    """A match below its threshold tells nobody."""
    assert told(AT_ONCE, matches=(match(flagged=False),)) == []


@pytest.mark.parametrize(("age", "words"), [(timedelta(hours=30), "30 hours"), (timedelta(days=3), "3 days")])
@pytest.mark.parametrize("newcomer", ["feed", "topic", "recipient"])
def test_what_was_old_at_first_contact_is_a_late_find(newcomer: str, age: timedelta, words: str) -> None:
    """A piece older than a day when its feed, topic or recipient was first seen goes to the digest."""
    occasion = replace(FRESH, published=NOW - age)
    if newcomer == "feed":
        (alert,) = told(AT_ONCE, occasion=replace(occasion, feed_first_seen=NOW))
    elif newcomer == "topic":
        (alert,) = told(AT_ONCE, occasion=occasion, topic_seen=NOW)
    else:
        (alert,) = told(AT_ONCE, occasion=occasion, first_seen=NOW)
    assert alert.route is Route.DIGEST
    assert alert.reason == f"late find: published {words} before we first looked"


def test_what_is_a_day_old_is_not_late() -> None:
    """Exactly 24 hours is still news."""
    occasion = Occasion(published=NOW - timedelta(hours=24), feed_first_seen=NOW)
    (alert,) = told(AT_ONCE, occasion=occasion)
    assert alert.route is Route.AT_ONCE


def test_what_a_search_for_the_past_finds_is_late_by_when_it_was_found() -> None:
    """The feed was known long before, and nobody had looked; today's news are news even so."""
    found = replace(FRESH, late=True, listed_at=NOW)
    (alert,) = told(AT_ONCE, occasion=replace(found, published=NOW - timedelta(hours=25)))
    assert (alert.route, alert.reason) == (
        Route.DIGEST,
        "late find: published 25 hours before we first looked",
    )
    (alert,) = told(AT_ONCE, occasion=replace(found, published=NOW - timedelta(hours=24)))
    assert alert.route is Route.AT_ONCE
    (alert,) = told(AT_ONCE, occasion=replace(FRESH, published=NOW - timedelta(hours=25), listed_at=NOW))
    assert alert.route is Route.AT_ONCE


def test_an_undated_piece_is_late_only_in_the_back_catalogue() -> None:
    """Without a date, the first poll decides; so it does before a feed was ever seen."""
    undated = Occasion(published=None, feed_first_seen=None)
    assert told(AT_ONCE, occasion=undated)[0].route is Route.AT_ONCE
    (late,) = told(AT_ONCE, occasion=replace(undated, late=True))
    assert (late.route, late.reason) == (Route.DIGEST, "late find: undated, from the feed's back-catalogue")


def test_a_dated_piece_of_an_unseen_feed_goes_by_topic_and_recipient() -> None:
    """Where the feed's first contact is unknown, the others decide."""
    occasion = Occasion(published=NOW, feed_first_seen=None)
    assert told(AT_ONCE, occasion=occasion)[0].route is Route.AT_ONCE


def test_the_demo_tells_its_first_poll_at_once() -> None:
    """`first_poll: alert` makes no late finds."""
    occasion = Occasion(
        published=NOW - timedelta(days=9), feed_first_seen=NOW, late=True, alert_first_poll=True
    )
    assert told(AT_ONCE, occasion=occasion)[0].route is Route.AT_ONCE
