"""Do the names of the shipped pack find whom they mean, in every language, and nobody else?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from monitor.domain.topics import Document
from monitor.rules import Matcher

SENTENCES: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(Path(__file__).with_name("names.yaml"))
OTHER_WORLDS = [
    ("Visa and Mastercard cards are accepted here.", "visa"),
    ("Police used tear gas.", "energy"),
    ("Heat the oil in a pan and fry the onions.", "energy"),
    ("The trade union and the stock market were quiet.", "trade"),
    ("С помощью скорой помощи.", "aid"),
    ("Taylor Swift sang; a swift reply.", "sanctions"),
]
ACTORS = """
    kazakhstan kyrgyzstan tajikistan turkmenistan uzbekistan central-asia-region
    eu us uk china russia turkiye south-korea uae ots c5plus1 ebrd
"""
THEMES = """
    energy minerals trade investment transport security sanctions diplomacy education
    migration visa water climate agriculture digital aid culture anti-corruption
"""


def named(
    matcher: Matcher, text: str, lang: str | None = None, published: datetime | None = None
) -> set[str]:
    """Return the ids of the actors that a text names."""
    document = Document(title="", body=text, lang=lang, published=published)
    return {mention.id for mention in matcher.read(document).actors}


@pytest.mark.parametrize(
    "sentence", SENTENCES, ids=lambda sentence: f"{sentence['lang']}-{sentence['text'][:24]}"
)
def test_names_find_whom_they_mean(shipped: Matcher, sentence: dict[str, Any]) -> None:
    """Names are found as the language inflects and writes them; what only looks like one is not."""
    found = named(shipped, sentence["text"], sentence["lang"])
    assert set(sentence.get("found", ())) - found == set()
    assert set(sentence.get("not", ())) & found == set()


@pytest.mark.parametrize(("text", "theme"), OTHER_WORLDS)
def test_words_of_other_worlds_are_no_theme(shipped: Matcher, text: str, theme: str) -> None:
    """A theme's word in a context that means something else is no hit."""
    found = {mention.id for mention in shipped.read(Document(title="", body=text)).themes}
    assert theme not in found


@pytest.mark.parametrize(("year", "actors"), [(2015, {"kazakhstan"}), (2025, set())])
def test_a_leader_counts_while_in_office(shipped: Matcher, year: int, actors: set[str]) -> None:
    """A president's name stands for the state on dates within the term, and on no other."""
    assert named(shipped, "Nazarbayev spoke.", published=datetime(year, 6, 1, tzinfo=UTC)) == actors


def test_the_ids_others_rely_on_are_found(shipped: Matcher) -> None:
    """A text that names them finds the ids of actors and themes that outside programs rely on."""
    body = """
        Kazakhstan, Kyrgyzstan, Tajikistan, Turkmenistan, Uzbekistan and Central Asia; the EU, the US,
        the UK, China, Russia, Türkiye, South Korea, the UAE, the OTS, C5+1 and the EBRD.
        Energy, minerals, trade, investment, transport, security, sanctions, diplomacy, education, migration,
        visas, river water, climate, agriculture, digital aid, culture, corruption.
    """
    reading = shipped.read(Document(title="", body=body))
    assert set(ACTORS.split()) <= {mention.id for mention in reading.actors}
    assert set(THEMES.split()) <= {mention.id for mention in reading.themes}
