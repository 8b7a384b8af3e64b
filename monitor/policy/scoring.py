"""How good are verdicts on labelled texts, and how sure can one be? Precision, recall, F1, with intervals."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import sqrt

NORMAL_95 = 1.959963984540054
"""The standard normal quantile that leaves 2.5 % on either side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A share between 0 and 1 as it was measured, and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How often verdicts and labels agree: counts of texts.

    `hits` are flagged and relevant, `false_positives` flagged only, `false_negatives` relevant
    only, `rejections` neither. An estimate is None where there is nothing to measure it on.
    """

    hits: int = 0
    false_positives: int = 0
    false_negatives: int = 0
    rejections: int = 0

    @property
    def texts(self) -> int:
        """Return the number of texts judged."""
        return self.flagged + self.false_negatives + self.rejections

    @property
    def flagged(self) -> int:
        """Return the number of texts flagged."""
        return self.hits + self.false_positives

    @property
    def relevant(self) -> int:
        """Return the number of texts labelled relevant."""
        return self.hits + self.false_negatives

    @property
    def precision(self) -> Estimate | None:
        """Return the share of the flagged that are relevant."""
        return wilson(self.hits, self.flagged)

    @property
    def recall(self) -> Estimate | None:
        """Return the share of the relevant that are flagged."""
        return wilson(self.hits, self.relevant)

    @property
    def f1(self) -> Estimate | None:
        """Return the harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).

        F1 is no share of independent trials, but the Jaccard index J = TP / (TP + FP + FN) is, and
        F1 = 2 J / (1 + J) grows with it: the ends of J's interval give those of F1's ("Wilson
        indirect" in Lam, Gopal and Qian: Confidence intervals for the F1 score, 2023,
        arXiv:2309.14621).
        """
        jaccard = wilson(self.hits, self.flagged + self.false_negatives)
        return None if jaccard is None else _mapped(jaccard, lambda j: 2 * j / (1 + j))


def wilson(successes: int, trials: int, z: float = NORMAL_95) -> Estimate | None:
    """Return the share of successes with its score interval, None without trials.

    E. B. Wilson: Probable inference, the law of succession, and statistical inference. Journal of
    the American Statistical Association 22 (1927), 209-212. Unlike the interval of the normal
    approximation it stays within 0 and 1, and says something where all trials or none succeed.
    """
    if not trials:
        return None
    share = successes / trials
    weight = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / weight
    reach = z / weight * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    # Rounding may leave the ends a hair inside the share they hold, or outside of 0 and 1.
    return Estimate(
        value=share, low=max(0.0, min(share, centre - reach)), high=min(1.0, max(share, centre + reach))
    )


def _mapped(estimate: Estimate, grows: Callable[[float], float]) -> Estimate:
    return Estimate(value=grows(estimate.value), low=grows(estimate.low), high=grows(estimate.high))


def scored(verdicts: Iterable[tuple[bool, bool]]) -> Score:
    """Return the score of verdicts, each as (flagged, relevant)."""
    counts = {(flagged, relevant): 0 for flagged in (True, False) for relevant in (True, False)}
    for flagged, relevant in verdicts:
        counts[flagged, relevant] += 1
    return Score(
        hits=counts[True, True],
        false_positives=counts[True, False],
        false_negatives=counts[False, True],
        rejections=counts[False, False],
    )
