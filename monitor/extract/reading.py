"""How does feedparser read a well-formed document without its idle work?

What a document says is feedparser's word: its classes do the reading, and whatever is not well-formed goes
to `feedparser.parse` whole. Left out is work whose result is the same or that nobody reads: general copies
of flat mappings, look-ups by exception, a join of every link to no base, text handed on in crumbs, and a
search for another XML parser at each document. A third to two fifths of the time of a parse.
"""

import io
from collections.abc import Callable
from typing import Any
from xml.sax import SAXException, handler, xmlreader
from xml.sax.expatreader import ExpatParser

import feedparser
from feedparser.api import StrictFeedParser
from feedparser.encodings import convert_to_utf8
from feedparser.sanitizer import replace_doctype

_Name = tuple[str | None, str]

_NOTHING = xmlreader.AttributesNSImpl({}, {})
_BUFFER = 1 << 16


def read(body: bytes, content_type: str, content_language: str = "") -> dict[str, Any]:
    """Return what `feedparser.parse` finds: `feed`, `entries` and `version`.

    HTML is neither sanitised nor are its relative links resolved.
    """
    said = {"content-type": content_type, "content-language": content_language}
    found: dict[str, Any] = {"headers": {name: value for name, value in said.items() if value}}
    data = convert_to_utf8(found["headers"], body, found)
    if found["encoding"]:
        version, data, _ = replace_doctype(data)
        reader = _Reader(content_language)
        source = xmlreader.InputSource()
        source.setByteStream(io.BytesIO(data))
        try:
            _driver(reader).parse(source)
        except SAXException:
            pass
        else:
            return {"feed": reader.feeddata, "entries": reader.entries, "version": version or reader.version}
    # Bytes in a stream, always: a str could name a file or a URL.
    document: dict[str, Any] = feedparser.parse(
        io.BytesIO(body), response_headers=found["headers"], sanitize_html=False, resolve_relative_uris=False
    )
    return document


def _driver(reader: "_Reader") -> "_Driver":
    driver = _Driver()
    driver.setFeature(handler.feature_namespaces, True)
    driver.setFeature(handler.feature_external_ges, False)
    driver.setContentHandler(reader)
    driver.setErrorHandler(reader)
    return driver


class _Driver(ExpatParser):
    """Expat that hands on text in one piece, and a name that it met before without taking it apart again."""

    def reset(self) -> None:
        super().reset()
        parser = self._parser  # type: ignore[attr-defined] # typeshed leaves the attributes out
        parser.buffer_text = True
        parser.buffer_size = _BUFFER
        reader = self.getContentHandler()
        parser.StartElementHandler = self._start(reader.startElementNS)
        parser.EndElementHandler = self._end(reader.endElementNS)
        self._names: dict[str, _Name] = {}

    def _start(self, tell: Callable[..., None]) -> Callable[[str, dict[str, str]], None]:
        def start(name: str, attributes: dict[str, str]) -> None:
            if attributes:
                self.start_element_ns(name, attributes)
            else:
                tell(self._names.get(name) or self._name(name), None, _NOTHING)

        return start

    def _end(self, tell: Callable[..., None]) -> Callable[[str], None]:
        def end(name: str) -> None:
            tell(self._names.get(name) or self._name(name), None)

        return end

    def _name(self, name: str) -> _Name:
        """Return the namespace and the local name; Expat parts them, and the prefix after them, by blanks."""
        parts = name.split()
        found = (None, name) if len(parts) == 1 else (parts[0], parts[1])
        self._names[name] = found
        return found


class _Flat(feedparser.FeedParserDict):  # type: ignore[misc] # feedparser has no types
    """The parameters of an element's content: strings under names that nothing else stands for."""

    __contains__ = dict.__contains__
    __getitem__ = dict.__getitem__
    __setitem__ = dict.__setitem__
    get = dict.get

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Flat":
        return _Flat(self)


class _Reader(StrictFeedParser):  # type: ignore[misc] # feedparser has no types
    """feedparser's own reader of well-formed documents."""

    def __init__(self, language: str) -> None:
        super().__init__("", language or None, "utf-8")
        self.resolve_relative_uris = self.sanitize_html = False
        self.contentparams = _Flat()

    def push_content(
        self, tag: str, attrs_d: dict[str, str], default_content_type: str, expecting_text: int
    ) -> None:
        super().push_content(tag, attrs_d, default_content_type, expecting_text)
        self.contentparams = _Flat(self.contentparams)

    def resolve_uri(self, uri: str) -> str:
        if not self.baseuri and uri.startswith(("http://", "https://")) and ":///" not in uri:
            return uri  # there is nothing to join it to
        found: str = super().resolve_uri(uri)
        return found
