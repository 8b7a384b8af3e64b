"""What does each kind of bad page come to, and is it told why?"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desks import Desk, feed
from fakes import FakeClock
from press import Answer, Item, Press, Said, html, rss, xml

from monitor.cli import main as program
from monitor.cli import rounds, show
from monitor.domain.articles import WorkerLimits
from monitor.extract import ParserProcesses

# Many attributes on one tag keep libxml2 busy for many seconds, in C, where no Python signal is heard.
ENDLESS = f"<html><body><p {' '.join(f'a{n}=1' for n in range(60_000))}>text</p></body></html>"
WORDS = "The European Union and Kazakhstan signed a roadmap on rare earths in Astana on Friday."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A page that gives no text, why, the end of an entry without words of its own, and the next try."""

    name: str
    answer: Answer
    reason: str
    end: str = "failed"
    again: timedelta | None = None


TABLE = (
    Bad(name="404", answer=html("<p>Not here.</p>", 404), reason="page gone: 404", end="gone"),
    Bad(
        name="500",
        answer=html("<p>Broken.</p>", 500),
        reason="page down: 500",
        end="listed",
        again=timedelta(hours=1),
    ),
    Bad(
        name="a PDF",
        answer=Said(body=b"%PDF-1.7", headers=(("Content-Type", "application/pdf"),)),
        reason="no text in the page (not-html)",
    ),
    Bad(name="a frame without text", answer=html("<html></html>"), reason="no text in the page (empty)"),
    Bad(name="a parser killed", answer=html(ENDLESS), reason="no text in the page (killed)"),
)

every = pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)


@dataclass(slots=True, kw_only=True)
class Round:
    """A round over a feed whose pages are all bad: each is listed once with words, and once without."""

    app: Desk
    press: Press
    folder: Path
    begun: Any

    def url(self, bad: Bad, *, words: bool = True) -> str:
        """Return the address of a bad page."""
        return self.press.url(f"/{'words' if words else 'bare'}/{TABLE.index(bad)}")


@pytest.fixture(scope="module")
def round_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    """One round by parsers that are killed after two seconds."""
    folder, clock = tmp_path_factory.mktemp("pages"), FakeClock()
    parsers = ParserProcesses(WorkerLimits(deadline=timedelta(seconds=2)), clock)
    with Press() as press:
        feeds = [feed("outlet", press.url("/feed"))]
        with Desk(folder, parsers, feeds=feeds, clock=clock) as app:
            made = Round(app=app, press=press, folder=folder, begun=clock.now())
            items = [
                Item(
                    title=f"Roadmap {bad.name}",
                    link=made.url(bad, words=words),
                    text=WORDS if words else None,
                )
                for bad in TABLE
                for words in (True, False)
            ]
            press.answers = {"/feed": xml(rss(items))}
            for at, bad in enumerate(TABLE):
                press.answers |= {f"/words/{at}": bad.answer, f"/bare/{at}": bad.answer}
            rounds.poll_and_read(app)
            yield made
    parsers.close()


@pytest.fixture
def explain(round_: Round, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `newsmon explain` on the round's database, without the shipped rules, which take their time."""
    desk = round_.folder / "desk"
    desk.mkdir(exist_ok=True)
    pack = "{sources: false, topics: false, actors: false, themes: false, languages: false}"
    (desk / "newsmon.yaml").write_text(f"use_pack: {pack}\n", encoding="utf-8")

    def run(*words: str) -> str:
        options = ("--config", str(desk), "--data", str(round_.folder))
        monkeypatch.setattr(sys, "argv", ["newsmon", *options, "explain", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            program.main()
        printed = capsys.readouterr()
        assert not ended.value.code, printed.err
        return printed.out

    yield run
    show.MANNERS.color, show.MANNERS.quiet, show.MANNERS.verbose = True, False, False


@every
def test_the_feeds_words_serve_where_the_page_does_not(bad: Bad, round_: Round) -> None:
    """They are flagged at once, marked incomplete with the reason; a page that is down is due again."""
    journey = round_.app.store.journey(round_.url(bad))
    assert journey is not None
    assert journey.article is not None
    assert journey.article.text == WORDS
    assert journey.article.incomplete == f"from the feed only ({bad.reason})"
    assert journey.state.value == "matched"
    assert journey.page_due == (round_.begun + bad.again if bad.again else None)


@every
def test_without_words_the_entry_ends_with_the_reason(bad: Bad, round_: Round) -> None:
    """There is no article then, and the entry says why."""
    journey = round_.app.store.journey(round_.url(bad, words=False))
    assert journey is not None
    assert journey.article is None
    assert (journey.state.value, journey.reason) == (bad.end, bad.reason)


def test_explain_tells_where_the_words_are_from(round_: Round, explain: Callable[..., str]) -> None:
    """`newsmon explain` says that the page gave none, why, and that it is asked again."""
    told = " ".join(explain(round_.url(TABLE[1])).split())
    assert "from the feed only (page down: 500)" in told
    assert "the page is tried again" in told


def test_explain_tells_why_there_are_none(round_: Round, explain: Callable[..., str]) -> None:
    """`newsmon explain` gives the end of an entry with its reason, and no hope where there is none."""
    told = " ".join(explain(round_.url(TABLE[0], words=False)).split())
    assert told.endswith("gone: page gone: 404")
