"""Do a few sentences stand for a text?"""

from hypothesis import given
from hypothesis import strategies as st
from small_packs import match

from monitor.domain.topics import Document
from monitor.rules import excerpt

BODY = "Tea is dear. The gas union was signed.\n\nCake is cheap. Nobody likes soup. Gas and a union again."


def test_the_sentences_that_decided_are_taken() -> None:
    """The best quotes of a verdict come in the order of the text, and not the rest of it."""
    found = match("gas AND union", BODY, "Gas")
    assert excerpt(Document(title="Gas", body=BODY), found) == (
        "The gas union was signed. Gas and a union again."
    )


def test_without_a_verdict_a_text_begins() -> None:
    """Where no sentence of the body decided, its first three stand for it."""
    document = Document(title="Gas", body=BODY)
    start = "Tea is dear. The gas union was signed. Cake is cheap."
    assert excerpt(document, None) == start
    assert excerpt(document, match("title:gas", BODY, "Gas")) == start
    assert excerpt(Document(title="Gas", body=""), None) == ""


def test_a_headline_within_the_text_is_left_out() -> None:
    """What the page repeats of its headline is no sentence of its own, with or without a verdict."""
    body = "Gas  union\n\nThe gas union was signed."
    assert excerpt(Document(title="Gas union", body=body), match("gas AND union", body)) == (
        "The gas union was signed."
    )
    assert excerpt(Document(title="Gas union", body=body), None) == "The gas union was signed."
    assert excerpt(Document(title="Gas union", body="Gas union"), None) == ""


def test_an_endless_sentence_is_cut() -> None:
    """What has no end is cut between words, or anywhere if there are none."""
    assert excerpt(Document(title="", body="tea and " * 200), None).endswith("tea and")
    assert len(excerpt(Document(title="", body="x" * 900), None)) == 400


@given(st.text())
def test_an_excerpt_is_short_and_of_the_text(body: str) -> None:
    """Whatever the text, the excerpt is one line of at most three sentences of words of its own."""
    found = excerpt(Document(title="", body=body), None)
    assert len(found) <= 3 * 400 + 2
    assert "\n" not in found
    assert "".join(found.split()) in "".join(body.split())
