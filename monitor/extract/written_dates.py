"""Which day does a short text name that people wrote for people? In the languages of our outlets."""

import re
from datetime import UTC, datetime

_NAMES = (
    "jan янв yan ýan oca қаң",
    "feb фев fev few fév şub ақп",
    "mar мар mär нау",
    "apr апр avr nis сәу",
    "may май мая mai maý мам",
    "jun июн iyun iýun haz juin мау",
    "jul июл iyul iýul tem juil шіл",
    "aug авг avg awg ağu aoû там",
    "sep сен sen eyl қыр",
    "oct окт okt eki қаз",
    "nov ноя noy noý kas қар",
    "dec дек dek dez déc ara жел",
)
"""How the months' names begin: English, Russian, Tajik, Uzbek, Turkmen, Turkish, Kazakh, German, French."""

_MONTHS = {beginning: number for number, names in enumerate(_NAMES, 1) for beginning in names.split()}
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[\s.-]{1,2}([^\W\d_]{3,12})\.?,?[\s-](\d{4})(?!\d)")
_YEAR_THEN_DAY = re.compile(
    r"(?<!\d)(\d{4})[\s-](?:yil\s|йил\s|жылғы\s|ж\.\s)?(\d{1,2})[\s-]{1,2}([^\W\d_]{3,12})(?!\w)"
)
_MONTH_FIRST = re.compile(r"(?<!\w)([^\W\d_]{3,12})\.?\s(\d{1,2})(?:st|nd|rd|th)?,?\s(\d{4})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})(?:[./-]|年\s?)(\d{1,2})(?:[./-]|月\s?)(\d{1,2})(?!\d)")
_WORDED = ((_YEAR_FIRST, 1, 2, 3), (_YEAR_THEN_DAY, 1, 3, 2), (_DAY_FIRST, 3, 2, 1), (_MONTH_FIRST, 3, 1, 2))
"""Forms of dates, and which of their groups are year, month and day."""

_NUMBERS = re.compile(r"(?<![\d./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?![./-]?\d)")
_YEAR_OF_MONTHS = 12


def find_day(text: str) -> datetime | None:
    """Return the first day that a short text names, at midnight UTC, or None.

    `3/4/2026` is two days, and names none; 3.4.2026 is the third of April everywhere.
    """
    for form, year, month, day in _WORDED:
        if found := form.search(text):
            name = found[month]
            return _day(found[year], int(name) if name.isdecimal() else _month(name), found[day])
    found = _NUMBERS.search(text)
    if found is None:
        return None
    first, second = int(found[1]), int(found[3])
    if found[2] == "/":
        if max(first, second) <= _YEAR_OF_MONTHS and first != second:
            return None
        first, second = max(first, second), min(first, second)
    return _day(found[4], second, first)


def _month(name: str) -> int:
    name = name.casefold()
    return _MONTHS.get(name[:4]) or _MONTHS.get(name[:3]) or 0


def _day(year: str, month: int, day: str | int) -> datetime | None:
    try:
        return datetime(int(year), month, int(day), tzinfo=UTC)
    except ValueError:
        return None
