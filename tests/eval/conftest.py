"""What do the gates over the shipped pack share? The pack, compiled once, and the pages, read once."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from stored_pages import Page, read_all

from monitor.domain.articles import ExtractResult
from monitor.rules import Matcher
from monitor.settings import check, locate

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    """The matcher of the shipped pack alone; the test fails with every fault where there is one."""
    checked = check(locate(CONFIG, tmp_path_factory.mktemp("data")), {})
    assert not checked.faults, "\n".join(map(str, checked.faults))
    assert checked.matcher is not None
    return checked.matcher


@pytest.fixture(scope="session")
def stored() -> Callable[[Iterable[Page]], Mapping[str, ExtractResult]]:
    """A reader of pages: what would be stored of each, by its id. No page is read twice in a run."""
    results: dict[str, ExtractResult] = {}

    def read(pages: Iterable[Page]) -> Mapping[str, ExtractResult]:
        unread = [page for page in pages if page.id not in results]
        if unread:
            results.update(read_all(unread))
        return results

    return read
