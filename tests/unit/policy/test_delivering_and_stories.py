"""When is a delivery tried again, and which texts are one story?"""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.policy.delivering import GIVE_UP_AFTER, next_try
from monitor.policy.stories import MIN_WORDS, story_key

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_waits_double_from_a_minute_to_six_hours() -> None:
    """The first waits are 1, 2 and 4 minutes; none is longer than six hours."""
    waits = [next_try(n, age=timedelta(), now=NOW, jitter=0.0) for n in (1, 2, 3, 40)]
    assert waits == [NOW + timedelta(minutes=m) for m in (1, 2, 4, 360)]


def test_a_delivery_is_given_up_after_seven_days() -> None:
    """A try that would come later than the limit is not made."""
    assert next_try(9, age=GIVE_UP_AFTER, now=NOW, jitter=0.0) is None
    assert next_try(1, age=timedelta(hours=1), now=NOW, jitter=0.0, give_up_after=timedelta()) is None


@given(attempts=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_a_try_lies_in_the_future_and_within_reach(attempts: int, jitter: float) -> None:
    """No number of attempts and no jitter makes a wait of nothing or of more than 7.5 hours."""
    at = next_try(attempts, age=timedelta(), now=NOW, jitter=jitter)
    assert at is not None
    assert timedelta(minutes=1) <= at - NOW <= timedelta(hours=7.5)


def test_the_same_words_are_one_story_wherever_they_stand() -> None:
    """The text decides, not the address."""
    words = [f"word{n}" for n in range(MIN_WORDS)]
    assert story_key(words, "https://a.example/") == story_key(words, "https://b.example/")
    assert story_key(words, "https://a.example/") != story_key([*words, "more"], "https://a.example/")


def test_a_text_too_short_to_compare_is_its_own_story() -> None:
    """Two captions of three words at two addresses are two stories."""
    words = ["read", "more", "here"]
    assert story_key(words, "https://a.example/") != story_key(words, "https://b.example/")
    assert story_key(words, "https://a.example/") == story_key(words, "https://a.example/")
