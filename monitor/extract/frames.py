"""Which parts of a page are its frame: menus, headers, footers, side columns?"""

import re

from lxml.etree import _Element

_FRAME_TAGS = frozenset(("nav", "aside", "menu", "dialog"))
_ENDS = frozenset(("header", "footer"))
_CONTENT = frozenset(("article", "main", "section", "li"))
_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar"))
# Frames by what their classes and ids are called, word by word.
_NAMED = re.compile(
    r"(?:^|[-_\s])(?:(?:sub|side|main|top|site)?(?:nav|menu)(?:bar|igation|s)?|breadcrumbs?|pagination|pager|paging"
    r"|page-?numbers?|footer|sidebar|social|share|sharing|tags?|tag-?cloud|tag-?list|lang(?:uage)?s?|cookies?"
    r"|top-?bar|skip-link)(?:$|[-_\s])",
    re.IGNORECASE,
)
# What says how the whole page looks, not what a part is.
_STATE = re.compile(r"(?:^|\s)(?:has|with|no|is|js|page|layout)-[\w-]*", re.IGNORECASE)
_WHOLE = frozenset(("html", "body", "main", "article", "form"))
_MOST = 0.5


class Frames:
    """The frame of one page; each element is judged once, so that deep pages cost no more than flat ones.

    What is a frame by its name only, but holds most links of the page, wraps the page.
    """

    def __init__(self, root: _Element) -> None:
        self._verdicts: dict[_Element, tuple[bool, bool]] = {}
        self._links = sum(1 for _ in root.iter("a"))

    def hold(self, link: _Element) -> bool:
        """Return whether the link stands in the page's frame."""
        above: list[_Element] = []
        parent = link.getparent()
        while parent is not None and parent not in self._verdicts:
            above.append(parent)
            parent = parent.getparent()
        framed, content = self._verdicts[parent] if parent is not None else (False, False)
        for element in reversed(above):
            framed = framed or self._is_frame(element, content=content)
            content = content or element.tag in _CONTENT
            self._verdicts[element] = framed, content
        return framed

    def _is_frame(self, element: _Element, *, content: bool) -> bool:
        tag = element.tag
        if tag in _FRAME_TAGS or (element.get("role") or "").lower() in _ROLES:
            return True
        if tag in _ENDS:
            # A card or a section has a header of its own, where its headline stands.
            return not content
        if tag in _WHOLE:
            return False
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if not _NAMED.search(_STATE.sub(" ", names)):
            return False
        return sum(1 for _ in element.iter("a")) <= _MOST * self._links
