"""Which of the articles that were not flagged should people look at?"""

from collections.abc import Iterable
from random import Random

from monitor.domain.labels import Unflagged


def drawn(pool: Iterable[Unflagged], number: int, random: Random) -> tuple[list[Unflagged], list[Unflagged]]:
    """Return near misses, nearest first, and others drawn by lot: `number` in all, if there are.

    Up to half are near misses, that is articles which held what a topic requires. Of the copies of
    one text only the first is taken. The lot is drawn among all that are left, near or not.
    """
    seen: set[int] = set()
    missed: list[Unflagged] = []
    others: list[Unflagged] = []
    for one in pool:
        if one.story_id is None or one.story_id not in seen:
            (missed if one.topic_id else others).append(one)
        if one.story_id is not None:
            seen.add(one.story_id)
    missed.sort(key=lambda one: (one.short, -one.article_id))
    half = (number + 1) // 2
    near, rest = missed[:half], missed[half:] + others
    lot = random.sample(rest, min(number - len(near), len(rest)))
    return near, sorted(lot, key=lambda one: -one.article_id)
