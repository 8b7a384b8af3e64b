"""The documents tell every key of the configuration, and their examples are right."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from monitor.domain.errors import ConfigError
from monitor.domain.topics import Place, Query, Topic
from monitor.rules import compile_pack
from monitor.settings import blocks, check, load, locate, recipients, sources
from monitor.settings.environment import variables
from monitor.settings.sections import Main
from monitor.settings.tree import Items, Mapping, read_yaml

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "docs/reference/configuration.md"
KINDS = ("sources", "actors", "themes", "languages", "topics")

BLOCKS: dict[str, type[BaseModel]] = {
    "Sources": sources.SourceBlock,
    "Topics": blocks.TopicBlock,
    "Clauses": blocks.ClauseBlock,
    "Examples": blocks.ExampleBlock,
    "Actors": blocks.ActorBlock,
    "People": blocks.PersonBlock,
    "Groups": blocks.GroupBlock,
    "Themes": blocks.ThemeBlock,
    "Languages": blocks.LanguageBlock,
    "Recipients": recipients.RecipientBlock,
    "Subscriptions": recipients.SubscriptionBlock,
}


def _defaults() -> dict[str, str]:
    """Return every key of the shipped default.yaml with its default, both as they are written."""
    faults: list[Any] = []
    main = read_yaml((ROOT / "config/default.yaml").read_text("utf-8"), "default.yaml", faults)
    assert isinstance(main, Mapping)
    assert not faults
    return {
        f"{section}.{key}" if key else str(section): _written(value)
        for section, keys in main.items()
        for key, value in (keys.items() if isinstance(keys, Mapping) else [("", keys)])
    }


def _written(value: object) -> str:
    if isinstance(value, Items):
        return f"[{', '.join(map(str, value))}]"
    return "null" if value is None else str(value)


def _rows(text: str) -> dict[str, str]:
    """Return key and second cell of every table row that begins with a key."""
    rows = re.findall(r"^\| `([\w.-]+)` \| ([^|]*) \|", text, re.MULTILINE)
    return {key: cell.strip("`") for key, cell in rows}


def _section(heading: str) -> str:
    _, _, after = REFERENCE.read_text("utf-8").partition(f"\n## {heading}\n")
    return after.split("\n## ")[0]


def test_every_key_is_documented_with_its_default() -> None:
    """The reference has a row for each key of default.yaml, with the same default, and no other."""
    rows = _rows(_section("newsmon.yaml"))
    assert rows == _defaults()


@pytest.mark.parametrize("heading", BLOCKS)
def test_every_key_of_a_block_is_documented(heading: str) -> None:
    """The reference has a row for each key that a kind of block takes, and no other."""
    assert sorted(_rows(_section(heading))) == sorted(blocks.known_keys(BLOCKS[heading]))


def test_every_section_is_one_of_the_program() -> None:
    """The sections of newsmon.yaml in the reference are those that the program reads."""
    assert {key.split(".")[0] for key in _rows(_section("newsmon.yaml"))} == set(Main.model_fields)


def test_every_variable_that_is_named_means_something(pages: Any) -> None:
    """NEWSMON_ variables in the documents are those that the program or the wrapper reads."""
    known = {*variables(), "NEWSMON_CONFIG", "NEWSMON_DATA", "NEWSMON_PYTHON"}
    named = {(page.name, name) for page in pages for name in re.findall(r"\bNEWSMON_[A-Z_]*[A-Z]", page.text)}
    assert sorted((page, name) for page, name in named if name not in known) == []


def test_every_query_shown_parses_and_names_what_there_is(pages: Any) -> None:
    """Queries in the documents compile with the shipped actors and themes; a blank line parts two."""
    settings = load(locate(ROOT / "config", ROOT / "var"), {})
    queries = [
        Query(text=text, place=Place(file=page.name, line=line, column=1))
        for page in pages
        for line, block in page.blocks("query")
        for text in re.split(r"\n\s*\n", block.strip())
    ]
    topics = tuple(
        Topic(id=f"shown-{number}", name="shown", require=query, threshold=0)
        for number, query in enumerate(queries)
    )
    assert len(topics) > 20, "the documents show queries; if none is found, the search is broken"
    try:
        compile_pack(replace(settings.pack, topics=topics))
    except ConfigError as error:
        pytest.fail("\n".join(map(str, error.faults)))


def test_every_block_shown_is_right(pages: Any, tmp_path: Path) -> None:
    """Fenced blocks marked `yaml topics` and the like pass `newsmon check` beside the shipped pack."""
    number = 0
    for kind in KINDS:
        shown = [block for page in pages for _, block in page.blocks(f"yaml {kind}")]
        number += len(shown)
        (tmp_path / kind).mkdir()
        for i, block in enumerate(shown):
            (tmp_path / kind / f"shown-{i}.yaml").write_text(block, "utf-8")
    assert number > 5, "the documents show configurations; if none is found, the search is broken"
    found = check(locate(tmp_path, tmp_path / "data"), {})
    assert [str(fault) for fault in found.faults] == []


def test_every_main_file_shown_is_right(pages: Any, tmp_path: Path) -> None:
    """Fenced blocks marked `yaml newsmon` are whole and right newsmon.yaml files."""
    shown = [block for page in pages for _, block in page.blocks("yaml newsmon")]
    assert shown, "the documents show main files; if none is found, the search is broken"
    for number, block in enumerate(shown):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "newsmon.yaml").write_text(block, "utf-8")
        load(locate(folder, folder), {"NEWSMON_SMTP_PASSWORD": "never used"})
