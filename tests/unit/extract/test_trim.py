"""An extracted text is left with the article's own paragraphs: no headline, no notices, no pointers."""

import pytest

from monitor.extract.trim import trim

LEAD = "Ministers of three states met on Monday and spoke about a railway across the mountains."
END = "The talks go on in spring, said the host of the meeting to reporters."


def trimmed(
    *paragraphs: str, titles: tuple[str, ...] = ("Railway across the mountains agreed",)
) -> list[str]:
    """Return the paragraphs that are left."""
    return trim("\n\n".join(paragraphs), titles).split("\n\n")


@pytest.mark.parametrize(
    "head",
    [
        ("Railway across the mountains agreed",),
        ("RAILWAY across the mountains: agreed",),
        ("Politics", "9 May 2026", "Railway across the mountains agreed"),
        ("Talks in the capital: Railway across the mountains agreed",),
        ("across the mountains agreed",),
        ("Railway across the mountains agreed", "By our reporter", "Railway across the mountains agreed"),
    ],
)
def test_the_headline_goes_with_what_stands_above_it(head: tuple[str, ...]) -> None:
    """A paragraph that repeats the title, wholly or nearly, is no paragraph of the text."""
    left = trimmed(*head, LEAD, END)
    assert left == [LEAD, END]


@pytest.mark.parametrize(
    "head",
    [
        ("Railway agreed",),
        ("Railway",),
        ("Politics", "By our reporter"),
        (END, "Railway across the mountains agreed"),
        ("Nine ministers said that the railway across the mountains agreed upon last year will be built",),
        ("***",),
    ],
)
def test_what_is_not_the_headline_stays(head: tuple[str, ...]) -> None:
    """Few words, other words, or a sentence that holds the title's words are text, and so is what follows."""
    assert trimmed(*head, LEAD, END) == [*head, LEAD, END]


def test_a_headline_of_one_word_is_known_by_being_the_same() -> None:
    """Short titles, and those in scripts without spaces, are the title only as a whole."""
    assert trimmed("中亚铁路开工", LEAD, titles=("中亚铁路开工",)) == [LEAD]
    assert trimmed("中亚铁路开工了", LEAD, titles=("中亚铁路开工", "")) == ["中亚铁路开工了", LEAD]


@pytest.mark.parametrize(
    "tail",
    [
        ("© 2026 The Courier",),
        ("Copyright 2026. All rights reserved.", "Comments"),
        ("<Copyright ⓒ Courier>",),
        ("Share", "More", "comments"),
    ],
)
def test_notices_at_the_end_go(tail: tuple[str, ...]) -> None:
    """Lines of rights and of comments below the text are not the article's."""
    assert trimmed(LEAD, END, *tail) == [LEAD, END]


def test_a_sentence_about_rights_stays() -> None:
    """What only speaks of copyright, at length or further up, is text."""
    long = "Copyright " + "law was debated at length by the members of the house " * 5
    assert trimmed(LEAD, "Copyright is old.", END, long) == [LEAD, "Copyright is old.", END, long]


@pytest.mark.parametrize(
    "pointer",
    [
        ("Read more: Uzbekistan and China open a border post",),
        ("Читайте также: Казахстан и Китай откроют пункт пропуска",),
        ("[Related: A border post opens]",),
        ("Тектеш", "Казакстан менен Кытай"),
        ("Lesen Sie auch", "Usbekistan öffnet die Grenze"),
        ("ALSO READ | A border post opens", "READ NEXT: More of it"),
        ("Oʻqing: Chegara posti ochildi",),
    ],
)
def test_pointers_to_other_articles_go(pointer: tuple[str, ...]) -> None:
    """What another article is called is not what this one says, wherever it stands."""
    assert trimmed(LEAD, *pointer, END) == [LEAD, END]


@pytest.mark.parametrize(
    "paragraph",
    [
        "Read more books, said the minister.",
        "Related industries will follow, said the minister.",
        "По теме безопасности высказались все.",
        "Read more: " + "the minister said it again and again " * 6,
    ],
)
def test_sentences_that_begin_like_pointers_stay(paragraph: str) -> None:
    """Without a mark after the label, or with a whole paragraph behind it, it is text."""
    assert trimmed(LEAD, paragraph.strip(), END) == [LEAD, paragraph.strip(), END]


def test_a_label_takes_no_sentence_with_it() -> None:
    """After a label that stands alone a headline goes, a sentence stays."""
    assert trimmed(LEAD, "Read more", END) == [LEAD, END]


@pytest.mark.parametrize("text", ["Railway across the mountains agreed", "Read more: nothing", "Comments"])
def test_something_is_always_left(text: str) -> None:
    """A text that is nothing but a headline, a pointer or a notice stays as it is."""
    assert trim(text, ["Railway across the mountains agreed"]) == text
