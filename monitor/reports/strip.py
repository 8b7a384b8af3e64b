"""How do the counts of some days look in one line of letters?"""

from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def strip(days: Sequence[int]) -> str:
    """Return a bar for each day, as high as its share of the highest; a space for a day with nothing.

    Fourteen days of a source that fell silent: `▁▃▇▅▂  ▁▄▆▅▃  `.
    """
    most = max(days, default=0)
    return "".join(_BARS[(count * len(_BARS) - 1) // most] if count else " " for count in days)
