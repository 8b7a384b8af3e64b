"""How do the demo's articles look, as pages and as feeds?"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.demo.drafts import DATA, Outlet, read_yaml

if TYPE_CHECKING:
    from monitor.demo.newsroom import DemoArticle

TEASER = 180


def teaser(text: str) -> str:
    """Return the opening of a text: at most TEASER characters, cut after a word, with an ellipsis."""
    lead = text.split("\n\n", 1)[0]
    if len(lead) <= TEASER:
        return lead
    cut = lead[:TEASER]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:—–-") + " …"


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text that separates them by a blank line, each on one line."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]


def markup(text: str) -> str:
    """Return a text as HTML paragraphs: what a feed escapes once more to carry it."""
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in paragraphs(text))


class Press:
    """Prints pages and feeds: bytes in the outlet's encoding, the same for the same input.

    Every page carries what surrounds real articles (menus, banners, teasers, comments), in the
    outlet's language and naming countries that must not count as the article's.
    """

    def __init__(self, root: Path = DATA) -> None:
        self._chrome = read_yaml(root / "chrome.yaml")
        self._templates = Environment(
            loader=FileSystemLoader(root),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "rfc822": _rfc822,
            "iso": datetime.isoformat,
            "teaser": teaser,
            "paragraphs": paragraphs,
            "markup": markup,
        }

    def page(self, layout: str, outlet: Outlet, **values: object) -> bytes:
        """Return an HTML page of `outlet` in the layout named."""
        return self._print(f"pages/{layout}.html", outlet, values)

    def feed(
        self, outlet: Outlet, *, base: str, articles: "Sequence[DemoArticle]", **values: object
    ) -> bytes:
        """Return the feed of `outlet` in its format."""
        if outlet.feed == "json":
            return _json(outlet, base, articles)
        return self._print(f"feeds/{outlet.feed}.xml", outlet, values | {"base": base, "articles": articles})

    def _print(self, template: str, outlet: Outlet, values: dict[str, object]) -> bytes:
        text = self._templates.get_template(template).render(
            outlet=outlet, chrome=self._chrome[outlet.lang], **values
        )
        return text.encode(outlet.encoding, "xmlcharrefreplace")


def _json(outlet: Outlet, base: str, articles: "Sequence[DemoArticle]") -> bytes:
    """Return a feed as JSON Feed 1.1."""
    items = [
        {
            "id": article.url,
            "url": article.url,
            "title": article.title,
            "summary": teaser(article.text),
            "date_published": article.published.isoformat(),
            "authors": [{"name": article.author or outlet.name}],
            "tags": [article.section],
            "content_html" if outlet.full else "content_text": (
                markup(article.text) if outlet.full else teaser(article.text)
            ),
        }
        for article in articles
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": f"{base}/{outlet.id}/",
        "feed_url": f"{base}/{outlet.id}/{outlet.file}",
        "description": outlet.tagline,
        "language": outlet.lang,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _rfc822(instant: datetime) -> str:
    return format_datetime(instant, usegmt=True)
