"""The documents hold together: links lead somewhere, and nothing names one machine."""

import re
from typing import Any

import pytest

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_MACHINE = re.compile(r"(?<![\w~.])/(?:work|root|home|Users|tmp)\b")
MOST_LINES_OF_A_DECISION = 60


def _anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as the usual forges make them."""
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text)]
    return {heading.strip().replace(" ", "-") for heading in plain}


def _broken(page: Any, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return not link.startswith(("https://", "mailto:"))
    path, _, anchor = link.partition("#")
    target = (page.path.parent / path).resolve() if path else page.path
    if not target.exists():
        return True
    return bool(anchor) and anchor not in _anchors(target.read_text("utf-8"))


def test_every_relative_link_leads_somewhere(pages: Any) -> None:
    """Files and headings that the documents link to are there."""
    links = [(page, link) for page in pages for link in _LINK.findall(page.prose)]
    assert len(links) > 50, "the documents link to one another; if none is found, the search is broken"
    assert [f"{page.name}: {link}" for page, link in links if _broken(page, link)] == []


def test_no_document_names_a_path_of_one_machine(pages: Any) -> None:
    """Paths are relative, of the home folder (~), or those any system has (/var/lib, /etc)."""
    found = [f"{page.name}: {hit[0]}" for page in pages for hit in _MACHINE.finditer(page.text)]
    assert found == []


def test_every_page_can_be_reached_from_the_readme(pages: Any) -> None:
    """Starting at README.md, links lead to every document."""
    by_path = {page.path: page for page in pages}
    waiting = [page for page in pages if page.name == "README.md"]
    seen = {page.path for page in waiting}
    while waiting:
        page = waiting.pop()
        for link in _LINK.findall(page.prose):
            target = (page.path.parent / link.partition("#")[0]).resolve()
            if target in by_path and target not in seen:
                seen.add(target)
                waiting.append(by_path[target])
    assert sorted(page.name for page in pages if page.path not in seen) == []


def test_decisions_are_numbered_and_short(pages: Any) -> None:
    """Each decision has the next number, the three parts, and fits a page."""
    decisions = [page for page in pages if re.match(r"docs/adr/\d{4}-", page.name)]
    numbers = [int(page.path.name[:4]) for page in decisions]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(decisions) >= 10
    for page in decisions:
        assert re.findall(r"^## (.+)$", page.text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
        assert page.text.count("\n") <= MOST_LINES_OF_A_DECISION, page.name


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [("What flows", "what-flows"), ("`db backup`: a copy", "db-backup-a-copy"), ("kill -9", "kill--9")],
)
def test_anchors_are_made_as_forges_make_them(heading: str, anchor: str) -> None:
    """Lower case, punctuation dropped, spaces to hyphens."""
    assert _anchors(f"# {heading}\n") == {anchor}
