"""What does a piece of foreign HTML say, as plain paragraphs?"""

import html
import re

from lxml import etree

from monitor.extract.clean import TEXT_CAP, clean_paragraphs, clean_text

MARKUP_CAP = 1_000_000
"""Characters of markup that are looked at; what comes after is left out."""

_BLOCKS = (
    "p", "div", "br", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table",
    "blockquote", "pre", "section", "article", "aside", "header", "footer", "figure", "figcaption", "hr",
    "address", "center", "form", "fieldset", "main", "nav", "details", "summary",
)  # fmt: skip
_UNSEEN = (
    "script", "style", "template", "noscript", "iframe", "svg", "head", "title", "select",
)  # fmt: skip
_LOOKS_LIKE_TAG = re.compile(r"<[a-zA-Z/!]")
# A comment that is none: what follows would be lost up to the next ">".
_NO_DECLARATION = re.compile(r"<!(?!--|\[|[a-zA-Z])")
_SPLIT = re.compile("[\u2028\u2029]")


def paragraphs(markup: str, *, is_html: bool = True) -> str:
    """Return the words of HTML (or of plain text) in paragraphs parted by a blank line.

    Scripts, styles and frames are left out, entities decoded once; at most `TEXT_CAP` characters.
    """
    if not is_html:
        return clean_paragraphs(markup, TEXT_CAP)
    if not _LOOKS_LIKE_TAG.search(markup):
        return clean_paragraphs(html.unescape(markup), TEXT_CAP)
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    # Cleaned first: libxml2 stops at a NUL, and line and paragraph separators are ours from here on.
    cleaned = _NO_DECLARATION.sub("&lt;!", clean_text(markup, MARKUP_CAP))
    root = etree.fromstring(f"<div>{cleaned}</div>", parser)
    etree.strip_elements(root, *_UNSEEN, with_tail=False)
    for block in root.iter(*_BLOCKS):
        mark = "\u2028" if block.tag == "br" else "\u2029"
        block.text = mark + (block.text or "")
        block.tail = mark + (block.tail or "")
    found = []
    for paragraph in "".join(root.itertext()).split("\u2029"):
        lines = (" ".join(line.split()) for line in paragraph.split("\u2028"))
        joined = "\n".join(line for line in lines if line)
        if joined:
            found.append(joined)
    return clean_text("\n\n".join(found), TEXT_CAP).strip()
