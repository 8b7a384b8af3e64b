"""What does a digest say? The day's stories by topic, who was named with whom, and what we could not see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from monitor.domain.alerts import CoverageNote, DigestData, Message, StoryItem
from monitor.policy.mail import clean_line, transfer
from monitor.reports.charts import Heat, days, heat
from monitor.reports.evidence import flagged
from monitor.reports.pages import html, text
from monitor.reports.story import StoryView, view
from monitor.reports.wording import count, day, listed, long_day, since, span

LIMIT = 96_000
"""Bytes of both parts together, encoded for the mail: large services clip a message at about 100 kB."""

_SENTENCES = 2
_STORIES = 200  # tried at most; the limit cuts long before
_COVERAGE = 10  # notes in full
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A topic with its stories, most relevant first; `total` counts those that did not fit, too."""

    topic: str
    total: str
    stories: tuple[StoryView, ...]


def render(data: DigestData) -> Message:
    """Return the message of a digest, under 100 kB whatever the day brought.

    Each story stands once, under its strongest topic; what does not fit is counted in a last line. A
    digest without stories says in three lines what was looked at. The HTML is also a page of its own.
    """
    zone = ZoneInfo(data.recipient.timezone)
    table = heat(data.heat)
    values: dict[str, object] = {
        "title": f"Newsmon digest, {long_day(date.fromisoformat(data.date))}",
        "day": long_day(date.fromisoformat(data.date)),
        "headline": _headline(data, table, zone),
        "heat": table,
        "days": days(data.per_day),
        "coverage": _coverage(data.coverage),
        "made": _made(data, zone),
        "nothing": f"Nothing flagged since {since(data.since, data.until, zone)}.",
        "looked": f"Looked at: {_amounts(data, zone)}.",
        "failing": _failing(data),
        "footer": clean_line(data.footer, 500),
    }
    ranked = sorted(data.stories, key=_rank)
    page, plain = _fitting(values, ranked, [view(story, zone, _SENTENCES) for story in ranked[:_STORIES]])
    told = count(len(ranked), "story", "stories") if ranked else "nothing to tell"
    return Message(
        subject=f"Newsmon digest, {day(date.fromisoformat(data.date))}: {told}",
        text=plain,
        html=page,
        list_id="digest",
        list_name="Newsmon digest",
    )


def _rank(story: StoryItem) -> tuple[int, int, float]:
    """Order by relevance, then by the number of outlets, then newest first."""
    relevance = max((match.relevance for match in flagged(story)), default=0)
    age = ((story.published or _EARLIEST) - _EARLIEST).total_seconds()
    return -relevance, -len(story.also), -age


def _fitting(
    values: dict[str, object], ranked: Sequence[StoryItem], views: Sequence[StoryView]
) -> tuple[str, str]:
    """Return HTML and text with as many of the first stories as fit, found by halving."""

    def parts(shown: int) -> tuple[str, str]:
        given = values | {"sections": _sections(ranked, views[:shown]), "more": len(ranked) - shown}
        return html("digest", **given), text("digest", **given)

    def fits(pages: tuple[str, str]) -> bool:
        return sum(transfer(page)[1] for page in pages) <= LIMIT

    fewest, most = 0, len(views)
    best = parts(most)
    if fits(best):
        return best
    best = parts(fewest)
    while fewest < most - 1:
        middle = (fewest + most) // 2
        pages = parts(middle)
        if fits(pages):
            fewest, best = middle, pages
        else:
            most = middle
    return best


def _topic(story: StoryItem) -> str:
    """Return the name of the strongest topic; a corrected article may have lost them all."""
    names = dict(story.topics)
    strongest = next((match.topic_id for match in flagged(story)), "")
    return clean_line(names.get(strongest, strongest), 80) or "Other stories"


def _sections(ranked: Sequence[StoryItem], views: Sequence[StoryView]) -> list[Section]:
    """Return the topics in the order of their best story, each with the stories that are shown."""
    totals: dict[str, int] = {}
    shown: dict[str, list[StoryView]] = {}
    for place, story in enumerate(ranked):
        topic = _topic(story)
        totals[topic] = totals.get(topic, 0) + 1
        if place < len(views):
            shown.setdefault(topic, []).append(views[place])
    return [
        Section(topic=topic, total=count(totals[topic], "story", "stories"), stories=tuple(stories))
        for topic, stories in shown.items()
    ]


def _headline(data: DigestData, table: Heat | None, zone: ZoneInfo) -> str:
    topics = {_topic(story) for story in data.stories}
    told = f"{count(len(data.stories), 'story', 'stories')} on {count(len(topics), 'topic', 'topics')}"
    quiet = f"; {listed(table.quiet, 5)} quiet" if table and table.quiet else ""
    return f"{told} since {since(data.since, data.until, zone)}{quiet}"


def _made(data: DigestData, zone: ZoneInfo) -> str:
    """Return how the digest came about, so that its numbers can be judged."""
    rules = f"; rules {clean_line(data.rules_version, 40)}" if data.rules_version else ""
    return (
        f"{_amounts(data, zone)}{rules}. "
        "Relevance runs from 0 to 100; “newsmon explain” with an article's address tells how it came about."
    )


def _amounts(data: DigestData, zone: ZoneInfo) -> str:
    polled = f"{count(data.feeds_polled, 'feed', 'feeds')} polled"
    read = f"{count(data.articles_read, 'article', 'articles')} read"
    return f"{polled} and {read}, {span(data.since, data.until, zone)}"


def _failing(data: DigestData) -> str:
    """Return in one line whether silence means that nothing happened."""
    if data.coverage:
        return f"Not everything could be seen: {listed([_note(note) for note in data.coverage], 3, '; ')}."
    if not data.feeds_polled:
        return "No feed was polled: “newsmon status” tells whether the service runs."
    return "Every feed that was due delivered."


def _coverage(notes: Sequence[CoverageNote]) -> list[str]:
    lines = [_note(note) for note in notes[:_COVERAGE]]
    if len(notes) > _COVERAGE:
        lines.append(f"… and {len(notes) - _COVERAGE} more: newsmon sources health")
    return lines


def _note(note: CoverageNote) -> str:
    outlet, words = clean_line(note.outlet, 60), clean_line(note.text, 160).rstrip(".")
    return words if words.startswith(outlet) else f"{outlet}: {words}"
