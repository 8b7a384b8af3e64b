"""Packs of one topic, and what they say of a text: what the tests of the topic language share."""

from typing import Any

from monitor.domain.topics import Document, Language, Match, Name, Pack, Place, Query, Requirement, Topic
from monitor.rules import Matcher, compile_pack

FILE = "topics/mine.yaml"

RUSSIAN = Language(
    id="ru",
    name="Russian",
    script="Cyrl",
    endings=("а", "у", "ом", "е", "ы", "ов", "ам", "ой", "ый", "ого", "его", "ому", "ая", "ые", "ых", "и"),
    drop=("а", "я", "ый", "ой"),
)
KAZAKH = Language(
    id="kk",
    name="Kazakh",
    script="Cyrl",
    endings=("лар+", "дар+", "ы+", "сы+", "ның", "ның", "нда", "да", "ға", "қ>ғ+"),
)
TURKISH = Language(id="tr", name="Turkish", script="Latn", endings=("da", "de", "nın", "lar+", "ı", "ya"))
UZBEK = Language(id="uz", name="Uzbek", script="Latn", endings=("da", "ning", "lar+", "ga", "dan"))
ARABIC = Language(id="ar", name="Arabic", script="Arab", endings=("ية", "ي"), prefixes=("و", "ال", "ب"))
LANGUAGES = (RUSSIAN, KAZAKH, TURKISH, UZBEK, ARABIC)


def query(text: str, line: int = 7, column: int = 5) -> Query:
    """Return a query as if it stood in a file."""
    return Query(text=text, place=Place(file=FILE, line=line, column=column))


def names(*texts: str, lang: str = "", role: str = "name") -> tuple[Name, ...]:
    """Return names of one language."""
    return tuple(Name(text=text, lang=lang, role=role) for text in texts)


def topic(require: str | Query | Requirement, **changes: Any) -> Topic:
    """Return a topic that tells of every text in which `require` holds."""
    asked = query(require) if isinstance(require, str) else require
    return Topic(**{"id": "mine", "name": "Mine", "require": asked, "threshold": 0} | changes)


def matcher(require: str, **pack: Any) -> Matcher:
    """Return the matcher of a pack with one topic."""
    return compile_pack(Pack(**{"languages": LANGUAGES, "topics": (topic(require),)} | pack))


def match(require: str, body: str, title: str = "", **metadata: Any) -> Match | None:
    """Return what a topic of one query says of a text."""
    found = matcher(require).read(Document(title=title, body=body, **metadata)).matches
    return found[0] if found else None


def evidence(require: str, body: str, title: str = "", **metadata: Any) -> list[str] | None:
    """Return the texts of the evidence, None where the query does not hold."""
    found = match(require, body, title, **metadata)
    return None if found is None else [one.text for one in found.evidence]
