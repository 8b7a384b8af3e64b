"""Which mistakes are there in the configuration's queries? All of them, each with its place."""

from difflib import get_close_matches

from monitor.domain.errors import Fault, RuleError
from monitor.domain.topics import Place, Query

_LONGEST = 160
"""Characters of a query's line that a fault shows."""


class Faults:
    """Collects faults in the order they are met."""

    def __init__(self) -> None:
        self.all: list[Fault] = []

    def add(self, place: Place, key: str, problem: str, hint: str = "") -> None:
        """Note a fault of a block or value that stands at `place`."""
        fault = Fault(
            file=place.file, line=place.line, column=place.column, key=key, problem=problem, hint=hint
        )
        if fault not in self.all:
            self.all.append(fault)

    def in_query(self, query: Query, key: str, error: RuleError) -> None:
        """Note a fault inside a query, with the part of its line that holds it."""
        line, column = _in_file(query, error)
        excerpt, caret = _excerpt(query.text.split("\n")[error.line - 1], error.column - 1)
        self.all.append(
            Fault(
                file=query.place.file,
                line=line,
                column=column,
                key=key,
                problem=error.problem,
                hint=error.hint,
                excerpt=excerpt,
                caret=caret,
            )
        )


def _in_file(query: Query, error: RuleError) -> tuple[int, int]:
    """Return line and column in the file; each line of a query stands there at the query's column."""
    place = query.place
    if not place.line:
        return 0, 0
    if not query.turns:
        return place.line + error.line - 1, place.column + error.column - 1
    lines = query.text.split("\n")
    offset = sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1
    start, line, column = max(turn for turn in query.turns if turn[0] <= offset)
    return line, column + offset - start


def _excerpt(line: str, caret: int) -> tuple[str, int]:
    """Return the line, or of a long one the part round `caret`, and where the caret is in it."""
    line = line.replace("\t", " ")
    if len(line) <= _LONGEST:
        return line, caret
    start = max(0, caret - _LONGEST // 2)
    before, after = "… " if start else "", " …" if start + _LONGEST < len(line) else ""
    return f"{before}{line[start : start + _LONGEST]}{after}", caret - start + len(before)


def meant(name: str, known: list[str], otherwise: str) -> str:
    """Return a hint: the known name most like `name`, or `otherwise`."""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else otherwise
