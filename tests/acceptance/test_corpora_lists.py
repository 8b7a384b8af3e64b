"""Real sites' link tags lead to their feeds, and real lists of sources are read."""

import json
import re
from pathlib import Path

from monitor.domain.finding import FindJob, FoundOnPage, OutlineJob, Outlines
from monitor.extract.finding import find_feeds
from monitor.extract.outlines import parse_outlines

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ADDRESS = re.compile(rb'xmlUrl\s*=\s*"\s*([^"]+?)\s*"', re.IGNORECASE)


def test_every_page_of_the_autodiscovery_suite_leads_to_its_feed(corpora: Path) -> None:
    """The links that a page's head names are the expected ones, in their order: in all of them."""
    cases = [json.loads(line) for line in (corpora / "autodiscovery/expected.jsonl").read_text().splitlines()]
    assert len(cases) >= 29
    wrong = []
    for case in cases:
        body = (corpora / "autodiscovery" / case["page"]).read_bytes()
        found = find_feeds(FindJob(body=body, url=case["page_url"]))
        assert isinstance(found, FoundOnPage)
        if [one.url for one in found.pointers if one.why == "link"] != case["feed_urls"]:
            wrong.append(case["page"])
    assert wrong == []


def test_every_list_is_read_and_what_is_lost_is_told(corpora: Path) -> None:
    """Each source of each list is read, or its line is among the faults."""
    files = [path for path in sorted((corpora / "opml").rglob("*")) if path.suffix in (".opml", ".xml")]
    assert len(files) > 100
    lost = {}
    for path in files:
        body = path.read_bytes()
        read = parse_outlines(OutlineJob(body=body))
        assert isinstance(read, Outlines), path
        named = set(_ADDRESS.findall(_COMMENT.sub(b"", body)))
        missing = len(named) - len(read.outlines)
        if missing > len(read.faults):
            lost[path.name] = (missing, read.faults)
    assert lost == {}
