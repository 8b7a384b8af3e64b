"""Which clauses decided a verdict? Those without which it would have been another."""

from monitor.domain.topics import ClauseResult, Match


def deciding(match: Match) -> tuple[ClauseResult, ...]:
    """Return the clauses each of which alone turned the verdict, in their order.

    Where something required is missing, these are the parts that are. Of a flagged text they are
    the score clauses without whose points it would lie below the threshold; of one that is not
    flagged, those without whose deduction it would reach it. None: the points of what is required
    decide by themselves, or several clauses only together.
    """
    missing = tuple(c for c in match.clauses if c.kind == "require" and not c.held)
    if missing:
        return missing
    scored = [c for c in match.clauses if c.kind == "score"]
    if match.flagged:
        return tuple(c for c in scored if match.total - c.points < match.threshold)
    return tuple(c for c in scored if match.total - c.points >= match.threshold)
