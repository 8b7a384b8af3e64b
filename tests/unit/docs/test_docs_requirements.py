"""What is installed with Newsmon, and is each of it pinned, and above the holes that are known?"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

FLOORS = {"aiohttp": (3, 13, 3), "brotli": (1, 2, 0), "lxml": (6, 1), "trafilatura": (2, 3, 0)}
"""The first versions without the holes that concern hostile pages and feeds."""

_PINNED = re.compile(
    r"^([A-Za-z0-9._-]+)==([0-9][^\s;]*)[^\n]*(\\\n +--hash=sha256:[0-9a-f]{64}[^\n]*)+", re.MULTILINE
)
_NAMED = re.compile(r"^([A-Za-z0-9._-]+)[^\n]*$", re.MULTILINE)


@pytest.mark.hazard("C1")
@pytest.mark.parametrize("name", ["run", "test"])
def test_every_library_is_pinned_with_its_hash(name: str) -> None:
    """No line of the lists that are installed from names a library without version and hash."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    pinned = {found[1].lower() for found in _PINNED.finditer(text)}
    assert pinned >= {found[1].lower() for found in _NAMED.finditer(text)}
    assert len(pinned) > 20


@pytest.mark.hazard("C1")
def test_no_library_is_older_than_its_known_holes() -> None:
    """What reads hostile bytes is above the floor of each."""
    text = (ROOT / "requirements/run.txt").read_text("utf-8")
    versions = {found[1].lower(): found[2] for found in _PINNED.finditer(text)}
    for library, floor in FLOORS.items():
        assert tuple(int(part) for part in re.findall(r"\d+", versions[library])) >= floor, library
