"""Texts of every script that we read are prepared as the table says, and lead back to the original."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from small_packs import topic

from monitor.domain.topics import Document, Language, Pack
from monitor.rules import compile_pack
from monitor.rules.letters import SPACELESS
from monitor.rules.prepare import prepare, read_words

TABLE = YAML(typ="safe").load(
    (Path(__file__).parents[2] / "data" / "rules" / "preparation.yaml").read_text(encoding="utf-8")
)
LANGUAGES = (
    Language(id="kk", name="Kazakh", script="Cyrl", endings=("ның", "да")),
    Language(id="uz", name="Uzbek", script="Latn", endings=("ning", "da")),
    Language(id="tr", name="Turkish", script="Latn", endings=("lar", "da")),
    Language(id="ar", name="Arabic", script="Arab", endings=("ي", "ية"), prefixes=("و", "ال")),
    Language(id="ko", name="Korean", script="Hang", endings=("은", "의")),
)


def rows(kind: str) -> Iterator[Any]:
    """Yield the rows of the table that have a key, one test each."""
    for chapter, entries in TABLE.items():
        for row in entries:
            if kind in row:
                yield pytest.param(row, id=f"{chapter}-{row['text']}")


def words(text: str) -> str:
    """Return the words of a body as the rules read them, a space between them."""
    prepared = prepare("", text, lambda _: False, 40)
    return " ".join(prepared.text[prepared.wall + 1 : prepared.end].split())


def split(text: str) -> str:
    """Return the words with a space after each letter of a script written without spaces."""
    return " ".join("".join(f" {char} " if SPACELESS.match(char) else char for char in text).split())


@pytest.mark.parametrize("row", list(rows("words")))
def test_a_text_has_the_words_of_its_row(row: dict[str, Any]) -> None:
    """Article and query, and every other way to write the same, give the prepared words of the table."""
    for text in (row["text"], *row.get("same", ())):
        as_article, as_query = words(text), " ".join(read_words(text)).replace("-", " ")
        assert (split(as_article) if row.get("split") else as_article) == row["words"]
        assert as_query == as_article


@pytest.mark.parametrize("row", list(rows("hit")))
def test_a_query_finds_the_stretches_of_its_row(row: dict[str, Any]) -> None:
    """Evidence is the original's own text, whatever was folded, dropped or joined to find it."""
    reader = compile_pack(Pack(languages=LANGUAGES, topics=(topic(row["hit"]),)))
    found = reader.read(Document(title="", body=row["text"])).matches
    evidence = [one for match in found for one in match.evidence]
    assert [one.text for one in evidence] == row["finds"]
    assert all(row["text"][one.start : one.end] == one.text for one in evidence)


TEXTS = [row["text"] for entries in TABLE.values() for row in entries]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TEXTS), max_size=5), st.sampled_from([" ", ", ", "\n\n", " – "]))
def test_every_word_of_mixed_texts_leads_back_to_letters_that_make_it(some: list[str], between: str) -> None:
    """In texts of several scripts each word's place holds what is prepared to that very word."""
    body = between.join(some)
    prepared = prepare("", body, lambda _: False, 40)
    main = prepared.text[: prepared.end]
    place = prepared.wall + 2
    for word in main[place:].split():
        start = main.index(word, place)
        place = start + len(word)
        field, first, last = prepared.original(start, place)
        assert field == "body"
        assert "".join(read_words(body[first:last])).replace("-", "") == word


UNSEEN = st.text("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2069\ufeff\u202a\u202c\u3164", max_size=3)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_nobody_sees_changes_no_match(data: st.DataObject) -> None:
    """Zero-width characters, soft hyphens and marks of direction anywhere in a name leave it found."""
    name = data.draw(st.sampled_from(["Kazakhstan", "Казахстан", "كازاخستان", "카자흐스탄", "Türkiye"]))
    hidden = "".join(data.draw(UNSEEN) + char for char in name) + data.draw(UNSEEN)
    body = f"x {hidden} y"
    found = READER.read(Document(title="", body=body)).matches
    [one] = found[0].evidence
    assert body[one.start : one.end] == one.text
    assert one.text in hidden
    assert [char for char in one.text if char in name] == list(name)


READER = compile_pack(Pack(topics=(topic("Kazakhstan OR Казахстан OR كازاخستان OR 카자흐스탄 OR Türkiye"),)))
