"""What may a link or a language be that a document claims?"""

import re
from urllib.parse import urljoin

from monitor.extract.clean import URL_CAP, clean_line

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def web_address(link: object, base: str) -> str | None:
    """Return the link, absolute, or None where it is no web address or too long to be followed."""
    if not isinstance(link, str) or not link.strip() or len(link) > 2 * URL_CAP:
        return None
    try:
        url = urljoin(base, clean_line(link, 2 * URL_CAP))
    except ValueError:
        return None
    return url if url.lower().startswith(("http://", "https://")) and len(url) <= URL_CAP else None


def language_tag(claim: object) -> str | None:
    """Return the language tag (BCP 47 by its form), or None where the claim is none."""
    if not isinstance(claim, str):
        return None
    tag = claim.strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None
