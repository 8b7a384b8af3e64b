"""What do the tests of the settings share? A desk."""

from pathlib import Path

import pytest
from settings_desk import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty desk, and the working folder above it."""
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)
