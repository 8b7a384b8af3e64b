"""Is every hazard that is known proved harmless by a test, or is it said which work brings it?"""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]

HAZARDS = {
    "N1": "addresses that are none of our business: direct, by redirect, by rebinding, by spelling",
    "N2": "decompression bombs",
    "N3": "slow bodies and headers, answers without end or none at all",
    "N4": "bodies that are cut off",
    "N5": "name servers that starve others, hosts that hog the line",
    "N6": "impoliteness",
    "P1": "parsers that hang, grow, crash or raise",
    "P2": "values that one of the databases cannot hold",
    "P3": "floods, guids that change, feeds without end",
    "P4": "a storm of alerts at a feed's first poll",
    "U1": "words that live in a report",
    "U2": "words that become headers or mentions",
    "U3": "templates that run code",
    "U4": "sign-in that can be passed by, forged or guessed",
    "U5": "redirects and paths that lead out",
    "S1": "secrets in logs, errors, backups",
    "S2": "what metrics tell, and to whom",
    "D1": "a scheduler that dies, days on which clocks are changed",
    "D2": "updates that are lost, databases that are locked",
    "D3": "a crash between two steps",
    "D4": "a power cut",
    "D5": "a full disk",
    "D6": "a backup that cannot be restored",
    "D7": "deliveries that fail",
    "D8": "two services on one database",
    "C1": "libraries with known holes",
}
"""The rows of the table of hazards, by their numbers."""

TO_COME = {
    "U3": "issue 6 brings templates; today there are none but the program's own",
    "U4": "issue 6 brings the web service; today only the metrics listen, see S2",
    "U5": "issue 6 brings the web service; today nothing listens",
}
"""Rows that nothing can prove yet, and what brings the thing they are about."""


def marks() -> Iterator[tuple[str, str]]:
    """Yield row and place of every marker `hazard` in the tests' own text."""
    for file in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.hazard":
                (row,) = node.args
                assert isinstance(row, ast.Constant), file
                yield str(row.value), f"{file.relative_to(TESTS)}:{node.lineno}"


def test_every_hazard_is_a_test_or_said_to_come() -> None:
    """Each row of the table has a marked test, or the issue that brings what it is about; none has both."""
    proved = dict(marks())
    assert {row: place for row, place in proved.items() if row not in HAZARDS} == {}
    assert set(HAZARDS) - set(proved) - set(TO_COME) == set()
    assert set(proved) & set(TO_COME) == set()
