"""Which articles are worth a closer look? What an index of words can tell before a query is evaluated."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A prepared word of the index; one that is `open` is a beginning, whatever follows."""

    text: str
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Every part is in the article, anywhere."""

    parts: "tuple[Sought, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one part is in the article, anywhere."""

    parts: "tuple[Sought, ...]"


Sought = Word | AllOf | AnyOf
