"""What may the HTTP client do, and how does it introduce itself?"""

from dataclasses import dataclass
from datetime import timedelta

from monitor import __version__
from monitor.policy.addresses import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Limits, manners and identity of the HTTP client; the defaults are safe on the open internet.

    Args:
        contact: a URL or mail address where a webmaster reaches the operator; part of the User-Agent.
        user_agent: the whole User-Agent instead; its first word is the name robots.txt knows us by.
        timeout: for one request with all its redirects, name look-up included, waiting for a turn not.
        connect_timeout: for one connection, TLS included, and for one name look-up.
        read_timeout: for one silence of the server.
        concurrency: requests under way at once, over all hosts.
        per_host: requests under way at once on one host name.
        spacing: between the starts of two requests on one host; robots.txt may ask for more, up to 30 s.
        ports: which may be dialled on public addresses. Addresses in `allowed`, and the private ones of
            requests with `allow_private`, may be dialled on any port.
        allowed: networks that requests may reach though they are not public.
        proxy: `http://[user:password@]host:port`, which then resolves names and dials; None for none.
    """

    contact: str = ""
    user_agent: str = ""
    timeout: timedelta = timedelta(seconds=30)
    connect_timeout: timedelta = timedelta(seconds=10)
    read_timeout: timedelta = timedelta(seconds=15)
    concurrency: int = 50
    per_host: int = 2
    spacing: timedelta = timedelta(milliseconds=500)
    ports: frozenset[int] = frozenset({80, 443})
    allowed: tuple[Network, ...] = ()
    proxy: str | None = None

    def __post_init__(self) -> None:
        if self.concurrency < 1 or self.per_host < 1:
            raise ValueError("concurrency and per_host must be at least 1")
        if not self.identity.isascii() or not self.identity.isprintable():
            raise ValueError("contact and user_agent must be printable ASCII: they travel in a header")

    @property
    def identity(self) -> str:
        """Return the User-Agent header."""
        if self.user_agent:
            return self.user_agent
        return f"Newsmon/{__version__}" + (f" (+{self.contact})" if self.contact else "")

    @property
    def product(self) -> str:
        """Return the name that robots.txt may address us by, in lower case (RFC 9309, 2.2.1)."""
        return self.identity.split("/", 1)[0].split(" ", 1)[0].lower()
