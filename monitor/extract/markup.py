"""What does a piece of foreign HTML say, as plain paragraphs?"""

import html
import re

from lxml import etree

from monitor.extract.clean import TEXT_CAP, clean_paragraphs, clean_text

MARKUP_CAP = 1_000_000
"""Characters of markup that are looked at; what comes after is left out."""

_BLOCKS = frozenset((
    "p", "div", "br", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table",
    "blockquote", "pre", "section", "article", "aside", "header", "footer", "figure", "figcaption", "hr",
    "address", "center", "form", "fieldset", "main", "nav", "details", "summary",
))  # fmt: skip
_UNSEEN = frozenset((
    "script", "style", "template", "noscript", "iframe", "svg", "head", "title", "select",
))  # fmt: skip
_LOOKS_LIKE_TAG = re.compile(r"<[a-zA-Z/!]")
# A comment that is none: what follows would be lost up to the next ">".
_NO_DECLARATION = re.compile(r"<!(?!--|\[|[a-zA-Z])")


def paragraphs(markup: str, *, is_html: bool = True) -> str:
    """Return the words of HTML (or of plain text) in paragraphs parted by a blank line.

    Scripts, styles and frames are left out, entities decoded once; at most `TEXT_CAP` characters.
    """
    if not is_html:
        return clean_paragraphs(markup, TEXT_CAP)
    if not _LOOKS_LIKE_TAG.search(markup):
        return clean_paragraphs(html.unescape(markup), TEXT_CAP)
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    # Cleaned first: libxml2 stops at a NUL.
    cleaned = _NO_DECLARATION.sub("&lt;!", clean_text(markup, MARKUP_CAP))
    root = etree.fromstring(f"<div>{cleaned}</div>", parser)
    found = _Paragraphs()
    found.read(root)
    return clean_text("\n\n".join(found.all()), TEXT_CAP).strip()


class _Paragraphs:
    """The paragraphs of a tree that is being walked: the whole ones, and what the last one has so far."""

    def __init__(self) -> None:
        self._whole: list[str] = []
        self._lines: list[str] = []
        self._pieces: list[str] = []

    def read(self, element: etree._Element) -> None:
        """Take in an element and what is in it; libxml2 bounds how deep that goes."""
        tag = element.tag
        if tag in _UNSEEN:
            return
        end = self._end_line if tag == "br" else self._end_paragraph if tag in _BLOCKS else None
        if end:
            end()
        if text := element.text:
            self._pieces.append(text)
        for child in element:
            self.read(child)
            if tail := child.tail:
                self._pieces.append(tail)
        if end:
            end()

    def all(self) -> list[str]:
        """Return all paragraphs, without empty lines."""
        self._end_paragraph()
        return self._whole

    def _end_line(self) -> None:
        if self._pieces:
            if line := " ".join("".join(self._pieces).split()):
                self._lines.append(line)
            self._pieces.clear()

    def _end_paragraph(self) -> None:
        self._end_line()
        if self._lines:
            self._whole.append("\n".join(self._lines))
            self._lines.clear()
