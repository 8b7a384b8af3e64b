"""How are durations, sizes, times, zones, addresses and names written, and what do they mean?

Each type here is what pydantic parses a text into; each mistake says how to write it instead.
"""

import re
from collections.abc import Iterable
from datetime import date, time, timedelta
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from monitor.settings.tree import Text, kind_of

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
_DAYS = {"day": 1, "week": 7, "month": 30}
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?) ?([smhd])", re.ASCII)
_SIZE = re.compile(r"(\d{1,12}) ?(kB|MB|GB|)", re.ASCII)
_PER_DAY = re.compile(r"(\d{1,5}(?:\.\d{1,3})?) ?/ ?(day|week|month)", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", re.ASCII)
_OUR_HEADERS = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "host",
        "if-modified-since",
        "if-none-match",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\.]+(\.[^\s@<>,;:\"()\[\]\\.]+)*")
_DATABASE = re.compile(r"(sqlite|postgresql)(\+\w+)?://.*", re.DOTALL)
_PROXY = re.compile(r"http://(?:[^\s/@]*@)?(?:[^\s/:@\[\]]+|\[[0-9a-fA-F:]+\]):\d{1,5}/?", re.ASCII)

_LONGEST_URL = 2000
"""As for the addresses of entries."""


def wrong(problem: str, hint: str = "") -> PydanticCustomError:
    """Return the error of a value, with a hint on how to mend it."""
    return PydanticCustomError("newsmon", "{problem}", {"problem": problem, "hint": hint})


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, or None."""
    lower = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), lower, n=1, cutoff=0.7)
    return lower[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the hint that offers the closest known word, or nothing."""
    near = closest(word, known)
    return f"did you mean {near}?" if near else ""


def quoted(value: object) -> str:
    """Return a value as a message shows it: short, on one line, in quotes."""
    if not isinstance(value, str):
        return kind_of(value)
    line = " ".join(value.split())
    return f"'{line[:40]}…'" if len(line) > 40 else f"'{line}'"  # noqa: PLR2004 - what fits a line


def written(duration: timedelta) -> str:
    """Return a duration as one writes it here: 90s, 30m, 1h, 2d."""
    seconds = duration.total_seconds()
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:.0f}{unit}"
    return f"{seconds:g}s"


def parse_duration(value: object) -> timedelta:
    """Return the duration that a text such as 90s, 30m, 1h or 2d means.

    Raises:
        PydanticCustomError: it is none.
    """
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise wrong(f"must be a duration, not {quoted(value)}", "write 90s, 30m, 1h or 2d")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def span(low: str, high: str) -> BeforeValidator:
    """Return the validator of a duration between two others, both included."""
    least, most = parse_duration(low), parse_duration(high)

    def check(value: object) -> timedelta:
        duration = parse_duration(value)
        if not least <= duration <= most:
            raise wrong(f"must be between {low} and {high}, not {written(duration)}")
        return duration

    return BeforeValidator(check)


def _per_day(value: object) -> float:
    if isinstance(value, float):
        return value
    found = _PER_DAY.fullmatch(value) if isinstance(value, str) else None
    if not found or not float(found[1]):
        raise wrong(f"must say how many come, not {quoted(value)}", "write 12/day, 3/week or 2/month")
    return float(found[1]) / _DAYS[found[2]]


def _size(value: object) -> object:
    if isinstance(value, int):
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise wrong(f"must be a size, not {quoted(value)}", "write 500 kB or 5 MB")
    return int(found[1]) * _SIZES[found[2]]


def _time(value: object) -> object:
    if isinstance(value, time):
        return value
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise wrong(f"must be a time of day, not {quoted(value)}", 'write "08:00"')
    return time(int(found[1]), int(found[2]))


def _date(value: object) -> date:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise wrong(f"must be a date, not {quoted(value)}", "write 2019-03-20")


def _zone(value: object) -> str:
    try:
        if isinstance(value, str) and value:
            ZoneInfo(value)
            return str(value)
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        pass
    hint = did_you_mean(str(value), available_timezones()) or "write an IANA name such as Asia/Tashkent"
    raise wrong(f"must be a time zone, not {quoted(value)}", hint)


def _email(value: object) -> str:
    if isinstance(value, str) and _EMAIL.fullmatch(value) and value.isprintable():
        return str(value)
    raise wrong(f"must be an e-mail address, not {quoted(value)}", "write one such as desk@example.org")


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        return ip_network(str(value))
    except ValueError:
        hint = "write 10.1.2.3 or 10.0.0.0/8"
        raise wrong(f"must be an address or a network, not {quoted(value)}", hint) from None


def _database(value: object) -> str:
    # Never shown, even when wrong: it may hold a password.
    if isinstance(value, str) and _DATABASE.fullmatch(value):
        return str(value)
    raise wrong(
        "must be the URL of a SQLite or PostgreSQL database", "write postgresql://host/name or sqlite:///file"
    )


def _proxy(value: object) -> str:
    if isinstance(value, str) and _PROXY.fullmatch(value):
        return str(value)
    raise wrong("must be the URL of an HTTP proxy", "write http://proxy.example.org:3128")


def _url(value: object) -> str:
    try:
        if isinstance(value, str) and len(value) <= _LONGEST_URL and value.isprintable() and " " not in value:
            parts = urlsplit(value)
            if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
                return str(value)
    except ValueError:
        pass
    raise wrong(f"must be a web address, not {quoted(value)}", "write one such as https://example.org/feed")


def _pattern(pattern: str, what: str, hint: str) -> BeforeValidator:
    compiled = re.compile(pattern, re.ASCII)

    def check(value: object) -> str:
        if isinstance(value, str) and compiled.fullmatch(value):
            return str(value)
        raise wrong(f"must be {what}, not {quoted(value)}", hint)

    return BeforeValidator(check)


def _header_name(value: object) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise wrong(f"must be the name of a header, not {quoted(value)}", "write one such as Accept-Language")
    if value.lower() in _OUR_HEADERS:
        hint = "use credentials" if value.lower() == "authorization" else ""
        raise wrong(f"the header {value} is made for each request", hint)
    return str(value)


def _header_value(value: object) -> str:
    if isinstance(value, str) and value.strip() and value.isascii() and value.isprintable():
        return value.strip()
    raise wrong(f"must be a header's value, not {quoted(value)}", "write one line of ASCII")


def _xpath(value: object) -> str:
    """Return the XPath 1.0 expression, compiled once to see that it is one."""
    from lxml import etree  # costs a start 30 ms: only who writes rules pays for them

    if not isinstance(value, str) or not value.strip():
        raise wrong(f"must be an XPath, not {quoted(value)}", "write one such as //article//h1")
    try:
        etree.XPath(str(value))
    except etree.XPathSyntaxError as error:
        raise wrong(f"is no XPath: {str(error).lower()}", "write one such as //article//h1") from None
    return str(value)


def _filled(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise wrong("is empty")
    return value


def _located(value: object) -> Text:
    if not isinstance(value, Text):
        raise wrong(f"must be text, not {kind_of(value)}")
    if not value.strip():
        raise wrong("is empty")
    return value


def _asked(value: object) -> Text:
    query = _located(value)
    if query.cut is not None:
        place, comment = query.cut
        raise PydanticCustomError(
            "newsmon",
            "{problem}",
            {
                "problem": f"YAML takes {comment} for a comment",
                "hint": f"put the query in quotes, or below a |; a comment has a space: # {comment[1:]}",
                "place": place,
            },
        )
    return query


Located = Annotated[Text, PlainValidator(_located)]
"""A text that keeps its place: names, whose faults are found only later."""

Asked = Annotated[Text, PlainValidator(_asked)]
"""A query, of which YAML has taken nothing away."""

Words = Annotated[str, BeforeValidator(_filled)]
Id = Annotated[
    str,
    _pattern(
        r"[a-z0-9]+(?:[-.][a-z0-9]+)*",
        "an id",
        "write lower-case letters, digits and single hyphens",
    ),
]
Slug = Annotated[str, _pattern(r"[a-z]+(?:-[a-z]+)*", "a word", "write lower-case letters and hyphens")]
Lang = Annotated[
    str,
    _pattern(
        r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*|any", "a language", "write a BCP 47 code such as kk or uz-Cyrl"
    ),
]
Country = Annotated[
    str, _pattern(r"[A-Z]{2}", "a country", "write its ISO 3166 code in capitals, such as KZ")
]
Script = Annotated[str, _pattern(r"[A-Z][a-z]{3}", "a script", "write its ISO 15924 code, such as Cyrl")]
HeaderName = Annotated[str, BeforeValidator(_header_name)]
HeaderValue = Annotated[str, BeforeValidator(_header_value)]
XPath = Annotated[str, BeforeValidator(_xpath)]
PerDay = Annotated[float, BeforeValidator(_per_day)]
Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]
TimeOfDay = Annotated[time, BeforeValidator(_time)]
Day = Annotated[date, BeforeValidator(_date)]
Zone = Annotated[str, BeforeValidator(_zone)]
Email = Annotated[str, BeforeValidator(_email)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
Url = Annotated[str, BeforeValidator(_url)]
DatabaseUrl = Annotated[str, BeforeValidator(_database)]
ProxyUrl = Annotated[str, BeforeValidator(_proxy)]
