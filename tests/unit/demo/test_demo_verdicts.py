"""The shipped topics give every article of the demo the verdict that a careful editor would give it."""

from datetime import UTC, datetime

import pytest

from monitor.demo.drafts import Draft, Outlet, load_outlets
from monitor.domain.topics import Document, Reading
from monitor.rules import Matcher, compile_pack
from monitor.settings import load, locate

TOPIC = "central-asia-partnerships"
DRAFTS = [(outlet, draft) for outlet in load_outlets() for draft in outlet.drafts]
EACH = pytest.mark.parametrize(
    ("outlet", "draft"), DRAFTS, ids=[f"{outlet.id}/{draft.slug}" for outlet, draft in DRAFTS]
)


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    """The shipped rules, with no configuration of an operator's own."""
    empty = tmp_path_factory.mktemp("operator")
    return compile_pack(load(locate(empty, empty), {}).pack)


def _read(matcher: Matcher, outlet: Outlet, title: str, text: str) -> Reading:
    return matcher.read(
        Document(
            title=title,
            body=text,
            lang=outlet.lang,
            source=outlet.domain,
            outlet_kind=outlet.kind,
            country=outlet.country,
            published=datetime(2026, 11, 23, tzinfo=UTC),
        )
    )


def _flagged(reading: Reading) -> bool:
    return any(match.flagged for match in reading.matches if match.topic_id == TOPIC)


@EACH
def test_an_article_gets_the_verdict_it_deserves(matcher: Matcher, outlet: Outlet, draft: Draft) -> None:
    """The topic flags exactly what is marked, and finds every actor that the mark names."""
    reading = _read(matcher, outlet, draft.title, draft.text)
    assert _flagged(reading) is draft.flag
    assert set(draft.actors) <= {actor.id for actor in reading.actors}


def test_a_correction_keeps_the_verdict(matcher: Matcher) -> None:
    """The corrected text is flagged as the first one was."""
    (outlet, draft) = next((outlet, draft) for outlet, draft in DRAFTS if draft.corrected)
    assert draft.corrected is not None
    reading = _read(matcher, outlet, draft.corrected.title, draft.corrected.text)
    assert _flagged(reading) is draft.flag
