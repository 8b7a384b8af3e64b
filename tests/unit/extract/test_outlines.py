"""Lists of sources are read as far as they go, and what is wrong in them is told with its line."""

import pytest

from monitor.domain.feeds import ParseFailed
from monitor.domain.finding import Outline, OutlineJob, Outlines
from monitor.extract.outlines import parse_outlines


def read(body: str, head: str = "<title>Mine</title>") -> Outlines:
    """Return what an OPML body names."""
    text = f'<?xml version="1.0"?>\n<opml version="2.0"><head>{head}</head><body>\n{body}\n</body></opml>'
    made = parse_outlines(OutlineJob(body=text.encode()))
    assert isinstance(made, Outlines)
    return made


def test_outlines_keep_name_home_folder_and_language() -> None:
    """Folders within folders are one group; attributes are known in any case."""
    made = read(
        """<outline text="Asia"><outline title="Press" text="x">
        <outline text="The Courier" xmlUrl="https://courier.example/rss" HTMLURL="https://courier.example"
        language="ru"/></outline></outline>
        <outline title="Alone" xmlurl=" https://alone.example/feed "/>"""
    )
    assert made.title == "Mine"
    assert made.outlines == (
        Outline(
            url="https://courier.example/rss",
            title="The Courier",
            home="https://courier.example",
            group="Asia / Press",
            lang="ru",
            line=5,
        ),
        Outline(url="https://alone.example/feed", title="Alone", line=6),
    )
    assert made.faults == ()


def test_the_first_category_is_a_group() -> None:
    """Slashes part folders, commas part categories (OPML 2.0)."""
    (outline,) = read('<outline text="a" xmlUrl="https://a.example" category="/Asia/News,x"/>').outlines
    assert outline.group == "Asia / News"


def test_a_source_is_named_once() -> None:
    """The same address in two folders is one source, in the first."""
    line = '<outline text="{0}"><outline text="x" xmlUrl="https://a.example/rss"/></outline>'
    made = read(line.format("one") + line.format("two"))
    assert [one.group for one in made.outlines] == ["one"]


def test_a_slip_costs_its_own_line_only() -> None:
    """Unescaped quotation marks spoil one source; the line is told, the others are read."""
    made = read(
        '<outline text="one" xmlUrl="https://a.example/1"/>\n'
        '<outline text=""two" xmlUrl="https://a.example/2"/>\n'
        '<outline text="three" xmlUrl="https://a.example/3"/>'
    )
    assert [one.title for one in made.outlines] == ["one", "three"]
    (fault,) = made.faults
    assert fault.startswith("line 4: not well-formed: ")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("A &amp; B", "A & B"),
        ("A & B", "A & B"),
        ("A&B", "A&B"),
        ("caf&eacute;", "café"),
        ("&#1071;", "Я"),
        ("&what;", "&what;"),
    ],
)
def test_ampersands_and_entities_of_html_are_no_faults(written: str, meant: str) -> None:
    """What people mean by an ampersand is read, though XML has another opinion."""
    made = read(f'<outline text="{written}" xmlUrl="https://a.example/1"/>')
    assert (made.outlines[0].title, made.faults) == (meant, ())


def test_an_address_that_is_none_is_told() -> None:
    """A file or a word instead of a web address is named with its line."""
    made = read('<outline text="x" xmlUrl="file:///etc/passwd"/>\n<outline text="y" xmlUrl=""/>')
    assert made.outlines == ()
    assert made.faults == ("line 3: file:///etc/passwd is no web address",)


def test_documents_one_after_the_other_are_all_read() -> None:
    """Somebody put two lists into one file."""
    one = (
        '<?xml version="1.0"?><opml><body><outline text="{0}" xmlUrl="https://a.example/{0}"/></body></opml>'
    )
    made = parse_outlines(OutlineJob(body=(one.format(1) + "\n" + one.format(2)).encode()))
    assert isinstance(made, Outlines)
    assert [one.title for one in made.outlines] == ["1", "2"]


def test_blogrolls_in_rdf_are_read() -> None:
    """A FOAF group's members have their feed in a channel, their name beside it."""
    made = parse_outlines(
        OutlineJob(
            body=b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:foaf="http://xmlns.com/foaf/0.1/"
            xmlns:rss="http://purl.org/rss/1.0/"><foaf:Group><foaf:name>Friends</foaf:name><foaf:member><foaf:Agent>
            <foaf:name>Anna</foaf:name><foaf:weblog><foaf:Document rdf:about="https://anna.example/">
            <rss:channel rdf:about="https://anna.example/rss"/></foaf:Document></foaf:weblog></foaf:Agent>
            </foaf:member></foaf:Group></rdf:RDF>"""
        )
    )
    assert isinstance(made, Outlines)
    assert made.outlines == (
        Outline(
            url="https://anna.example/rss",
            title="Anna",
            home="https://anna.example/",
            group="Friends",
            line=4,
        ),
    )


def test_attributes_of_ours_say_what_opml_has_no_word_for() -> None:
    """Only those of our namespace count: another reader's `id` and `kind` mean something else."""
    line = (
        '<outline text="x" xmlUrl="https://a.example/{0}" {1}:id="orchard" {1}:kind="page" {1}:country="NO" '
        '{1}:read="feed" {1}:poll_every="90m" xmlns:{1}="{2}"/>'
    )
    ours, theirs = read(
        line.format(1, "n", "urn:newsmon:sources") + line.format(2, "m", "urn:other")
    ).outlines
    assert (ours.id, ours.kind, ours.country) == ("orchard", "page", "NO")
    assert ours.more == (("poll_every", "90m"), ("read", "feed"))
    assert (theirs.id, theirs.kind, theirs.country, theirs.more) == (None, None, None, ())


@pytest.mark.parametrize("body", [b"", b"<html><body>no</body></html>", b"\x00\xff", b'{"a": 1}'])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    """A page or a picture is no list of sources."""
    read_ = parse_outlines(OutlineJob(body=body))
    assert isinstance(read_, ParseFailed)
    assert read_.code == "not-a-list"


def test_entities_of_a_lists_own_are_not_expanded() -> None:
    """A billion laughs are laughed by nobody, and no file is read."""
    body = (
        '<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        '<opml><body><outline text="&b;&f;" xmlUrl="https://a.example/1"/></body></opml>'
    )
    made = parse_outlines(OutlineJob(body=body.encode()))
    assert isinstance(made, Outlines)
    assert all("ha" not in one.title and "root:" not in one.title for one in made.outlines)


def test_more_than_the_cap_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list without end costs its beginning only."""
    monkeypatch.setattr("monitor.extract.outlines.MOST", 2)
    made = read("".join(f'<outline text="{n}" xmlUrl="https://a.example/{n}"/>' for n in range(5)))
    assert len(made.outlines) == 2
    assert made.faults == ("only the first 2 sources were read",)
