"""Does a part of a feed read as the whole does? For every file of the corpora, item by item.

`parse_feed` with nothing known hands feedparser the whole document; with some items known it hands
over the others alone where that is safe, and the whole where it is not. Both must give the same
entries for the items that are not known, with the same keys.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.domain.articles import FeedJob
from monitor.domain.feeds import Entry, ParsedFeed
from monitor.extract import feeds as reading
from monitor.extract.cut import DIGEST, Cut, cut_items
from monitor.extract.feeds import parse_feed

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DRAWS = 3
"""Subsets drawn at random for each file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A file that lists something, as a whole reading gives it."""

    name: str
    job: FeedJob
    whole: ParsedFeed

    @property
    def digests(self) -> list[bytes]:
        """Return the digest of every item, in document order."""
        hashes = self.whole.item_hashes
        return [hashes[at : at + DIGEST] for at in range(0, len(hashes), DIGEST)]


@pytest.fixture(scope="module")
def listing(corpora: Path) -> list[Feed]:
    """Every file under feeds that lists at least one entry."""
    return list(_listing(corpora / "feeds"))


def _listing(folder: Path) -> Iterator[Feed]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        job = _job(path.read_bytes())
        whole = _read(job)
        if whole is not None and whole.entries:
            yield Feed(name=name, job=job, whole=whole)


def _job(body: bytes) -> FeedJob:
    return FeedJob(body=body, url="https://feeds.example/f", max_entries=100_000, now=NOW)


def _read(job: FeedJob) -> ParsedFeed | None:
    """Return the feed, or None for what is none; the parser may raise at a document."""
    try:
        parsed = parse_feed(job)
    except (ValueError, AttributeError):
        return None
    return parsed if isinstance(parsed, ParsedFeed) else None


def test_any_part_reads_as_in_the_whole(listing: list[Feed]) -> None:
    """Whichever items are known, the others come out as feedparser reads them in the whole document."""
    drawn = random.Random(20261123)
    different, parsed_in_part, several = [], [], 0
    for feed in listing:
        digests = feed.digests
        assert len(digests) == len(feed.whole.entries), feed.name
        subsets = [frozenset(digests[:-1]), frozenset(digests[1:]), frozenset(digests)]
        subsets += [frozenset(d for d in digests if drawn.random() < 0.5) for _ in range(DRAWS)]
        several += len(set(digests)) > 1
        with pytest.MonkeyPatch.context() as patched:
            counted = _count_items_parsed(patched)
            for known in subsets:
                wanted = _beside(feed.whole.entries, digests, known)
                part = _read(replace(feed.job, known=b"".join(known)))
                if part is None or part.entries != wanted or part.total != feed.whole.total:
                    different.append(f"{feed.name}: {part and part.entries} is not {wanted}")
        if len(set(digests)) > 1 and counted["in part"]:
            parsed_in_part.append(feed.name)
    print(  # noqa: T201 - the figure is what the test is for
        f"{len(listing)} files list something, {several} more than one item;"
        f" of these {len(parsed_in_part)} are parsed in part, {several - len(parsed_in_part)} as a whole"
    )
    assert not different, "\n".join(different)
    assert parsed_in_part


def test_what_changed_reads_as_in_the_whole(listing: list[Feed]) -> None:
    """A changed last item and a new first one come out alone, as the whole new document gives them."""
    different = []
    for feed in listing:
        cut = cut_items(feed.job.body)
        if cut is None or len(cut.spans) != len(feed.whole.entries):
            continue
        for body in (_with_last_changed(feed.job.body, cut), _with_new_first(feed.job.body, cut)):
            job = replace(feed.job, body=body)
            whole, part = _read(job), _read(replace(job, known=feed.whole.item_hashes))
            assert whole is not None
            digests = replace(feed, whole=whole).digests
            wanted = _beside(whole.entries, digests, frozenset(feed.digests))
            if part is None or part.entries != wanted:
                different.append(f"{feed.name}: {part and part.entries} is not {wanted}")
    assert not different, "\n".join(different)


def _beside(entries: tuple[Entry, ...], digests: list[bytes], known: frozenset[bytes]) -> tuple[Entry, ...]:
    """Return the entries of which the digests are not known."""
    return tuple(entry for entry, digest in zip(entries, digests, strict=True) if digest not in known)


def _count_items_parsed(patched: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often a document is handed over without some of its items."""
    counted: Counter[str] = Counter()
    without = reading.cutting.without

    def counting(body: bytes, cut: Cut, left_out: frozenset[int]) -> bytes:
        counted["in part"] += 1
        return without(body, cut, left_out)

    patched.setattr(reading.cutting, "without", counting)
    return counted


def _with_last_changed(body: bytes, cut: Cut) -> bytes:
    start, end = cut.spans[-1]
    close = body.rindex(b"</", start, end)
    return body[:close] + b"<title>Changed since</title>" + body[close:]


def _with_new_first(body: bytes, cut: Cut) -> bytes:
    start, end = cut.spans[0]
    close = body.rindex(b"</", start, end)
    opened = body.index(b">", start) + 1
    item = body[start:opened] + b"<title>New here</title>" + body[close:end]
    return body[:start] + item + body[start:]
