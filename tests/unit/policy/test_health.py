"""How is a source? A table of what is a state, with what it says, and of what must not be one."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sources_watched import (
    DAY,
    FIRST,
    HOUR,
    NOW,
    episode,
    failing,
    feed,
    page,
    pages,
    published,
    taught,
    watched,
)

from monitor.domain.feeds import Feed, Rhythm
from monitor.domain.health import FAULTS, RANK, Evidence, Finding, Health, PageFact
from monitor.policy.ailments import STALE_AFTER
from monitor.policy.health import AWAY, away, judge, learn, seen, usually
from monitor.policy.rhythm import HOURS_OF_WEEK, steady

WALL = {"print": "240 Before you continue", "length": 2400}


def found(evidence: Evidence, source: Feed | None = None, now: datetime = NOW) -> dict[Health, Finding]:
    """Return what is found of a source, by state."""
    return {finding.state: finding for finding in judge(source or feed(), evidence, now)}


def quiet_for(hours: float, per_day: float = 14, **changes: float) -> Evidence:
    """Return what is known of a source whose last entry is so many hours old."""
    return watched(published(per_day, until=NOW - hours * HOUR, **changes))


def low_days(days: int, share: float) -> list[tuple[datetime, int]]:
    """Return what came where of the last whole days' entries only a share did."""
    start = NOW.replace(hour=0) - days * DAY
    return [
        (at, number)
        for place, (at, number) in enumerate(published(40))
        if at < start or place % round(1 / share) == 0
    ]


@pytest.mark.parametrize(
    ("evidence", "state", "since", "shown"),
    [
        (failing(5, 403, "status 403: Forbidden"), Health.BLOCKED, NOW - 5 * HOUR, "status 403: Forbidden"),
        (failing(5, 429, "status 429"), Health.BLOCKED, NOW - 5 * HOUR, "status 429"),
        (failing(5, 451, "status 451"), Health.BLOCKED, NOW - 5 * HOUR, "status 451"),
        (failing(5, None, "robots", "robots"), Health.BLOCKED, NOW - 5 * HOUR, "robots"),
        (failing(5, None, "dns: no such host", "dns"), Health.FAILING, NOW - 5 * HOUR, "dns: no such host"),
        (failing(5, 404, "status 404"), Health.FAILING, NOW - 5 * HOUR, "status 404"),
        (failing(5, 503, "status 503"), Health.FAILING, NOW - 5 * HOUR, "status 503"),
        (failing(5, 200, "not-a-feed: a page", "not-a-feed"), Health.FAILING, NOW - 5 * HOUR, "not-a-feed"),
        (failing(5, 418, "status 418"), Health.FAILING, NOW - 5 * HOUR, "status 418"),
        (
            watched(gone_since=NOW - DAY, failing_since=NOW - DAY, status=410),
            Health.GONE,
            NOW - DAY,
            "status 410",
        ),
        (
            watched(paused_since=NOW - DAY, failing_since=NOW - DAY),
            Health.PAUSED,
            NOW - DAY,
            "until it is resumed",
        ),
        (
            watched(paused_since=NOW - DAY, paused_until=NOW + DAY),
            Health.PAUSED,
            NOW - DAY,
            "until 26 Nov 12:00 UTC",
        ),
        (
            replace(quiet_for(8), state=replace(quiet_for(8).state, listed=0)),
            Health.EMPTY,
            NOW,
            "lists nothing",
        ),
        (
            watched([], newest=NOW - 90 * DAY),
            Health.STALE,
            NOW - 90 * DAY,
            "it answers, and its newest item is 90 days old",
        ),
        (quiet_for(40), Health.SILENT, None, "usually 13 a day"),
        (quiet_for(12 * 24, per_day=2), Health.SILENT, None, "usually 2 a day"),
        (watched([], newest=None), Health.SILENT, FIRST, "nothing new for 60 days"),
        (
            watched(low_days(3, 0.2)),
            Health.SLOW,
            NOW.replace(hour=0) - 3 * DAY,
            "in the last three days, usually",
        ),
        (
            watched([*published(14), (NOW - 20 * HOUR, 300)]),
            Health.SURGE,
            NOW.replace(hour=0) - DAY,
            "yesterday, usually",
        ),
        (watched(gap_at=NOW - 3 * HOUR), Health.GAP, NOW - 3 * HOUR, "no entry in common"),
        (watched(url="https://new.example/feed"), Health.MOVED, NOW, "read from https://new.example/feed"),
        (watched(clock_skew=timedelta(hours=5)), Health.CLOCK_SKEW, NOW, "server's clock is 5 h ahead"),
        (watched(clock_skew=-timedelta(minutes=11)), Health.CLOCK_SKEW, NOW, "clock is 11 min behind"),
        (watched(newest=NOW + 5 * HOUR), Health.CLOCK_SKEW, NOW, "newest item is dated 5 h ahead"),
        (
            watched(pages=pages(20, incomplete="from the feed only (page refused: 403)")),
            Health.TEASER_ONLY,
            NOW - 20 * HOUR,
            "20 of its last 20 articles are a few lines only (from the feed only (page refused: 403))",
        ),
        (
            watched(pages=pages(10, length=120)),
            Health.TEASER_ONLY,
            NOW - 10 * HOUR,
            "10 of its last 10 articles are a few lines only",
        ),
        (
            watched(pages=(*pages(6, **WALL), *(page(n) for n in range(7, 20)))),
            Health.SAME_TEXT,
            NOW - 6 * HOUR,
            "6 of its last 19 articles have one and the same text",
        ),
        (
            watched(pages=pages(8, lost="page refused: 403", refused=True)),
            Health.BLOCKED,
            NOW - 8 * HOUR,
            "8 of its last 8 articles could not be read (page refused: 403)",
        ),
        (
            watched(pages=pages(8, lost="no text in the page (empty)")),
            Health.FAILING,
            NOW - 8 * HOUR,
            "could not be read (no text in the page (empty))",
        ),
        (
            watched(pages=(*pages(10, lang="ru"), *(page(n) for n in range(11, 30)))),
            Health.LANGUAGE_CHANGED,
            NOW - 10 * HOUR,
            "its latest articles are in ru, not in kk",
        ),
        (
            watched(pages=pages(10, lang="en-GB")),
            Health.LANGUAGE_CHANGED,
            NOW - 10 * HOUR,
            "its latest articles are in en, not in kk",
        ),
    ],
)
def test_what_is_a_state(evidence: Evidence, state: Health, since: datetime | None, shown: str) -> None:
    """Each state is found and leads, with since when, what shows it, and a whole sentence of advice."""
    leading = judge(feed(), evidence, NOW)[0]
    assert leading.state is state
    assert shown in leading.evidence
    assert leading.since == (since or evidence.last_entry)
    if state is not Health.PAUSED:
        assert leading.advice.endswith(".")


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param(watched(), id="a source that is well"),
        pytest.param(failing(2, 503, "status 503"), id="one bad hour"),
        pytest.param(
            replace(
                failing(5, 503, "x"), state=replace(failing(5, 503, "x").state, last_polled=NOW - 5 * HOUR)
            ),
            id="one failed poll, and none since",
        ),
        pytest.param(quiet_for(5), id="five quiet hours"),
        pytest.param(quiet_for(30, per_day=2), id="a source of two a day, quiet since yesterday"),
        pytest.param(watched(low_days(1, 0.1)), id="one low day"),
        pytest.param(watched(low_days(3, 1)), id="three usual days"),
        pytest.param(watched([*published(14), (NOW - 20 * HOUR, 15)]), id="a day twice as busy"),
        pytest.param(watched(gap_at=NOW - 2 * DAY), id="a gap of the day before yesterday"),
        pytest.param(watched(clock_skew=timedelta(minutes=2)), id="a clock two minutes ahead"),
        pytest.param(watched(newest=NOW - 59 * DAY), id="a newest item not yet two months old"),
        pytest.param(watched(listed=0), id="a body without items an hour after the last news"),
        pytest.param(watched(paused_since=NOW - DAY, paused_until=NOW - HOUR), id="a pause that is over"),
        pytest.param(watched(pages=pages(4, **WALL)), id="four articles are too few to tell"),
        pytest.param(watched(pages=(*pages(3, **WALL), *pages(5))), id="one text three times"),
        pytest.param(watched(pages=(*pages(5, length=80), *pages(15))), id="some short articles"),
        pytest.param(watched(pages=(*pages(5, lost="page gone: 404"), *pages(15))), id="some lost articles"),
        pytest.param(watched(pages=pages(20, at=NOW - 40 * DAY, length=80)), id="teasers of long ago"),
        pytest.param(watched(pages=pages(20, lang="ky")), id="Kyrgyz for Kazakh, which are much alike"),
        pytest.param(watched(pages=(*pages(5, lang="ru"), *pages(15))), id="some Russian articles"),
        pytest.param(watched(pages=pages(7, lang="ru")), id="too few articles to know a language"),
        pytest.param(watched(pages=pages(20, lang=None)), id="articles of which no language is known"),
        pytest.param(watched(pages=pages(20, lang="kk-Latn")), id="the declared language in another script"),
    ],
)
def test_what_is_no_state(evidence: Evidence) -> None:
    """One bad hour, a quiet evening, a low day, a few odd pages: the source is well."""
    assert list(found(evidence)) == [Health.OK]


def test_a_quiet_weekend_is_no_silence() -> None:
    """An outlet that rests from Friday night on is well on Sunday evening, and silent on Tuesday."""
    sunday = NOW - 3 * DAY + 6 * HOUR
    friday = NOW - 5 * DAY + 4 * HOUR
    news = [poll for poll in published(30, weekend=0.02) if poll[0] <= friday]
    evidence = watched(news)

    def at(now: datetime) -> dict[Health, Finding]:
        state = replace(evidence.state, last_success=now, last_polled=now)
        return found(replace(evidence, state=state), now=now)

    assert list(at(sunday)) == [Health.OK]
    assert Health.SILENT in at(NOW - DAY + 4 * HOUR)


def test_a_new_source_is_not_silent() -> None:
    """Two days after its first poll nothing is known of it, whatever was declared."""
    first = NOW - 2 * DAY
    evidence = watched([], first_success=first, newest=NOW - 3 * DAY, rhythm=None)
    (finding,) = judge(feed(rhythm=30.0), evidence, NOW)
    assert (finding.state, finding.since, finding.evidence) == (
        Health.NEW,
        first,
        "watched for less than a week",
    )
    unpolled = watched([], first_success=None, last_success=None, last_polled=None, rhythm=None, newest=None)
    (finding,) = judge(feed(), unpolled, NOW)
    assert (finding.state, finding.since, finding.evidence) == (Health.NEW, FIRST, "not polled yet")
    refused = replace(unpolled, state=replace(unpolled.state, last_error="status 404: no such page"))
    (finding,) = judge(feed(), refused, NOW)
    assert finding.evidence == "nothing came yet: status 404: no such page"


def test_a_declared_rhythm_serves_until_one_is_learned() -> None:
    """A source that was said to bring 30 a day and brings none in four days is silent; without, it is new."""
    evidence = watched([], first_success=NOW - 4 * DAY, newest=NOW - 5 * DAY, rhythm=None)
    assert Health.SILENT in found(evidence, feed(rhythm=30.0))
    assert list(found(evidence)) == [Health.NEW]


def test_a_service_that_was_away_hears_no_silence() -> None:
    """Silence counts up to the last good poll only: while nothing was asked, nothing could be heard."""
    evidence = quiet_for(3)
    assert list(found(evidence, now=NOW + 20 * DAY)) == [Health.OK]


def test_bunches_are_no_reason_to_call_the_time_between_silence() -> None:
    """Who publishes ten papers every other week is well after twelve days, and not after sixty."""
    bunches = [(NOW - days * DAY, 10) for days in (26, 12)]
    assert Health.SILENT not in found(watched(bunches))
    late = watched(bunches, last_success=NOW + 48 * DAY)
    assert Health.SILENT in found(late, now=NOW + 48 * DAY)


def test_a_longer_pause_of_late_is_heeded() -> None:
    """Who paused for two days last week is not silent after one and a half, and is after four."""
    holiday = NOW - 12 * DAY, NOW - 9 * DAY

    def paused(hours: float) -> Evidence:
        news = [p for p in published(14, until=NOW - hours * HOUR) if not holiday[0] < p[0] < holiday[1]]
        return watched(news)

    assert Health.SILENT in found(quiet_for(40))
    assert Health.SILENT not in found(paused(40))
    assert Health.SILENT in found(paused(120))
    outage = episode(Health.FAILING, *holiday)
    assert Health.SILENT in found(replace(paused(40), episodes=(outage,)))


def test_low_days_after_an_outage_are_not_slow() -> None:
    """Days in which a source could not be heard are neither low nor part of what is usual."""
    news = low_days(3, 0.2)
    assert Health.SLOW in found(watched(news))
    outage = episode(Health.UNHEARD, NOW - 3 * DAY, NOW - DAY)
    assert Health.SLOW not in found(watched(news, episodes=(outage,)))
    short = watched(news, first_success=NOW - 12 * DAY)
    assert Health.SLOW not in found(short)
    assert Health.SURGE not in found(watched([(NOW - DAY, 300)], first_success=NOW - 3 * DAY, newest=NOW))


def test_a_stale_feed_of_a_rare_source_is_its_way() -> None:
    """Who brings an entry in two months is not stale after nine weeks; who never did is."""
    rare = Rhythm(hourly=(1 / 60 / 24,) * HOURS_OF_WEEK, weeks=4.0)
    newest = NOW - STALE_AFTER - 3 * DAY
    assert Health.STALE not in found(watched([], newest=newest, rhythm=rare))
    assert Health.STALE in found(watched([], newest=newest, rhythm=steady(1 / 60)))


def test_states_go_on_from_their_open_episodes() -> None:
    """What says nothing of its own beginning began when it was first found."""
    before = NOW - 9 * DAY
    evidence = watched(clock_skew=timedelta(hours=5), episodes=(episode(Health.CLOCK_SKEW, before),))
    assert found(evidence)[Health.CLOCK_SKEW].since == before
    over = replace(evidence, episodes=(episode(Health.CLOCK_SKEW, before, NOW - 8 * DAY),))
    assert found(over)[Health.CLOCK_SKEW].since == NOW


def test_a_source_is_well_since_it_came_back() -> None:
    """A source without a state is well since its last outage ended, or since it was first polled."""
    outage = episode(Health.FAILING, NOW - 9 * DAY, NOW - 8 * DAY)
    assert judge(feed(), watched(episodes=(outage,)), NOW)[0].since == NOW - 8 * DAY
    assert judge(feed(), watched(), NOW)[0].since == FIRST


def test_several_states_stand_by_their_weight() -> None:
    """A source may be silent, have moved and have a wrong clock; the first of them leads."""
    evidence = quiet_for(40)
    state = replace(evidence.state, url="https://new.example/", clock_skew=timedelta(hours=2))
    states = [f.state for f in judge(feed(), replace(evidence, state=state), NOW)]
    assert states == [Health.SILENT, Health.CLOCK_SKEW, Health.MOVED]


def test_refused_pages_of_a_failing_feed_are_told_once() -> None:
    """Pages that cannot be read do not repeat the state of the feed itself."""
    evidence = replace(failing(5, 503, "status 503"), pages=pages(8, lost="page down: 503"))
    assert [f.state for f in judge(feed(), evidence, NOW)] == [Health.FAILING]


def test_teasers_in_dense_scripts_are_shorter() -> None:
    """A hundred Chinese characters are an article's worth of words; forty are not."""
    source = feed(lang="zh")
    assert list(found(watched(pages=pages(10, lang="zh", length=150)), source)) == [Health.OK]
    assert Health.TEASER_ONLY in found(watched(pages=pages(10, lang="zh", length=40)), source)


def test_a_wall_is_not_told_as_teasers() -> None:
    """Where one text stands on all pages, that it is short is no second state."""
    assert list(found(watched(pages=pages(10, print="90 Please enable", length=90)))) == [Health.SAME_TEXT]


def test_a_source_of_no_declared_language_changes_it_too() -> None:
    """What the articles before were in serves; a source that was always mixed does not change."""
    source = feed(lang=None)
    changed = (*pages(10, lang="ru"), *(page(n, lang="uz") for n in range(11, 30)))
    mixed = tuple(page(n, lang="ru" if n % 2 else "uz") for n in range(1, 30))
    assert "are in ru, not in uz" in found(watched(pages=changed), source)[Health.LANGUAGE_CHANGED].evidence
    assert list(found(watched(pages=mixed), source)) == [Health.OK]


@pytest.mark.parametrize(
    ("per_day", "words"),
    [
        (14.2, "usually 14 a day"),
        (0.5, "usually 4 a week"),
        (1 / 15, "usually 2 a month"),
        (0.001, "usually 1 a month"),
    ],
)
def test_a_rate_is_said_as_people_do(per_day: float, words: str) -> None:
    """By the day, the week or the month, whichever gives a number of at least one."""
    assert usually(per_day) == words


def test_a_rhythm_is_learned_once_a_day() -> None:
    """The first look of a day learns; the others, and those at a source that ails, do not."""
    evidence = replace(watched(), watched_at=NOW - DAY)
    rhythm = learn(feed(), evidence, NOW)
    assert rhythm is not None
    assert sum(rhythm.hourly) / 7 == pytest.approx(14, rel=0.2)
    assert learn(feed(), replace(evidence, watched_at=None), NOW) is not None
    assert learn(feed(), watched(), NOW) is None
    ailing = replace(evidence, episodes=(episode(Health.SILENT, NOW - DAY),))
    assert learn(feed(), ailing, NOW) is None
    assert learn(feed(), replace(evidence, news=()), NOW) is None
    unpolled = replace(evidence.state, first_success=None)
    assert learn(feed(), replace(evidence, state=unpolled), NOW) is None


def test_little_does_not_replace_much() -> None:
    """Where a few days are left of the window, what was learned of four weeks is kept."""
    young = replace(watched(first_success=NOW - 4 * DAY, last_polled=None), watched_at=None)
    known = taught(published(14))
    assert known is not None
    assert learn(feed(), young, NOW) is None
    assert learn(feed(), replace(young, state=replace(young.state, rhythm=None)), NOW) is not None


def test_time_without_a_look_is_remembered() -> None:
    """A look after more than a day says since when nobody looked; the first look, and a daily one, do not."""
    late = away(watched(), NOW + AWAY)
    assert late is not None
    assert (late.state, late.since, late.until) == (Health.UNHEARD, NOW - HOUR, NOW + AWAY)
    assert away(watched(), NOW + DAY) is None
    assert away(replace(watched(), watched_at=None), NOW) is None


def test_a_source_is_shown_with_its_days() -> None:
    """Fourteen days of entries, the last of them today, and what it usually brings."""
    health = seen(feed(country="KZ"), watched([(NOW - DAY, 3), (NOW - HOUR, 2), (NOW - 20 * DAY, 9)]), NOW)
    assert health.days[-3:] == (0, 3, 2)
    assert len(health.days) == 14
    assert health.finding.state is Health.OK
    assert health.delivers
    silent = seen(
        feed(rhythm=2.0), replace(quiet_for(40), state=replace(quiet_for(40).state, rhythm=None)), NOW
    )
    assert silent.delivers
    assert silent.usual == pytest.approx(2.0)
    assert seen(feed(), watched([], newest=NOW), NOW).usual is None


def test_faults_do_not_deliver() -> None:
    """A source in a state that is a fault, and one that is paused, count as not delivering."""
    assert not seen(feed(), failing(5, 403, "status 403"), NOW).delivers
    assert not seen(feed(), watched(paused_since=NOW), NOW).delivers
    assert Health.SLOW not in FAULTS


def test_wrong_alarms_are_rare() -> None:
    """Of 200 sources that publish by chance, 1 to 60 a day, at most two have a state on a day of no event."""
    wrong = [
        seed
        for seed in range(200)
        if judge(feed(), watched(published(1 + seed % 60, weekend=0.3, seed=seed)), NOW)[0].state
        is not Health.OK
    ]
    assert len(wrong) <= 2


@pytest.mark.parametrize("per_day", [3, 10, 40, 200])
def test_every_silence_is_heard_in_time(per_day: int) -> None:
    """A source that ended is heard to be silent once sixteen of its entries are missing, at least a day."""
    hours = max(24.0, 16 / per_day * 24)
    heard = [Health.SILENT in found(quiet_for(hours, per_day=per_day, seed=seed)) for seed in range(20)]
    assert sum(heard) >= 18


INSTANTS = st.none() | st.timedeltas(-60 * DAY, DAY).map(lambda passed: NOW + passed)
PAST = st.none() | st.timedeltas(-60 * DAY, timedelta()).map(lambda passed: NOW + passed)
PAGES = st.lists(
    st.builds(
        PageFact,
        at=st.timedeltas(-40 * DAY, timedelta()).map(lambda passed: NOW + passed),
        print=st.sampled_from(["", "9 a", "9 b", "900 c"]),
        length=st.integers(0, 5000),
        lang=st.sampled_from([None, "kk", "ru", "zh", "uz-Cyrl"]),
        incomplete=st.sampled_from(["", "from the feed only"]),
        lost=st.sampled_from(["", "", "page down: 503"]),
        refused=st.booleans(),
    ),
    max_size=30,
).map(lambda made: tuple(sorted(made, key=lambda fact: fact.at, reverse=True)))


@settings(deadline=None)
@given(
    pages=PAGES,
    newest=INSTANTS,
    gap=PAST,
    failing_since=PAST,
    paused=PAST,
    gone=PAST,
    listed=st.integers(0, 50),
    skew=st.none() | st.timedeltas(-DAY, DAY),
    status=st.sampled_from([None, 200, 304, 403, 404, 429, 500]),
)
def test_every_evidence_has_a_state(
    *,
    pages: tuple[PageFact, ...],
    newest: datetime | None,
    gap: datetime | None,
    failing_since: datetime | None,
    paused: datetime | None,
    gone: datetime | None,
    listed: int,
    skew: timedelta | None,
    status: int | None,
) -> None:
    """Whatever is known: at least one, none twice, the weightiest first, none that begins later than now."""
    evidence = watched(
        pages=pages,
        newest=newest,
        gap_at=gap,
        failing_since=failing_since,
        paused_since=paused,
        gone_since=gone,
        listed=listed,
        clock_skew=skew,
        status=status,
    )
    findings = judge(feed(), evidence, NOW)
    states = [finding.state for finding in findings]
    assert states
    assert len(set(states)) == len(states)
    assert states == sorted(states, key=RANK.__getitem__)
    assert all(finding.since <= NOW for finding in findings)
    assert all(not finding.advice or finding.advice.endswith(".") for finding in findings)


@settings(deadline=None, max_examples=40)
@given(
    per_day=st.floats(0.2, 100),
    seed=st.integers(0, 9999),
    hours=st.integers(0, 400),
    more=st.integers(0, 400),
)
def test_who_is_silent_stays_so_until_something_comes(
    per_day: float, seed: int, hours: int, more: int
) -> None:
    """The longer nothing comes, the surer it is."""
    evidence = quiet_for(0, per_day=per_day, seed=seed)

    def silent_after(span: timedelta) -> bool:
        at = NOW + span
        state = replace(evidence.state, last_polled=at, last_success=at)
        return Health.SILENT in found(replace(evidence, state=state), now=at)

    assert silent_after(hours * HOUR) <= silent_after((hours + more) * HOUR)
