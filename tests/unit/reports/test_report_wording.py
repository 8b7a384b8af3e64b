"""Numbers, names, times and columns are worded the same everywhere."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.topics import Evidence, Quote
from monitor.reports.evidence import EXCERPT_LIMIT, Segment, excerpt
from monitor.reports.wording import WIDTH, columns, count, fitted, listed, offset, web_link, wrapped

Quoting = Callable[..., Quote]


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 stories"), (1, "1 story"), (2, "2 stories"), (1204, "1,204 stories")]
)
def test_counts_agree_with_their_noun(number: int, said: str) -> None:
    """One story, two stories."""
    assert count(number, "story", "stories") == said


def test_long_lists_say_how_much_is_missing() -> None:
    """Names beyond the limit are counted."""
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c", "d"], 2, " + ") == "a + b and 2 more"
    assert listed([], 2) == ""


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "UTC"), (300, "+05"), (345, "+05:45"), (-180, "−03"), (-210, "−03:30"), (840, "+14")],
)
def test_offsets_are_short_and_exact(minutes: int, said: str) -> None:
    """Whole hours have no minutes."""
    assert offset(datetime(2026, 1, 1, tzinfo=timezone(timedelta(minutes=minutes)))) == said


def test_addresses_that_may_be_linked_come_back_unchanged() -> None:
    """A link is the address itself, query and other scripts included."""
    for url in ("https://x.example/a?b=1&c=%20#d", "http://x.example:8080/", "https://пример.example/жол"):
        assert web_link(url) == url


@given(st.text(max_size=40), st.integers(2, 30))
def test_columns_are_filled_exactly(text: str, width: int) -> None:
    """Wide letters count twice, combining marks not at all."""
    assert columns(fitted(text, width)) == width


@given(st.text(st.sampled_from("ab -–\u00e9я"), max_size=400))
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    """Lines of short words have at most 76 columns, and every word is still there."""
    lines = wrapped(text, "  ", "    ").splitlines()

    assert all(len(line) <= WIDTH or " " not in line.strip() for line in lines)
    assert " ".join(lines).split() == text.split()


def test_links_are_never_broken() -> None:
    """A word longer than a line stays whole."""
    link = "https://x.example/" + "a-b" * 60

    assert link in wrapped(f"see {link} there").splitlines()


@given(
    st.text(max_size=900), st.lists(st.tuples(st.integers(0, 900), st.integers(0, 40)), max_size=6), st.data()
)
def test_an_excerpt_shows_the_sentence_and_its_marks(
    text: str, spans: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Whatever the offsets, letters come in their order, and a sentence that fits is whole."""
    start = data.draw(st.integers(0, 5000))
    marks = tuple(
        Evidence(field="body", start=start + at, end=start + at + long, text="x", label="l")
        for at, long in spans
    )
    quote = Quote(field="body", start=start, end=start + len(text), text=text, marks=marks)

    shown = excerpt(quote, {})

    words = "".join(part.text for part in shown.segments)
    assert len(words) <= EXCERPT_LIMIT + 3
    assert all(part.text for part in shown.segments)
    if len(text) <= EXCERPT_LIMIT and text.isprintable():
        assert words.split() == text.split()


def test_a_long_sentence_is_cut_round_its_first_mark(quoting: Quoting) -> None:
    """The mark is in sight, and dots show where something is missing."""
    shown = excerpt(quoting("before " * 100 + "the [gas union] and " + "after " * 100), {})

    assert "the [gas union] and after" in shown.text
    assert shown.text.startswith("…before")
    assert shown.text.endswith("after …")


def test_a_long_sentence_keeps_its_beginning_and_its_end(quoting: Quoting) -> None:
    """A mark at either end leaves nothing to cut there."""
    head = excerpt(quoting("[Gas] talks " + "after " * 100), {}).text
    tail = excerpt(quoting("before " * 100 + "gas [talks]"), {}).text

    assert head.startswith("[Gas] talks after")
    assert head.endswith("after …")
    assert tail.startswith("…before")
    assert tail.endswith("gas [talks]")


def test_a_long_sentence_without_spaces_is_cut_anywhere(quoting: Quoting) -> None:
    """Scripts without spaces are cut between letters."""
    shown = excerpt(quoting("前" * 500 + "[天然气]" + "后" * 500), {})

    assert "[天然气]" in shown.text
    assert len(shown.text) <= EXCERPT_LIMIT + 5


def test_overlapping_marks_are_one(quoting: Quoting) -> None:
    """A word that two clauses found is marked once."""
    quote = quoting("the [gas union] talks")
    mark = quote.marks[0]
    quote = replace(quote, marks=(mark, replace(mark, start=mark.start + 4, end=mark.end + 6)))

    assert excerpt(quote, {}).segments == (
        Segment(text="the"),
        Segment(text=" "),
        Segment(text="gas union talks", marked=True),
    )


def test_marks_outside_the_sentence_are_left_out(quoting: Quoting) -> None:
    """Offsets that do not fit mark nothing rather than something else."""
    quote = quoting("the [gas] talks", start=100)
    quote = replace(quote, marks=tuple(replace(mark, start=5, end=9) for mark in quote.marks))

    assert excerpt(quote, {}).text == "the gas talks"


def test_an_instant_is_told_in_utc_where_the_zone_is_utc() -> None:
    """UTC needs no number."""
    assert offset(datetime(2026, 1, 1, tzinfo=UTC)) == "UTC"
