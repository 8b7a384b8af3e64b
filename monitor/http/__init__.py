"""How does Newsmon reach the network? One client, the only way out: `AioHttp`, set up by `HttpSettings`.

Importing this package is cheap; aiohttp is loaded when an `AioHttp` is made.
"""

from monitor.http.client import AioHttp
from monitor.http.settings import HttpSettings

__all__ = ["AioHttp", "HttpSettings"]
