"""What do a source's answers say of its health? Refusals, faults, empty and stale bodies, moves, clocks."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from monitor.domain.feeds import Feed
from monitor.domain.health import Evidence, Finding, Health
from monitor.policy.rhythm import expected

STALE_AFTER = timedelta(days=60)
GAP_TOLD = timedelta(hours=24)
SKEWED = timedelta(minutes=10)
AHEAD = timedelta(hours=1)

_ONE_BAD_HOUR = timedelta(hours=3)
_EMPTY_AFTER = timedelta(hours=6)
_OVERLOADED = 429
_REFUSALS = frozenset({401, 402, 403, _OVERLOADED, 451})
_MISSING = 404
_SERVER_ERRORS = 500
_FEW_MISSED = 3.0

_REFUSED = {
    401: "It asks for a user and a password: give credentials, or leave the source out.",
    402: "It asks for payment: ask the outlet, or leave the source out.",
    403: "It refuses programs, or this address: write to the outlet, or poll it from another network.",
    _OVERLOADED: "It is asked too often, perhaps by others of this network too: give it a longer poll_every.",
    451: "It is forbidden by law where Newsmon runs: poll it from another country.",
}
_FAULTS = {
    "dns": "Its host's name is not known: look for the outlet's new domain, or ask again tomorrow.",
    "connect": "Nobody answers there: see whether its site opens in a browser from this network.",
    "timeout": "It is too slow, or cut off from this network: see whether its site opens in a browser.",
    "tls": "Its certificate is wrong: open its site; where it works with http, change the address.",
    "not-a-feed": "A page came instead of a feed: look for the feed's new address with newsmon sources add.",
    "too-large": "Its feed is too large: raise http.max_feed_size, or take the feed of a section.",
    "private-address": "Its address is not public: add allow_private: true if that is meant.",
    "robots": "Its robots.txt forbids it: ask the outlet.",
    "redirects": "It sends us round in a circle: look for the feed's new address.",
}
_FAULT_ADVICE = "See whether its feed opens in a browser; it is asked again until it does."


def fetch_findings(evidence: Evidence) -> Iterator[Finding]:
    """Yield that a source cannot be had. One bad hour, and one failed poll, are no state."""
    state = evidence.state
    if state.gone_since:
        advice = "The outlet ended this feed: look for another with newsmon sources add."
        yield Finding(state=Health.GONE, since=state.gone_since, evidence="status 410", advice=advice)
        return
    since, polled = state.failing_since, state.last_polled
    if since is None or polled is None or polled - since < _ONE_BAD_HOUR:
        return
    cause = state.last_error or evidence.outcome
    if evidence.status in _REFUSALS or evidence.outcome == "robots":
        advice = _REFUSED.get(evidence.status or 0, _FAULTS["robots"])
        yield Finding(state=Health.BLOCKED, since=since, evidence=cause, advice=advice)
    else:
        advice = _FAULTS.get(evidence.outcome, _FAULT_ADVICE)
        if evidence.status == _MISSING:
            advice = "Its address leads nowhere: look for the feed's new one with newsmon sources add."
        elif evidence.status is not None and evidence.status >= _SERVER_ERRORS:
            advice = "Its server has a fault of its own: it is asked again until it works."
        yield Finding(state=Health.FAILING, since=since, evidence=cause, advice=advice)


def body_findings(feed: Feed, evidence: Evidence, now: datetime) -> Iterator[Finding]:
    """Yield what the last body, its address and its clock show."""
    state = evidence.state
    heard = state.last_success
    if heard is None:
        return
    if state.listed == 0 and heard - (evidence.last_entry or state.first_success or heard) >= _EMPTY_AFTER:
        yield Finding(
            state=Health.EMPTY,
            since=evidence.open_since(Health.EMPTY) or heard,
            evidence="the feed is valid and lists nothing",
            advice="Look for the feed's new address: an empty one is often left behind by a new site.",
        )
    yield from _stale(evidence, heard)
    if state.gap_at and now - state.gap_at < GAP_TOLD:
        yield Finding(
            state=Health.GAP,
            since=state.gap_at,
            evidence="two polls had no entry in common: something between them may be missing",
            advice="Give it a shorter poll_every, or take the feeds of its sections.",
        )
    if state.url != feed.url:
        yield Finding(
            state=Health.MOVED,
            since=evidence.open_since(Health.MOVED) or heard,
            evidence=f"it is read from {state.url}",
            advice="Write the new address into its source.",
        )
    yield from _skewed(evidence, heard)


def _stale(evidence: Evidence, heard: datetime) -> Iterator[Finding]:
    """Yield that a feed answers well and its newest item is months old, unless that is its way."""
    state = evidence.state
    newest = state.newest
    if newest is None or not state.listed or heard - newest < STALE_AFTER:
        return
    if state.rhythm is not None and state.rhythm.weeks and _rare(evidence, newest, heard):
        return
    yield Finding(
        state=Health.STALE,
        since=newest,
        evidence=f"it answers, and its newest item is {(heard - newest).days} days old",
        advice="Open its site: if news appears there, look for the feed that carries it.",
    )


def _rare(evidence: Evidence, newest: datetime, heard: datetime) -> bool:
    """Tell whether so long a pause is to be expected of a source that brings something at times."""
    rhythm = evidence.state.rhythm
    assert rhythm is not None
    return 0 < expected(rhythm, newest, heard) < _FEW_MISSED


def _skewed(evidence: Evidence, heard: datetime) -> Iterator[Finding]:
    state = evidence.state
    skew = state.clock_skew
    said = ""
    if skew is not None and abs(skew) >= SKEWED:
        said = f"its server's clock is {_length(abs(skew))} {'ahead' if skew > timedelta() else 'behind'}"
    elif state.newest is not None and state.newest - heard >= AHEAD:
        said = f"its newest item is dated {_length(state.newest - heard)} ahead"
    if said:
        yield Finding(
            state=Health.CLOCK_SKEW,
            since=evidence.open_since(Health.CLOCK_SKEW) or heard,
            evidence=said,
            advice="Do not trust its times: a date in the wrong time zone makes news look late or early.",
        )


def _length(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"  # noqa: PLR2004 - as people say it
