"""Where does one item of a feed document end, and which of them have been seen?

Feed parsers cost milliseconds, hashing costs microseconds: so the items of a document are found by
plain searches for `<item` or `<entry`, and only those not seen before are handed to the parser, in
the frame of the document they came in. Whatever is not safely told apart this way is left whole.
"""

import hashlib
import re
from dataclasses import dataclass

from monitor.domain.feeds import ParsedFeed

DIGEST = 8
"""Bytes of an item's digest."""

_DELIMITERS = b" \t\r\n>/"
# Encodings in which the bytes of `<`, `>` and letters stand for nothing else.
_ASCII_LIKE = re.compile(
    r"utf-?8|(?:us-)?ascii|iso-?8859-\d{1,2}|latin-?1|(?:windows-|cp)125\d|koi8-[ru]|gbk|gb2312|gb18030|big5"
    r"|euc-(?:jp|kr)",
    re.IGNORECASE,
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
# What may hold a tag that is none.
_HIDING = ((b"<![CDATA[", b"]]>"), (b"<!--", b"-->"))
# Both begin with a character that a scan finds fast.
_TAGS = {tag: re.compile(rb"<%b(?=[ \t\r\n>/])|</%b" % (tag, tag)) for tag in (b"item", b"entry")}
_SLASH = ord("/")
_ROOT = re.compile(rb"<(rss|feed|rdf:RDF)[\s>]")
_HEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A document's items: where they stand, and a digest of each, both in document order."""

    spans: tuple[tuple[int, int], ...]
    digests: tuple[bytes, ...]


def cut_items(body: bytes, content_type: str = "") -> Cut | None:
    """Return the document's items, or None where it cannot be cut safely (then parse it whole).

    Linear in the body's length. Safe means: an encoding in which tags are plain bytes, items that
    neither nest nor hide in CDATA or comments, nothing within them that reaches beyond them.
    """
    if declared_encoding(body, content_type) is None:
        return None
    tag = _item_tag(body)
    if tag is None:
        return None
    spans = _spans(body, tag)
    # An entity may stand for an item; a base address set in an item has been seen to leak out of it.
    if not spans or b"<!ENTITY" in body[: spans[0][0]] or b"xml:base" in body:
        return None
    hiding = [pair for pair in _HIDING if pair[0] in body] if b"!" in body else []
    before = 0
    digests = []
    for start, end in spans:
        item = body[start:end]
        if hiding and not (_is_closed(body[before:start], hiding) and _is_closed(item, hiding)):
            return None
        digests.append(hashlib.sha256(item).digest()[:DIGEST])
        before = end
    if hiding and not _is_closed(body[before:], hiding):
        return None
    return Cut(spans=tuple(spans), digests=tuple(digests))


def declared_encoding(body: bytes, content_type: str = "") -> str | None:
    """Return the encoding the server or the document declares (UTF-8 where none does).

    None where it is not one in which tags are plain ASCII bytes. As RFC 7303 has it, the server's
    word counts more than the document's.
    """
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in body[:4]:
        return None
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    if not charset:
        found = _DECLARED.match(body.removeprefix(b"\xef\xbb\xbf").lstrip()[:300])
        charset = found[1].decode("ascii") if found else "utf-8"
    return charset if _ASCII_LIKE.fullmatch(charset) else None


def without(body: bytes, cut: Cut, left_out: frozenset[int] | set[int]) -> bytes:
    """Return the document without the items of these positions; all other bytes stay."""
    pieces, before = [], 0
    for position, (start, end) in enumerate(cut.spans):
        if position in left_out:
            pieces.append(body[before:start])
            before = end
    return b"".join((*pieces, body[before:]))


def known_digests(known: bytes) -> frozenset[bytes]:
    """Return the digests that `known` holds one after the other."""
    return frozenset(known[at : at + DIGEST] for at in range(0, len(known), DIGEST))


def complete_part(body: bytes) -> bytes | None:
    """Return what can be trusted of a document whose end is missing, None when it is not missing.

    That is everything up to the end of its last complete item: the parser would make an article
    without link or text of the rest (reliability.md, finding 10). A document counts as cut short
    when its root element is never closed.
    """
    root = _ROOT.search(body[:_HEAD])
    if root is None or body.rfind(b"</" + root[1]) > root.start():
        return None
    tag = _item_tag(body)
    if tag is None:
        return body
    last_end = body.rfind(b"</" + tag)
    closed = body.find(b">", last_end) if last_end >= 0 else -1
    if closed >= 0:
        return body[: closed + 1]
    # The last end tag is itself cut, or there is none: keep what stands before the item it ends.
    start = _first(body, tag, 0)
    if last_end >= 0:
        before = body.rfind(b"</" + tag, 0, last_end)
        return body[: body.find(b">", before) + 1] if before >= 0 else body[:start]
    return body[:start]


def unchanged(body: bytes, content_type: str, known: bytes, cut: Cut | None = None) -> ParsedFeed | None:
    """Return what a document says that lists only items known before, without parsing it.

    None where an item is new or the document cannot be cut: then it has to be parsed. The title is
    empty, since nothing of it was read. `cut` spares finding the items again.
    """
    if not known:
        return None
    part = complete_part(body)
    cut = cut or cut_items(body if part is None else part, content_type)
    if cut is None or not known_digests(known).issuperset(cut.digests):
        return None
    return ParsedFeed(
        title="",
        entries=(),
        total=len(cut.spans) + dropped_items(body, part),
        item_hashes=b"".join(cut.digests),
        truncated=part is not None,
    )


def dropped_items(body: bytes, part: bytes | None) -> int:
    """Return 1 when the part kept of a document leaves out an item that had begun, else 0."""
    if part is None:
        return 0
    rest = body[len(part) :]
    return int(any(_first(rest, tag, 0) >= 0 for tag in (b"item", b"entry")))


def _item_tag(body: bytes) -> bytes | None:
    """Return the tag that items have here: whichever of `item` and `entry` comes first."""
    item = _first(body, b"item", 0)
    entry = _first(body[:item] if item >= 0 else body, b"entry", 0)
    if entry >= 0:
        return b"entry"
    return b"item" if item >= 0 else None


def _first(body: bytes, tag: bytes, at: int) -> int:
    """Return where the next start tag begins, -1 where there is none."""
    opening = b"<" + tag
    while True:
        at = body.find(opening, at)
        if at < 0:
            return -1
        follower = body[at + len(opening) : at + len(opening) + 1]
        if follower and follower in _DELIMITERS:
            return at
        at += len(opening)


def _spans(body: bytes, tag: bytes) -> list[tuple[int, int]]:
    """Return start and end of every item, or nothing where one nests, is empty or is never closed."""
    spans = []
    start, after = -1, 0
    for found in _TAGS[tag].finditer(body):
        at = found.start()
        if body[at + 1] != _SLASH:
            if start >= 0 or at < after:
                return []
            start = at
        elif start >= 0:
            opened = body.find(b">", start)
            after = body.find(b">", at) + 1
            if not 0 < opened < at < after or body[opened - 1] == _SLASH:
                return []
            if body[found.end() : after - 1].strip():
                return []
            spans.append((start, after))
            start = -1
    return spans if start < 0 else []


def _is_closed(piece: bytes, hiding: list[tuple[bytes, bytes]]) -> bool:
    """Return whether every CDATA section and comment that begins in the piece ends in it."""
    return all(piece.count(begin) == piece.count(end) for begin, end in hiding)
