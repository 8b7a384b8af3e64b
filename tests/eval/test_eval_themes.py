"""Does each theme of the shipped pack work on its own? What its topic flags, and what it lets pass."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from monitor.domain.topics import Document
from monitor.rules import Matcher

TOPICS: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(Path(__file__).with_name("themes.yaml"))
ASKED = """
    ca-russian-influence ca-energy ca-china-energy-trade ca-turnover ca-visa-free ca-sanctions ca-ukraine-aid
    ca-turkic-integration ca-eu-trade ca-minerals ca-decarbonisation ca-c5plus1 ca-uk ca-anti-corruption
    ca-border-security ca-transport ca-agriculture ca-water ca-education ca-digital ca-migration
"""
"""The topics of the themes that the project began with."""
SENTENCES = [
    pytest.param(topic, wanted, sentence, id=f"{topic['topic']}-{wanted}-{sentence['text'][:24]}")
    for topic, wanted in product(TOPICS, ("yes", "no"))
    for sentence in topic[wanted]
]


@pytest.mark.parametrize(("topic", "wanted", "sentence"), SENTENCES)
def test_a_theme_s_topic_flags_its_own_and_nothing_near(
    shipped: Matcher, topic: dict[str, Any], wanted: str, sentence: dict[str, Any]
) -> None:
    """A sentence about the theme is flagged by its topic and bears the theme; one that is near is not."""
    reading = shipped.read(Document(title="", body=sentence["text"], lang=sentence["lang"]))
    flagged = {match.topic_id for match in reading.matches if match.flagged}
    assert (topic["topic"] in flagged) == (wanted == "yes")
    if wanted == "yes" and "theme" in topic:
        assert topic["theme"] in {mention.id for mention in reading.themes}


def test_every_theme_asked_for_has_a_topic_with_sentences_in_english_and_russian(shipped: Matcher) -> None:
    """Each of the themes that the project began with has a topic of its own, tried both ways."""
    tried = {
        topic["topic"]: {(wanted, sentence["lang"]) for wanted in ("yes", "no") for sentence in topic[wanted]}
        for topic in TOPICS
    }
    asked = set(ASKED.split())
    assert asked <= {topic.id for topic in shipped.topics}
    assert all(set(product(("yes", "no"), ("en", "ru"))) <= tried.get(name, set()) for name in asked)


def test_the_overall_topic_flags_what_the_themes_are_about(shipped: Matcher) -> None:
    """What a theme's topic must flag, the overall topic flags too."""
    missed = [
        sentence["text"]
        for topic in TOPICS
        for sentence in topic["yes"]
        if not (
            match := shipped.judge(
                "central-asia-partnerships",
                Document(title="", body=sentence["text"], lang=sentence["lang"]),
            )
        )
        or not match.flagged
    ]
    assert not missed
