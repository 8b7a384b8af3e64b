"""Sources come into the operator's file and go again, and whatever else stands there stays."""

from pathlib import Path

import pytest
from settings_desk import Desk

from monitor.domain.errors import ConfigError, NewsmonError
from monitor.settings import Folders
from monitor.settings.adding import (
    OWN_FILE,
    NewSource,
    add_sources,
    remove_source,
    sift_sources,
    switch_on,
)

SOURCE = NewSource(
    id="courier",
    url="https://courier.example/rss?x=1",
    name="The Courier: all # news",
    home="https://courier.example/",
    kind="page",
    country="NO",
    lang="no",
    outlet_kind="state",
    group="Press / Asia",
    allow_private=True,
)


def test_a_source_is_read_back_as_it_was_written(desk: Desk) -> None:
    """Colons, hashes and words that YAML takes for something else survive."""
    path = add_sources(
        desk.folders, {}, [SOURCE, NewSource(id="plain", url="https://p.example/", name="2026")]
    )
    assert path == desk.folders.user / OWN_FILE
    first, second = desk.load().feeds
    assert (first.id, first.url, first.outlet, first.domain) == (
        "courier",
        "https://courier.example/rss?x=1",
        "The Courier: all # news",
        "courier.example",
    )
    assert (first.kind, first.country, first.lang, first.group) == ("page", "NO", "no", "Press / Asia")
    assert first.allow_private
    assert first.adapts
    assert (second.outlet, second.kind, second.country) == ("2026", "feed", None)


def test_what_stands_in_the_file_stays(desk: Desk) -> None:
    """Comments and blocks of people are not touched, by adding nor by removing."""
    text = "# mine\n- id: own\n  url: https://own.example/rss  # by hand\n  name: Own\n"
    path = desk.write(f"user/{OWN_FILE}", text)
    add_sources(desk.folders, {}, [SOURCE])
    assert path.read_text("utf-8").startswith(text)
    removed = remove_source(desk.folders, {}, "courier")
    assert path.read_text("utf-8") == text
    assert removed.path == path
    assert 'name: "The Courier: all # news"' in removed.undo


def test_faults_take_everything_back(desk: Desk) -> None:
    """A block that the check refuses leaves the file as it was, or not there at all."""
    with pytest.raises(ConfigError):
        add_sources(desk.folders, {}, [NewSource(id="Not An Id", url="https://a.example", name="A")])
    assert not (desk.folders.user / OWN_FILE).exists()
    add_sources(desk.folders, {}, [SOURCE])
    before = (desk.folders.user / OWN_FILE).read_text("utf-8")
    with pytest.raises(ConfigError, match="is given twice"):
        add_sources(desk.folders, {}, [SOURCE])
    assert (desk.folders.user / OWN_FILE).read_text("utf-8") == before


def test_a_shipped_source_is_switched_off(desk: Desk) -> None:
    """The pack is read-only: a line of the operator's own switches it off, and says how to undo that."""
    desk.write("pack/sources/a.yaml", "- {id: shipped, url: 'https://s.example/rss', name: S}\n")
    removed = remove_source(desk.folders, {}, "shipped")
    settings = desk.load()
    assert (settings.feeds, [feed.id for feed in settings.off]) == ((), ["shipped"])
    assert removed.undo.endswith("- {id: shipped, enabled: false}")


@pytest.mark.parametrize("own", ["- {extends: shipped, name: Mine}\n", "- {id: shipped, enabled: false}\n"])
def test_a_shipped_source_does_not_come_back(desk: Desk, own: str) -> None:
    """Who changed a shipped source, or has removed it before, removes it for good."""
    desk.write("pack/sources/a.yaml", "- {id: shipped, url: 'https://s.example/rss', name: S}\n")
    path = desk.write("user/sources/mine.yaml", own)
    removed = remove_source(desk.folders, {}, "shipped")
    assert desk.load().feeds == ()
    assert path.read_text("utf-8") == "- {id: shipped, enabled: false}\n"
    assert removed.undo.endswith(own.rstrip())


def test_what_is_not_there_cannot_be_removed(desk: Desk) -> None:
    """The name is told."""
    with pytest.raises(NewsmonError, match="no source nobody in the files"):
        remove_source(desk.folders, {}, "nobody")


def test_the_shipped_pack_is_never_written(tmp_path: Path) -> None:
    """Who works on the pack itself edits it by hand."""
    pack = tmp_path / "pack"
    pack.mkdir()
    folders = Folders(pack=pack, user=pack, data=tmp_path)
    with pytest.raises(NewsmonError, match="read-only"):
        add_sources(folders, {}, [SOURCE])
    with pytest.raises(NewsmonError, match="read-only"):
        remove_source(folders, {}, "x")


SHIPPED = "- id: shipped\n  url: 'https://s.example/rss'\n  name: S\n"


def test_what_is_off_is_not_switched_on_by_removing_it_again(desk: Desk) -> None:
    """A line that switches a shipped source off is no source to remove; the pack's own off counts as well."""
    desk.write("pack/sources/a.yaml", f"{SHIPPED}- {{id: b, url: 'https://b.example', name: B, enabled: no}}")
    remove_source(desk.folders, {}, "shipped")
    remove_source(desk.folders, {}, "shipped")
    with pytest.raises(NewsmonError, match="b is off already, in the pack"):
        remove_source(desk.folders, {}, "b")
    assert desk.load().feeds == ()


def test_a_block_over_a_shipped_one_gives_way_to_a_line(desk: Desk) -> None:
    """Without the operator's block the pack's would be asked instead: it is switched off in its place."""
    desk.write("pack/sources/a.yaml", SHIPPED)
    path = desk.write("user/sources/own.yaml", "# mine\n- extends: shipped\n  lang: ru\n\n# more\n")
    removed = remove_source(desk.folders, {}, "shipped")
    assert path.read_text("utf-8") == "# mine\n- {id: shipped, enabled: false}\n\n# more\n"
    assert "in place of the line about shipped:\n- extends: shipped\n  lang: ru" in removed.undo
    assert desk.load().feeds == ()


@pytest.mark.parametrize(
    ("shipped", "own", "after"),
    [
        (SHIPPED + "  enabled: false\n", "", "- {id: shipped, enabled: true}"),
        (SHIPPED, "- {id: shipped, enabled: false}\n", "- {id: shipped, enabled: true}"),
        ("", SHIPPED + "  enabled: off  # why\n  lang: ru\n", "  enabled: true  # why\n  lang: ru"),
    ],
)
def test_a_source_that_is_off_is_switched_on(desk: Desk, shipped: str, own: str, after: str) -> None:
    """By a line where the pack has it off, by its own word where the operator's block says so."""
    desk.write("pack/sources/a.yaml", shipped)
    desk.write(f"user/{OWN_FILE}", own)
    assert after in switch_on(desk.folders, {}, "shipped").read_text("utf-8")
    assert [feed.id for feed in desk.load().feeds] == ["shipped"]


def test_what_cannot_be_switched_on_is_told(desk: Desk) -> None:
    """Nothing is there, or the block that is off says nothing of it: its place is told."""
    with pytest.raises(NewsmonError, match="no source nobody"):
        switch_on(desk.folders, {}, "nobody")
    desk.write("pack/sources/a.yaml", SHIPPED + "  enabled: false\n")
    desk.write("user/sources/own.yaml", "\n- extends: shipped\n  lang: ru\n")
    with pytest.raises(NewsmonError, match=r"own.yaml:2: write enabled: true"):
        switch_on(desk.folders, {}, "shipped")


def test_the_check_sorts_out_single_sources(desk: Desk) -> None:
    """One that is refused costs itself only; each is told with its first fault."""
    one, two, three, four = (
        NewSource(id=f"s{number}", url=url, name="S")
        for number, url in enumerate(
            ("https://a.example", "https://b.example:8443/", "http://10.0.0.1/", "https://a.example")
        )
    )
    desk.write(f"user/{OWN_FILE}", "# mine\n- id: own\n  url: https://own.example/rss\n  name: Own\n")
    good, refused = sift_sources(desk.folders, {}, [one, two, three, four])
    assert good == [one]
    assert [(source.id, fault.problem) for source, fault in refused] == [
        ("s1", "port 8443 is not allowed"),
        ("s2", "10.0.0.1 is not a public address (private network)"),
        ("s3", "is the address of s0 too"),
    ]
    desk.write("user/sources/bad.yaml", "- {id: bad}\n")
    with pytest.raises(ConfigError, match="url: missing"):
        sift_sources(desk.folders, {}, [one])
