"""Do precision, recall and F1 and their intervals obey their laws?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.policy.scoring import Score, scored, wilson

COUNTS = st.integers(min_value=0, max_value=5_000)


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    """Successes and trials, at least one trial."""
    trials = draw(st.integers(min_value=1, max_value=5_000))
    return draw(st.integers(min_value=0, max_value=trials)), trials


@given(shares())
def test_the_interval_holds_the_share_and_stays_between_0_and_1(share: tuple[int, int]) -> None:
    """Whatever was counted, 0 <= low <= share <= high <= 1, and the interval is never a point."""
    found = wilson(*share)
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
    assert found.value == share[0] / share[1]


@given(shares(), st.integers(min_value=2, max_value=50))
def test_more_of_the_same_makes_the_interval_narrower(share: tuple[int, int], times: int) -> None:
    """The same share of more trials is known better."""
    few, many = wilson(*share), wilson(share[0] * times, share[1] * times)
    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


@given(shares())
def test_failures_mirror_successes(share: tuple[int, int]) -> None:
    """The interval of the failures is that of the successes, turned round."""
    successes, trials = share
    one, other = wilson(successes, trials), wilson(trials - successes, trials)
    assert one is not None
    assert other is not None
    assert other.low == pytest.approx(1 - one.high, abs=1e-12)
    assert other.high == pytest.approx(1 - one.low, abs=1e-12)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (1, 2, 0.0945, 0.9055)],
)
def test_known_intervals_come_out(successes: int, trials: int, low: float, high: float) -> None:
    """Intervals are those that the formula gives by hand; 81 of 263 is Newcombe's (1998) example."""
    found = wilson(successes, trials)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_nothing_measured_is_no_estimate() -> None:
    """Without trials there is no share: unknown is None, not 0."""
    assert wilson(0, 0) is None
    nothing = Score(rejections=5)
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert nothing.texts == 5


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_f1_is_the_harmonic_mean_within_its_interval(hits: int, wrong: int, missed: int, rest: int) -> None:
    """F1 is 2PR / (P + R), lies within its interval, and texts rightly left alone do not change it."""
    score = Score(hits=hits, false_positives=wrong, false_negatives=missed, rejections=rest)
    found = score.f1
    if found is None:
        assert hits + wrong + missed == 0
        return
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(2 * hits / (2 * hits + wrong + missed))
    assert found == Score(hits=hits, false_positives=wrong, false_negatives=missed).f1
    if hits:
        assert score.precision is not None
        assert score.recall is not None
        p, r = score.precision.value, score.recall.value
        assert found.value == pytest.approx(2 * p * r / (p + r))


@given(COUNTS.filter(bool), COUNTS, COUNTS, st.integers(min_value=2, max_value=50))
def test_f1_is_known_better_from_more_texts(hits: int, wrong: int, missed: int, times: int) -> None:
    """The interval of F1 holds to the law of the shares: more of the same makes it narrower."""
    few = Score(hits=hits, false_positives=wrong, false_negatives=missed).f1
    many = Score(hits=hits * times, false_positives=wrong * times, false_negatives=missed * times).f1
    assert few is not None
    assert many is not None
    assert many.low > few.low
    assert many.high <= few.high


@given(st.lists(st.tuples(st.booleans(), st.booleans())))
def test_verdicts_are_counted(verdicts: list[tuple[bool, bool]]) -> None:
    """Every verdict is counted once, as flagged or not, relevant or not."""
    score = scored(verdicts)
    assert score.texts == len(verdicts)
    assert score.flagged == sum(flagged for flagged, _ in verdicts)
    assert score.relevant == sum(relevant for _, relevant in verdicts)
    assert score.hits == verdicts.count((True, True))
