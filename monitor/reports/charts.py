"""How do a digest's numbers become a table and bars that read without colour?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitor.policy.mail import clean_line
from monitor.reports.wording import WIDTH, columns, day, fitted

SHADES = " ░▒▓█"
"""How plain text shades a number, from none to the most."""

_ROWS, _COLUMNS = 12, 6  # what one column of 600 px and 76 letters holds
_NAME = 20  # columns of text for a row's name, at most
_CELL = 13  # and for a number with its heading
_DAYS = 14
_BAR = 56  # pixels of the highest bar
_BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A number and its shade, 0 (none) to 4 (the table's highest)."""

    number: int
    shade: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """How often two parties were named together: `rows` by `heads`, the most named first.

    The side with fewer parties lies across. `quiet` are states that were looked for and not named.
    `left_out` counts parties that did not fit.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    quiet: tuple[str, ...]
    left_out: int

    @property
    def text(self) -> str:
        """Return the table as plain text."""
        side = min(_NAME, max(columns(name) for name, _ in self.rows))
        width = min(_CELL, (WIDTH - side) // len(self.heads))
        lines = _headings(self.heads, side, width)
        for name, cells in self.rows:
            numbers = (f"{cell.number or '·'} {SHADES[cell.shade]}" for cell in cells)
            lines.append(fitted(name, side) + "".join(_right(number, width) for number in numbers))
        return "\n".join(line.rstrip() for line in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day: its number, the height of its bar in pixels, and how the axis names it."""

    number: int
    height: int
    label: str
    full: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Stories a day over the last two weeks; `span` names the first and the last day."""

    bars: tuple[Bar, ...]
    span: str

    @property
    def text(self) -> str:
        """Return the bars as three lines of plain text: blocks, numbers, days."""
        width = max(4, *(len(str(bar.number)) + 1 for bar in self.bars))
        blocks = [_BLOCKS[-(-bar.height * 8 // _BAR)] * 2 for bar in self.bars]
        lines = (
            blocks,
            [str(bar.number) for bar in self.bars],
            [bar.label for bar in self.bars],
        )
        return "\n".join("".join(cell.rjust(width) for cell in line).rstrip() for line in lines)


def heat(triples: Sequence[tuple[str, str, int]]) -> Heat | None:
    """Return the table of (state, partner, number of stories), or None where nobody was named."""
    cells: Counter[tuple[str, str]] = Counter()
    states: Counter[str] = Counter()
    partners: Counter[str] = Counter()
    for raw_state, raw_partner, number in triples:
        state, partner = clean_line(raw_state, 40), clean_line(raw_partner, 40)
        cells[state, partner] += number
        states[state] += number
        partners[partner] += number
    quiet = tuple(name for name, number in states.items() if not number)
    named = [name for name, number in states.most_common() if number]
    met = [name for name, number in partners.most_common() if number]
    if not named:
        return None
    swapped = len(met) < len(named)
    across, down = (met, named) if swapped else (named, met)
    most = max(cells.values())
    rows = tuple(
        (
            name,
            tuple(
                _cell(cells[(name, head) if swapped else (head, name)], most) for head in across[:_COLUMNS]
            ),
        )
        for name in down[:_ROWS]
    )
    left_out = len(across[_COLUMNS:]) + len(down[_ROWS:])
    return Heat(heads=tuple(across[:_COLUMNS]), rows=rows, quiet=quiet, left_out=left_out)


def days(per_day: Sequence[tuple[str, int]]) -> Days | None:
    """Return bars for the last 14 of (ISO date, number), or None where every number is zero."""
    last = [(date.fromisoformat(iso), number) for iso, number in per_day[-_DAYS:]]
    most = max((number for _, number in last), default=0)
    if not most:
        return None
    bars = tuple(
        Bar(number=number, height=-(-number * _BAR // most), label=str(on.day), full=day(on))
        for on, number in last
    )
    return Days(bars=bars, span=f"{bars[0].full} – {bars[-1].full}")


def _cell(number: int, most: int) -> Cell:
    return Cell(number=number, shade=-(-number * 4 // most))


def _headings(heads: Sequence[str], side: int, width: int) -> list[str]:
    """Return headings that end where their columns do, by turns in two lines where one is too long."""
    rows = 1 if max(map(columns, heads)) < width else 2
    lines = []
    for row in range(rows):
        line = ""
        for place in range(row, len(heads), rows):
            line += _right(heads[place], side + width * (place + 1) - columns(line))
        lines.append(line)
    return lines


def _right(text: str, width: int) -> str:
    """Return `text` at the right of `width` columns, at least one of them free."""
    cut = fitted(text, width - 1).rstrip()
    return " " * (width - columns(cut)) + cut
