"""Which sources does a table name? CSV (RFC 4180) with a line of headings; runs in a worker."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from monitor.domain.feeds import ParseFailed
from monitor.domain.finding import FURTHER, Outline, Outlines
from monitor.extract.clean import TITLE_CAP, clean_line
from monitor.extract.values import language_tag, web_address

MOST = 20_000
"""Sources that are taken from one table."""

_MOST_FAULTS = 20
_HEADINGS = {
    "url": ("xmlurl", "xml_url", "feed", "feed_url", "feedurl", "rss", "rss_url"),
    "name": ("title", "outlet"),
    "homepage": ("home", "site", "website", "htmlurl", "html_url"),
    "language": ("lang",),
    "group": ("folder", "category"),
}
"""Other headings that people give these columns; the first column of a meaning counts."""
_ID = re.compile(r"(?=.*[a-z])[a-z0-9]+(?:[-.][a-z0-9]+)*")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_SOURCE_KINDS = {
    "sitemap": re.compile(r"\b(?:news[ -])?sitemap\b", re.IGNORECASE),
    "page": re.compile(r"\b(?:page|html)\b", re.IGNORECASE),
    "feed": re.compile(r"\b(?:feed|rss|atom|rdf|json)\b", re.IGNORECASE),
}
# In the order in which an outlet is counted: a state's news agency is the state's.
_OUTLET_KINDS = {
    "institution": re.compile(
        r"\b(?:institution|press service|intergovernmental|development bank|ministry)\b", re.IGNORECASE
    ),
    "think-tank": re.compile(r"\bthink[ -]tank\b", re.IGNORECASE),
    "state": re.compile(r"\bstate\b", re.IGNORECASE),
    "public": re.compile(r"\bpublic\b", re.IGNORECASE),
    "agency": re.compile(r"\bagency\b", re.IGNORECASE),
    "independent": re.compile(r"\b(?:independent|exile|investigative)\b", re.IGNORECASE),
    "private": re.compile(r"\b(?:private|newspaper|business|portal)\b", re.IGNORECASE),
}


def parse_table(text: str) -> Outlines | ParseFailed:
    """Return the sources of a table's lines, each once.

    Only `url` must be there, in this word or one of others for it. `kind` may say in words what people
    note of a source ("rss state news agency"): what it says of how the source is read, and of the outlet,
    is taken apart. Lines without a web address are faults, with their number; of other cells what nobody
    understands is left out.
    """
    text = text.removeprefix("\ufeff")
    head = text.strip().partition("\n")[0]
    if head and ("<" in head or not re.search(r"[,;]|^\w+$", head)):
        return ParseFailed(code="not-a-list", message="it is neither OPML nor an RDF list, nor a table (CSV)")
    # Spreadsheets write semicolons where the comma belongs to numbers.
    delimiter = ";" if head.count(";") > head.count(",") else ","
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: dict[str, Outline] = {}
    faults: list[str] = []
    try:
        written = [clean_line(name or "", 40).lower() for name in table.fieldnames or ()]
        names = _headings(written)
        if "url" not in names:
            there = ", ".join(filter(None, written))[:200] or "none"
            return ParseFailed(code="not-a-list", message=f"line 1: no column url (there are: {there})")
        table.fieldnames = names
        for outline in _rows(table, faults):
            if len(found) >= MOST:
                faults.append(f"only the first {MOST} sources were read")
                break
            found.setdefault(outline.url, outline)
    except csv.Error as error:
        faults.append(f"line {table.reader.line_num}: {error}; what follows is not read")
    return Outlines(outlines=tuple(found.values()), faults=tuple(faults[:_MOST_FAULTS]))


def _headings(written: Sequence[str]) -> list[str]:
    """Return the headings in our words, where their meaning is not given by another column already."""
    names = list(written)
    for ours, others in _HEADINGS.items():
        at = next((at for at, name in enumerate(names) if name in others), None)
        if ours not in names and at is not None:
            names[at] = ours
    return names


def _rows(table: "csv.DictReader[str]", faults: list[str]) -> Iterator[Outline]:
    for row in table:
        said = {
            key: clean_line(value, TITLE_CAP)
            for key, value in row.items()
            if isinstance(key, str) and isinstance(value, str)
        }
        url = web_address(said.get("url"), "")
        if url is None:
            faults.append(
                f"line {table.line_num}: {said.get('url', '')[:100] or 'nothing'} is no web address"
            )
            continue
        yield _outline(url, said, table.line_num)


def _outline(url: str, said: Mapping[str, str], line: int) -> Outline:
    kind = said.get("kind", "")
    lang, country = language_tag(said.get("language")) or "", said.get("country", "")
    name = said.get("id", "")
    return Outline(
        url=url,
        title=said.get("name", ""),
        home=web_address(said.get("homepage"), ""),
        group=said.get("group") or None,
        lang=lang if _LANGUAGE.fullmatch(lang) else None,
        country=country.upper() if _COUNTRY.fullmatch(country) else None,
        outlet_kind=said.get("outlet_kind") or _meant(kind, _OUTLET_KINDS),
        kind=_meant(kind, _SOURCE_KINDS),
        id=name if _ID.fullmatch(name) else None,
        line=line,
        more=tuple((key, said[key]) for key in FURTHER if said.get(key)),
    )


def _meant(words: str, kinds: Mapping[str, re.Pattern[str]]) -> str | None:
    return next((kind for kind, pattern in kinds.items() if pattern.search(words)), None)
