"""What does a whole article cost beside the extractor alone, and beside reader + requests + trafilatura?

    PYTHONPATH=. .venv-bench/bin/python benchmarks/article.py [FOLDER OF HTML FILES]

Newsmon fetches each page on loopback, extracts it in a worker, matches 100 topics, and stores it with
its full-text index. The peers: `trafilatura.bare_extraction(fast=True)` on the same files in memory;
and lemon24/reader on one feed that lists the pages, requests for the pages, and trafilatura with its
defaults for the text and the metadata (title, author, date), which Newsmon reads too.
"""

import argparse
import gzip
import json
import logging
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog
from measure import measured
from origin import Origin

from monitor.app import App
from monitor.domain.feeds import Feed
from monitor.domain.topics import Query, Topic
from monitor.settings import load, locate

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "articles"
TOPICS = 100
AIMS = {"trafilatura fast, files": 1.35, "reader + requests + trafilatura": 0.65}
WORDS = [
    "bank",
    "budget",
    "border",
    "energy",
    "election",
    "export",
    "gas",
    "loan",
    "market",
    "mineral",
    "police",
    "port",
    "rail",
    "tariff",
    "water",
]


def pages(folder: Path, wanted: int) -> dict[str, bytes]:
    """Return `wanted` pages by name, the folder's files over again where there are fewer."""
    files = sorted(path for path in folder.rglob("*") if path.name.endswith((".html", ".html.gz")))
    if not files:
        raise SystemExit(f"no .html or .html.gz files below {folder}: name a folder that has some")
    found = {}
    for number in range(wanted):
        path = files[number % len(files)]
        data = path.read_bytes()
        found[f"{number:04}.html"] = gzip.decompress(data) if path.suffix == ".gz" else data
    return found


def topics(shipped: tuple[Topic, ...]) -> tuple[Topic, ...]:
    """Return the shipped topics and enough simple ones to make TOPICS."""
    pairs = [(a, b) for a in WORDS for b in WORDS if a < b]
    extra = [
        Topic(id=f"bench-{a}-{b}", name=f"{a} and {b}", require=Query(text=f"{a} AND {b}"), threshold=10)
        for a, b in pairs[: TOPICS - len(shipped)]
    ]
    return (*shipped, *extra)


def feed_of(origin_url: str, names: list[str]) -> bytes:
    """Return a feed that lists the pages without a word of theirs."""
    items = "".join(
        f"<item><title>Page {name}</title><link>{origin_url}{name}</link><guid>{origin_url}{name}</guid>"
        f"<pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate></item>"
        for name in names
    )
    head = (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Pages</title><link>http://x.example/</link>'
    )
    return f"{head}<description>.</description>{items}</channel></rss>".encode()


def main() -> None:
    """Run the three and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path, nargs="?", default=CORPUS)
    arguments.add_argument("--pages", type=int, default=500)
    arguments.add_argument("--alone", action="store_true", help="without reader, which need not be installed")
    given = arguments.parse_args()
    found = pages(given.folder, given.pages)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = folder / "pages"
        files.mkdir()
        for page, data in found.items():
            (files / page).write_bytes(data)
        origin = Origin(files=files)
        (files / "feed.xml").write_bytes(feed_of(origin.url(""), list(found)))
        origin.close()
        origin = Origin(files=files, port=origin.port)
        mine = frozenset({origin.pid})
        bare, texts = _bare(found)
        ours, stored = _newsmon(folder, origin, mine)
        if stored < texts * 0.98:
            raise SystemExit(f"only {stored} pages were stored, the extractor finds text in {texts}")
        costs = [bare] if given.alone else [bare, _peer(folder, origin, list(found), mine)]
        origin.close()
    print(f"{len(found)} pages, {TOPICS} topics; CPU seconds")
    print(json.dumps({"newsmon": round(ours, 2)}))
    for (label, aim), cost in zip(AIMS.items(), costs, strict=False):
        print(f"{label:<34}{cost:>8.2f}   newsmon is {ours / max(cost, 0.01):.2f} of it (aim {aim})")


def _newsmon(folder: Path, origin: Origin, mine: frozenset[int]) -> tuple[float, int]:
    settings = load(locate(None, folder), {})
    feed = Feed(id="pages", url=origin.url("feed.xml"), outlet="B", domain="b.example", allow_private=True)
    http = settings.http.model_copy(update={"spacing": timedelta(), "per_host": 50})
    pack = replace(settings.pack, topics=topics(settings.pack.topics))
    with App(replace(settings, feeds=(feed,), http=http, pack=pack)) as app:
        app.poller.run()
        matching = app.matching
        with measured(mine) as cost:
            while app.reader.run():
                pass
            while matching.run()["articles"]:
                pass
        return cost.cpu, app.store.status(app.clock.now()).articles


def _bare(found: dict[str, bytes]) -> tuple[float, int]:
    import trafilatura

    trafilatura.bare_extraction(next(iter(found.values())), fast=True)
    texts = 0
    with measured() as cost:
        for data in found.values():
            document = trafilatura.bare_extraction(data, fast=True)
            texts += bool(document and document.text)
    return cost.cpu, texts


def _peer(folder: Path, origin: Origin, names: list[str], mine: frozenset[int]) -> float:
    import requests
    import trafilatura
    from reader import make_reader

    peer = make_reader(str(folder / "reader.db"))
    peer.add_feed(origin.url("feed.xml"))
    with measured(mine) as cost, requests.Session() as session:
        peer.update_feeds()
        for name in names:
            content = session.get(origin.url(name), timeout=30).content
            trafilatura.bare_extraction(content, url=origin.url(name), with_metadata=True)
    return cost.cpu


if __name__ == "__main__":
    main()
