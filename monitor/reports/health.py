"""What do the mails on the health of sources say? What does not deliver, what does again, and all in rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.domain.alerts import Message
from monitor.domain.health import FAULTS, RANK, Finding, Health, NoticeData, SourceHealth, Told, WeeklyData
from monitor.policy.mail import clean_line, transfer
from monitor.reports.pages import html, text
from monitor.reports.strip import strip
from monitor.reports.wording import count, day, fitted, listed, long_day

ROWS = (120, 90, 60, 40, 20)
"""Sources with a row of their own: the first of these numbers with which the mail fits."""

LIMIT = 96_000
"""Bytes of both parts together, encoded for the mail: large services clip a message at about 100 kB."""

TOLD = 30
"""Sources that a notice tells of, and that a weekly mail tells of as back."""

_NEAR = 0.5
_ENOUGH = 4
_OUTLET, _SHOWN, _ADVICE = 60, 120, 200
_NAME_COLUMNS = 24

WORDS = {
    Health.PAUSED: "paused",
    Health.GONE: "gone for good",
    Health.BLOCKED: "closed to us",
    Health.FAILING: "not reachable",
    Health.EMPTY: "lists nothing",
    Health.SAME_TEXT: "one text on many pages",
    Health.STALE: "answers, but has old items only",
    Health.SILENT: "silent",
    Health.TEASER_ONLY: "teasers only",
    Health.GAP: "with a gap",
    Health.SLOW: "slow",
    Health.LANGUAGE_CHANGED: "in another language",
    Health.SURGE: "unusually busy",
    Health.CLOCK_SKEW: "with a wrong clock",
    Health.MOVED: "moved",
    Health.NEW: "new",
    Health.OK: "well",
    Health.UNHEARD: "not looked after",
}
"""Each state in words that continue "the source is …"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A source, or an episode of one, as a mail shows it."""

    name: str
    state: str
    since: str
    shown: str = ""
    advice: str = ""
    strip: str = ""
    column: str = ""
    ails: bool = False


def notice(data: NoticeData) -> Message:
    """Return the message on faults that last, and on those told of before that are over."""
    zone = ZoneInfo(data.timezone)
    faults = [_told(one, data.at, zone) for one in data.faults[:TOLD]]
    over = [_over(one, zone) for one in data.over[:TOLD]]
    near = len(data.faults) >= _ENOUGH and len(data.faults) >= _NEAR * data.sources
    subject = _subject(data)
    values: dict[str, object] = {
        "title": subject,
        "headline": _headline(data),
        "near": near,
        "faults": faults,
        "more_faults": len(data.faults) - len(faults),
        "over": over,
        "more_over": len(data.over) - len(over),
        "footer": clean_line(data.footer, 500),
    }
    return Message(
        subject=subject,
        text=text("notice", **values),
        html=html("notice", **values),
        list_id="health",
        list_name="Newsmon sources",
    )


def weekly(data: WeeklyData) -> Message:
    """Return the weekly message: a row for each source, the worst first, and what came back."""
    zone = ZoneInfo(data.timezone)
    ranked = sorted(data.sources, key=lambda one: (RANK[one.finding.state], one.finding.since, one.feed_id))
    rows = [_row(one, data.at, zone) for one in ranked[: ROWS[0]]]
    ailing = sum(not one.delivers for one in ranked)
    what = f"{ailing} of {len(ranked)} do not deliver" if ailing else "all deliver"
    values: dict[str, object] = {
        "title": f"Newsmon sources, {long_day(data.date)}",
        "day": long_day(data.date),
        "headline": f"Of {count(len(ranked), 'source', 'sources')}, {_states(ranked)}.",
        "back": [_over(one, zone) for one in data.back[:TOLD]],
        "more_back": max(len(data.back) - TOLD, 0),
        "uncovered": [clean_line(line, _SHOWN) for line in data.uncovered[:TOLD]],
        "footer": clean_line(data.footer, 500),
    }
    plain, page = _fitting(values, rows, len(ranked))
    return Message(
        subject=f"Newsmon sources, {day(data.date)}: {what}",
        text=plain,
        html=page,
        list_id="health",
        list_name="Newsmon sources",
    )


def _fitting(values: dict[str, object], rows: Sequence[Row], of: int) -> tuple[str, str]:
    """Return text and HTML with as many rows as fit; the fewest fit whatever stands in them."""
    *more, fewest = (_parts(values, rows[:shown], of) for shown in ROWS)
    return next((parts for parts in more if sum(transfer(part)[1] for part in parts) <= LIMIT), fewest)


def _parts(values: dict[str, object], rows: Sequence[Row], of: int) -> tuple[str, str]:
    given = values | {"rows": rows, "more": of - len(rows)}
    return text("health", **given), html("health", **given)


def _subject(data: NoticeData) -> str:
    if not data.faults:
        (first, *more) = data.over
        rest = f" and {count(len(more), 'other', 'others')}" if more else ""
        return f"Newsmon: {_name(first)}{rest} back"
    (worst, *more) = data.faults
    rest = f" and {count(len(more), 'other', 'others')}: not as they should be" if more else ""
    return f"Newsmon: {_name(worst)}{rest or f' is {WORDS[worst.episode.state]}'}"


def _headline(data: NoticeData) -> str:
    """Return in a sentence how many ail and how many are well again."""
    parts = []
    if data.faults:
        parts.append(f"{count(len(data.faults), 'source has', 'sources have')} a fault that lasts")
    if data.over:
        parts.append(f"{count(len(data.over), 'fault', 'faults')} told of before {_is(len(data.over))} over")
    return f"{'; '.join(parts)}."


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _name(told: Told) -> str:
    return clean_line(told.outlet, _OUTLET) or told.episode.feed_id


def _told(told: Told, now: datetime, zone: ZoneInfo) -> Row:
    episode = told.episode
    return Row(
        name=f"{_name(told)} ({clean_line(told.host, _OUTLET)})",
        state=WORDS[episode.state],
        since=_since(episode.since, now, zone),
        shown=clean_line(episode.evidence, _SHOWN),
        advice=clean_line(told.advice, _ADVICE),
        ails=True,
    )


def _over(told: Told, zone: ZoneInfo) -> Row:
    episode = told.episode
    assert episode.until is not None
    return Row(
        name=_name(told),
        state=WORDS[episode.state],
        since=f"{_moment(episode.since, zone)} to {_moment(episode.until, zone)}",
        shown=_lasted(episode.until - episode.since),
    )


def _row(source: SourceHealth, now: datetime, zone: ZoneInfo) -> Row:
    finding, days = source.finding, strip(source.days)
    name = clean_line(source.outlet, _OUTLET) or source.feed_id
    others = [WORDS[one.state] for one in source.others]
    shown = [clean_line(finding.evidence, _SHOWN), f"also {listed(others, 3)}" if others else ""]
    return Row(
        name=name,
        column=fitted(name, _NAME_COLUMNS),
        strip=days,
        state=WORDS[finding.state],
        since=_since(finding.since, now, zone) if finding.state is not Health.OK else "",
        shown="; ".join(filter(None, shown)),
        advice=_advice(finding),
        ails=finding.state in FAULTS,
    )


def _advice(finding: Finding) -> str:
    return clean_line(finding.advice, _ADVICE)


def _states(sources: Sequence[SourceHealth]) -> str:
    """Return how many are in each state: "3 are silent, 1 is paused, 88 are well"."""
    numbers: dict[Health, int] = {}
    for one in sources:
        numbers[one.finding.state] = numbers.get(one.finding.state, 0) + 1
    ranked = sorted(numbers.items(), key=lambda item: RANK[item[0]])
    return ", ".join(f"{number} {_is(number)} {WORDS[state]}" for state, number in ranked) or "none is there"


def _since(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    return f"since {_moment(at, zone)} ({_lasted(now - at)})"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{day(local.date())} {local:%H:%M}"


def _lasted(span: timedelta) -> str:
    hours = max(span // timedelta(hours=1), 0)
    return count(hours // 24, "day", "days") if hours >= 48 else count(hours, "hour", "hours")  # noqa: PLR2004 - "36 hours", "2 days"
