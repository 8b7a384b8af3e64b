"""What do a source's latest articles say of its health? Teasers, one text on many pages, another language."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from monitor.domain.feeds import Feed
from monitor.domain.health import Evidence, Finding, Health, PageFact

LATEST = 20
FRESH = timedelta(days=30)

_MOST, _SOME = 0.6, 0.3
_ENOUGH = 5
_COPIES = 4
_NEWEST = 10
_ALMOST_ALL = 0.8
_KNOWN = 8
_SHORT, _SHORT_HAN = 300, 100
_DENSE = frozenset({"zh", "ja", "ko"})
# Languages that are told apart by their words alone are mistaken for one another in short texts.
_ALIKE = (
    frozenset({"kk", "ky", "tt", "ba"}),
    frozenset({"tr", "az", "uz", "tk", "ug"}),
    frozenset({"ru", "uk", "be", "bg", "sr", "mk"}),
    frozenset({"fa", "tg", "ps", "ar", "ur"}),
    frozenset({"da", "no", "nb", "nn", "sv"}),
    frozenset({"hr", "bs", "sr", "sl"}),
    frozenset({"es", "pt", "gl", "ca"}),
    frozenset({"cs", "sk"}),
    frozenset({"id", "ms"}),
)


def page_findings(feed: Feed, evidence: Evidence, now: datetime) -> Iterator[Finding]:
    """Yield what the latest pages of a source show; fewer than five show nothing."""
    pages = [page for page in evidence.pages if now - page.at < FRESH]
    latest = pages[:LATEST]
    if len(latest) < _ENOUGH:
        return
    lost = [page for page in latest if page.lost]
    if len(lost) >= _MOST * len(latest):
        yield _lost(lost, len(latest))
        return
    read = [page for page in latest if not page.lost]
    same = _same_text(read)
    yield from same
    teasers = [page for page in read if page.incomplete or page.length < _short(page.lang)]
    if not same and len(read) >= _ENOUGH and len(teasers) >= _MOST * len(read):
        yield _teasers(teasers, len(read))
    yield from _language(feed, [page for page in pages if page.lang and not page.incomplete])


def _lost(lost: Sequence[PageFact], of: int) -> Finding:
    reason = _commonest([page.lost for page in lost])
    refused = sum(page.refused for page in lost) * 2 >= len(lost)
    return Finding(
        state=Health.BLOCKED if refused else Health.FAILING,
        since=lost[-1].at,
        evidence=f"{len(lost)} of its last {of} articles could not be read ({reason})",
        advice=(
            "Its pages are closed to programs: where its feed carries the text, write read: feed."
            if refused
            else "Its pages are not read in the general way: give XPaths (extract), or write read: feed."
        ),
    )


def _same_text(read: Sequence[PageFact]) -> list[Finding]:
    """Return that one text stands on many pages, as walls for consent and against bots do."""
    prints = Counter(page.print for page in read if page.print and not page.incomplete)
    print_, copies = prints.most_common(1)[0] if prints else ("", 0)
    if copies < _COPIES or copies < _SOME * len(read):
        return []
    return [
        Finding(
            state=Health.SAME_TEXT,
            since=[page.at for page in read if page.print == print_][-1],
            evidence=f"{copies} of its last {len(read)} articles have one and the same text",
            advice="A wall stands before its pages (consent, bots): write read: feed, or ask the outlet.",
        )
    ]


def _teasers(teasers: Sequence[PageFact], of: int) -> Finding:
    reasons = [page.incomplete for page in teasers if page.incomplete]
    shown = f" ({_commonest(reasons)})" if reasons else ""
    return Finding(
        state=Health.TEASER_ONLY,
        since=teasers[-1].at,
        evidence=f"{len(teasers)} of its last {of} articles are a few lines only{shown}",
        advice=(
            "Its pages could not be had, and the feed's own words serve: topics see the headline and a line."
            if reasons
            else "Open an article: the rest may be for subscribers, or needs XPaths of its own (extract)."
        ),
    )


def _language(feed: Feed, pages: Sequence[PageFact]) -> Iterator[Finding]:
    newest, older = pages[:_NEWEST], pages[_NEWEST:]
    now, before = _spoken(newest), _spoken(older)
    declared = _base(feed.lang) if feed.lang else None
    if now is None or now == declared:
        return
    changed = before is not None and before != now
    wrong = declared is not None and not any({declared, now} <= alike for alike in _ALIKE)
    if changed or wrong:
        was = before if changed else declared
        yield Finding(
            state=Health.LANGUAGE_CHANGED,
            since=newest[-1].at,
            evidence=f"its latest articles are in {now}, not in {was}",
            advice="Write its language into its source, or take the feed of the other edition.",
        )


def _spoken(pages: Sequence[PageFact]) -> str | None:
    """Return the language of almost all of at least eight pages, or None."""
    languages = Counter(_base(page.lang) for page in pages if page.lang)
    if not languages or len(pages) < _KNOWN:
        return None
    language, number = languages.most_common(1)[0]
    return language if number >= _ALMOST_ALL * len(pages) else None


def _base(lang: str) -> str:
    return lang.partition("-")[0].lower()


def _short(lang: str | None) -> int:
    return _SHORT_HAN if lang and _base(lang) in _DENSE else _SHORT


def _commonest(words: Sequence[str]) -> str:
    return Counter(words).most_common(1)[0][0]
