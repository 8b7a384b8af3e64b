"""What are the bytes behind a Content-Encoding, without ever holding more of them than asked for?

aiohttp decodes too, but takes a cut stream for a whole one; here the decoder itself must have seen the end.
zstd is not offered to servers: there is no decoder for it in Python 3.11.
"""

import zlib
from collections.abc import Sequence
from typing import Protocol

import brotli

from monitor.domain.feeds import FetchFault
from monitor.http.faults import FetchError

ACCEPTED = "gzip, deflate, br"

_MAX_MEMBERS = 64  # of one gzip stream; each costs a copy of what follows it
_GZIP_MAGIC = b"\x1f\x8b"
_NOT_ENCODINGS = {"", "identity", "none", "utf-8", "utf8"}  # what servers write there without encoding


class Decoder(Protocol):
    """Turns the bytes of one body, piece by piece, into decoded ones."""

    @property
    def finished(self) -> bool:
        """Tell whether the stream has come to its own end."""
        ...

    def feed(self, data: bytes, most: int) -> bytes:
        """Return decoded bytes, hardly more than `most` (≥ 1); what is left over then is lost.

        Raises:
            FetchError: ENCODING, when the bytes are not what they were said to be.
        """
        ...


def decoder_for(content_encodings: Sequence[str]) -> Decoder | None:
    """Return a decoder for the values of Content-Encoding, None where nothing needs decoding.

    Raises:
        FetchError: ENCODING, for encodings inside one another and for one that we did not offer.
    """
    named = [name.strip().lower() for value in content_encodings for name in value.split(",")]
    named = [name for name in named if name not in _NOT_ENCODINGS]
    if not named:
        return None
    if len(named) > 1:
        raise FetchError(FetchFault.ENCODING, "the body is encoded more than once")
    if named[0] in {"gzip", "x-gzip"}:
        return _Gzip()
    if named[0] == "deflate":
        return _Deflate()
    if named[0] == "br":
        return _Brotli()
    raise FetchError(FetchFault.ENCODING, "the body comes in an encoding that was not asked for")


class _Gzip:
    """RFC 1952: members one after another; padding behind the last one is passed over, as gzip does."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._members = 1
        self._padding = False

    @property
    def finished(self) -> bool:
        return self._member.eof

    def feed(self, data: bytes, most: int) -> bytes:
        decoded = b""
        while data and not self._padding and len(decoded) < most:
            if self._member.eof:
                self._padding = not data.startswith(_GZIP_MAGIC) and data != _GZIP_MAGIC[:1]
                if self._padding:
                    break
                self._next_member()
            try:
                decoded += self._member.decompress(data, most - len(decoded))
            except zlib.error:
                raise _corrupt("gzip") from None
            data = self._member.unused_data
        return decoded

    def _next_member(self) -> None:
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise _corrupt("gzip")
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)


class _Deflate:
    """RFC 9110 means zlib's format (RFC 1950); some servers send the bare stream (RFC 1951)."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None

    @property
    def finished(self) -> bool:
        return self._stream is not None and self._stream.eof

    def feed(self, data: bytes, most: int) -> bytes:
        if self._stream is None:
            wrapped = data[0] & 0x0F == 8  # noqa: PLR2004 - CM = 8, the only method of RFC 1950
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        try:
            return self._stream.decompress(data, most)
        except zlib.error:
            raise _corrupt("deflate") from None


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def finished(self) -> bool:
        return bool(self._stream.is_finished())

    def feed(self, data: bytes, most: int) -> bytes:
        try:
            return bytes(self._stream.process(data, output_buffer_limit=most))
        except brotli.error:
            raise _corrupt("br") from None


def _corrupt(encoding: str) -> FetchError:
    return FetchError(FetchFault.ENCODING, f"the body is not valid {encoding}")
