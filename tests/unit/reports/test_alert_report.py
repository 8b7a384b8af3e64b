"""An alert says what happened, why we say so, and what the reader can do."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from lxml.html import document_fromstring
from syrupy.assertion import SnapshotAssertion

from monitor.domain.alerts import Message, Recipient, StoryItem
from monitor.domain.topics import ClauseResult, Evidence, Match, Quote

Story = Callable[..., StoryItem]
Alert = Callable[..., Message]
Quoting = Callable[..., Quote]
Matching = Callable[..., Match]


def shown(html: str) -> str:
    """Return the words that a browser would show, white space collapsed."""
    return " ".join(document_fromstring(html).body.text_content().split())


def test_the_plain_text_reads_well(alert_of: Alert, story: Story, snapshot: SnapshotAssertion) -> None:
    """The text part is the one we agreed on."""
    assert alert_of(story()).text == snapshot


def test_the_page_is_the_one_agreed_on(alert_of: Alert, story: Story, snapshot: SnapshotAssertion) -> None:
    """The HTML part changes only on purpose."""
    assert alert_of(story()).html == snapshot


def test_a_story_in_another_language_is_glossed(
    alert_of: Alert, russian: Story, snapshot: SnapshotAssertion
) -> None:
    """Who cannot read the sentence reads whom and what it names."""
    message = alert_of(russian())

    assert message.text == snapshot
    assert "= Russia · Uzbekistan · energy and gas" in message.text
    assert "= Russia · Uzbekistan · energy and gas" in shown(message.html)


def test_both_parts_say_the_same(alert_of: Alert, story: Story, russian: Story) -> None:
    """Every line of the text part is in the HTML part, but for the marks."""
    for item in (story(), russian()):
        message = alert_of(item, notes=("A second topic was muted.",))
        page = shown(message.html)
        for paragraph in message.text.replace("\n  ", " ").splitlines():
            words = paragraph.strip("-–= \n").replace("[", "").replace("]", "")
            plain = " ".join(words.replace("– ", "").split())
            if plain.startswith(("Khabar Daily: ", "欧亚观察: ")):
                assert plain.split(": ", 1)[1] in message.html
            elif "– " not in paragraph:
                assert plain in page


def test_the_headers_name_story_and_topic(alert_of: Alert, story: Story) -> None:
    """The subject is the title; the list is the topic."""
    message = alert_of(story())

    assert message.subject == "EU and Kazakhstan agree on a rare-earths roadmap"
    assert (message.list_id, message.list_name) == ("ca-minerals", "Critical minerals partnerships")


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Asia/Almaty", "23 Nov 2026, 14:05 (+05)"),
        ("UTC", "23 Nov 2026, 09:05 (UTC)"),
        ("America/New_York", "23 Nov 2026, 04:05 (−05)"),
        ("Asia/Kolkata", "23 Nov 2026, 14:35 (+05:30)"),
        ("Pacific/Kiritimati", "23 Nov 2026, 23:05 (+14)"),
        ("America/St_Johns", "23 Nov 2026, 05:35 (−03:30)"),
    ],
)
def test_times_stand_on_the_recipients_clock(alert_of: Alert, story: Story, zone: str, said: str) -> None:
    """Every time has the offset it is told in."""
    recipient = Recipient(id="r", name="R", addresses=(), timezone=zone)
    message = alert_of(story(), recipient=recipient)

    assert said in message.text
    assert said in shown(message.html)


def test_an_unknown_date_is_said_to_be_unknown(alert_of: Alert, story: Story) -> None:
    """No date is invented."""
    assert "Steppe Courier · date unknown" in alert_of(story(published=None)).text


def test_an_incomplete_article_says_so(alert_of: Alert, russian: Story) -> None:
    """The reader learns that there is more than we read, and why the story is late."""
    message = alert_of(russian(reason="late find: published 3 days before the first poll"))

    for part in (message.text, shown(message.html)):
        assert "Note: from the feed only (page gone: 404)" in part
        assert "Note: late find: published 3 days before the first poll" in part


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://x.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "//x.example/",
        "/relative",
        "",
        "https://",
        "http://[broken/",
        "https://x.example/a b",
        "https://x.example/\x00",
        "https://x.example/\u202egpj.exe",
        "https://x.example/" + "a" * 3000,
        "mailto:victim@x.example",
    ],
)
def test_only_web_addresses_become_links(alert_of: Alert, story: Story, url: str) -> None:
    """What is no http or https address is neither linked nor shown."""
    message = alert_of(story(url=url, also=(("Other", url),)))

    assert document_fromstring(message.html).xpath("//a") == []
    assert "(no address that may be linked)" in message.text
    assert "Other:" not in message.text


def test_other_outlets_are_linked_and_counted(alert_of: Alert, story: Story) -> None:
    """The first six are named, the rest counted; the leading outlet is not named twice."""
    also = (
        ("Steppe Courier", "https://steppe-courier.example/ru/roadmap"),
        *((f"Outlet {n}", f"https://o{n}.example/") for n in range(9)),
    )
    message = alert_of(story(also=also))

    for part in (message.text.replace("\n", " "), shown(message.html)):
        assert "also: Outlet 0, Outlet 1" in part
        assert "Outlet 5 and 3 more · 10 outlets" in part
    links = document_fromstring(message.html).xpath("//a/@href")
    assert "https://o5.example/" in links
    assert "https://o6.example/" not in links


def test_each_topic_gives_its_reasons(
    alert_of: Alert, story: Story, quoting: Quoting, matching: Matching
) -> None:
    """The strongest topic comes first; added and lost points are told with the new words that did it."""
    gas = quoting("A [gas union] with [Astana].", Astana="@kazakhstan")
    words = tuple(Evidence(field="body", start=n, end=n + 1, text=text) for n, text in enumerate("abcd"))
    clauses = (
        ClauseResult(kind="require", when="@a", held=True),
        ClauseResult(kind="score", when="x", held=True, points=15, times=3, evidence=words[:1]),
        ClauseResult(kind="score", when="y", held=True, points=-40, times=1, evidence=words),
        ClauseResult(kind="score", when="@a", held=True, points=-15, times=1, evidence=gas.marks),
        ClauseResult(kind="score", when="z", held=False, points=0),
        ClauseResult(kind="score", when="words>=200", held=True, points=5),
    )
    text = alert_of(
        story(
            matches=(matching("gas", 61, gas), matching("ca-minerals", 80, gas, clauses=clauses)),
            topics=(("ca-minerals", "Minerals"), ("gas", "Gas union")),
        )
    ).text.replace("\n  ", " ")

    assert (
        "Why: Minerals, relevance 80 — Kazakhstan, “gas union”; raised by 15 for “a”; "
        "lowered by 40 for “a”, “b”, “c” and 1 more\n"
    ) in text
    assert text.index("Why: Minerals") < text.index("Also: Gas union, relevance 61")


def test_sentences_that_name_others_come_first(
    alert_of: Alert, story: Story, quoting: Quoting, matching: Matching
) -> None:
    """With room for five sentences, the ones that add a name go before those that repeat one."""
    quotes = [quoting(f"Sentence {n} of [Astana].", start=100 * n, Astana="@kazakhstan") for n in range(6)]
    other = quoting("Sentence 6 of [Kazakhstan] and [Baku].", start=700, Kazakhstan="@kazakhstan", Baku="@az")
    text = alert_of(story(matches=(matching("t", 60, *quotes, other),))).text

    found = [line[13] for line in text.splitlines() if line.startswith("  – Sentence")]
    assert found == ["0", "6", "1", "2", "3"]


def test_names_are_told_without_their_explanation(
    alert_of: Alert, story: Story, quoting: Quoting, matching: Matching
) -> None:
    """What stands in brackets behind a name is for the files; an actor and a theme may bear one id."""
    quote = quoting("[Хартия] говорит о [газе].", Хартия="@energy", газе="#energy")
    text = alert_of(
        story(
            lang="ru",
            matches=(matching("t", 60, quote),),
            actors=(("energy", "Charter body"),),
            themes=(("energy", "Energy (oil, gas)"),),
        )
    ).text

    assert "= Charter body · Energy\n" in text
    assert "Charter body + Energy in one sentence" in text
    assert "\nCharter body · Energy\n" in text


def test_words_of_a_topic_speak_for_themselves(
    alert_of: Alert, story: Story, quoting: Quoting, matching: Matching
) -> None:
    """A topic of plain words is explained with the words it found."""
    quote = quoting("The [gas union] and the [pipeline].")
    text = alert_of(story(matches=(matching("gas", 60, quote),), topics=(("gas", "Gas"),))).text

    assert "Why: Gas, relevance 60 — “gas union” + “pipeline” in one sentence" in text


def test_a_match_without_evidence_is_told_without_reasons(
    alert_of: Alert, story: Story, matching: Matching
) -> None:
    """A topic on metadata alone has nothing to quote, and says no more than it knows."""
    message = alert_of(story(matches=(matching("src", 60),), topics=(), actors=(), themes=()))

    assert "Why: src, relevance 60\n" in message.text
    assert "<blockquote" not in message.html


def test_a_title_is_quoted_only_when_it_is_all_there_is(
    alert_of: Alert, story: Story, quoting: Quoting, matching: Matching
) -> None:
    """The title stands above the sentences already; a story flagged by it alone shows what was marked."""
    title = quoting("[Gas] talks", field="title")
    text = alert_of(story(title="Gas talks", matches=(matching("gas", 60, title),), topics=())).text

    assert "– [Gas] talks" in text
    assert "Why: gas, relevance 60 — “Gas” in the title" in text


def test_a_story_that_lost_its_topics_is_still_told(alert_of: Alert, story: Story) -> None:
    """A correction may take the reason away; the message holds what is left."""
    message = alert_of(story(matches=(), topics=(), title="  ", lang=None))

    assert message.subject == "(no title)"
    assert "Why" not in message.text
    assert (message.list_id, message.list_name) == ("", "")


def test_an_id_stands_for_an_unknown_name(
    alert_of: Alert, story: Story, quoting: Quoting, matching: Matching
) -> None:
    """An actor that is not among the story's is glossed by its id; a name that is read needs no gloss."""
    quote = quoting("[Токио] и [ЕС] (EU)", Токио="@japan", ЕС="@eu")
    text = alert_of(story(lang="ru", matches=(matching("t", 60, quote),))).text

    assert "= japan\n" in text


def test_hostile_letters_do_not_reach_the_reader(alert_of: Alert, story: Story) -> None:
    """Terminal escapes, line breaks and overrides are gone from every line."""
    message = alert_of(story(title="\x1b[31mRed\x1b[0m\nWhy:\u202e fake\x00", outlet="A\r\nB"))

    assert message.subject == "Red Why: fake"
    assert message.text.startswith("Red Why: fake\nA B · ")


def test_other_scripts_keep_their_direction(
    alert_of: Alert, story: Story, quoting: Quoting, matching: Matching
) -> None:
    """Titles and sentences let the browser find their direction."""
    quote = quoting("وقعت [كازاخستان] اتفاقا", كازاخستان="kazakhstan")
    page = document_fromstring(
        alert_of(story(title="اتفاق جديد", lang="ar", matches=(matching("t", 60, quote),))).html
    )

    assert page.xpath("//h1/@dir") == ["auto"]
    assert page.xpath("//blockquote/@dir") == ["auto"]
    assert page.xpath("//blockquote/@lang") == ["ar"]
    assert page.xpath("//mark/text()") == ["كازاخستان"]


def test_a_message_asks_nothing_of_the_network(alert_of: Alert, story: Story) -> None:
    """No remote image, style, font or script; the page forbids them, too."""
    page = document_fromstring(alert_of(story()).html)

    assert page.xpath("//img | //script | //link | //iframe | //object") == []
    assert "url(" not in alert_of(story()).html
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_it_stays_small_whatever_the_page_said(alert_of: Alert, story: Story) -> None:
    """Endless titles, names and notes are cut."""
    long = "я" * 50_000
    message = alert_of(
        story(title=long, outlet=long, actors=(("a", long),) * 50, incomplete=long, also=((long, long),)),
        notes=(long,) * 3,
    )

    assert len(message.html.encode()) < 20_000
    assert len(message.text.encode()) < 20_000


def test_the_instant_must_be_utc(story: Story) -> None:
    """A story with a naive date is a bug and is refused."""
    with pytest.raises(ValueError, match="published must be an aware UTC"):
        story(published=datetime(2026, 11, 23, 9, 5))  # noqa: DTZ001 - the point
    assert story(published=datetime(2026, 11, 23, tzinfo=UTC)).published is not None
