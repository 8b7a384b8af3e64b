"""What does a report show of one story?"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from monitor.domain.alerts import StoryItem
from monitor.policy.mail import clean_line
from monitor.reports.evidence import Excerpt, excerpts, flagged, short_name
from monitor.reports.why import Reason, reasons
from monitor.reports.wording import count, listed, moment, web_link

_NAMES = 6  # actors, and themes, shown as labels
_OTHERS = 6  # other outlets named
_OTHERS_URL = 300  # no story, whatever its outlets do, may crowd the others out of a digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Another outlet that carries the story; `link` is None where its URL may not be linked."""

    name: str
    link: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """A story in the words a template lays out: every field is one clean line.

    `relevance` is that of the strongest match. `others` are the other outlets shown, `unnamed` says
    how many more there are ("" for none), `outlets` counts them all ("" for one). `remarks` are what
    the reader must know of the text's completeness and of how the story came.
    """

    title: str
    link: str | None
    outlet: str
    when: str
    lang: str
    relevance: int
    others: tuple[Outlet, ...]
    unnamed: str
    outlets: str
    excerpts: tuple[Excerpt, ...]
    reasons: tuple[Reason, ...]
    actors: tuple[str, ...]
    themes: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def labels(self) -> str:
        """Return actors and themes as one line, "" where there are none."""
        return " · ".join(listed(names, _NAMES) for names in (self.actors, self.themes) if names)

    @property
    def chips(self) -> tuple[str, ...]:
        """Return actors, themes and the other topics as small labels."""
        other_topics = (f"also {reason.topic} ({reason.relevance})" for reason in self.reasons[1:])
        return (*self.actors[:_NAMES], *self.themes[:_NAMES], *other_topics)

    @property
    def meta(self) -> str:
        """Return outlet, time and the other outlets as one line."""
        names = ", ".join(other.name for other in self.others)
        also = f"also: {names}{self.unnamed}" if names else ""
        return " · ".join(filter(None, (self.outlet, self.when, also, self.outlets)))


def view(story: StoryItem, zone: ZoneInfo, sentences: int) -> StoryView:
    """Return `story` as its reader sees it, times on the clock of `zone`, with at most `sentences` quoted."""
    outlet = clean_line(story.outlet, 80)
    others = {clean_line(name, 80): web_link(url, _OTHERS_URL) for name, url in story.also}
    others.pop(outlet, None)
    unnamed = len(others) - _OTHERS
    return StoryView(
        title=clean_line(story.title, 300) or "(no title)",
        link=web_link(story.url),
        outlet=outlet,
        when=moment(story.published, zone) if story.published else "date unknown",
        lang=clean_line(story.lang or "", 20),
        relevance=max((match.relevance for match in flagged(story)), default=0),
        others=tuple(Outlet(name=name, link=link) for name, link in list(others.items())[:_OTHERS]),
        unnamed=f" and {unnamed} more" if unnamed > 0 else "",
        outlets=count(len(others) + 1, "outlet", "outlets") if others else "",
        excerpts=excerpts(story, sentences),
        reasons=reasons(story),
        actors=tuple(short_name(name) for _, name in story.actors),
        themes=tuple(short_name(name) for _, name in story.themes),
        remarks=tuple(filter(None, (clean_line(story.incomplete, 200), clean_line(story.reason, 200)))),
    )
