"""The YAML reader says what ruamel says, and where; what is not YAML is one fault with a hint."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.compat import StringIO
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode

from monitor.domain.errors import Fault
from monitor.settings.tree import Items, Mapping, Text, kind_of, read_yaml

ROOT = Path(__file__).resolve().parents[3]

WHOLE = "put the whole text in single quotes, or below a |"


def read(text: str) -> tuple[object, list[str]]:
    """Return what a text says, and its faults without the file's name."""
    faults: list[Fault] = []
    node = read_yaml(text, "f.yaml", faults)
    return node, [str(fault).removeprefix("f.yaml:") for fault in faults]


def plain(node: object) -> object:
    """Return ruamel's tree in our terms: texts, lists, mappings, None; lists and mappings with places."""
    if node is None:
        return None
    if isinstance(node, ScalarNode):
        null = node.style is None and node.value in ("", "~", "null", "Null", "NULL")
        return None if null else node.value
    place = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, MappingNode):
        return place, [(key.value, plain(value)) for key, value in node.value]
    return place, [plain(item) for item in node.value]


def ours(node: object) -> object:
    """Return our tree in the same terms."""
    if isinstance(node, Mapping):
        return (node.place.line, node.place.column), [(str(key), ours(value)) for key, value in node.items()]
    if isinstance(node, Items):
        return (node.place.line, node.place.column), [ours(item) for item in node]
    return None if node is None else str(node)


def agree(text: str) -> None:
    """Assert that we and ruamel read the same."""
    node, faults = read(text)
    assert faults == []
    assert ours(node) == plain(YAML(typ="safe", pure=True).compose(text))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "config").rglob("*.yaml")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_shipped_files_read_as_ruamel_reads_them(path: Path) -> None:
    """Every shipped file means to us what it means to ruamel, value by value and place by place."""
    agree(path.read_text("utf-8"))


letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"])
# ruamel writes a leading colon of a key, and a leading question mark in braces, as it does not read them.
words = st.text(letters, max_size=12).filter(lambda word: not word.startswith((":", "?")))
scalars = st.none() | words | st.integers() | st.booleans()
# No mapping directly in a list: ruamel writes it as [a: b], which we refuse on purpose.
lists = st.lists(scalars | st.lists(scalars, max_size=2), max_size=4)
mappings = st.dictionaries(words.filter(bool), scalars | lists, max_size=4)
trees = scalars | lists | mappings | st.dictionaries(words.filter(bool), mappings, max_size=3)


@settings(max_examples=100, deadline=None)
@given(tree=trees, flow=st.sampled_from([True, False, None]))
def test_whatever_ruamel_writes_reads_as_ruamel_reads_it(tree: object, flow: bool | None) -> None:  # noqa: FBT001
    """Block and flow style, quotes, nesting and nulls read back as ruamel reads them."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = flow
    out = StringIO()
    yaml.dump({"tree": tree}, out)
    agree(out.getvalue())


def test_what_ruamel_refuses_of_its_own_is_refused() -> None:
    """A question mark at the start of a value in braces asks for a key: a fault to us, an error to ruamel."""
    with pytest.raises(YAMLError):
        YAML(typ="safe", pure=True).compose("{tree: ?0}")
    assert read("{tree: ?0}")[1] != []


@pytest.mark.parametrize(
    "text",
    [
        "a:\n- 1\n-\nb: |\n  x\n  y\n",
        "? a\n: b",
        "{a, b: , c: [x, [y], {z: 1}],}",
        "- - a\n  - b\n-\n  - c",
        "a: >-\n  folded\n  text\nb: 'it''s'\n",
        "---\na: 1\n...\n",
        "a:\nb:\n  c:\n",
        "- {a: 1}\n- \n- b: 2\n",
        "",
        "# only a comment\n",
        "\ufeffa: 1",
    ],
)
def test_less_common_forms_read_as_ruamel_reads_them(text: str) -> None:
    """Compact, explicit and empty forms mean what YAML says."""
    agree(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: b: c", "1:5: a second colon (put a text with a colon in quotes; check the indentation)"),
        ("a:\n\t- b", "2:1: a tab (indent with spaces)"),
        ("a: @eu AND @us", "1:4: a text cannot start with this (put the text in quotes, or below a |)"),
        ("a: 'x", "1:6: a quote is never closed (close it)"),
        ('a: "x\n---\n', "2:1: a quote is never closed (close it before the line ---)"),
        ("a: 1\nb\nc: 1", "3:1: a colon is missing (check this line and its indentation)"),
        ("a: [1, 2", "1:9: a comma or a closing bracket is missing (check commas and brackets)"),
        ("a: {b: 1, c", "1:12: a comma or a closing bracket is missing (check commas and brackets)"),
        ("a: [1, 2}", "1:9: a comma or a closing bracket is missing (check commas and brackets)"),
        ("a: ]", "1:4: a value is missing or the brackets do not match (check commas and brackets)"),
        ("[a,,b]", "1:4: a value is missing or the brackets do not match (check commas and brackets)"),
        ("a: [x: y]", "1:5: a key inside a list (put a text with a colon in quotes)"),
        ("- a\nb: 1", "2:1: a list item must start with a hyphen (check the indentation)"),
        ("b: 1\n- a", "2:1: a key is missing here (check the indentation)"),
        ("? [a]\n: b", "1:3: a key must be a single word or text (check commas, brackets and indentation)"),
        ("a: *y", "1:4: *y was not defined before (a text that starts with * needs quotes)"),
        ("a: &x [*x]", "1:8: *x was not defined before (a text that starts with * needs quotes)"),
        ("%YAML 1.1\n---\na: 1", "1:1: tags and directives are not used here (put the text in quotes)"),
        ("a: !!str x", "1:4: tags and directives are not used here (put the text in quotes)"),
        ("a: 1\n---\nb: 1", "2:1: a second document (one document a file: delete the line ---)"),
        ("'a' 'b'", f"1:5: a closed quote ends the text ({WHOLE})"),
        ('a: "gas" AND b', f"1:10: a closed quote ends the text ({WHOLE})"),
        ("- 'gas' AND b", f"1:9: a closed quote ends the text ({WHOLE})"),
        ("{a: 'gas' AND b}", f"1:11: a closed quote ends the text ({WHOLE})"),
        ("'a'\n'b'", "2:1: this does not belong to what stands before it (check the indentation)"),
        ("{a: gas #oil, b: 1}", f"1:9: YAML takes #oil for a comment ({WHOLE})"),
        ("{a: gas # oil, b: 1}", "1:21: a comma or a closing bracket is missing (check commas and brackets)"),
        ("a: x\x01y\n", "1:5: the character U+0001 is not allowed (delete it)"),
        ("a: 1\nb: \x07", "2:4: the character U+0007 is not allowed (delete it)"),
        ("[" * 60, "1:52: more than 50 levels"),
        ('a: "\\q"', "1:6: found unknown escape character 'q'"),
    ],
)
def test_what_is_not_yaml_is_one_fault(text: str, fault: str) -> None:
    """A text that is not YAML, or YAML that we refuse, is told with its place and a hint."""
    assert read(text) == (None, [fault])


def test_a_key_given_twice_is_told_and_the_first_counts() -> None:
    """Of two equal keys the second is a fault that names the line of the first."""
    node, faults = read("a: 1\nb: 2\n\na: 3\n")
    assert node == {"a": "1", "b": "2"}
    assert faults == ["4:1: a: given twice (first on line 1)"]


def test_an_alias_repeats_what_was_anchored() -> None:
    """An alias stands for the value it names."""
    assert read("a: &x [1, 2]\nb: *x\n") == ({"a": ["1", "2"], "b": ["1", "2"]}, [])


def test_the_billion_laughs_end_early() -> None:
    """Aliases of aliases count as often as they would be used, and end at the limit."""
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    _, faults = read("\n".join(lines))
    assert [fault.split(": ", 1)[1] for fault in faults] == ["more than 200000 values (split the file)"]


FOLDED = [
    "a: gas OR\n   oil\n     OR ore\n",
    "a: >\n  gas OR   \n  oil\n\n  ore\n   coal\n\n",
    "a: >-\n\n  gas\n  oil",
    "a: 'it''s\n  a ''quoted''\n\n  text'",
    'a: "a \\"b\\" \\x41\\u0042\\U00000043 d\n  e\\\n  f\\n g"',
    'a: "one \\\n     two"',
]


@pytest.mark.parametrize("text", FOLDED)
def test_letters_of_folded_and_escaped_texts_know_their_places(text: str) -> None:
    """Wherever folding and escapes move letters, the turns lead every word back to where it stands."""
    node, _ = read(text)
    assert isinstance(node, Mapping)
    value = node[Text("a")]
    assert isinstance(value, Text)
    assert value.turns
    lines = text.split("\n")
    for found in re.finditer(r"[a-z]", value):
        start, line, column = max(turn for turn in value.turns if turn[0] <= found.start())
        assert lines[line - 1][column - 1 + found.start() - start :].startswith(found[0])


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: word", 1, 4),
        ("a: 'word'", 1, 5),
        ('a: "word"', 1, 5),
        ("a: |\n    word\n    more\n", 2, 5),
        ("a: >\n  word\n", 2, 3),
        ("a: |2\n    word\n", 2, 3),
        ("a: |\n\n\n  word\n", 2, 3),
        ('a: |+\n\n\nb: ""', 2, 1),
    ],
)
def test_a_text_stands_where_its_first_letter_stands(text: str, line: int, column: int) -> None:
    """The place of a scalar is that of its content, quotes and block headers left behind."""
    node, _ = read(text)
    assert isinstance(node, Mapping)
    value = node[Text("a")]
    assert isinstance(value, Text)
    assert (value.place.file, value.line, value.column) == ("f.yaml", line, column)


def test_kinds_have_names() -> None:
    """Messages call values by their kind."""
    assert [kind_of(value) for value in (None, {}, [], "x")] == ["empty", "a mapping", "a list", "text"]
