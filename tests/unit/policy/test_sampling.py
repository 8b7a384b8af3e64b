"""Is what people are asked to label drawn fairly, and alike for one seed?"""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.labels import Unflagged
from monitor.policy.sampling import drawn


def near(number: int, relevance: int, story: int | None = None) -> Unflagged:
    """Return a near miss at a threshold of 50."""
    return Unflagged(article_id=number, story_id=story, topic_id="t", relevance=relevance, threshold=50)


def far(number: int, story: int | None = None) -> Unflagged:
    """Return an article that lacks what is required."""
    return Unflagged(article_id=number, story_id=story)


def test_half_are_the_nearest_misses_and_the_others_are_drawn() -> None:
    """The nearest come first; the lot is drawn among all that are left."""
    pool = [far(9), near(8, 10), near(7, 49), near(6, 30), far(5), near(4, 49)]
    chosen, lot = drawn(pool, 4, Random(1))
    assert [one.article_id for one in chosen] == [7, 4]
    assert {one.article_id for one in lot} < {9, 8, 6, 5}
    assert drawn(pool, 4, Random(1)) == (chosen, lot)
    assert {len(drawn(pool, 3, Random(seed))[1]) for seed in range(9)} == {1}
    assert len({drawn(pool, 3, Random(seed))[1][0] for seed in range(50)}) == 4


def test_copies_of_one_text_are_asked_of_once() -> None:
    """Of the articles of one story the first counts; those without a story are no copies."""
    chosen, lot = drawn([near(3, 40, 1), near(2, 45, 1), far(1, 1), far(5), far(4)], 10, Random(1))
    assert [one.article_id for one in chosen] == [3]
    assert [one.article_id for one in lot] == [5, 4]


MISSES = st.builds(near, st.integers(1, 99), st.integers(0, 49), st.none() | st.integers(1, 5))
FAR = st.builds(far, st.integers(100, 199), st.none() | st.integers(1, 5))


@given(st.lists(MISSES | FAR, unique_by=lambda one: one.article_id), st.integers(1, 20), st.integers())
def test_a_sample_is_as_large_as_asked_or_as_can_be(pool: list[Unflagged], number: int, seed: int) -> None:
    """Nobody is asked twice of an article, or of more than was asked for."""
    chosen, lot = drawn(pool, number, Random(seed))
    ids = [one.article_id for one in (*chosen, *lot)]
    assert len(set(ids)) == len(ids) <= number
    texts = len({one.story_id for one in pool if one.story_id is not None})
    texts += sum(one.story_id is None for one in pool)
    assert len(chosen) <= (number + 1) // 2
    assert len(ids) == min(number, texts)
