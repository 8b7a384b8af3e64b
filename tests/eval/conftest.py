"""What do the gates over the shipped pack share? The pack, compiled once."""

from pathlib import Path

import pytest

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
