"""Tables of sources are read as people write them, and what is wrong in them is told with its line."""

import pytest

from monitor.domain.feeds import ParseFailed
from monitor.domain.finding import Outline, OutlineJob, Outlines
from monitor.extract.outlines import parse_outlines


def read(text: str) -> Outlines:
    """Return what a table names."""
    made = parse_outlines(OutlineJob(body=text.encode()))
    assert isinstance(made, Outlines)
    return made


def test_columns_are_known_by_their_headings() -> None:
    """In any order and case, with a byte order mark, and with others between them."""
    made = read(
        "\ufeffNotes,URL,Name,homepage,Language,country,Group,id,rhythm\r\n"
        'x,https://a.example/rss,"A, ""B""",https://a.example,uz_Cyrl,uz,Press / Asia,a-b,3/week\r\n'
    )
    assert made.outlines == (
        Outline(
            url="https://a.example/rss",
            title='A, "B"',
            home="https://a.example",
            group="Press / Asia",
            lang="uz-Cyrl",
            country="UZ",
            id="a-b",
            line=2,
            more=(("rhythm", "3/week"),),
        ),
    )
    assert made.faults == ()


@pytest.mark.parametrize(
    ("words", "kind", "outlet_kind"),
    [
        ("rss state news agency", "feed", "state"),
        ("rss news agency", "feed", "agency"),
        ("atom official press service", "feed", "institution"),
        ("html think tank", "page", "think-tank"),
        ("news-sitemap", "sitemap", None),
        ("sitemap", "sitemap", None),
        ("rss newspaper (paywall)", "feed", "private"),
        ("rss exile media", "feed", "independent"),
        ("page", "page", None),
        ("private", None, "private"),
        ("publication", None, None),
        ("", None, None),
    ],
)
def test_a_kind_in_words_is_taken_apart(words: str, kind: str | None, outlet_kind: str | None) -> None:
    """How a source is read and whose it is are two things that people note in one column."""
    (outline,) = read(f"url,kind\nhttps://a.example/,{words}\n").outlines
    assert (outline.kind, outline.outlet_kind) == (kind, outlet_kind)


def test_a_word_of_ours_for_the_outlet_counts_before_the_kind() -> None:
    """What `export` writes in a column of its own is not guessed from another one."""
    (outline,) = read("url,kind,outlet_kind\nhttps://a.example/,rss state agency,public\n").outlines
    assert (outline.kind, outline.outlet_kind) == ("feed", "public")


def test_other_words_for_a_column_are_known() -> None:
    """What a column is called differs from program to program; our own word counts before others."""
    made = read("site,lang,rss_url,title\nhttps://a.example/,el,https://a.example/rss,A\n")
    (outline,) = made.outlines
    assert (outline.url, outline.home, outline.lang, outline.title) == (
        "https://a.example/rss",
        "https://a.example/",
        "el",
        "A",
    )
    (outline,) = read("rss,url,feed\nx,https://a.example/,y\n").outlines
    assert outline.url == "https://a.example/"


def test_what_nobody_understands_is_left_out() -> None:
    """Numbers are nobody's ids; a language or country in words is unknown; too many cells are passed over."""
    (outline,) = read("url,id,language,country\nhttps://a.example/,17,Russian,Norway,more,cells\n").outlines
    assert outline == Outline(url="https://a.example/", line=2)


def test_lines_without_an_address_are_told() -> None:
    """The others are read, each once."""
    made = read("url,name\nhttps://a.example/,A\nnowhere,B\n,C\nhttps://a.example/,again\n")
    assert [one.title for one in made.outlines] == ["A"]
    assert made.faults == ("line 3: nowhere is no web address", "line 4: nothing is no web address")


def test_a_cell_without_end_ends_the_table() -> None:
    """What came before it is read, and its line is told."""
    made = read(f'url,name\nhttps://a.example/,A\nhttps://b.example/,"{"x" * 200_000}')
    assert [one.title for one in made.outlines] == ["A"]
    assert made.faults == ("line 3: field larger than field limit (131072); what follows is not read",)


def test_semicolons_and_other_ends_of_lines_are_read() -> None:
    """Spreadsheets write tables in their own way."""
    for text in ("name;url\nA;https://a.example/\n", "name,url\rA,https://a.example/\r"):
        (outline,) = read(text).outlines
        assert (outline.title, outline.url) == ("A", "https://a.example/")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,address\nA,https://a.example\n", "line 1: no column url (there are: name, address)"),
        ("", "line 1: no column url (there are: none)"),
        ("Dear reader!", "it is neither OPML nor an RDF list, nor a table (CSV)"),
    ],
)
def test_a_table_without_addresses_is_no_list(text: str, told: str) -> None:
    """Its headings are told, where it has some."""
    made = parse_outlines(OutlineJob(body=text.encode()))
    assert made == ParseFailed(code="not-a-list", message=told)


def test_more_than_the_cap_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table without end costs its beginning only."""
    monkeypatch.setattr("monitor.extract.tables.MOST", 2)
    made = read("url\n" + "".join(f"https://a.example/{n}\n" for n in range(5)))
    assert len(made.outlines) == 2
    assert made.faults == ("only the first 2 sources were read",)
