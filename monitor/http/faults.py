"""Why did a request fail, in one word for the statistics and one sentence for people?

The sentences are made of our own words, host names and the system's error texts: never of a URL, which may
hold a password.
"""

import os
import socket
import ssl
from datetime import timedelta

import aiohttp

from monitor.domain.feeds import FetchFault


class FetchError(Exception):
    """A request ends here, and this is why; becomes a `FetchFailed`, never leaves the package."""

    def __init__(
        self,
        fault: FetchFault,
        message: str,
        *,
        status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.fault, self.message = fault, message
        self.status, self.retry_after = status, retry_after


class AddressRefusedError(OSError):
    """The guard refused a dial. An OSError, because that is what aiohttp expects of a failed dial."""

    def __init__(self, fault: FetchFault, message: str) -> None:
        super().__init__(message)
        self.fault, self.message = fault, message


def explain(error: Exception) -> FetchError:
    """Return what to record for any exception of aiohttp, ssl, the system or a parser of input."""
    if isinstance(error, TimeoutError):
        return FetchError(FetchFault.TIMEOUT, _timeout(error))
    if isinstance(error, aiohttp.ClientConnectorError):
        return _connector(error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return FetchError(FetchFault.CONNECT, f"the proxy refused with status {error.status}")
    if isinstance(error, aiohttp.ClientResponseError):
        return FetchError(FetchFault.PROTOCOL, "the answer is not valid HTTP")
    if isinstance(error, aiohttp.ClientPayloadError):
        return _payload(error)
    return _system(error)


def _timeout(error: TimeoutError) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "no connection within the time allowed"
    if isinstance(error, aiohttp.SocketTimeoutError):
        return "the server fell silent"
    return "no complete answer within the time allowed"


def _connector(error: aiohttp.ClientConnectorError) -> FetchError:
    cause = error.os_error
    if isinstance(cause, AddressRefusedError):
        return FetchError(cause.fault, cause.message)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return FetchError(FetchFault.DNS, f"the name {error.host} was not found: {_text(cause)}")
    if isinstance(cause, ssl.SSLError):
        return FetchError(FetchFault.TLS, f"no safe connection to {error.host}: {_text(cause)}")
    who = "the proxy" if isinstance(error, aiohttp.ClientProxyConnectionError) else error.host
    return FetchError(FetchFault.CONNECT, f"no connection to {who}: {_text(cause)}")


def _payload(error: aiohttp.ClientPayloadError) -> FetchError:
    if "not completed" in str(error):
        return FetchError(FetchFault.TRUNCATED, "the connection ended before the body did")
    return FetchError(FetchFault.PROTOCOL, "the body is not valid HTTP")


def _system(error: Exception) -> FetchError:
    if isinstance(error, ssl.SSLError):
        return FetchError(FetchFault.TLS, f"no safe connection: {_text(error)}")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return FetchError(FetchFault.CONNECT, "the server closed the connection without an answer")
    if isinstance(error, OSError):
        return FetchError(FetchFault.CONNECT, f"the connection broke: {_text(error)}")
    return FetchError(FetchFault.PROTOCOL, f"the request could not be made ({type(error).__name__})")


def _text(error: OSError) -> str:
    """Return the system's own words, without numbers and source lines."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "reason", None) or "TLS failed").replace("_", " ").lower()
    # asyncio puts the address into its own words for a failed dial; the system's have none.
    named = error.errno is not None and error.errno > 0 and not isinstance(error, socket.gaierror)
    return (os.strerror(error.errno or 0) if named else error.strerror or type(error).__name__).lower()
