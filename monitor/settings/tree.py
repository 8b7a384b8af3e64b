"""What does a YAML text say, and where does it say it? Values that know their place.

The scanner is ruamel's; the grammar over its tokens is here, because composing with ruamel's own
classes takes more than twice as long, and a pack of some hundred actors is read at every start.
What configuration files do not need is refused with a hint: tags, directives, several documents.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Self

from ruamel.yaml import YAML
from ruamel.yaml import tokens as t
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from monitor.domain.errors import Fault
from monitor.domain.topics import Place
from monitor.settings.turns import turns

MAX_DEPTH = 50
MAX_NODES = 200_000
"""Values in one file, aliases counted as often as they are used: ends the billion laughs."""

_LIKE_A_THEME = re.compile(r"[ \t]+(#[\w-]+)")
_WHOLE = "put the whole text in single quotes, or below a |"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_SCAN_FAULTS = (
    ("character '\\t'", "a tab", "indent with spaces"),
    ("cannot start any token", "a text cannot start with this", "put the text in quotes, or below a |"),
    ("mapping values are not", "a second colon", "put a text with a colon in quotes; check the indentation"),
    ("could not find expected ':'", "a colon is missing", "check this line and its indentation"),
    ("found unexpected ':'", "an unexpected colon", "put the text in quotes"),
    ("end of stream", "a quote is never closed", "close it"),
    ("document separator", "a quote is never closed", "close it before the line ---"),
)
"""What ruamel's scanner says, and how we say it."""


class Text(str):
    """A scalar as it was written; line and column (from 1; 0 unknown) are those of its first letter.

    Numbers, dates and truth values are texts too: what a scalar means is said by the key it stands
    under, so that `iso: NO` is Norway and `name: 2026` a name.
    """

    __slots__ = ("column", "cut", "file", "line", "turns")
    file: str
    line: int
    column: int
    cut: tuple[Place, str] | None
    """A comment that follows a plain scalar and looks like a #theme, with its place."""
    turns: tuple[tuple[int, int, int], ...]
    """Offset, line and column wherever the file's letters do not follow one another as the text's do."""

    def __new__(cls, value: object) -> Self:
        """Return a text without a place yet."""
        text = super().__new__(cls, value)
        text.cut, text.turns = None, ()
        return text

    @property
    def place(self) -> Place:
        """Return where the text stands."""
        return Place(file=self.file, line=self.line, column=self.column)


class Mapping(dict[Text, "Node"]):
    """A mapping that knows where it starts; its keys know their places."""

    __slots__ = ("place",)

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place

    def key(self, name: str) -> Text | None:
        """Return the key as written, or None."""
        return next((key for key in self if key == name), None)


class Items(list["Node"]):
    """A list that knows where it starts."""

    __slots__ = ("place",)

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


Node = Text | Mapping | Items | None


def text_at(value: str, place: Place) -> Text:
    """Return a scalar standing at a place (for values that come from the environment)."""
    text = Text(value)
    text.file, text.line, text.column = place.file, place.line, place.column
    return text


def kind_of(node: object) -> str:
    """Return in words what a value is: text, a list, a mapping, empty."""
    if node is None:
        return "empty"
    return "a mapping" if isinstance(node, dict) else "a list" if isinstance(node, list) else "text"


def read_yaml(source: str, file: str, faults: list[Fault]) -> Node:
    """Return what a YAML text says, None when it says nothing or cannot be read at all.

    Faults are appended: one for a text that is not YAML, one for each key given twice.
    """
    try:
        return _Composer(source, file, faults).document()
    except _Wrong as wrong:
        faults.append(wrong.fault)
    except MarkedYAMLError as error:
        faults.append(_scan_fault(error, file))
    except ReaderError as error:
        before = source[: error.position]
        faults.append(
            Fault(
                file=file,
                line=before.count("\n") + 1,
                column=len(before) - before.rfind("\n"),
                problem=f"the character U+{ord(source[error.position]):04X} is not allowed",
                hint="delete it",
            )
        )
    return None


def _scan_fault(error: MarkedYAMLError, file: str) -> Fault:
    said = error.problem or "not YAML"
    problem, hint = next(((ours, hint) for words, ours, hint in _SCAN_FAULTS if words in said), (said, ""))
    mark = error.problem_mark
    return Fault(file=file, line=mark.line + 1, column=mark.column + 1, problem=problem, hint=hint)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


class _Wrong(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class _Composer:
    """Builds values from tokens, one token ahead (YAML 1.2, chapters 7 and 8)."""

    def __init__(self, source: str, file: str, faults: list[Fault]) -> None:
        self._source = source
        self._file = file
        self._faults = faults
        self._lines: list[str] | None = None
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._count = 0
        self._last: Text | None = None
        self._last_token: Any = None
        self._tokens: Iterator[Any] = iter(YAML(typ="safe", pure=True).scan(source))
        self._token: Any = next(self._tokens)
        self._starts: dict[type, Callable[[Any, int], Node]] = {
            t.ScalarToken: self._scalar,
            t.BlockSequenceStartToken: self._block_sequence,
            t.BlockEntryToken: self._indentless_sequence,
            t.BlockMappingStartToken: self._block_mapping,
            t.FlowSequenceStartToken: self._flow_sequence,
            t.FlowMappingStartToken: self._flow_mapping,
            t.AnchorToken: self._anchored,
            t.AliasToken: self._aliased,
        }

    def document(self) -> Node:
        self._advance()
        if type(self._token) is t.DocumentStartToken:
            self._advance()
        node = None
        if not self._at(t.StreamEndToken, t.DocumentEndToken, t.DocumentStartToken):
            node = self._node(0)
        while type(self._token) is t.DocumentEndToken:
            self._advance()
        if type(self._token) is t.DocumentStartToken:
            raise self._wrong("a second document", "one document a file: delete the line ---")
        if type(self._token) is not t.StreamEndToken:
            raise self._misplaced("this does not belong to what stands before it", "check the indentation")
        return node

    def _advance(self) -> Any:  # noqa: ANN401 - ruamel's tokens are untyped
        token, self._token = self._token, next(self._tokens, None)
        return token

    def _at(self, *kinds: type) -> bool:
        return type(self._token) in kinds

    def _wrong(self, problem: str, hint: str = "") -> _Wrong:
        place = self._place(self._token)
        return _Wrong(
            Fault(file=self._file, line=place.line, column=place.column, problem=problem, hint=hint)
        )

    def _misplaced(self, problem: str, hint: str) -> _Wrong:
        """Return the fault at a token that cannot follow: a text may have ended before its author thinks."""
        last, token = self._last, self._last_token
        if last is not None and last.cut is not None:
            place, comment = last.cut
            problem = f"YAML takes {comment} for a comment"
            return _Wrong(
                Fault(file=self._file, line=place.line, column=place.column, problem=problem, hint=_WHOLE)
            )
        closed = token is not None and token.style in ("'", '"')
        if closed and token.end_mark.index <= self._token.start_mark.index <= self._line_end(token):
            return self._wrong("a closed quote ends the text", _WHOLE)
        return self._wrong(problem, hint)

    def _line_end(self, token: Any) -> int:  # noqa: ANN401 - ruamel's tokens are untyped
        end = self._source.find("\n", token.end_mark.index)
        return end if end >= 0 else len(self._source)

    def _place(self, token: Any) -> Place:  # noqa: ANN401 - ruamel's tokens are untyped
        mark = token.start_mark
        return Place(file=self._file, line=mark.line + 1, column=mark.column + 1)

    def _node(self, depth: int) -> Node:
        self._count += 1
        if depth > MAX_DEPTH:
            raise self._wrong(f"more than {MAX_DEPTH} levels")
        if self._count > MAX_NODES:
            raise self._wrong(f"more than {MAX_NODES} values", "split the file")
        start = self._starts.get(type(self._token))
        if start is None:
            raise self._unexpected()
        return start(self._advance() if start != self._indentless_sequence else self._token, depth + 1)

    def _unexpected(self) -> _Wrong:
        if self._at(t.TagToken, t.DirectiveToken):
            return self._wrong("tags and directives are not used here", "put the text in quotes")
        return self._wrong("a value is missing or the brackets do not match", "check commas and brackets")

    def _scalar(self, token: Any, _: int) -> Node:  # noqa: ANN401 - ruamel's tokens are untyped
        if token.plain and token.value in _NULLS:
            return None
        return self._text(token)

    def _text(self, token: Any) -> Text:  # noqa: ANN401 - ruamel's tokens are untyped
        text = self._last = Text(token.value)
        self._last_token = token
        mark = token.start_mark
        text.file = self._file
        if token.style in ("|", ">"):
            text.line, text.column = self._block_scalar(token.value, mark.line)
        else:
            text.line, text.column = mark.line + 1, mark.column + (1 if token.plain else 2)
        if token.style != "|" and token.value != "":
            text.turns = self._turns(token, text)
        if token.plain:
            self._note_cut(token, text)
        return text

    def _turns(self, token: Any, text: Text) -> tuple[tuple[int, int, int], ...]:  # noqa: ANN401 - ruamel's tokens are untyped
        """Return where the text's letters stand, () if one after the other from the first."""
        start = token.start_mark.index + (0 if token.plain else 1)
        if token.style == ">":
            start = self._source.index("\n", start) + text.column
        if self._source.startswith(text, start):
            return ()
        return turns(self._source, start, text, token.style)

    def _note_cut(self, token: Any, text: Text) -> None:  # noqa: ANN401 - ruamel's tokens are untyped
        end = token.end_mark
        found = _LIKE_A_THEME.match(self._source, end.index)
        if found:
            column = end.column + found.start(1) - end.index + 1
            text.cut = Place(file=self._file, line=end.line + 1, column=column), found[1]

    def _block_scalar(self, value: str, header: int) -> tuple[int, int]:
        """Return line and column of the first letter below a | or >, from 1."""
        if self._lines is None:
            self._lines = self._source.split("\n")
        indents = zip(self._lines[header + 1 :], value.split("\n"), strict=False)
        column = next((_indent(raw) - _indent(own) + 1 for raw, own in indents if own.strip()), 1)
        return header + 2, column

    def _block_sequence(self, token: Any, depth: int) -> Items:  # noqa: ANN401 - ruamel's tokens are untyped
        items = Items(self._place(token))
        while self._at(t.BlockEntryToken):
            self._advance()
            items.append(None if self._at(t.BlockEntryToken, t.BlockEndToken) else self._node(depth))
        if not self._at(t.BlockEndToken):
            raise self._misplaced("a list item must start with a hyphen", "check the indentation")
        self._advance()
        return items

    def _indentless_sequence(self, token: Any, depth: int) -> Items:  # noqa: ANN401 - ruamel's tokens are untyped
        items = Items(self._place(token))
        while self._at(t.BlockEntryToken):
            self._advance()
            empty = self._at(t.BlockEntryToken, t.KeyToken, t.ValueToken, t.BlockEndToken)
            items.append(None if empty else self._node(depth))
        return items

    def _block_mapping(self, token: Any, depth: int) -> Mapping:  # noqa: ANN401 - ruamel's tokens are untyped
        mapping = Mapping(self._place(token))
        while self._at(t.KeyToken):
            self._advance()
            self._pair(mapping, depth, t.KeyToken, t.BlockEndToken)
        if not self._at(t.BlockEndToken):
            raise self._misplaced("a key is missing here", "check the indentation")
        self._advance()
        return mapping

    def _flow_sequence(self, token: Any, depth: int) -> Items:  # noqa: ANN401 - ruamel's tokens are untyped
        items = Items(self._place(token))
        while not self._at(t.FlowSequenceEndToken):
            if self._at(t.KeyToken):
                raise self._wrong("a key inside a list", "put a text with a colon in quotes")
            items.append(self._node(depth))
            self._comma(t.FlowSequenceEndToken)
        self._advance()
        return items

    def _flow_mapping(self, token: Any, depth: int) -> Mapping:  # noqa: ANN401 - ruamel's tokens are untyped
        mapping = Mapping(self._place(token))
        while not self._at(t.FlowMappingEndToken):
            if self._at(t.KeyToken):
                self._advance()
            self._pair(mapping, depth, t.FlowEntryToken, t.FlowMappingEndToken)
            self._comma(t.FlowMappingEndToken)
        self._advance()
        return mapping

    def _comma(self, end: type) -> None:
        if self._at(t.FlowEntryToken):
            self._advance()
        elif not self._at(end):
            raise self._misplaced("a comma or a closing bracket is missing", "check commas and brackets")

    def _pair(self, mapping: Mapping, depth: int, *ends: type) -> None:
        """Read a key with its value into the mapping; the first of two equal keys counts."""
        if not self._at(t.ScalarToken):
            raise self._wrong("a key must be a single word or text", "check commas, brackets and indentation")
        key = self._text(self._advance())
        value = None
        if self._at(t.ValueToken):
            self._advance()
            value = None if self._at(*ends) else self._node(depth)
        first = mapping.key(key) if key in mapping else None
        if first is not None:
            self._faults.append(
                Fault(
                    file=self._file,
                    line=key.line,
                    column=key.column,
                    key=key,
                    problem="given twice",
                    hint=f"first on line {first.line}",
                )
            )
        else:
            mapping[key] = value

    def _anchored(self, token: Any, depth: int) -> Node:  # noqa: ANN401 - ruamel's tokens are untyped
        before = self._count
        node = self._node(depth)
        self._anchors[token.value] = (node, self._count - before)
        return node

    def _aliased(self, token: Any, _: int) -> Node:  # noqa: ANN401 - ruamel's tokens are untyped
        if token.value not in self._anchors:
            place = self._place(token)
            problem = f"*{token.value} was not defined before"
            hint = "a text that starts with * needs quotes"
            raise _Wrong(
                Fault(file=self._file, line=place.line, column=place.column, problem=problem, hint=hint)
            )
        node, size = self._anchors[token.value]
        self._count += size
        return node
