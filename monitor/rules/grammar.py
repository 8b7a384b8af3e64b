"""What does a person's query mean, or where is it wrong? Text in, tree out (Lark, LALR).

Every mistake is a `RuleError` with line, column and a hint on how to mend it.
"""

import re
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Any, NoReturn, cast

from monitor.domain.errors import RuleError
from monitor.rules.tree import (
    DEFAULT_REACH,
    OPERATOR_WORDS,
    And,
    AtLeast,
    Chain,
    Except,
    Link,
    Metadata,
    Named,
    Node,
    Not,
    Or,
    Pattern,
    Spot,
    Term,
    Within,
    children,
    has_hits,
    text_of,
)

MAX_BYTES = 20_000
MAX_LEVELS = 50
MAX_DEPTH = 120
MAX_NUMBER = 100_000
METADATA_KEYS = ("source", "outlet-kind", "lang", "country", "section", "author", "url")

_GRAMMAR = r"""
start: query
?query: negation (loose_word negation)*
loose_word: AND | OR | NOT
?negation: NOT negation -> not_ | together
?together: near ((SENTENCE | PARAGRAPH) near)*
?near: barring ((NEAR | BEFORE) barring)*
?barring: unit (EXCEPT unit)*
?unit: LPAR query RPAR  -> bracket
    | WORD              -> word
    | STRING            -> word
    | PATTERN           -> pattern
    | NAME              -> named
    | SCOPE unit        -> within
    | ATLEAST unit      -> at_least
    | KEY values        -> metadata
    | COMPARISON        -> comparison
values: value | LPAR value (OR value)* RPAR
value: VALUE | STRING

LPAR: "("
RPAR: ")"
AND.5: /AND(?![^\s()])/
OR.5: /OR(?![^\s()])/
NOT.5: /NOT(?![^\s()])/
EXCEPT.5: /EXCEPT(?![^\s()])/
NEAR.5: /NEAR(\/\d+)?(?![^\s()])/
BEFORE.5: /BEFORE(\/\d+)?(?![^\s()])/
SENTENCE.5: /SENTENCE(\/\d+)?(?![^\s()])/
PARAGRAPH.5: /PARAGRAPH(\/\d+)?(?![^\s()])/
ATLEAST.5: /ATLEAST\/\d+(?![^\s()])/
SCOPE.4: /(title|lead|body|first\/\d+):/
PATTERN.4: /re:"[^"]*"/
KEY.4: /(source|outlet-kind|lang|country|section|author|url):/
COMPARISON.4: /(words|published)(>=|<=|>|<|=)[^\s()]*/
NAME.3: /[@#][^\s()"“”«»]*/
STRING.3: /=?("[^"]*"|“[^”]*”|«[^»]*»)/
WORD.1: /(?!(OPERATORS)(\/|(?![^\s()])))=?[^\s()"“”«»@#=:~<>][^\s()"“”«»:<>=]*/
VALUE.1: /[^\s()"“”]+/
%ignore /\s+/
""".replace("OPERATORS", "|".join(sorted(OPERATOR_WORDS)))

_FIELDS = ("title", "lead", "body", "first/100", *METADATA_KEYS)
_PIECE = re.compile(r"[^\s()]+|\(")
_NAME = re.compile(r"[@#][a-z0-9]+(-[a-z0-9]+)*\Z")
_QUOTED_OR_BRACKET = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|[()]")
_OPERAND_HINT = "it takes terms, phrases, @names, #names and ORs of these; use AND outside of it"


def parse(text: str) -> Node:
    """Return the tree of a query.

    Raises:
        RuleError: with line and column from 1 within `text`, and a hint.
    """
    from lark import UnexpectedCharacters, UnexpectedToken

    _check_size(text)
    try:
        node: Node = _parser().parse(text)
    except UnexpectedToken as error:
        _unexpected(text, error.token)
    except UnexpectedCharacters as error:
        _unreadable(text, cast("int", error.pos_in_stream))
    if _depth(node) > MAX_DEPTH:
        raise RuleError(f"more than {MAX_LEVELS} levels", hint="split the query, or use a theme")
    return node


@cache
def _parser() -> Any:  # noqa: ANN401 - Lark's class; importing it takes time, so only at first use
    """Return Lark's parser, which builds our tree as it goes (no recursion on deep input)."""
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False, transformer=_Inline())


def _check_size(text: str) -> None:
    if not text.strip():
        raise RuleError("the query is empty", hint="write at least one word")
    level = 0
    for found in _QUOTED_OR_BRACKET.finditer(text):
        level += {"(": 1, ")": -1}.get(found[0], 0)
        if level > MAX_LEVELS:
            _fail(text, found.start(), f"more than {MAX_LEVELS} levels", "split the query, or use a theme")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise RuleError(
            f"the query is longer than {MAX_BYTES // 1000} kB", hint="move its terms into a theme"
        )


def _depth(node: Node) -> int:
    """Return how many nodes lie on the longest way from the root to a leaf."""
    deepest, waiting = 0, [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in children(current)]
    return deepest


def first_spot(node: Node) -> Spot:
    """Return where the node's first leaf stands."""
    while children(node):
        node = children(node)[0]
    return Spot() if isinstance(node, Metadata) else getattr(node, "spot", Spot())


class _Token(str):
    """What Lark hands the builder: a string that knows its kind and place."""

    __slots__ = ("column", "line", "start_pos", "type")
    type: str
    line: int
    column: int
    start_pos: int


class _Builder:
    """Makes tree nodes of what the parser recognises; one method a rule of the grammar."""

    def start(self, node: Node) -> Node:
        return node

    def bracket(self, _open: _Token, node: Node, _close: _Token) -> Node:
        return node

    def loose_word(self, token: _Token) -> _Token:
        return token

    def query(self, *parts: Node | _Token) -> Node:
        operands, words = _apart(parts)
        kinds = ["OR" if word == "OR" else "AND" for word in words]
        for i, kind in enumerate(kinds):
            if kind != kinds[0]:
                _mixed(operands[: i + 1], kinds[0], words[i])
        if kinds[0] == "OR":
            return Or(operands=tuple(operands))
        later = zip(words, operands[1:], strict=True)
        return And(operands=(operands[0], *(Not(operand=o) if w == "NOT" else o for w, o in later)))

    def not_(self, _word: _Token, node: Node) -> Node:
        return Not(operand=node)

    def together(self, *parts: Node | _Token) -> Node:
        operands, words = _apart(parts)
        checked = tuple(_operand(node, words[0]) for node in operands)
        return Chain(operands=checked, links=tuple(_link(token) for token in words))

    near = together

    def barring(self, *parts: Node | _Token) -> Node:
        operands, words = _apart(parts)
        kept, *barred = [_operand(node, words[0]) for node in operands]
        return Except(kept=kept, barred=barred[0] if len(barred) == 1 else Or(operands=tuple(barred)))

    def word(self, token: _Token) -> Node:
        text = str(token)
        exact = text.startswith("=")
        text = text.removeprefix("=")
        if token.type == "STRING":
            text = " ".join(text[1:-1].split())
            if not text:
                raise RuleError("an empty phrase", **_at(token), hint="write the words between the quotes")
        elif text[0] in "-+!":
            raise RuleError(
                f"{text[0]} means nothing here", **_at(token), hint=f"write NOT {text[1:]} or AND {text[1:]}"
            )
        return Term(text=text, exact=exact, spot=Spot(**_at(token)))

    def pattern(self, token: _Token) -> Node:
        return Pattern(text=str(token)[len('re:"') : -1], spot=Spot(**_at(token)))

    def named(self, token: _Token) -> Node:
        if not _NAME.match(token):
            raise RuleError(
                f"{token} is no name",
                **_at(token),
                hint="names are lower case letters and digits with hyphens",
            )
        return Named(sigil=token[0], name=token[1:], spot=Spot(**_at(token)))

    def within(self, token: _Token, node: Node) -> Node:
        scope, _, number = token[:-1].partition("/")
        return Within(scope=scope, operand=node, first=_number(token, number) if number else 0)

    def at_least(self, token: _Token, node: Node) -> Node:
        return AtLeast(count=_number(token, token.partition("/")[2]), operand=_operand(node, token))

    def value(self, token: _Token) -> str:
        return str(token).strip('"“”«»')

    def values(self, *parts: str) -> tuple[str, ...]:
        return tuple(part for part in parts if not hasattr(part, "type"))  # brackets and OR are tokens

    def metadata(self, token: _Token, values: tuple[str, ...]) -> Node:
        if not all(values):
            raise RuleError(
                f"{token} has an empty value", **_at(token), hint="write the value after the colon"
            )
        return Metadata(key=token[:-1], values=values)

    def comparison(self, token: _Token) -> Node:
        found = re.match(r"(words|published)(>=|<=|>|<|=)(.*)", token)
        assert found
        key, sign, value = found.groups()
        try:
            value = str(int(value)) if key == "words" else date.fromisoformat(value).isoformat()
        except ValueError:
            example = "words>=200" if key == "words" else "published>=2026-01-31"
            raise RuleError(f"{value!r} does not fit {key}", **_at(token), hint=f"write {example}") from None
        return Metadata(key=key, values=(value,), comparison=sign)


class _Inline:
    """Hands Lark the builder's methods, each to be called with the parts of its rule."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a callable or AttributeError, as Lark asks
        method = getattr(_Builder(), name)
        return lambda parts: method(*parts)


def _apart(parts: tuple[Node | _Token, ...]) -> tuple[list[Node], list[_Token]]:
    """Return operands and the operators between them."""
    return cast("list[Node]", list(parts[::2])), cast("list[_Token]", list(parts[1::2]))


def _at(token: _Token) -> dict[str, int]:
    return {"line": token.line, "column": token.column}


def _number(token: _Token, digits: str, least: int = 1) -> int:
    number = int(digits[:9])
    if not least <= number <= MAX_NUMBER:
        raise RuleError(
            f"{digits[:9]} is out of range", **_at(token), hint=f"a number from {least} to {MAX_NUMBER}"
        )
    return number


def _link(token: _Token) -> Link:
    # A str: partition returns the token itself where there is no slash.
    kind, _, digits = str(token).partition("/")
    least = 0 if kind in {"NEAR", "BEFORE"} else 1
    return Link(kind=kind, reach=_number(token, digits, least) if digits else DEFAULT_REACH[kind])


def _operand(node: Node, operator: _Token) -> Node:
    if not has_hits(node):
        name = operator.partition("/")[0]
        spot = first_spot(node)
        line, column = (
            (spot.line, spot.column) if not isinstance(node, Metadata) else (operator.line, operator.column)
        )
        raise RuleError(
            f"{name} does not take {_kind(node)} here", line=line, column=column, hint=_OPERAND_HINT
        )
    return node


def _kind(node: Node) -> str:
    kinds = {And: "AND", Not: "NOT", Metadata: "a test of metadata"}
    return kinds.get(type(node), "such an operand")


def _mixed(operands: list[Node], kind: str, word: _Token) -> NoReturn:
    so_far = text_of(And(operands=tuple(operands)) if kind == "AND" else Or(operands=tuple(operands)))
    raise RuleError(
        "mixing AND and OR on one level" + (" (A NOT B is A AND NOT B)" if word == "NOT" else ""),
        **_at(word),
        hint=f"put brackets round the part you mean: ({so_far}) {word} …",
    )


def _fail(text: str, place: int, problem: str, hint: str) -> NoReturn:
    line = text.count("\n", 0, place) + 1
    raise RuleError(problem, line=line, column=place - text.rfind("\n", 0, place), hint=hint)


def _unexpected(text: str, token: _Token) -> NoReturn:
    """Say what is wrong at a token that cannot stand where it stands."""
    if token.type == "$END":
        opened = _unclosed_bracket(text)
        if opened >= 0:
            _fail(text, opened, "this bracket is never closed", "add ) where the group ends")
        end = len(text.rstrip()) - 1
        _fail(text, end, "the query ends where an operand is missing", "write a term after the operator")
    place = token.start_pos
    if text[place] == ")":
        if _unclosed_bracket(text[:place]) < 0:
            _fail(text, place, "no bracket was opened for this one", "remove it, or add ( before the group")
        _fail(text, place, "an operand is missing before )", "write a term, or remove the operator")
    if text[place] in ":<>=~":
        _unreadable(text, place)
    _side_by_side(text, place)


def _side_by_side(text: str, place: int) -> NoReturn:
    """Say what is wrong with a word or operator after what it cannot follow."""
    found = _PIECE.match(text, place)
    piece = found[0] if found else text[place]
    name, _, digits = piece.partition("/")
    if name == "ATLEAST" or (name in OPERATOR_WORDS and "/" in piece and not digits.isdecimal()):
        hint = f'write {name}/3 with a whole number; quote it ("{name}") if you mean the word'
        _fail(text, place, f"{piece} stands wrongly here", hint)
    before = text[:place].split()
    last = before[-1] if before else "("
    if piece.partition("/")[0] in OPERATOR_WORDS:
        operator = last.lstrip("(").partition("/")[0]
        if operator in OPERATOR_WORDS - {"AND", "OR", "NOT"}:
            _fail(text, place, f"{operator} does not take {piece} here", _OPERAND_HINT)
        _fail(text, place, f"{piece} has no operand before it", f"write a term before {piece}")
    for word in (piece, last):
        name = word.partition("/")[0]
        if name.upper() in OPERATOR_WORDS and name.islower():
            hint = f"operators are in capitals: {word.upper()}"
            _fail(text, place, "two bare words side by side", hint)
    if piece[0] not in '("“«@#=' and last[-1] not in ')"”»' and last[0] not in "@#":
        hint = f'quote the phrase ("{last.lstrip("(")} {piece}") or write AND'
        _fail(text, place, "two bare words side by side", hint)
    _fail(
        text, place, f"nothing joins {piece} to what stands before it", "write AND, OR, NEAR … between them"
    )


def _unclosed_bracket(text: str) -> int:
    """Return the place of the last bracket that is opened and not closed, or -1."""
    opened: list[int] = []
    for found in _QUOTED_OR_BRACKET.finditer(text):
        if found[0] == "(":
            opened.append(found.start())
        elif found[0] == ")" and opened:
            opened.pop()
    return opened[-1] if opened else -1


def _unreadable(text: str, place: int) -> NoReturn:
    """Say what is wrong at a character that begins nothing we know."""
    char = text[place]
    if char in '"“«':
        _fail(text, place, "this quote is never closed", 'add " where the phrase ends')
    if char == ":":
        word = re.split(r"[\s()]", text[:place])[-1]
        near = get_close_matches(word, _FIELDS, n=1)
        hint = f"did you mean {near[0]}:" if near else f"fields are {', '.join(_FIELDS)}"
        _fail(text, place - len(word), f"unknown field {word}:", hint)
    if char in "<>=":
        hint = "write comparisons without spaces: words>=200, published>=2026-01-31"
        _fail(text, place, f"{char} stands wrongly here", hint)
    _fail(text, place, f"{char} means nothing here", "quote it if it belongs to a phrase")
