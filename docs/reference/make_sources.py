"""What does the pack cover, what is off, and what is missing? The page is counted from it; a test compares.

    .venv-test/bin/python docs/reference/make_sources.py

writes docs/reference/sources.md anew.
"""
# ruff: noqa: INP001 - a script, not a package

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

from ruamel.yaml import YAML

TARGET = Path(__file__).with_name("sources.md")
PACK = Path(__file__).resolve().parents[2] / "config" / "sources"
WIDTH = 110

COUNTRIES = {
    "KZ": "Kazakhstan",
    "KG": "Kyrgyzstan",
    "TJ": "Tajikistan",
    "TM": "Turkmenistan",
    "UZ": "Uzbekistan",
    "AZ": "Azerbaijan",
    "GE": "Georgia",
    "AM": "Armenia",
    "RU": "Russia",
    "LV": "Latvia",
    "CN": "China",
    "HK": "Hong Kong",
    "TR": "Türkiye",
    "AF": "Afghanistan",
    "IR": "Iran",
    "PK": "Pakistan",
    "MN": "Mongolia",
    "KR": "South Korea",
    "JP": "Japan",
    "GB": "United Kingdom",
    "FR": "France",
    "DE": "Germany",
    "BE": "Belgium",
    "US": "United States",
    None: "no country (international bodies)",
}
LANGUAGES = {
    "kk": "Kazakh",
    "ky": "Kyrgyz",
    "tg": "Tajik",
    "tk": "Turkmen",
    "uz": "Uzbek",
    "ru": "Russian",
    "en": "English",
    "az": "Azerbaijani",
    "ka": "Georgian",
    "tr": "Turkish",
    "zh": "Chinese",
    "mn": "Mongolian",
    "ja": "Japanese",
}
THE_FIVE = ("KZ", "KG", "TJ", "TM", "UZ")
THEIR_LANGUAGES = ("kk", "ky", "tg", "tk", "uz")

# The first that fits is the outlet's kind. The second column is the estimate of what it publishes.
KINDS = {
    "institution": (
        "2/day",
        "an office that speaks for itself: president, ministry, bank, body of states",
    ),
    "think-tank": ("3/week", "an institute that publishes research and comment"),
    "state": ("20/day", "owned or steered by a government, its news agency too"),
    "public": ("20/day", "paid from public money, edited without the government's say"),
    "agency": ("40/day", "a news agency that is not a government's"),
    "independent": ("8/day", "lives on grants and readers; exiles and investigators too"),
    "private": ("20/day", "a business: newspapers, portals, business press"),
}

HEAD = """\
# Sources of the pack

<!-- Made by docs/reference/make_sources.py from config/sources/: change it there, then make this anew. -->

Which outlets Newsmon ships with, which of them are polled, and what nobody should think is covered. The keys
of a source are in the [configuration reference](configuration.md#sources); how to add one is a
[page of its own](../how-to/add-a-source.md)."""

RULES = """\
On are addresses that somebody saw answer with entries in 2026: a public list whose feeds were checked by a
program, or a public collector that names which of its sources failed on a given day. We did not poll them
ourselves. Off is what is only listed, what was seen to fail, and every index page and news sitemap, because
nobody is known to have tried those. Feeds die and move: what was seen to answer once may be gone when you
read this. `newsmon sources` says how each one does from where you are.

To switch one on or off, name it in a file of your own folder:

```yaml sources
- id: kaktus-media
  enabled: true
```"""

RHYTHM = """\
`rhythm` is how much to expect of a source until the service has watched it itself. Where the file says
"measured", the figure comes from what was seen of that feed; all others are estimates by kind, lower or
higher where an outlet is known to be slow or busy. Nobody counted them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A block of the pack, as far as the page speaks of it; `off` is why it is not polled, "" if it is."""

    id: str
    url: str
    name: str
    country: str | None
    lang: str
    kind: str
    group: str
    rhythm: str
    measured: str
    off: str


def sources() -> list[Source]:
    """Return the sources of the pack by file and place."""
    return [source for path in sorted(PACK.glob("*.yaml")) for source in _read(path.read_text("utf-8"))]


def _read(text: str) -> Iterator[Source]:
    written = re.split(r"^- id: ", text, flags=re.MULTILINE)[1:]
    for block, lines in zip(YAML(typ="safe").load(text), written, strict=True):
        yield Source(
            id=block["id"],
            url=block["url"],
            name=block["name"],
            country=block.get("country"),
            lang=block["lang"],
            kind=block["outlet_kind"],
            group=block["group"],
            rhythm=block["rhythm"],
            measured=_behind(r"rhythm: \S+", "measured: ", lines),
            off="" if block.get("enabled", True) else _behind("enabled: false", "", lines),
        )


def _behind(key: str, word: str, lines: str) -> str:
    """Return the comment behind a key, without the word it begins with; "" where there is none."""
    found = re.search(rf"^  {key} +# {word}(.+)$", lines, re.MULTILINE)
    return found[1] if found else ""


def page() -> str:
    """Return the whole page as Markdown."""
    pack = sources()
    on = [source for source in pack if not source.off]
    parts = [
        HEAD,
        _sizes(pack, on),
        RULES,
        "## By country",
        _table("country", pack, lambda s: s.country, COUNTRIES, languages=True),
        "## By language",
        _table("language", pack, lambda s: s.lang, LANGUAGES),
        "## What is not covered",
        *_missing(pack),
        "## By kind",
        "An outlet has one kind, the first of these that fits; `outlet-kind:` asks for it in queries.",
        _kinds(pack),
        "## Rhythm",
        RHYTHM,
        "\n".join(_measured(pack)),
        "## What is on",
        *_listed(on),
        "## What is off, and why",
        *_reasons(source for source in pack if source.off),
    ]
    return "\n\n".join(parts) + "\n"


def _sizes(pack: list[Source], on: list[Source]) -> str:
    return _filled(
        f"The pack has {_outlets(pack)} outlets at {len(pack)} addresses. **On: {_outlets(on)} outlets at "
        f"{len(on)} addresses.** Off: {len(pack) - len(on)} addresses. An outlet with feeds in two languages "
        "has two."
    )


def _filled(text: str, after: str = "") -> str:
    """Return a paragraph, or a point of a list, in lines that people can read."""
    return fill(text, WIDTH, subsequent_indent=after, break_long_words=False, break_on_hyphens=False)


def _outlets(pack: Iterable[Source]) -> int:
    return len({source.name for source in pack})


def _counts(pack: Iterable[Source]) -> tuple[int, int]:
    """Return how many sources are on, and how many off."""
    states = Counter(bool(source.off) for source in pack)
    return states[False], states[True]


def _table(
    head: str,
    pack: list[Source],
    key: Callable[[Source], Any],
    names: dict[Any, str],
    *,
    languages: bool = False,
) -> str:
    rows = [
        f"| {head} | on | off |"
        + (" languages that are on | languages that are only off |" if languages else "")
    ]
    rows.append("|---|---|---|" + ("---|---|" if languages else ""))
    for value, name in names.items():
        these = [source for source in pack if key(source) == value]
        on, off = _counts(these)
        cells = [name, str(on), str(off)]
        if languages:
            heard = {source.lang for source in these if not source.off}
            cells += [_spoken(heard), _spoken({source.lang for source in these} - heard)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _spoken(langs: set[str]) -> str:
    return ", ".join(name for lang, name in LANGUAGES.items() if lang in langs) or "none"


def _missing(pack: list[Source]) -> Iterator[str]:
    """Yield what the pack does not see: first the five states' own languages, then the states."""
    yield _filled(
        "The list is thin for the press in the five states' own languages, and where it is thin, silence "
        "means nothing. Of the sources that are on:"
    )
    lines = []
    for lang in THEIR_LANGUAGES:
        on, off = _counts(source for source in pack if source.lang == lang)
        lines.append(f"* {LANGUAGES[lang]}: {on or 'none'} (and {off or 'none'} off).")
    yield "\n".join(lines)
    lines = []
    for country in THE_FIVE:
        langs = Counter(source.lang for source in pack if source.country == country and not source.off)
        told = ", ".join(f"{LANGUAGES[lang]} {langs[lang]}" for lang in LANGUAGES if langs[lang])
        lines.append(
            f"* {COUNTRIES[country]}: {told or 'nothing at all; what is told of it is told from elsewhere'}."
        )
    yield "By state:"
    yield "\n".join(lines)
    offices = [source for source in pack if source.kind == "institution" and source.country in THE_FIVE]
    on, off = _counts(offices)
    yield _filled(
        f"The five states' own offices (presidents, governments, central banks, an exchange): {on or 'none'} "
        f"on, {off} off; no feed of theirs is known to work. Not in the pack at all: television, radio "
        "beyond its sites, Telegram channels and other social media. Of papers for subscribers, titles and "
        "leads are read."
    )


def _kinds(pack: list[Source]) -> str:
    rows = ["| kind | what it means | on | off | estimate |", "|---|---|---|---|---|"]
    for kind, (estimate, meaning) in KINDS.items():
        on, off = _counts(source for source in pack if source.kind == kind)
        rows.append(f"| `{kind}` | {meaning} | {on} | {off} | {estimate} |")
    return "\n".join(rows)


def _measured(pack: list[Source]) -> Iterator[str]:
    yield "| source | rhythm | measured |\n|---|---|---|"
    for source in pack:
        if source.measured:
            yield f"| `{source.id}` | {source.rhythm} | {source.measured} |"


def _by_country(pack: Iterable[Source]) -> Iterator[tuple[str, list[Source]]]:
    chosen = list(pack)
    for country, name in COUNTRIES.items():
        if these := [source for source in chosen if source.country == country]:
            yield name, these


def _listed(on: list[Source]) -> Iterator[str]:
    for country, these in _by_country(on):
        langs = [lang for lang in LANGUAGES if any(source.lang == lang for source in these)]
        lines = [f"**{country[0].upper()}{country[1:]}**", ""]
        for lang in langs:
            told = (f"{s.name} (`{s.id}`, {s.kind})" for s in these if s.lang == lang)
            lines.append(_filled(f"* {LANGUAGES[lang]}: {', '.join(told)}.", "  "))
        yield "\n".join(lines)


def _reasons(off: Iterable[Source]) -> Iterator[str]:
    for country, these in _by_country(off):
        lines = [
            f"**{country[0].upper()}{country[1:]}**",
            "",
            "| source | outlet | language | why it is off |",
        ]
        lines.append("|---|---|---|---|")
        lines += [f"| `{s.id}` | {s.name} | {LANGUAGES[s.lang]} | {s.off} |" for s in these]
        yield "\n".join(lines)


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
