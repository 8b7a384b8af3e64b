"""Is the clause that decided a verdict found?"""

from monitor.domain.topics import ClauseResult, Match
from monitor.policy.deciding import deciding

REQUIRED = ClauseResult(kind="require", when="@a AND @b", held=True)


def clause(points: int, when: str = "x") -> ClauseResult:
    """Return a score clause that held, if it has points."""
    return ClauseResult(kind="score", when=when, held=points != 0, points=points)


def match(total: int, *clauses: ClauseResult) -> Match:
    """Return a verdict at a threshold of 50."""
    return Match(
        topic_id="t",
        topic_version="v",
        flagged=total >= 50,
        relevance=max(0, min(100, total)),
        total=total,
        threshold=50,
        clauses=clauses,
    )


def test_what_is_missing_decides() -> None:
    """Where something required is missing, those parts decided, and nothing else."""
    missing = ClauseResult(kind="require", when="@b", held=False)
    assert deciding(match(0, REQUIRED, missing, clause(-5))) == (missing,)


def test_points_that_lift_a_text_over_the_threshold_decide() -> None:
    """Of a flagged text, the clauses it could not do without decided."""
    assert deciding(match(55, REQUIRED, clause(10, "a"), clause(5, "b"))) == (clause(10, "a"),)
    assert deciding(match(90, REQUIRED, clause(10))) == ()


def test_a_deduction_that_keeps_a_text_below_the_threshold_decides() -> None:
    """Of a text that is not flagged, the deductions without which it would be decided."""
    assert deciding(match(30, REQUIRED, clause(-20, "a"), clause(-10, "b"), clause(0))) == (clause(-20, "a"),)
    assert deciding(match(10, REQUIRED, clause(-20, "a"), clause(-30, "b"))) == ()
