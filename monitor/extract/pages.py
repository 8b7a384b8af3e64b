"""What does a page say? Bytes in, the article's text or a reason out; runs in a worker.

trafilatura finds the text. It is imported with this module: only the workers and the tests do.
"""

import logging
import re
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import trafilatura
from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.metadata import extract_author, extract_title
from trafilatura.settings import Document

from monitor.domain.articles import DateSource, Extracted, ExtractFailed, ExtractResult, PageJob
from monitor.extract.asked import find_asked
from monitor.extract.claims import Claims, read_canonical, read_claims
from monitor.extract.clean import AUTHOR_CAP, TEXT_CAP, TITLE_CAP, clean_line, clean_text
from monitor.extract.dates import possible, read_date, url_date
from monitor.extract.languages import detect_language
from monitor.extract.trim import trim

SHORT = 400
"""Characters below which the extractor tries again with all it has."""

_HTML_TYPES = ("text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain", "")
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|div|p|article|meta|title|span|table)[\s>]", re.IGNORECASE)
_NOT_TEXT = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"RIFF",
    b"OggS",
    b"\0\0\0",
)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{2,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{2,40})[\"']")
_HEAD = 4096
# What browsers read for these names (WHATWG Encoding Standard, 4.2); no transforms, no UTF-7.
_CHARSET = re.compile(
    r"(utf-?8|us-ascii|ascii|iso-?8859-\d{1,2}|latin-?[1-9]|(?:windows-?|cp)-?(?:125\d|874|1251)|koi8-[ru]|ibm866"
    r"|gb2312|gbk|gb18030|big5(?:-hkscs)?|shift[_-]?jis|sjis|euc-(?:jp|kr)|iso-2022-jp|utf-?16(?:le|be)?"
    r"|macintosh|x-mac-cyrillic|tis-620)",
    re.IGNORECASE,
)
_SUPERSETS = {
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252",
    "us-ascii": "cp1252", "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "euc-kr": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-mac-cyrillic": "mac-cyrillic",
}  # fmt: skip
_MOSTLY_RIGHT = 0.002
# Asked for by attribute: half the cost of trying every element.
_MAYBE_UNSEEN = etree.XPath("//@hidden/.. | //@style/.. | //template")
_UNSEEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?:px|pt|em|%)?\s*(?:[;!]|$)"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3}",
    re.IGNORECASE,
)
_EARLIEST, _LATEST = timedelta(hours=14), timedelta(hours=36)
_FRAMES = frozenset(("html", "head", "body", "main", "article"))
_LONG_UNSEEN = 2_000
_HEADINGS = 5

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def extract_page(job: PageJob) -> ExtractResult:
    """Return what the page says: text in paragraphs, title, author, date, language, canonical URL.

    What the feed knows (title, author, date) is taken from the feed, unless the source's own rules
    find it. What the extractor raises passes through: the caller turns it into a value.
    """
    if not job.body.strip():
        return ExtractFailed(code="empty", message="the body is empty")
    refusal = _not_html(job)
    if refusal:
        return ExtractFailed(code="not-html", message=refusal)
    tree = trafilatura.load_html(decode(job.body, job.content_type))
    if tree is None:
        return ExtractFailed(code="not-html", message="the body is no HTML document")
    _drop_unseen(tree)
    now = job.now or datetime.now(UTC)
    asked = find_asked(tree, job.rules, now)
    claims = _claims(tree, job, now)
    published, source = _published(claims, tree, job, now)
    if asked.published:
        published, source = asked.published, DateSource.PAGE
    text = asked.text or _text(tree, job.url, job.rules.mode)
    if not text:
        return ExtractFailed(code="empty", message="no article text was found in the page")
    text = trim(text, _headlines(tree, job.known_title, claims.title))
    return Extracted(
        title=asked.title or job.known_title or claims.title or "",
        text=text,
        author=job.known_author or claims.author,
        published=published,
        published_from=source,
        lang=detect_language(text),
        canonical_url=claims.canonical_url,
        missed=asked.missed,
    )


def decode(body: bytes, content_type: str = "") -> str:
    """Return the page as text. What is declared counts, unless the bytes say otherwise.

    In the order of the HTML standard (13.2.3.2): byte order mark, the server's charset, the
    document's own. Bytes that are valid UTF-8 beyond ASCII are UTF-8, whatever is declared; without
    any declaration that fits, the encoding is guessed.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = [
        content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'"),
        *(found[1].decode() for p in (_META_CHARSET, _XML_CHARSET) if (found := p.search(body[:_HEAD]))),
    ]
    names = [name.lower() for name in declared if _CHARSET.fullmatch(name)]
    try:
        if not (names and names[0].startswith(("utf-16", "utf16", "iso-2022"))):
            return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    for name in names:
        # UTF-16 without its mark is declared, in practice, by pages that are something else.
        try:
            text = body.decode(_SUPERSETS.get(name, name), "replace")
        except LookupError:
            continue
        if text.count("\ufffd") <= _MOSTLY_RIGHT * len(text):
            return text
    return str(trafilatura.utils.decode_file(body))


def _not_html(job: PageJob) -> str:
    """Return why the body is no HTML page, or an empty text."""
    kind = job.content_type.partition(";")[0].strip().lower()
    if kind not in _HTML_TYPES:
        return f"the server calls it {clean_line(kind, 100)}"
    start = job.body[:_HEAD].lstrip()
    if start.startswith(_NOT_TEXT):
        return "the body is a binary file"
    if start[:1] in (b"{", b"[") and not _MARKUP.search(start):
        return "the body is JSON"
    return ""


def _drop_unseen(tree: HtmlElement) -> None:
    """Take out what no reader sees: hidden by attribute or style. Text for machines is no article.

    Not what is long or the page's frame: some pages show their article only when a script has run.
    """
    for element in _MAYBE_UNSEEN(tree):
        unseen = element.tag == "template" or element.get("hidden") is not None
        if not unseen and not _UNSEEN_STYLE.search(element.get("style") or ""):
            continue
        parent = element.getparent()
        if parent is None or element.tag in _FRAMES or len(element.xpath("string()")) > _LONG_UNSEEN:
            continue
        if element.tail:
            previous = element.getprevious()
            if previous is None:
                parent.text = (parent.text or "") + element.tail
            else:
                previous.tail = (previous.tail or "") + element.tail
        parent.remove(element)


def _claims(tree: HtmlElement, job: PageJob, now: datetime) -> Claims:
    """Return what the page states, as far as the feed does not, filled up by the extractor's search."""
    if job.known_title and job.known_author and job.known_published:
        return Claims(canonical_url=read_canonical(tree, job.url))
    claims = read_claims(tree, job.url, now)
    if job.known_title or (claims.title and claims.author):
        return claims
    author = (extract_author(tree) or "").replace("; ", ", ")
    return replace(
        claims,
        title=claims.title or clean_line(extract_title(tree) or "", TITLE_CAP) or None,
        author=claims.author or clean_line(author, AUTHOR_CAP) or None,
    )


def _published(
    claims: Claims, tree: HtmlElement, job: PageJob, now: datetime
) -> tuple[datetime | None, DateSource]:
    if job.known_published and not _tells_more(claims.published, job.known_published):
        return job.known_published, DateSource.FEED
    if claims.published:
        return claims.published, DateSource.PAGE
    from_url = url_date(job.url, now)
    if from_url:
        return from_url, DateSource.URL
    found = find_date(
        copy(tree), extensive_search=False, original_date=True, max_date=now.strftime("%Y-%m-%d")
    )
    date = possible(read_date(found), now) if found else None
    return (date, DateSource.PAGE) if date else (None, DateSource.UNKNOWN)


def _tells_more(claimed: datetime | None, known: datetime) -> bool:
    """Return whether a page tells the hour of a day that its source named, wherever on earth that day was."""
    named_a_day = (known.hour, known.minute, known.second, known.microsecond) == (0, 0, 0, 0)
    return claimed is not None and named_a_day and -_EARLIEST <= claimed - known < _LATEST


def _headlines(tree: HtmlElement, *titles: str | None) -> list[str]:
    """Return what the article may be called: its titles, and the page's own first-level headings."""
    headings = (clean_line(str(heading.xpath("string()")), TITLE_CAP) for heading in tree.iter("h1"))
    return [title for title in (*titles, *islice(headings, _HEADINGS)) if title]


def _text(tree: HtmlElement, url: str, mode: str) -> str:
    """Return the article's text in paragraphs, empty where there is none.

    Where the fast way finds little, the slow one may find more: it is believed if it finds twice
    as much. The other modes of a source's rules say which way to err, and have one try.
    """
    if mode == "precise":
        return _extract(tree, url, fast=True, favor="precision")
    if mode == "thorough":
        return _extract(tree, url, fast=False, favor="recall")
    text = _extract(tree, url, fast=True)
    if len(text) < SHORT:
        fuller = _extract(tree, url, fast=False)
        if len(fuller) > 2 * len(text):
            text = fuller
    return text


def _extract(tree: HtmlElement, url: str, *, fast: bool, favor: str = "") -> str:
    document = trafilatura.bare_extraction(
        tree,
        url=url,
        fast=fast,
        include_comments=False,
        favor_precision=favor == "precision",
        favor_recall=favor == "recall",
    )
    if not isinstance(document, Document) or not document.text:
        return ""
    lines = (line.strip() for line in clean_text(document.text, TEXT_CAP).split("\n"))
    return "\n\n".join(line for line in lines if line)[:TEXT_CAP]
