"""Which mistakes are there in the configuration's queries? All of them, each with its place."""

from difflib import get_close_matches

from monitor.domain.errors import Fault, RuleError
from monitor.domain.topics import Place, Query


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
        """Note a fault inside a query; each of its lines stands in the file at the query's column."""
        place = query.place
        lines = query.text.split("\n")
        self.all.append(
            Fault(
                file=place.file,
                line=place.line + error.line - 1 if place.line else 0,
                column=place.column + error.column - 1 if place.line else 0,
                key=key,
                problem=error.problem,
                hint=error.hint,
                excerpt=lines[error.line - 1],
                caret=error.column - 1,
            )
        )


def meant(name: str, known: list[str], otherwise: str) -> str:
    """Return a hint: the known name most like `name`, or `otherwise`."""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else otherwise
