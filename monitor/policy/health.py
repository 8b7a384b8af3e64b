"""How is a source? Its states from what is known of it, each with since when, what shows it, and advice."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from monitor.domain.feeds import Feed, FeedState, Rhythm
from monitor.domain.health import MUTE, RANK, Episode, Evidence, Finding, Health, SourceHealth
from monitor.policy.ailments import STALE_AFTER, body_findings, fetch_findings
from monitor.policy.pages import page_findings
from monitor.policy.rhythm import learned, steady
from monitor.policy.volume import WINDOW, daily, silent, slow, surge, whole_days

LOOK_EVERY = timedelta(hours=1)
BACK_CATALOGUE = timedelta(hours=24)
"""So long after a feed's first poll what comes is partly what it had before."""

KNOWN_AFTER = timedelta(days=7)
AWAY = timedelta(hours=26)
"""A source that nobody looked after for longer was not heard meanwhile; once a day is enough."""

STRIP_DAYS = 14
_DAYS_A_WEEK, _DAYS_A_MONTH = 7, 30


def judge(feed: Feed, evidence: Evidence, now: datetime) -> tuple[Finding, ...]:
    """Return the states of a source that hold at `now` (aware UTC), the leading one first; never none.

    A state that says nothing of its own of since when it holds goes on from its open episode.
    """
    found = sorted(_findings(feed, evidence, now), key=lambda finding: RANK[finding.state])
    if found:
        return tuple(found)
    first = evidence.state.first_success
    if first is None:
        error = evidence.state.last_error
        shown = f"nothing came yet: {error}" if error else "not polled yet"
        return (Finding(state=Health.NEW, since=evidence.added_at, evidence=shown),)
    if now - first < KNOWN_AFTER:
        return (Finding(state=Health.NEW, since=first, evidence="watched for less than a week"),)
    return (Finding(state=Health.OK, since=_well_since(evidence) or first),)


def learn(feed: Feed, evidence: Evidence, now: datetime) -> Rhythm | None:
    """Return the rhythm to be expected from now on; None where there is nothing new to learn.

    It is learned at the first look of a day, up to the last new entry: what may become a silence is no
    part of it. While a source ails nothing is learned of it, and too little does not replace more: what
    it should bring is what it brought before.
    """
    state = evidence.state
    watched = evidence.watched_at
    if state.first_success is None or (watched is not None and watched.date() == now.date()):
        return None
    if any(episode.until is None and episode.state in MUTE for episode in evidence.episodes):
        return None
    last = max((at for at, _ in evidence.news), default=None)
    if last is None:
        return None
    rhythm = learned(
        evidence.news,
        _start(state, now),
        last,
        interval=state.next_due - state.last_polled if state.last_polled else feed.poll_every,
        unheard=unheard(evidence.episodes, now),
        declared=feed.rhythm,
    )
    worse = rhythm is not None and state.rhythm is not None and rhythm.weeks < min(state.rhythm.weeks, 1)
    return None if worse else rhythm


def away(evidence: Evidence, now: datetime) -> Episode | None:
    """Return the span in which nobody looked after a source, where that was too long; it is over."""
    watched = evidence.watched_at
    if watched is None or now - watched <= AWAY:
        return None
    return Episode(feed_id=evidence.state.feed_id, state=Health.UNHEARD, since=watched, until=now)


def seen(feed: Feed, evidence: Evidence, now: datetime) -> SourceHealth:
    """Return a source as people see it at `now`."""
    leading, *others = judge(feed, evidence, now)
    rhythm = evidence.state.rhythm or (steady(feed.rhythm) if feed.rhythm else None)
    return SourceHealth(
        feed_id=feed.id,
        outlet=feed.outlet,
        country=feed.country,
        lang=feed.lang,
        finding=leading,
        others=tuple(others),
        days=daily(evidence.news, now.date(), STRIP_DAYS),
        usual=sum(rhythm.hourly) / _DAYS_A_WEEK if rhythm else None,
    )


def unheard(episodes: Sequence[Episode], now: datetime) -> list[tuple[datetime, datetime]]:
    """Return the spans in which what came, or did not, says nothing of a source."""
    return [(e.since, e.until or now) for e in episodes if e.state in MUTE or e.state is Health.UNHEARD]


def usually(per_day: float) -> str:
    """Return a rate in words: "usually 14 a day", "usually 3 a week", "usually 2 a month"."""
    for days, unit in ((1, "day"), (_DAYS_A_WEEK, "week")):
        if per_day * days >= 1:
            return f"usually {per_day * days:.0f} a {unit}"
    return f"usually {max(per_day * _DAYS_A_MONTH, 1):.0f} a month"


def _findings(feed: Feed, evidence: Evidence, now: datetime) -> Iterator[Finding]:
    state = evidence.state
    if state.paused_since and (state.paused_until is None or state.paused_until > now):
        until = (
            f"until {state.paused_until:%-d %b %H:%M} UTC" if state.paused_until else "until it is resumed"
        )
        yield Finding(state=Health.PAUSED, since=state.paused_since, evidence=until)
        return
    fetched = list(fetch_findings(evidence))
    yield from fetched
    yield from body_findings(feed, evidence, now)
    known = {finding.state for finding in fetched}
    yield from (f for f in page_findings(feed, evidence, now) if f.state not in known)
    yield from _volume(feed, evidence, now)


def _volume(feed: Feed, evidence: Evidence, now: datetime) -> Iterator[Finding]:
    """Yield what the numbers of new entries tell, up to when the source last answered well."""
    state = evidence.state
    heard = state.last_success
    if heard is None or state.first_success is None:
        return
    spans = unheard([e for e in evidence.episodes if e.state is not Health.SILENT or e.until], now)
    days = whole_days(evidence.news, _start(state, heard), heard, spans)
    rhythm = state.rhythm or (steady(feed.rhythm) if feed.rhythm else None)
    last = max(evidence.last_entry or state.first_success, state.first_success)
    usual = ""
    if rhythm is None or not any(rhythm.hourly):
        usual = f"nothing new for {(heard - last).days} days" if heard - last >= STALE_AFTER else ""
    elif silent(evidence.news, days, rhythm, last=last, heard=heard, unheard=spans):
        usual = usually(sum(rhythm.hourly) / _DAYS_A_WEEK)
    if usual:
        advice = "Open its site: if news appears there, the feed is broken or has another address now."
        yield Finding(state=Health.SILENT, since=last, evidence=usual, advice=advice)
    if few := slow(days, heard.date()):
        yield Finding(
            state=Health.SLOW,
            since=evidence.open_since(Health.SLOW) or few.since,
            evidence=f"{few.came} in the last three days, usually {few.usual:.0f}",
            advice="Compare with its site: a section may have left the feed, or it is a holiday.",
        )
    if many := surge(days, heard.date()):
        yield Finding(
            state=Health.SURGE,
            since=evidence.open_since(Health.SURGE) or many.since,
            evidence=f"{many.came} yesterday, usually {many.usual:.0f}",
            advice="Look at its newest entries: old ones may be listed again under new ids.",
        )


def _start(state: FeedState, end: datetime) -> datetime:
    """Return the first instant whose entries count: 28 days back, and after the back-catalogue."""
    assert state.first_success is not None
    return max(end - WINDOW, state.first_success + BACK_CATALOGUE)


def _well_since(evidence: Evidence) -> datetime | None:
    return max((e.until for e in evidence.episodes if e.until and e.state in MUTE), default=None)
