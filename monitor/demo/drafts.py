"""What do the demo's outlets print, and which verdict does each article deserve?"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, TypeAdapter
from ruamel.yaml import YAML

DATA = Path(__file__).parent / "data"

_OFFSET = re.compile(r"([+-]?)(\d+)([smhd])")
_FILES = {"json": "feed.json", "sitemap": "news-sitemap.xml", "page": ""}
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def offset(text: str) -> timedelta:
    """Return the duration that "-3h", "+40s", "90m" or "2d" names.

    Raises:
        ValueError: when the text is none of these.
    """
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an offset such as -3h or +40s")
    sign, number, unit = found.groups()
    return timedelta(**{_UNITS[unit]: int(number)}) * (-1 if sign == "-" else 1)


Offset = Annotated[timedelta, BeforeValidator(offset)]
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Trouble(StrEnum):
    """What is wrong with an outlet's feed. NONE for most."""

    NONE = "none"
    SLOW = "slow"
    MOVED = "moved"
    ERROR = "error"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What an article says from `after` the newsroom's opening on, in place of what it said before."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    after: Offset
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An article as its file tells it: words, hour, and the verdict a careful editor would give.

    `published` is relative to the newsroom's opening; a positive one appears while people watch.
    `flag` is the verdict for Central Asia partnerships, `actors` the ids that must be found, `why`
    the reason in a few words. `copy_of` is "outlet/slug" of the text this one repeats. `page` is the
    status its page answers. `raw_date` stands in the feed in place of the date. `text` has paragraphs
    separated by a blank line.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    slug: str
    title: str
    text: str
    section: str
    published: Offset
    flag: bool
    why: str
    actors: tuple[str, ...] = ()
    author: str | None = None
    copy_of: str | None = None
    corrected: Correction | None = None
    page: int = 200
    raw_date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An invented outlet: who it claims to be, how its feed and pages look, and what it prints.

    `feed` is rss2, atom, rdf, rss091 or json, a sitemap (a news sitemap in its place), or page (only
    its front page lists what it prints); `full` says that the feed carries whole texts, not teasers;
    `layout` names the page template; `validators` are those of "etag" and "last-modified" it sends.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    id: str
    name: str
    domain: str
    tagline: str
    lang: str
    country: str
    kind: str
    feed: str
    layout: str
    full: bool = False
    encoding: str = "utf-8"
    guids: bool = True
    validators: tuple[str, ...] = ("etag", "last-modified")
    trouble: Trouble = Trouble.NONE
    drafts: tuple[Draft, ...] = ()

    @property
    def file(self) -> str:
        """Return the name below the outlet's address at which it lists what it prints."""
        return _FILES.get(self.feed, "feed.xml")


def load_outlets(root: Path = DATA) -> tuple[Outlet, ...]:
    """Return every outlet under `root`/outlets in order of file name, copies filled in.

    Raises:
        pydantic.ValidationError: when a file lacks a key, has an unknown one or a wrong value.
        KeyError: when a copy names no article.
    """
    blocks = [read_yaml(path) for path in sorted((root / "outlets").glob("*.yaml"))]
    originals = {
        f"{block['id']}/{draft['slug']}": draft
        for block in blocks
        for draft in block.get("drafts", ())
        if "copy_of" not in draft
    }
    for block in blocks:
        block["drafts"] = [_filled(draft, originals) for draft in block.get("drafts", ())]
    return TypeAdapter(tuple[Outlet, ...]).validate_python(blocks)


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML file holds."""
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    return loaded


def _filled(draft: dict[str, Any], originals: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a draft with what a copy takes over from its original: words and verdict."""
    if "copy_of" not in draft:
        return draft
    original = originals[draft["copy_of"]]
    kept = {key: original[key] for key in ("title", "text", "section", "flag", "why", "actors")}
    return kept | draft
