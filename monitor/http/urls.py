"""Is this a URL that we would ask for, and which host does it really name?

One parser (yarl, the one aiohttp dials by) decides: no second opinion to play off against it.
"""

import base64
import re
import string
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, unquote, urljoin

from yarl import URL

from monitor.domain.feeds import FetchFault
from monitor.http.faults import FetchError

MAX_LENGTH = 8000

_HOST = re.compile(r"(?=.{1,253}\.?$)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?", re.ASCII)
_NUMERIC = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a request goes: a URL without credentials, its host in ASCII, and the host as an address.

    `authorization` is a Basic header made of the URL's user and password, for this origin only.
    """

    url: URL
    host: str
    port: int
    literal: IPv4Address | IPv6Address | None
    authorization: str | None = None

    @property
    def origin(self) -> tuple[str, str, int]:
        """Return what decides who gets our credentials and whose robots.txt counts."""
        return self.url.scheme, self.host, self.port


def parse_target(text: str, *, credentials: bool = True) -> Target:
    """Return where an http or https URL leads.

    Hosts are refused that only some parsers take for an address (`0x7f.1`, `2130706433`, `127.1`).

    Args:
        text: the URL, as a feed, a page or a person wrote it.
        credentials: whether `user:password@` may stand in it.

    Raises:
        FetchError: BAD_URL, saying what is wrong.
    """
    text = text.strip()
    scheme, separator, rest = text.partition("://")
    if scheme.lower() not in {"http", "https"} or not separator:
        raise _bad("it does not begin with http:// or https://")
    if len(text) > MAX_LENGTH or _CONTROL.search(text):
        raise _bad("it holds control characters or is too long")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "\\" in authority or " " in authority:
        raise _bad("there is a backslash or a space in its host")
    try:
        url = URL(text)
        host, port, user, password = url.raw_host or "", url.port, url.raw_user, url.raw_password
        literal = _literal(host)
    except ValueError:  # IDNA's UnicodeError is one
        raise _bad("its host or port is malformed") from None
    if not port:
        raise _bad("its port is malformed")
    if "@" in authority and not credentials:
        raise _bad("a redirect must not name a user or password")
    return Target(
        url=url.with_user(None) if "@" in authority else url,
        host=host,
        port=port,
        literal=literal,
        authorization=_basic(user, password),
    )


def join_target(base: Target, location: str) -> Target:
    """Return where a Location header leads from `base`; a relative one is resolved (RFC 9110, 10.2.2).

    Raises:
        FetchError: BAD_URL.
    """
    raw = location.strip().encode("utf-8", "surrogateescape")
    try:
        absolute = urljoin(str(base.url), quote(raw, safe=string.punctuation))
    except ValueError:
        raise _bad("a redirect leads to something that is not a URL") from None
    return parse_target(absolute, credentials=False)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the host as an address, None for a name.

    Raises:
        ValueError: neither a well-formed name nor a canonical address (IPv6 zones are refused too).
    """
    if ":" in host or _NUMERIC.fullmatch(host):
        if "%" in host:
            raise ValueError(host)
        return ip_address(host)
    if not _HOST.fullmatch(host):
        raise ValueError(host)
    return None


def _basic(user: str | None, password: str | None) -> str | None:
    if user is None and password is None:
        return None
    pair = f"{unquote(user or '')}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _bad(why: str) -> FetchError:
    return FetchError(FetchFault.BAD_URL, f"the URL is not usable: {why}")
