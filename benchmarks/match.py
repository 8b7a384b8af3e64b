"""What does matching with 100, 1,000 and 10,000 topics cost, beside the extractor and beside others?

    PYTHONPATH=. .venv-bench/bin/python benchmarks/match.py [FOLDER OF HTML FILES]

Texts are cut from the pages (5 kB each). Every other one is matched; topics of ten terms are drawn from
the words of the rest: words, phrases, prefixes, NEAR. Beside Newsmon, which gives verdicts with evidence,
stand Python's `re` (one pattern a rule), RE2's set and SQLite's FTS5 as a percolator (articles in, one
query a rule). They only say which rules have a term in the text, so their work is the smaller one.
"""

import argparse
import random
import re
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from article import CORPUS, pages

from monitor.domain.topics import Document
from monitor.rules import Matcher
from monitor.rules.prepare import prepare
from monitor.settings import Folders, load
from monitor.settings.compiled import matcher_of

SIZE = 5_000
SIZES = (100, 1_000, 10_000)
AIMS = {100: 1.0, 1_000: 2.5, 10_000: 8.0}
PREPARING, PREPARING_ASCII, START = 5.0, 1.5, 2.0
FILE = 2_000
"""Topics in one file."""
SLOW = 1_000
"""The most rules for which a peer that looks at each of them in turn is run."""
WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: two groups of terms, of which each must have one; a pair of words is a phrase."""

    words: tuple[str, ...]
    phrases: tuple[tuple[str, str], ...]
    prefix: str
    near: tuple[str, str]

    def query(self) -> str:
        """Return the rule in the topic language."""
        (a, b), (c, d) = self.phrases
        one, two, three = self.words
        first = f'({one} OR "{a} {b}" OR {self.prefix}* OR ({self.near[0]} NEAR/5 {self.near[1]}))'
        return f'{first} AND ({two} OR "{c} {d}" OR {three})'

    def pattern(self) -> str:
        """Return a regular expression that finds any of the terms (both words of NEAR by themselves)."""
        phrases = [rf"{a}\W+{b}" for a, b in self.phrases]
        terms = "|".join([*self.words, *phrases, rf"{self.prefix}\w*", *self.near])
        return rf"(?i)\b(?:{terms})\b"

    def fts(self) -> str:
        """Return the rule as FTS5 writes it."""
        (a, b), (c, d) = self.phrases
        one, two, three = (f'"{word}"' for word in self.words)
        near = f'NEAR("{self.near[0]}" "{self.near[1]}", 5)'
        return f'({one} OR "{a} {b}" OR "{self.prefix}"* OR {near}) AND ({two} OR "{c} {d}" OR {three})'


def rules(texts: list[str], count: int) -> list[Rule]:
    """Return rules of words that stand in the texts, most of them rare as the words of topics are."""
    seeded = random.Random(count)
    known = Counter(word.lower() for text in texts for word in WORD.findall(text))
    some = sorted(word for word in known if word.isascii())
    common = [word for word, _ in known.most_common(2_000) if word.isascii()][200:]
    if len(some) < 100:
        raise SystemExit("too few words in these pages to make topics of")

    def word() -> str:
        return seeded.choice(common if common and seeded.random() < 1 / 20 else some)

    return [
        Rule(
            words=(word(), word(), word()),
            phrases=((word(), word()), (word(), word())),
            prefix=word()[:6],
            near=(word(), word()),
        )
        for _ in range(count)
    ]


def timed(work: Callable[[], object]) -> float:
    """Return the CPU seconds that a piece of work takes, the best of three runs."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def extracted(found: Iterable[bytes]) -> tuple[list[str], float]:
    """Return texts of SIZE of those pages that have as much, and what their extraction costs a page."""
    import trafilatura

    texts, cost = [], 0.0
    for page in found:
        start = time.process_time()
        document = trafilatura.bare_extraction(page, fast=True)
        spent = time.process_time() - start
        if document and document.text and len(document.text) >= SIZE:
            texts.append(document.text[:SIZE])
            cost += spent
    if len(texts) < 2:
        raise SystemExit(f"fewer than two of these pages have a text of {SIZE} characters")
    return texts, cost / len(texts)


def main() -> None:
    """Run everything and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path, nargs="?", default=CORPUS)
    arguments.add_argument("--pages", type=int, default=500)
    arguments.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    arguments.add_argument("--alone", action="store_true", help="without the peers")
    given = arguments.parse_args()
    texts, page = extracted(pages(given.folder, given.pages).values())
    others, texts = texts[::2], texts[1::2]
    documents = [Document(title="", body=text) for text in texts]
    print(f"{len(texts)} texts of {SIZE} characters; fast extraction {page * 1e6:,.0f} µs a page, CPU")
    preparing = _preparing(texts)
    _line("preparing the text", preparing, page, PREPARING)
    plain = _preparing([text.encode("ascii", "ignore").decode().ljust(SIZE, "x") for text in texts])
    _line("the same, plain ASCII", plain, page, PREPARING_ASCII)
    ready = [prepare("", text, lambda _: False, 60) for text in texts]
    indexing = timed(lambda: [one.search_words() for one in ready]) / len(texts)
    _line("words for the full-text index", indexing, page)
    for count in given.sizes:
        some = rules(others, count)
        matcher = _started(some, count)
        reading = timed(lambda matcher=matcher: [matcher.read(document) for document in documents]) / len(
            texts
        )
        matches = sum(len(matcher.read(document).matches) for document in documents)
        label = f"{count:,} topics, {matches / len(texts):.1f} matches a text"
        _line(label, reading - preparing - indexing, page, AIMS.get(count))
        if not given.alone:
            _peers(some, texts, page)


def _preparing(texts: list[str]) -> float:
    return timed(lambda: [prepare("", text, lambda _: False, 60) for text in texts]) / len(texts)


def _started(some: list[Rule], count: int) -> Matcher:
    """Return the matcher after two starts on files: one that compiles, one that finds what was compiled."""
    blocks = [
        f"- {{id: t{number}, name: T, require: '{rule.query()}'}}\n" for number, rule in enumerate(some)
    ]
    with tempfile.TemporaryDirectory() as name:
        folders = Folders(pack=Path(name) / "pack", user=Path(name) / "user", data=Path(name))
        (folders.pack / "topics").mkdir(parents=True)
        folders.user.mkdir()
        (folders.pack / "default.yaml").write_text("# nothing\n", encoding="utf-8")
        for start in range(0, len(blocks), FILE):
            text = "".join(blocks[start : start + FILE])
            (folders.pack / "topics" / f"{start}.yaml").write_text(text, encoding="utf-8")
        begun = time.process_time()
        matcher_of(load(folders, {}).pack, folders.data)
        first = time.process_time()
        matcher = matcher_of(load(folders, {}).pack, folders.data)
        again = time.process_time() - first
    print(
        f"{count:,} topics: read and compiled in {first - begun:.2f} s,"
        f" from the cache in {again:.2f} s (aim {START})"
    )
    return matcher


def _peers(some: list[Rule], texts: list[str], page: float) -> None:
    import re2

    few = texts[: max(5, min(len(texts), 20_000 // len(some)))]
    patterns = [re.compile(rule.pattern()) for rule in some[:SLOW]]
    if len(some) <= SLOW:
        cost = timed(lambda: [[*pattern.finditer(text)] for text in few for pattern in patterns])
        _line("  re, a pattern a rule", cost / len(few), page)
        cost = timed(lambda: [_percolated(some, [text]) for text in few])
        _line("  FTS5, articles singly", cost / len(few), page)
    batch = texts[:100]
    _line("  FTS5, articles in batches", timed(lambda: _percolated(some, batch)) / len(batch), page)
    options = re2.Options()
    options.max_mem = 2_000_000_000
    options.log_errors = False
    together = re2.Set.SearchSet(options)
    for rule in some:
        together.Add(rule.pattern())
    together.Compile()
    if len(some) <= SLOW:
        found, wanted = len(together.Match(few[0]) or ()), sum(bool(one.search(few[0])) for one in patterns)
        if found != wanted:
            raise SystemExit(f"re2.Set finds {found} rules in a text, re finds {wanted}")
    with_a_term = sum(len(together.Match(text) or ()) for text in few) / len(few)
    cost = timed(lambda: [together.Match(text) for text in few])
    _line(f"  re2.Set ({with_a_term:,.0f} with a term)", cost / len(few), page)


def _percolated(some: list[Rule], texts: list[str]) -> int:
    """Return how many hits the rules have in a table that holds just these texts."""
    table = sqlite3.connect(":memory:")
    table.execute("CREATE VIRTUAL TABLE t USING fts5(body, tokenize='unicode61 remove_diacritics 2')")
    table.executemany("INSERT INTO t VALUES (?)", [(text,) for text in texts])
    found = sum(
        len(table.execute("SELECT rowid FROM t WHERE t MATCH ?", (rule.fts(),)).fetchall()) for rule in some
    )
    table.close()
    return found


def _line(label: str, cost: float, page: float, aim: float | None = None) -> None:
    wanted = f"  (aim {aim} %)" if aim else ""
    print(f"{label:<42}{cost * 1e6:>10,.0f} µs{cost / page:>10.2%} of extraction{wanted}")


if __name__ == "__main__":
    main()
