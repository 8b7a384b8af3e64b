"""The shipped pack of sources is whole, and its page says what is covered and what is not."""

import re
import runpy
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from monitor.settings import load, locate

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/reference/sources.md"
MADE = runpy.run_path(str(ROOT / "docs/reference/make_sources.py"))
PACK: list[Any] = MADE["sources"]()
ON = [source for source in PACK if not source.off]
FEWEST_OUTLETS = 120

# The ids that were shipped before this test: what the database remembers hangs on them.
EVER = [
    "24kg-ru",
    "akipress-en",
    "anadolu-tr",
    "asia-plus-en",
    "astana-times",
    "atlantic-council",
    "bbc-world",
    "cacianalyst",
    "china-daily",
    "civil-ge",
    "crisis-group",
    "daily-sabah",
    "daryo-en",
    "dawn",
    "diplomat",
    "dw-world",
    "gazeta-uz-en",
    "gazeta-uz-ru",
    "global-times",
    "interfax-ru",
    "irna-en",
    "jamestown",
    "khaama",
    "kommersant",
    "kun-uz",
    "kursiv-en",
    "kursiv-ru",
    "news-am-en",
    "podrobno-uz",
    "president-az",
    "report-az-en",
    "rferl-en",
    "spot-uz",
    "tass-en",
    "tazabek",
    "tengrinews-ru",
    "trend-en",
    "un-news",
    "uza-uz",
    "uzdaily-en",
    "vedomosti",
]

# Addresses that were seen to be dead, refused, empty, no feed at all, or stale.
BROKEN = [
    "https://www.csis.org/rss.xml",
    "https://carnegieendowment.org/rss",
    "https://forbes.kz/rss",
    "https://www.civilnet.am/feed",
    "https://apa.az/en/rss",
    "https://georgiatoday.ge/feed",
    "https://www.chathamhouse.org/rss.xml",
    "https://bm.ge/rss",
    "https://report.az/rss/",
    "https://report.az/en/rss/",
    "https://eurasianet.org/rss",
    "https://tengrinews.kz/rss/",
    "https://news.day.az/rss",
    "https://www.cacianalyst.org/?format=feed",
    "https://www.cgtn.com/subscribe/rss/section/world.xml",
    "http://www.xinhuanet.com/english/rss/worldrss.xml",
]


def _same(url: str) -> str:
    """Return an address without what makes no other feed of it."""
    parts = urlsplit(url)
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}?{parts.query}"


def _twice(values: list[str]) -> list[str]:
    return [value for value, number in Counter(values).items() if number > 1]


def test_the_pack_has_outlets_enough() -> None:
    """The pack names at least 120 outlets, counted by name, not by address."""
    assert len({source.name for source in PACK}) >= FEWEST_OUTLETS


def test_ids_and_addresses_are_there_once() -> None:
    """No two blocks share an id, or an address that differs only by scheme, www or a last slash."""
    assert _twice([source.id for source in PACK]) == []
    assert _twice([_same(source.url) for source in PACK]) == []


def test_ids_stay() -> None:
    """No id that was ever shipped is gone."""
    assert sorted(set(EVER) - {source.id for source in PACK}) == []


def test_what_is_off_says_why() -> None:
    """Each `enabled: false` of the pack has a reason behind it on its line."""
    for path in sorted((ROOT / "config/sources").glob("*.yaml")):
        lines = re.findall(r"^.*enabled:.*$", path.read_text("utf-8"), re.MULTILINE)
        bare = [line for line in lines if not re.fullmatch(r"  enabled: false  # \w.{10,}|# .*", line)]
        assert bare == [], path.name


def test_what_has_no_country_says_why() -> None:
    """A block without a country has a comment in its place."""
    text = "".join(path.read_text("utf-8") for path in sorted((ROOT / "config/sources").glob("*.yaml")))
    assert len(re.findall(r"^  # no country: \w.+$", text, re.MULTILINE)) == sum(
        source.country is None for source in PACK
    )


@pytest.mark.parametrize("source", PACK, ids=lambda source: source.id)
def test_every_source_says_what_it_is(source: Any) -> None:
    """Country, language and kind are among those the page explains; group and rhythm are there."""
    assert source.country in MADE["COUNTRIES"]
    assert source.lang in MADE["LANGUAGES"]
    assert source.kind in MADE["KINDS"]
    assert source.group
    assert re.fullmatch(r"\d+/(day|week|month)", source.rhythm)


def test_a_group_is_a_file() -> None:
    """Each file is one folder of a feed reader: one group, which no other file has."""
    groups = [
        set(re.findall(r"^  group: (.+)$", path.read_text("utf-8"), re.MULTILINE))
        for path in sorted((ROOT / "config/sources").glob("*.yaml"))
    ]
    assert [group for group in groups if len(group) != 1] == []
    assert len(set.union(*groups)) == len(groups)


def test_what_is_known_to_be_broken_is_off() -> None:
    """No address that was seen dead, refused, empty, stale or not a feed is on."""
    assert {_same(url) for url in BROKEN} & {_same(source.url) for source in ON} == set()


def test_mentions_elsewhere_do_not_count_as_analysis() -> None:
    """The Atlantic Council's notes on who was quoted where are left out by their path."""
    feeds = {feed.id: feed for feed in load(locate(ROOT / "config", ROOT / "var"), {}).feeds}
    assert feeds["atlantic-council"].links.never == ("/insight-impact/in-the-news/*",)


def test_what_is_on_is_polled() -> None:
    """The program reads the same sources out of the pack as the page does, and none sets a fixed interval."""
    feeds = load(locate(ROOT / "config", ROOT / "var"), {}).feeds
    assert sorted(feed.id for feed in feeds) == sorted(source.id for source in ON)
    assert [feed.id for feed in feeds if not feed.adapts or not feed.rhythm] == []


def test_the_page_is_what_the_pack_says() -> None:
    """docs/reference/sources.md is what docs/reference/make_sources.py makes of the pack as it is."""
    assert PAGE.read_text("utf-8") == MADE["page"](), (
        "run docs/reference/make_sources.py: the pack has changed"
    )


@pytest.mark.parametrize(
    ("language", "code"),
    [("Kazakh", "kk"), ("Kyrgyz", "ky"), ("Tajik", "tg"), ("Turkmen", "tk"), ("Uzbek", "uz")],
)
def test_the_page_counts_the_thin_languages(language: str, code: str) -> None:
    """The page says how many sources are on in each of the five states' own languages."""
    on = sum(source.lang == code for source in ON)
    off = sum(source.lang == code for source in PACK) - on
    assert f"* {language}: {on or 'none'} (and {off or 'none'} off)." in PAGE.read_text("utf-8")


def test_the_page_names_every_source() -> None:
    """Each source stands on the page once as on, or once as off with its reason."""
    text = PAGE.read_text("utf-8")
    _, _, rest = text.partition("\n## What is on\n")
    on, _, off = rest.partition("\n## What is off, and why\n")
    assert Counter(re.findall(r"\(`([^`]+)`,\s", on)) == Counter(source.id for source in ON)
    assert Counter(re.findall(r"^\| `([^`]+)` \|", off, re.MULTILINE)) == Counter(
        source.id for source in PACK if source.off
    )
