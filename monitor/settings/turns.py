"""Where in the file does each letter of a text stand? Folded lines, doubled quotes and escapes undone."""

_ESCAPED = {"x": 4, "u": 6, "U": 10}


def turns(source: str, start: int, value: str, style: str | None) -> tuple[tuple[int, int, int], ...]:
    """Return offset, line and column (from 1) wherever letters of `value` do not follow one another.

    `start` is where the scalar's first letter stands in `source`, `style` its quote, `>` or None.
    """
    found: list[tuple[int, int, int]] = []
    line, begins = source.count("\n", 0, start) + 1, source.rfind("\n", 0, start) + 1
    place, offset, expected = start, 0, -1
    while offset < len(value) and place < len(source):
        char, size = source[place], _size(source, place, style)
        same = size > 1 or char == value[offset]
        if same and place != expected:
            found.append((offset, line, place - begins + 1))
        if same:
            expected = place + 1
        if same or not (char.isspace() or source.startswith("\\\n", place)):
            offset += 1  # a letter, or the space or line break that folding made
        if same or char.isspace() or source.startswith("\\\n", place):
            place += size
            if char == "\n":
                line, begins = line + 1, place
    return tuple(found)


def _size(source: str, place: int, style: str | None) -> int:
    """Return how many letters of the file make the one letter of the text."""
    if style == "'" and source.startswith("''", place):
        return 2
    if style == '"' and source[place] == "\\" and source[place + 1] != "\n":
        return _ESCAPED.get(source[place + 1], 2)
    return 1
