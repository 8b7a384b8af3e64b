"""Which spelling of a URL names the page, and do two URLs name the same page?

`canonical_url` gives an address that still works when followed: it drops only what is known to
change nothing (trackers, session ids, fragments, AMP wrappers). `same_page_key` goes further and
is for comparing only.
"""

import re
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit, urlunsplit

MAX_URL = 2048
"""Longer URLs are not followed: servers and mail programs cut them, and a cut URL is another one."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
# fmt: off
# Parameters that by their name alone tell a campaign or a click, whatever the site.
_TRACKER_PREFIXES = (
    "utm_", "mtm_", "hsa_", "vero_", "oly_", "__hs", "_hs", "at_bbc", "at_link", "at_ptr", "at_custom",
)
_TRACKERS = frozenset((
    "fbclid", "fb_action_ids", "fb_action_types", "fb_source", "fb_ref", "gclid", "gclsrc", "dclid",
    "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "ymclid", "twclid", "ttclid", "li_fat_id",
    "igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "_ga", "_gl", "_gac", "_openstat", "xtor", "wt_mc",
    "icid", "ocid", "ncid", "cmpid", "rb_clickid", "s_cid", "sc_campaign", "sc_channel", "ref_src",
    "ref_url", "srsltid", "spm_id_from", "smid", "smtyp", "echobox", "guccounter", "guce_referrer",
    "guce_referrer_sig", "__twitter_impression", "wickedid", "epik", "at_medium", "at_campaign",
    "at_format", "ns_mchannel", "ns_source", "ns_campaign", "ns_linkname", "pk_campaign", "pk_kwd",
    "pk_source", "pk_medium", "pk_content", "pk_cid", "pk_vid",
))
# Parameters that may mean something: dropped only with a value that names a medium.
_MEDIA_NAMES = frozenset(("ref", "from", "source", "src", "via"))
_MEDIA_VALUES = frozenset((
    "rss", "feed", "feeds", "atom", "twitter", "facebook", "fb", "telegram", "tg", "vk", "linkedin",
    "whatsapp", "instagram", "email", "newsletter", "share", "sharing", "amp", "googlenews",
    "google_news", "yandex", "dzen",
))
# fmt: on
_SESSION_NAMES = frozenset(("phpsessid", "jsessionid", "sessionid", "session_id", "cfid", "cftoken", "zenid"))
_SESSION_VALUE = re.compile(r"[0-9A-Fa-f]{16,64}|[0-9A-Za-z]{24,64}")
_SESSION_PATH = re.compile(r";(?:jsessionid|sid|phpsessid)=[^/;?]*", re.IGNORECASE)
_AMP_NAMES = frozenset(("amp", "isamp", "is_amp", "outputtype"))
_AMP_PATH = re.compile(r"(?:/amp(?:\.html?)?)+/?$", re.IGNORECASE)
_AMP_CACHE = re.compile(r"^/(?:amp|c|v|wp|a|i)/(s/)?([^/]+\.[^/]+)(/.*)?$")
_GOOGLE = re.compile(r"(?:www\.)?google\.[a-z.]{2,6}")
_INDEX = re.compile(r"/(?:index\.(?:html?|php\d?|aspx?|jsp|shtml)|default\.aspx?)$", re.IGNORECASE)
_LOOKALIKE_HOSTS = re.compile(r"^(?:www\d?|m|mobile|amp|wap|touch)\.(?=[^.]+\.)")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\s]")
_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_PATH_SAFE = "/:@!$&'()*+,;=~-._"
_QUERY_SAFE = "/:@!$'()*+,;~-._?[]|"


def canonical_url(url: str) -> str | None:
    """Return the spelling under which a page is stored, or None when this is no web address.

    Lower case scheme and host (IDNA, RFC 5891), no user name, default port, fragment, tracker,
    session id, AMP wrapper or index file; dot segments resolved and escapes normalised (RFC 3986,
    6.2.2). Parameters that may mean something stay, in their order. Applying it twice changes
    nothing more. URLs longer than `MAX_URL` characters give None.
    """
    parts = _split(url)
    if parts is None:
        return None
    scheme, host, path, query = parts
    unwrapped = _AMP_CACHE.match(path) if _is_amp_cache(host) else None
    if unwrapped:
        inner = f"{'https' if unwrapped[1] else 'http'}://{unwrapped[2]}{unwrapped[3] or '/'}"
        parts = _split(inner)
        if parts is None:
            return None
        scheme, host, path, _ = parts
    query = _canonical_query(query)
    found = urlunsplit((scheme, host, _canonical_path(path, has_query=bool(query)), query, ""))
    return found if len(found) <= MAX_URL else None


def same_page_key(url: str) -> str | None:
    """Return a key that spellings of one page share: for comparing, not for following.

    On top of `canonical_url` it ignores the scheme, `www.`, mobile and AMP hosts, a trailing slash
    and the order of parameters. None when this is no web address.
    """
    found = canonical_url(url)
    if found is None:
        return None
    parts = urlsplit(found)
    host = _LOOKALIKE_HOSTS.sub("", parts.netloc)
    path = _INDEX.sub("/", parts.path).rstrip("/")
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return f"{host}{path}?{query}" if query else f"{host}{path}"


def is_front_page(url: str) -> bool:
    """Return whether a URL leads to a site's front page: whatever it says today, it is no article."""
    page = same_page_key(url)
    return page is not None and not any(sign in page for sign in "/?")


def host_of(url: str) -> str:
    """Return the host that a URL names, in lower case, with its port where it is not the usual one.

    Empty where it is no web address.
    """
    parts = _split(url)
    return parts[1] if parts else ""


def same_site(one: str, other: str) -> bool:
    """Return whether two URLs are on one site: equal hosts, or one under the other (`www.`, `m.`)."""
    first, second = _split(one), _split(other)
    if first is None or second is None:
        return False
    a, b = (_LOOKALIKE_HOSTS.sub("", parts[1].partition(":")[0]) for parts in (first, second))
    return a == b or a.endswith("." + b) or b.endswith("." + a)


def _split(url: str) -> tuple[str, str, str, str] | None:
    url = url.strip()
    if len(url) > 2 * MAX_URL or "\\" in url or _UNSAFE.search(url.replace(" ", "")):
        return None
    try:
        parts = urlsplit(url)
        host = _host(parts)
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if host is None or scheme not in _DEFAULT_PORTS:
        return None
    return scheme, host, parts.path, parts.query


def _host(parts: SplitResult) -> str | None:
    """Return host and port as they stand in a canonical URL; ValueError for a bad port."""
    name = (parts.hostname or "").rstrip(".")
    if not name or " " in name or "%" in name:
        return None
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    if ":" in name:
        name = f"[{name}]"
    port = parts.port
    return name if port in (None, _DEFAULT_PORTS.get(parts.scheme.lower())) else f"{name}:{port}"


def _is_amp_cache(host: str) -> bool:
    return (
        host.endswith(".cdn.ampproject.org")
        or re.fullmatch(r"(?:www\.)?google\.[a-z.]{2,6}", host) is not None
    )


def _canonical_path(path: str, *, has_query: bool) -> str:
    # Escapes first: %2e is a dot.
    path = _without_dots(_escape(_SESSION_PATH.sub("", path), _PATH_SAFE))
    return _AMP_PATH.sub("/", path if has_query else _INDEX.sub("/", path)) or "/"


def _without_dots(path: str) -> str:
    """Return the path with `.` and `..` resolved (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    segments: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            if len(segments) > 1:
                segments.pop()
        elif part != ".":
            segments.append(part)
    if parts[-1] in (".", ".."):
        segments.append("")
    return "/".join(segments)


def _canonical_query(query: str) -> str:
    kept = []
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if name and not _says_nothing(unquote_to_bytes(name).decode("utf-8", "replace").lower(), value):
            kept.append(_escape(name, _QUERY_SAFE) + equals + _escape(value, _QUERY_SAFE + "="))
    return "&".join(kept)


def _says_nothing(name: str, value: str) -> bool:
    """Return whether a parameter leaves the page the same: a tracker, a session id, a medium."""
    if name in _TRACKERS or name.startswith(_TRACKER_PREFIXES) or name in _SESSION_NAMES:
        return True
    if name.startswith("aspsessionid"):
        return True
    if name in ("sid", "session"):
        return _SESSION_VALUE.fullmatch(value) is not None
    if name in _AMP_NAMES:
        return value.lower() in ("", "1", "true", "amp", "valid_amp")
    return name in _MEDIA_NAMES and value.lower() in _MEDIA_VALUES


def _escape(text: str, safe: str) -> str:
    """Return the text with unreserved characters plain and all else as upper-case %XX in UTF-8."""
    if "%" not in text:
        return quote(text, safe=safe)
    # A reserved character that came escaped means something else than the plain one: it stays so.
    pieces = re.split(r"(%[0-9A-Fa-f]{2})", text)
    pieces[::2] = [quote(plain, safe=safe) for plain in pieces[::2]]
    pieces[1::2] = [_escaped(escape) for escape in pieces[1::2]]
    return "".join(pieces)


def _escaped(escape: str) -> str:
    """Return an unreserved character for its %XX, any other escape in upper case."""
    byte = unquote_to_bytes(escape)
    return byte.decode() if byte in _UNRESERVED else escape.upper()
