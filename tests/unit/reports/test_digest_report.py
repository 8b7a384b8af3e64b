"""A digest tells the day by topic, admits what it could not see, and always arrives."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from lxml.html import document_fromstring
from syrupy.assertion import SnapshotAssertion

from monitor.channels.envelope import compose, mailbox
from monitor.domain.alerts import CoverageNote, Delivery, Kind, Message, Recipient, StoryItem
from monitor.domain.topics import Match, Quote
from monitor.policy.mail import transfer
from monitor.reports.digest import LIMIT

Story = Callable[..., StoryItem]
Digest = Callable[..., Message]
Matching = Callable[..., Match]

HEAT = (
    ("Kazakhstan", "EU", 9),
    ("Kazakhstan", "China", 4),
    ("Uzbekistan", "EU", 1),
    ("Uzbekistan", "Organization of Turkic States", 2),
    ("Kyrgyzstan", "China", 1),
    ("Turkmenistan", "EU", 0),
)
PER_DAY = tuple(
    (str(date(2026, 11, 10) + timedelta(days=n)), number)
    for n, number in enumerate((3, 7, 12, 5, 0, 1, 4, 9, 6, 11, 8, 2, 5, 6))
)
SILENT = CoverageNote(
    feed_id="gazeta", outlet="Gazeta", text="silent since 21 Nov 19:00 (+05): connection refused."
)


def shown(html: str) -> str:
    """Return the words that a browser would show, white space collapsed."""
    return " ".join(document_fromstring(html).body.text_content().split())


def sent(message: Message) -> bytes:
    """Return the mail as it goes over the wire."""
    instant = datetime(2026, 11, 23, 3, tzinfo=UTC)
    delivery = Delivery(
        recipient_id="desk",
        address="desk@desk.example",
        channel="email",
        kind=Kind.DIGEST,
        occasion="2026-11-23",
        message_id="<digest@desk.example>",
        message=message,
        created_at=instant,
        next_due=instant,
    )
    return compose(delivery, mailbox("newsmon@desk.example"), mailbox("desk@desk.example"))


def test_the_plain_text_reads_well(
    digest_of: Digest, story: Story, russian: Story, snapshot: SnapshotAssertion
) -> None:
    """The text part is the one we agreed on."""
    message = digest_of(story(), russian(), heat=HEAT, per_day=PER_DAY, coverage=(SILENT,))

    assert message.text == snapshot


def test_the_page_is_the_one_agreed_on(
    digest_of: Digest, story: Story, russian: Story, snapshot: SnapshotAssertion
) -> None:
    """The HTML part changes only on purpose."""
    message = digest_of(story(), russian(), heat=HEAT, per_day=PER_DAY, coverage=(SILENT,))

    assert message.html == snapshot


def test_the_subject_counts(digest_of: Digest, story: Story, russian: Story) -> None:
    """Day and number of stories stand in the subject; the list is the digest."""
    assert digest_of(story(), russian()).subject == "Newsmon digest, 23 Nov: 2 stories"
    assert digest_of(story()).subject == "Newsmon digest, 23 Nov: 1 story"
    assert digest_of(story()).list_id == "digest"


def test_an_empty_day_is_told_in_three_lines(digest_of: Digest) -> None:
    """Silence says what was looked at, and whether everything could be seen."""
    message = digest_of(footer="")

    assert message.subject == "Newsmon digest, 23 Nov: nothing to tell"
    assert message.text.splitlines() == [
        "Nothing flagged since yesterday 08:00.",
        "Looked at: 14 feeds polled and 72 articles read, 22 Nov 08:00 to 23 Nov 2026 08:00 (+05).",
        "Every feed that was due delivered.",
    ]
    page = shown(message.html)
    assert all(line in page for line in message.text.splitlines())


def test_an_empty_day_admits_what_failed(digest_of: Digest) -> None:
    """Nothing flagged while feeds fail is not the same as nothing happened."""
    third = digest_of(coverage=(SILENT,), footer="").text.splitlines()[2]

    assert third == (
        "Not everything could be seen: Gazeta: silent since 21 Nov 19:00 (+05): connection refused."
    )
    idle = digest_of(feeds_polled=0, articles_read=0, footer="").text.splitlines()
    assert idle[2].startswith("No feed was polled")


def test_stories_stand_once_by_topic_and_relevance(
    digest_of: Digest, story: Story, matching: Matching
) -> None:
    """A story stands under its strongest topic and names the others; the best topic leads."""
    topics = (("a", "Topic A"), ("b", "Topic B"))
    weak = story(title="Weak", matches=(matching("a", 55),), topics=topics)
    both = story(title="Both", matches=(matching("a", 60), matching("b", 90)), topics=topics)
    late = story(title="Late", matches=(matching("a", 70),), topics=topics, published=None)
    wide = story(title="Wide", matches=(matching("a", 70),), topics=topics, also=(("X", ""), ("Y", "")))
    old = datetime(2026, 11, 20, tzinfo=UTC)
    aged = story(title="Aged", matches=(matching("a", 70),), topics=topics, published=old, also=())
    solo = story(title="Solo", matches=(matching("a", 70),), topics=topics, also=())
    lost = story(title="Lost", matches=(), topics=())
    message = digest_of(weak, late, both, wide, aged, solo, lost)
    text = message.text

    titles = [title.strip() for title in document_fromstring(message.html).xpath("//h3//text()")]
    assert list(filter(None, titles)) == ["Both", "Wide", "Late", "Solo", "Aged", "Weak", "Lost"]
    assert "TOPIC B · 1 story" in text
    assert "TOPIC A · 5 stories" in text
    assert "OTHER STORIES · 1 story" in text
    assert "also Topic A (60)" in text
    assert "7 stories on 3 topics since yesterday 08:00" in text


@pytest.mark.parametrize("letters", ["a", "я", "中", "&<>\"'", "\U0001f600"])
def test_it_stays_under_100_kb(
    digest_of: Digest,
    story: Story,
    matching: Matching,
    quoting: Callable[..., Quote],
    letters: str,
) -> None:
    """The largest day in the dearest letters is cut, and the last line counts what is not shown."""
    long = letters * 2000
    quotes = [quoting(f"{long[:200]}[{long[:50]}] {n} {long}", start=n) for n in range(3)]
    busy = [
        story(
            title=long,
            outlet=long,
            url="https://x.example/" + "a" * 1900,
            matches=(matching(f"t{n}", n % 100, *quotes),),
            topics=((f"t{n}", long),),
            also=tuple((f"{n} {long}", "https://x.example/" + "a" * 1900) for n in range(9)),
            actors=tuple((f"a{n}", long) for n in range(30)),
            incomplete=long,
        )
        for n in range(400)
    ]
    notes = tuple(CoverageNote(feed_id=str(n), outlet=long, text=long) for n in range(500))
    heat = tuple((f"{a} {long}", f"{b} {long}", a * b) for a in range(20) for b in range(30))
    message = digest_of(*busy, coverage=notes, heat=heat, per_day=PER_DAY, rules_version=long, footer=long)

    assert len(message.html.encode()) + len(message.text.encode()) < 100_000
    assert len(sent(message)) < 100_000
    shown_stories = message.html.count("<h3")
    assert 0 < shown_stories < 400
    for part in (message.text, shown(message.html)):
        assert f"… and {400 - shown_stories} more: newsmon articles" in part
        assert "… and 490 more: newsmon sources health" in part


def test_as_many_stories_as_fit_are_shown(digest_of: Digest, story: Story) -> None:
    """The cut comes late: one story more would not have fitted."""
    message = digest_of(*[story(story_id=n) for n in range(300)])
    size = transfer(message.html)[1] + transfer(message.text)[1]

    assert LIMIT - 4_000 < size <= LIMIT
    assert message.html.count("<h3") > 30


def test_a_day_that_fits_is_not_cut(digest_of: Digest, story: Story) -> None:
    """Twenty stories are shown whole."""
    message = digest_of(*[story(story_id=n) for n in range(20)])

    assert message.html.count("<h3") == 20
    assert "more: newsmon articles" not in message.text


def test_the_heat_table_has_numbers_and_shades(digest_of: Digest, story: Story) -> None:
    """Numbers are there without colour; states that nobody named are told to be quiet."""
    message = digest_of(story(), heat=HEAT)
    cells = document_fromstring(message.html).xpath("//table[contains(@class, 'heat')]//td[@class]")

    assert [(cell.text, cell.get("class")) for cell in cells] == [
        ("9", "s4"),
        ("1", "s1"),
        ("·", "s0"),
        ("4", "s2"),
        ("·", "s0"),
        ("1", "s1"),
        ("·", "s0"),
        ("2", "s1"),
        ("·", "s0"),
    ]
    assert "1 story on 1 topic since yesterday 08:00; Turkmenistan quiet" in message.text
    assert "9 █" in message.text


def test_the_shorter_side_lies_across(digest_of: Digest, story: Story) -> None:
    """With more states than partners the table is turned."""
    text = digest_of(story(), heat=tuple((f"State {n}", "EU", n + 1) for n in range(20))).text

    assert "State 19         20 █" in text
    assert "8 more, named less often, are left out." in text


def test_long_headings_stand_in_two_lines(digest_of: Digest, story: Story) -> None:
    """With six states across, every name is whole and ends where its numbers end."""
    states = ("Kazakhstan", "Uzbekistan", "Kyrgyzstan", "Central Asia", "Turkmenistan", "Tajikistan")
    partners = ("Organization of Turkic States", "EU", "China", "Russia", "Japan", "Iran")
    heat = tuple((state, partner, 20 - place) for place, state in enumerate(states) for partner in partners)
    text = digest_of(story(), heat=heat).text

    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if "Kazakhstan" in line and "Kyrgyzstan" in line)
    assert lines[first].split() == ["Kazakhstan", "Kyrgyzstan", "Turkmenistan"]
    assert lines[first + 1].split() == ["Uzbekistan", "Central", "Asia", "Tajikistan"]
    assert len(lines[first + 1]) == len(lines[first + 2])
    assert lines[first].index("Kazakhstan") + 10 == lines[first + 2].index("20 █") + 4


def test_without_names_or_numbers_there_is_no_table(digest_of: Digest, story: Story) -> None:
    """An empty table or chart is left out."""
    html = digest_of(story(), heat=(("Kazakhstan", "EU", 0),), per_day=(("2026-11-23", 0),)).html

    assert "Who was named with whom" not in html
    assert "Stories a day" not in html


def test_the_chart_has_two_weeks_at_most(digest_of: Digest, story: Story) -> None:
    """Older days fall off; the highest bar is the highest number."""
    days = tuple((str(date(2026, 1, 1) + timedelta(days=n)), n * 100) for n in range(40))
    message = digest_of(story(), per_day=days)
    bars = document_fromstring(message.html).xpath("//div[@class='bar']/@style")

    assert len(bars) == 14
    assert "height:56px" in bars[-1]
    assert "STORIES A DAY · 27 Jan – 9 Feb" in message.text


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (datetime(2026, 11, 22, 20, tzinfo=UTC), "since today 01:00"),
        (datetime(2026, 11, 22, 3, tzinfo=UTC), "since yesterday 08:00"),
        (datetime(2026, 11, 19, 3, tzinfo=UTC), "since 19 Nov 08:00"),
    ],
)
def test_the_window_is_told_as_people_say_it(
    digest_of: Digest, story: Story, since: datetime, said: str
) -> None:
    """Days are those of the recipient's clock."""
    assert said in digest_of(story(), since=since).text


def test_a_change_of_the_clocks_shows_both_offsets(digest_of: Digest) -> None:
    """The night the clocks go back is an hour longer, and can be seen to be."""
    berlin = Recipient(id="b", name="B", addresses=(), timezone="Europe/Berlin")
    text = digest_of(
        recipient=berlin,
        since=datetime(2026, 10, 24, 6, tzinfo=UTC),
        until=datetime(2026, 10, 25, 7, tzinfo=UTC),
    ).text

    assert "24 Oct 08:00 (+02) to 25 Oct 2026 08:00 (+01)" in text


def test_a_note_that_names_its_outlet_does_not_name_it_twice(digest_of: Digest, story: Story) -> None:
    """Notes read as sentences either way."""
    note = CoverageNote(feed_id="g", outlet="Gazeta", text="Gazeta gives teasers only")

    assert "- Gazeta gives teasers only\n" in digest_of(story(), coverage=(note,)).text


def test_it_prints_and_darkens(digest_of: Digest, story: Story) -> None:
    """The page has rules for paper and for dark screens, one column, and nothing from elsewhere."""
    page = digest_of(story(), heat=HEAT).html

    assert "@media print" in page
    assert "@media (prefers-color-scheme: dark)" in page
    assert "max-width:600px" in page
    assert document_fromstring(page).xpath("//img | //script | //link | //iframe") == []
    assert page.startswith("<!doctype html>")


def test_how_it_was_made_is_told(digest_of: Digest, story: Story) -> None:
    """The numbers behind the digest stand below it, rules version included where it is known."""
    text = digest_of(story()).text.replace("\n", " ")

    assert "14 feeds polled and 72 articles read" in text
    assert "rules 3f9a2c1" in text
    assert "; rules" not in digest_of(story(), rules_version="").text
