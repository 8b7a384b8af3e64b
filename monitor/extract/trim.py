"""What of an extracted text is not the article's own? Its headline, notices, pointers to other articles."""

import re
from collections.abc import Iterable

HEAD = 8
"""Paragraphs at the beginning among which the headline is looked for."""

_MOST_ABOVE = 12
_MOST_AROUND = 8
_LEAST = 3
_LEAST_CHARACTERS = 12
_WORD = re.compile(r"\w+")
# Rights and comments, in the words that pages end with everywhere.
_NOTICE = re.compile(
    r"(?:[<(\[]?\s*(?:copyright\b|\(c\)|©|ⓒ|all rights reserved)|(?:comments|more|share)\W*$)",
    re.IGNORECASE,
)
_NOTICE_WORDS = 40
# "Read also", as outlets put it before the headline of another article of theirs.
_LABELS = (
    r"read (?:also|more|next)", r"also (?:read|on)", "see also", "don['’]t miss", "more on this",
    r"related(?: (?:articles?|stor(?:y|ies)|news|content))?", r"recommended(?: videos?)?",
    r"lesen sie (?:auch|mehr)", "mehr zum thema", "lire aussi", "à lire aussi",
    r"(?:lea|leer|lee) también", "leggi anche", r"leia (?:também|mais)", "veja também", "lees ook",
    r"czytaj (?:także|też|więcej)", r"zobacz (?:także|też)", "čtěte také",
    "les også", "läs också", "læs også",
    r"читайте (?:также|ещё|еще|по теме)", "читать также", "смотрите также", "материалы по теме", "по теме",
    "подробнее", "читайте також", "чытайце таксама", "прочетете още",
    "оқи отырыңыз", "тағы оқыңыз", "тектеш", "окуңуз", "ўқинг", "мавзуга оид", "oʻqing", "mavzuga oid",
    r"ilgili haber(?:ler)?", "ayrıca oku",
)  # fmt: skip
_POINTER = re.compile(rf"\W{{0,3}}(?:{'|'.join(_LABELS)})\s*(?:[:：|■►▶»→–—-]|$)", re.IGNORECASE)
_POINTER_WORDS = 30
_HEADLINE_WORDS = 20
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")


def trim(text: str, titles: Iterable[str]) -> str:
    """Return the paragraphs of `text` without the headline, notices at the end, and pointers elsewhere.

    Pointers name what is told in other articles ("Read also: …"). A headline is what repeats one of
    the `titles`, with a few words around it, or a part of it; the short lines above it (section, date)
    go with it. It is kept apart, as the title: twice in a text it would count twice. Where nothing else
    would be left, the text stays as it is.
    """
    paragraphs = text.split("\n\n")
    end = len(paragraphs)
    while end > 1 and _is_notice(paragraphs[end - 1]):
        end -= 1
    start = _after_headline(paragraphs[: min(HEAD, end - 1)], [_words(title) for title in titles])
    kept = _without_pointers(paragraphs[start:end])
    return "\n\n".join(kept or paragraphs[start:end])


def _without_pointers(paragraphs: list[str]) -> list[str]:
    """Return the paragraphs but those that lead to other articles: a label, and the headline after it."""
    kept = []
    is_labelled = False
    for paragraph in paragraphs:
        words = len(_words(paragraph))
        pointer = _POINTER.match(paragraph)
        if is_labelled and words <= _HEADLINE_WORDS and not _SENTENCE_END.search(paragraph):
            is_labelled = False
        elif pointer and words <= _POINTER_WORDS:
            is_labelled = pointer.end() == len(paragraph)
        else:
            is_labelled = False
            kept.append(paragraph)
    return kept


def _after_headline(paragraphs: list[str], titles: list[list[str]]) -> int:
    start = 0
    for number, paragraph in enumerate(paragraphs):
        words = _words(paragraph)
        if any(_repeats(words, title) for title in titles):
            start = number + 1
        elif len(words) > _MOST_ABOVE:
            break
    return start


def _repeats(words: list[str], title: list[str]) -> bool:
    """Return whether a paragraph's words are a title's, with a few around them or a part of it."""
    if words == title:
        return bool(words)
    if min(len(words), len(title)) < _LEAST or len("".join(words)) < _LEAST_CHARACTERS:
        return False
    long, short = (words, title) if len(words) > len(title) else (title, words)
    return len(long) - len(short) <= _MOST_AROUND and f" {' '.join(short)} " in f" {' '.join(long)} "


def _is_notice(paragraph: str) -> bool:
    return bool(_NOTICE.match(paragraph)) and len(_words(paragraph)) <= _NOTICE_WORDS


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
