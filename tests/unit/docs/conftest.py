"""What do the documents say? Every page with its links, fenced blocks and shell commands."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
_END = {"|", "&&", "||", ";", ">", "2>", "&", "<"}
_SHELL = {"", "sh", "console"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A document of the checkout: its path within it, and its text."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """Return the path as people write it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def prose(self) -> str:
        """Return the text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self, info: str) -> Iterator[tuple[int, str]]:
        """Yield line and content of the fenced blocks with this info string."""
        for found in _FENCE.finditer(self.text):
            if found[1].strip() == info:
                yield self.text.count("\n", 0, found.start()) + 1, found[2]

    def commands(self) -> Iterator[tuple[str, ...]]:
        """Yield the words of every `newsmon` or `./newsmon` command that a reader could type."""
        lines = [
            line.strip().removeprefix("$ ")
            for info in _SHELL
            for _, block in self.blocks(info)
            for line in block.splitlines()
        ]
        for line in [*lines, *_CODE.findall(self.prose)]:
            yield from _commands(line)


def _commands(line: str) -> Iterator[tuple[str, ...]]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return  # output that happens to hold an apostrophe
    command: list[str] = []
    for word in [*words, ";"]:
        if word not in _END:
            command.append(word)
            continue
        while command and _ASSIGNMENT.fullmatch(command[0]):
            del command[0]
        if command and command[0] in ("newsmon", "./newsmon"):
            yield tuple(command)
        command = []


def read_pages() -> list[Page]:
    """Return README, CONTRIBUTING, CHANGELOG and everything below docs/."""
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [Page(path=path, text=path.read_text("utf-8")) for path in sorted(files)]


@pytest.fixture(scope="session")
def pages() -> list[Page]:
    """All documents, in the order of their paths."""
    return read_pages()
