"""Text is prepared by one rule for articles and queries, and every place leads back to the original."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.rules import search_phrases
from monitor.rules.prepare import WALL, prepare, read_words
from monitor.rules.sentences import breaks, spans

ALPHABET = "aAbBgGoOsS iıİçß'’ʻ-‐.,!? \n\u00ad\u200b\u0301éКказхе哈萨克カﾞ3٣ـَ\u1100\u1161ﬁ½€\u0004\ue000"


def words(text: str) -> list[str]:
    """Return the words of a body as the rules read them."""
    prepared = prepare("", text, lambda _: True, 40)
    return prepared.text[prepared.wall + 1 : prepared.end].split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kazakhstan's", "kazakhstan s"),
        ("togʻda oʻzbek soʻm O'Brien", "togda ozbek som obrien"),
        ("rock'n'roll", "rock n roll"),
        ("3.5 1,5 .5 5. a.b U.S.", "3.5 1.5 5 5 a b u s"),
        ("a-b -a a- -- a--b", "a b a a a b"),
        ("ΑΒ Kаzakh Сoюз µm", "αβ kazakh союз μm"),
        ("KAЗAXCTAH", "казахстан"),
        ("2023年", "2023 年"),
        ("3½ ﬁn ™ km²", "3 fin km2"),
        ("\u0301 \u200b", ""),
        ("Łódź Øresund Đà Æon", "lodz oresund da aeon"),
        ("می‌خواهم", "ميخواهم"),
    ],
)
def test_words_are_folded(text: str, expected: str) -> None:
    """Case, diacritics, apostrophes, hyphens, width and look-alikes are folded as the papers say."""
    assert words(text) == expected.split()


def test_what_search_asks_for_is_prepared_as_the_index_is() -> None:
    """A search string gives one list of words per phrase or word."""
    assert search_phrases('"gas union" Trans-Caspian 哈国 -- O‘zbek "open') == [
        ["gas", "union"],
        ["trans", "caspian"],
        ["哈", "国"],
        ["ozbek"],
        ["open"],
    ]


def test_a_text_is_prepared_as_a_query_is() -> None:
    """Article and query go through the same folding."""
    for text in ("Kaza\u00adkhstan's Straße", "l'Ouzbékistan", "ｶﾞｽ 哈EU"):
        assert words(text) == " ".join(read_words(text)).split()


@settings(max_examples=200, deadline=None)
@given(st.text(ALPHABET, max_size=12), st.text(ALPHABET, max_size=40))
@example("", "")
@example("a-b", "c-d e-f")
@example("3-\u0640", "哈-a-哈 -哈- a-哈")
def test_every_word_leads_back_to_the_original(title: str, body: str) -> None:
    """Each word's place in the original holds text that is prepared to that very word."""
    prepared = prepare(title, body, lambda _: True, 10)
    main = prepared.text[: prepared.end]
    assert prepared.text[prepared.wall] == WALL
    last = {"title": 0, "body": 0}
    for start in prepared.starts:
        if start == prepared.wall:
            continue
        end = min(main.find(" ", start), start + 1 if prepared.spaceless else prepared.end)
        field, first, stop = prepared.original(start, end)
        assert last[field] <= first <= stop <= len(title if field == "title" else body)
        last[field] = first
        assert prepared.place(field, first) <= start
        number = prepared.sentence_at(start)
        name, begins, ends = prepared.sentence_span(number)
        assert (name, begins <= first < ends) == (field, True)
        assert prepared.paragraph_at(start) <= number
        if not prepared.spaceless:
            assert "".join(read_words(prepared.kept(start, end))).replace("-", "") == main[start:end]
    assert prepared.word_count == len(prepared.starts) - 1
    assert 0 <= prepared.body_word_count <= prepared.word_count


@settings(max_examples=100, deadline=None)
@given(st.text("aA-' ", max_size=30), st.integers(1, 12))
def test_windows_lead_back_to_the_main_reading(body: str, reach: int) -> None:
    """A joined compound in a window is the compound of the main reading, without its hyphens."""
    prepared = prepare("t-t", body, lambda _: True, reach)
    for word in prepared.compounds:
        assert f" {word} " in prepared.text[prepared.end :]
    for window in prepared.windows:
        place = window.main_place(*window.joined)
        assert place is not None
        assert prepared.text[slice(*place)].replace(" ", "") == prepared.text[slice(*window.joined)]
        assert window.main_place(window.start, window.start + 1) is None


def test_compounds_no_term_could_be_part_of_get_no_window() -> None:
    """A joined word that no term begins with costs nothing."""
    prepared = prepare("", "a-b", lambda _: False, 10)
    assert (len(prepared.text), prepared.compounds) == (prepared.end, ["ab"])


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four… Five", 5),
        ("Mr. Smith met Dr. Who at 5 p.m. on Monday.", 1),
        ("J. K. Rowling of the U.S. Senate.", 1),
        ("He left. then he came back.", 1),
        ("Wait... What?", 2),
        ("“Yes.” He nodded. (Not so.) She left.", 4),
        ("В 2026 г. Казахстан, т.е. РК. Цена 5 руб. Рост.", 2),
        ("第一。第二！第三", 3),
        ("كيف؟ نعم.", 2),
        ("A heading\nA line\nthat goes on\n\nA paragraph.", 3),
        ("End.\n", 1),
        ("", 1),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, sentences: int) -> None:
    """Sentences are told apart in many scripts, abbreviations and initials known."""
    assert len(breaks(text)[0]) == sentences


def test_paragraphs_begin_after_line_breaks() -> None:
    """A line break ends a paragraph, unless the next line goes on in lower case."""
    text = "One. Two.\n\nThree\nand more.\nFour."
    starts = breaks(text)[1]
    assert [text[start:end] for start, end in spans(starts, text)] == [
        "One. Two.",
        "Three\nand more.",
        "Four.",
    ]
