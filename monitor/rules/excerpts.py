"""Which few sentences of a text stand for it? Those that decided, or its first ones."""

from monitor.domain.topics import Document, Match
from monitor.rules.quotes import BEST_QUOTES, LONGEST
from monitor.rules.sentences import breaks, spans


def excerpt(document: Document, match: Match | None) -> str:
    """Return at most three sentences of the body, in their order, each on one line and not too long.

    They are the best of the verdict's quotes; where it has none in the body, the first sentences.
    The headline is left out where a page repeats it in its text.
    """
    quotes = match.quotes if match else ()
    chosen = [(quote.start, quote.end) for quote in quotes if quote.field == "body"]
    for some in (chosen, spans(breaks(document.body)[0], document.body)):
        told = [span for span in some if _plain(document.body, span) != _plain(document.title)]
        if told:
            return " ".join(_short(_plain(document.body, span)) for span in sorted(told[:BEST_QUOTES]))
    return ""


def _plain(text: str, span: tuple[int, int] | None = None) -> str:
    start, end = span or (0, len(text))
    return " ".join(text[start:end].split())


def _short(sentence: str) -> str:
    if len(sentence) <= LONGEST:
        return sentence
    cut = sentence.rfind(" ", LONGEST // 2, LONGEST)
    return sentence[: cut if cut > 0 else LONGEST]
