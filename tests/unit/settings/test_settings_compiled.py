"""Compiled rules are kept, never stale, never trusted: with a file that is wrong they are made anew."""

import os
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from settings_desk import Desk

import monitor
from monitor.domain.errors import ConfigError
from monitor.domain.topics import Document
from monitor.rules import Matcher, compile_pack
from monitor.settings import check, compiled, load, loading, locate
from monitor.settings.compiled import NAME, matcher_of
from monitor.settings.loading import BLOCKS
from monitor.settings.making import Made, make

ROOT = Path(__file__).resolve().parents[3]
TOPIC = """\
- id: rail
  require: '(@kazakhstan OR банк~ OR =OTS OR wom?n OR re:"ga+s") AND NOT (#sport NEAR/3 x)'
  lists: [{id: sport, terms: {any: [goal*]}, unless: ['"goal post"']}]
  threshold: 0
"""
FILES = {
    "user/topics/a.yaml": TOPIC,
    "user/actors/a.yaml": (
        "- {id: kazakhstan, kind: state, name: K, names: {en: [Kazakhstan~]},\n   unless: ['\"K x\"']}"
    ),
    "user/themes/a.yaml": "- {id: mine, terms: {en: [ore]}}",
    "user/languages/a.yaml": "- {id: ru, name: R, script: Cyrl, endings: [а, ом]}",
}
DOCUMENTS = [
    Document(title="Kazakhstan", body="OTS, women and a GAAS pipe. Банком."),
    Document(title="Ots", body="Ore in Kazakhstan's goal post x. Банка"),
    Document(title="", body="nothing"),
]


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk with one file of each kind that rules are made of, and a data folder."""
    for path, text in FILES.items():
        desk.write(path, text)
    desk.folders.data.mkdir()
    return desk


@pytest.fixture
def compilings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The packs that were compiled since the test began."""
    packs: list[object] = []

    def counted(pack: object) -> Matcher:
        packs.append(pack)
        return compile_pack(pack)  # type: ignore[arg-type]

    monkeypatch.setattr(compiled, "compile_pack", counted)
    return packs


@pytest.fixture
def makings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The layers of blocks that something was made of since the test began."""
    seen: list[object] = []

    def counted(layers: Any, *more: Any) -> Made:
        seen.append(layers)
        return make(layers, *more)

    monkeypatch.setattr(loading, "make", counted)
    return seen


def made(desk: Desk) -> Matcher:
    """Return the matcher of the desk as it is now; it reads as one compiled afresh does."""
    settings = load(desk.folders, {})
    matcher, fresh = matcher_of(settings.pack, desk.folders.data), compile_pack(settings.pack)
    assert matcher.version == fresh.version
    assert matcher.topics == fresh.topics
    for document in DOCUMENTS:
        assert matcher.read(document) == fresh.read(document)
        assert matcher.explain(document) == fresh.explain(document)
    return matcher


def kept(desk: Desk) -> Path:
    """Return where the rules are kept."""
    return desk.folders.data / "cache" / NAME


def test_rules_are_compiled_once_for_any_number_of_starts(desk: Desk, compilings: list[object]) -> None:
    """A second start takes the rules from the file, and they mean the same to the last span."""
    for _ in range(3):
        made(desk)
    assert len(compilings) == 1
    assert kept(desk).stat().st_mode & 0o777 == 0o600
    assert {path.name for path in kept(desk).parent.iterdir()} == {NAME, BLOCKS}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("user/topics/a.yaml", "wom?n", "m?n"),
        ("user/topics/a.yaml", "threshold: 0", "threshold: 1"),
        ("user/topics/a.yaml", "goal*", "goal"),
        ("user/topics/a.yaml", "- id: rail", "\n- id: rail"),
        ("user/actors/a.yaml", "Kazakhstan~", "Kazakhstan"),
        ("user/actors/a.yaml", "K x", "K y"),
        ("user/themes/a.yaml", "ore", "tin"),
        ("user/languages/a.yaml", "ом", "ой"),
        ("user/newsmon.yaml", "", "use_pack: {topics: false}\n"),
    ],
)
def test_every_change_of_what_rules_rest_on_compiles_them_anew(
    desk: Desk, compilings: list[object], path: str, old: str, new: str
) -> None:
    """A topic, a list, an actor, a theme, a language, a place: whatever changes, old rules are not used."""
    desk.write("pack/topics/p.yaml", "- {id: shipped, require: gas}")
    made(desk)
    desk.write(path, FILES.get(path, "").replace(old, new, 1))
    made(desk)
    assert len(compilings) == 2
    made(desk)
    assert len(compilings) == 2


def test_another_program_compiles_anew(
    desk: Desk, compilings: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version, other sources of the rules or another Python make the file void."""
    made(desk)
    for owner, name, value in (
        (monitor, "__version__", "99.0"),
        (compiled, "_program", lambda: "other sources"),
        (compiled.sys, "version", "another Python"),
    ):
        before = len(compilings)
        monkeypatch.setattr(owner, name, value)
        made(desk)
        made(desk)
        assert len(compilings) == before + 1


def test_the_sources_of_the_program_are_part_of_the_key() -> None:
    """The digest of the program is that of the files that read and compile."""
    package = Path(monitor.__file__).parent
    parts = ("rules", "settings", "domain")
    files = [path for part in parts for path in sorted((package / part).glob("*.py"))]
    assert compiled._program() == sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "tail", "link", "writable", "pipe", "folder"])
def test_a_damaged_or_foreign_file_is_made_anew(desk: Desk, compilings: list[object], damage: str) -> None:
    """Nothing that is wrong with the file shows, but that the rules are compiled again."""
    made(desk)
    path = kept(desk)
    content = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "empty":
            path.write_bytes(b"")
        case "flipped":
            path.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
        case "tail":
            path.write_bytes(content + b"x")
        case "link":
            path.rename(path.with_name("elsewhere"))
            path.symlink_to(path.with_name("elsewhere"))
        case "writable":
            path.chmod(0o666)
        case "pipe":
            path.unlink()
            os.mkfifo(path, 0o600)
        case _:
            path.unlink()
            path.mkdir()
    made(desk)
    assert len(compilings) == 2
    assert {one.name for one in path.parent.iterdir()} <= {NAME, BLOCKS, "elsewhere"}


def test_without_a_folder_to_write_there_is_no_cache(desk: Desk, compilings: list[object]) -> None:
    """Where nothing can be kept, rules are compiled each time, and no folder appears."""
    desk.folders.data.rmdir()
    made(desk)
    made(desk)
    assert len(compilings) == 2
    assert not desk.folders.data.exists()


def test_faulty_rules_are_told_and_never_kept(desk: Desk) -> None:
    """A pack with faults raises them, and what was kept before stays for what it was made of."""
    good = made(desk)
    before = kept(desk).read_bytes()
    desk.write("user/topics/a.yaml", TOPIC.replace("AND NOT", "AND").replace("@kazakhstan OR", "@nobody OR"))
    with pytest.raises(ConfigError, match="@nobody"):
        matcher_of(load(desk.folders, {}).pack, desk.folders.data)
    assert kept(desk).read_bytes() == before
    desk.write("user/topics/a.yaml", TOPIC)
    assert made(desk).version == good.version


SOURCE = "- {id: a, name: A, url: 'https://a.example/rss', poll_every: 2h}\n"


def test_blocks_are_read_once_for_any_number_of_starts(desk: Desk, makings: list[object]) -> None:
    """A second start takes what the blocks made from the file, and it is the same to the last place."""
    desk.write("user/sources/a.yaml", SOURCE)
    first = load(desk.folders, {})
    again = load(desk.folders, {})
    assert (again.feeds, again.pack) == (first.feeds, first.pack)
    assert again.feeds[0].poll_every == timedelta(hours=2)
    assert again.pack.topics[0].require.place == first.pack.topics[0].require.place
    assert len(makings) == 1


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("user/sources/a.yaml", SOURCE.replace("2h", "3h"), ""),
        ("user/sources/b.yaml", SOURCE.replace("id: a", "id: b").replace("a.example", "b.example"), ""),
        ("user/sources/a.yaml", "# a remark\n" + SOURCE, ""),
        ("user/newsmon.yaml", "polling: {min_every: 3h}", "poll_every"),
        ("user/newsmon.yaml", "http: {ports: [443, 8443]}", ""),
        ("user/newsmon.yaml", "use_pack: {topics: false}", ""),
        ("user/sources/a.yaml", SOURCE.replace("poll_every", "pol_every"), "pol_every"),
    ],
)
def test_every_change_of_what_blocks_rest_on_reads_them_anew(
    desk: Desk, makings: list[object], path: str, text: str, fault: str
) -> None:
    """A file, a remark in it, what the main file holds blocks against: old blocks are not used."""
    desk.write("user/sources/a.yaml", SOURCE)
    load(desk.folders, {})
    desk.write(path, text)
    if fault:
        for _ in range(2):
            with pytest.raises(ConfigError, match=fault):
                load(desk.folders, {})
        assert len(makings) == 3  # what has faults is never kept
    else:
        load(desk.folders, {})
        load(desk.folders, {})
        assert len(makings) == 2


def test_a_password_is_no_part_of_what_is_kept(desk: Desk, makings: list[object]) -> None:
    """Secrets of the environment change nothing of the blocks, and are not in the files."""
    load(desk.folders, {})
    load(desk.folders, {"NEWSMON_HTTP_PROXY": "http://me:canary@proxy.example:3128"})
    assert len(makings) == 1
    assert all(b"canary" not in path.read_bytes() for path in kept(desk).parent.iterdir())


def test_what_was_found_sound_is_believed_until_it_changes(
    desk: Desk, makings: list[object], compilings: list[object]
) -> None:
    """A start believes an earlier check of the same letters; asked for a fresh look, it believes nothing."""
    example = "  examples:\n    - {flag: true, text: 'No word of it.'}\n"
    desk.write("user/topics/a.yaml", TOPIC)
    first = check(desk.folders, {}, afresh=False)
    assert (first.faults, len(makings)) == ((), 1)
    again = check(desk.folders, {}, afresh=False)
    assert (again.faults, again.warnings, again.files) == ((), first.warnings, first.files)
    assert again.matcher is not None
    assert first.matcher is not None
    assert again.matcher.version == first.matcher.version
    assert (len(makings), len(compilings)) == (1, 0)
    assert check(desk.folders, {}).faults == ()
    assert len(makings) == 2
    desk.write("user/topics/a.yaml", TOPIC + example)
    for _ in range(2):
        (fault,) = check(desk.folders, {}, afresh=False).faults
        assert "must be flagged and is not" in fault.problem


def test_the_shipped_pack_can_be_kept(tmp_path: Path) -> None:
    """Everything that the shipped pack is made of comes back from the files."""
    folders = locate(ROOT / "config", tmp_path)
    settings = load(folders, {})
    assert load(folders, {}).pack == settings.pack
    matcher = matcher_of(settings.pack, tmp_path)
    assert compiled.recalled(BLOCKS, "another content", tmp_path, tuple) is None
    recalled = compiled.recalled(NAME, settings.pack, tmp_path, Matcher)
    assert recalled is not None
    assert recalled.version == matcher.version
