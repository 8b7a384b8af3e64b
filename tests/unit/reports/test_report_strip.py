"""How do the counts of some days look in one line?"""

from hypothesis import given
from hypothesis import strategies as st

from monitor.reports.strip import strip

COUNTS = st.lists(st.integers(0, 5000), max_size=30)


@given(days=COUNTS)
def test_a_day_is_a_letter(days: list[int]) -> None:
    """Each day has one; a space means that nothing came, and the highest day has the highest bar."""
    line = strip(days)
    assert len(line) == len(days)
    assert [letter == " " for letter in line] == [count == 0 for count in days]
    if any(days):
        assert line[days.index(max(days))] == "█"


def test_bars_grow_with_their_counts() -> None:
    """Half as many is half as high."""
    assert strip([0, 1, 10, 20, 30, 40, 0]) == " ▁▂▄▆█ "
