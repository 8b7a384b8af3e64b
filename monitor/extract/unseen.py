"""Which items of a document has its source not shown before?"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from monitor.extract.cut import DIGEST, known_digests

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen(Generic[Item]):
    """The items not seen before, at most the cap, in document order; and the digests dealt with."""

    items: tuple[Item, ...]
    digests: bytes


def digest_of(*parts: str) -> bytes:
    """Return an item's digest from what it says."""
    said = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(said).digest()[:DIGEST]


def unseen(items: Sequence[Item], digests: Iterable[bytes], known: bytes, most: int) -> Unseen[Item]:
    """Return the items whose digests `known` lacks; beyond `most`, they are left to the next poll."""
    before = known_digests(known)
    dealt_with: list[bytes] = []
    fresh: list[Item] = []
    for item, digest in zip(items, digests, strict=True):
        if digest in before:
            dealt_with.append(digest)
        elif len(fresh) < most:
            dealt_with.append(digest)
            fresh.append(item)
    return Unseen(items=tuple(fresh), digests=b"".join(dealt_with))
