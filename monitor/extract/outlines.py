"""Which sources does a list name? OPML (http://opml.org/spec2.opml), RDF, tables; runs in a worker."""

import html
import re
from collections.abc import Iterator, Mapping
from itertools import chain

from lxml import etree
from lxml.etree import _Element

from monitor.domain.feeds import ParseFailed
from monitor.domain.finding import FURTHER, LISTED, Outline, OutlineJob, Outlines
from monitor.extract.clean import TITLE_CAP, clean_line
from monitor.extract.pages import decode
from monitor.extract.tables import parse_table
from monitor.extract.values import language_tag, web_address

MOST = 20_000
"""Sources that are taken from one list."""

_MOST_FAULTS = 20
_DEEPEST = 20
_PROLOG = re.compile(r"<\?xml[^>]{0,300}\?>|<!DOCTYPE[^>\[]{0,500}>", re.IGNORECASE)
_ENTITY = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);|#\d{1,7};|#x[0-9a-fA-F]{1,6};)(?:([A-Za-z][A-Za-z0-9]{1,30});)?"
)
_OURS = ("id", "kind", "country", "outlet_kind", *FURTHER)
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def parse_outlines(job: OutlineJob) -> Outlines | ParseFailed:
    """Return the sources of a list in their order, each once.

    What is not well-formed is read as far as it goes, and told with its line: a list of hundreds is not
    refused for a quotation mark. Entities of HTML are known; none that a list defines itself is.
    """
    text = decode(job.body, job.content_type).replace("\0", "")
    if not re.search(r"<(?:opml|outline|rdf:rdf)[\s>]", text[:20_000], re.IGNORECASE):
        return parse_table(text)
    # Within one root, documents that somebody put one after the other are read all.
    whole = f"<list>{_ENTITY.sub(_entity, _PROLOG.sub('', text))}</list>"
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    root: _Element | None = etree.fromstring(whole.encode("utf-8", "replace"), parser)
    if root is None:
        return ParseFailed(code="not-a-list", message="nothing in the file can be read")
    found: dict[str, Outline] = {}
    faults = list(_faults(parser))
    titles = [clean_line(_text(one), TITLE_CAP) for one in root.iter() if _name(one) == "title"]
    for outline in chain(_outlines(root, job.url, faults), _rdf(root, job.url)):
        if len(found) >= MOST:
            faults.append(f"only the first {MOST} sources were read")
            break
        found.setdefault(outline.url, outline)
    title = next(filter(None, titles), "")
    return Outlines(outlines=tuple(found.values()), title=title, faults=tuple(faults[:_MOST_FAULTS]))


def _entity(found: re.Match[str]) -> str:
    """Return what an entity of HTML stands for; an ampersand that begins none stands for itself."""
    said = html.unescape(found[0]) if found[1] else found[0]
    return html.escape(said)


def _faults(parser: etree.XMLParser) -> Iterator[str]:
    lines: set[int] = set()
    for entry in parser.error_log:
        # One slip makes several errors; the first names it. Our own root is nobody's mistake.
        if entry.line not in lines and " list line 1 " not in f"{entry.message} ":
            lines.add(entry.line)
            yield f"line {entry.line}: not well-formed: {clean_line(entry.message, 200)}"


def _outlines(root: _Element, base: str, faults: list[str]) -> Iterator[Outline]:
    """Yield the outlines that name a feed; a name that is no web address is a fault with its line."""
    for element in root.iter():
        if _name(element) != "outline":
            continue
        said = {_local(name).lower(): value.strip() for name, value in element.attrib.items()}
        ours = {
            key: clean_line(value, TITLE_CAP) for key in _OURS if (value := element.get(f"{{{LISTED}}}{key}"))
        }
        link = said.get("xmlurl", "")
        url = web_address(link, base) if link else None
        if link and url is None:
            faults.append(f"line {element.sourceline}: {clean_line(link, 100)} is no web address")
        if url is None:
            continue
        yield Outline(
            url=url,
            title=_title(said),
            home=web_address(said.get("htmlurl"), base),
            group=_group(element) or _categories(said),
            lang=language_tag(said.get("language")),
            country=ours.get("country"),
            outlet_kind=ours.get("outlet_kind"),
            kind=ours.get("kind"),
            id=ours.get("id"),
            line=element.sourceline or 0,
            more=tuple((key, ours[key]) for key in FURTHER if key in ours),
        )


def _title(said: Mapping[str, str]) -> str:
    return clean_line(said.get("title") or said.get("text") or "", TITLE_CAP)


def _group(element: _Element) -> str | None:
    """Return the names of the folders that an outline lies in, the outermost first."""
    names = []
    for folder in element.iterancestors():
        if _name(folder) == "outline":
            said = {_local(name).lower(): value for name, value in folder.attrib.items()}
            names.append(_title(said))
    return " / ".join(filter(None, reversed(names[:_DEEPEST]))) or None


def _categories(said: Mapping[str, str]) -> str | None:
    """Return the first of an outline's categories: `/Asia/News,business` is Asia / News."""
    first = said.get("category", "").split(",")[0]
    return " / ".join(filter(None, (clean_line(part, TITLE_CAP) for part in first.split("/")))) or None


def _rdf(root: _Element, base: str) -> Iterator[Outline]:
    """Yield the feeds of FOAF lists (blogrolls, Planet) and of Yandex's profiles."""
    for element in root.iter():
        name = _name(element)
        link = element.get(f"{_RDF}about") if name == "channel" else element.get(f"{_RDF}resource")
        url = web_address(link, base) if name in ("channel", "feed") and link else None
        if url is None:
            continue
        holders = list(element.iterancestors())
        agent = next((one for one in holders if _name(one) in ("Agent", "Person")), None)
        group = next((one for one in holders if _name(one) == "Group"), None)
        document = next((one for one in holders if _name(one) == "Document"), None)
        home = document.get(f"{_RDF}about") if document is not None else None
        yield Outline(
            url=url,
            title=_said(agent, "name") or _said(document, "title"),
            home=web_address(home, base),
            group=_said(group, "name") or None,
            line=element.sourceline or 0,
        )


def _said(holder: _Element | None, name: str) -> str:
    children = holder if holder is not None else ()
    return next((clean_line(_text(child), TITLE_CAP) for child in children if _name(child) == name), "")


def _text(element: _Element) -> str:
    return (element.text or "")[: TITLE_CAP * 2]


def _name(element: _Element) -> str:
    return _local(element.tag) if isinstance(element.tag, str) else ""


def _local(name: str | bytes) -> str:
    return str(name).rpartition("}")[2].rpartition(":")[2]
