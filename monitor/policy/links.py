"""Does a link of a source count?"""

from functools import lru_cache
from urllib.parse import unquote, urlsplit

from monitor.domain.feeds import ALL_LINKS, LinkRules


def link_counts(rules: LinkRules, url: str | None) -> bool:
    """Return whether an entry with this link counts: any of `only` (if there are), none of `never`.

    A glob is held against path and query (`/news/*`), or against all of the address where it begins
    with a scheme (`https://other.example/*`). `*` stands for anything, slashes too; all else stands
    for itself, escaped or not. An entry without a link matches nothing.
    """
    if rules is ALL_LINKS or not (rules.only or rules.never):
        return True
    parts = _parts(url or "")
    if rules.only and not any(_matches(glob, parts) for glob in rules.only):
        return False
    return not any(_matches(glob, parts) for glob in rules.never)


def _parts(url: str) -> tuple[str, str] | None:
    """Return path with query, and the whole address, both unescaped; None for no address."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    if not parts.netloc:
        return None
    path = unquote(parts.path or "/") + (f"?{unquote(parts.query)}" if parts.query else "")
    return path, f"{parts.scheme.lower()}://{parts.netloc.lower()}{path}"


def _matches(glob: str, parts: tuple[str, str] | None) -> bool:
    """Return whether a glob fits; each piece between stars is taken where it first occurs: linear."""
    if parts is None:
        return False
    text = parts["://" in glob]
    first, *rest = _pieces(glob)
    if not rest:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1]:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - len(rest[-1]) >= at and text.endswith(rest[-1])


@lru_cache(maxsize=1024)
def _pieces(glob: str) -> tuple[str, ...]:
    return tuple(unquote(piece) for piece in glob.split("*"))
