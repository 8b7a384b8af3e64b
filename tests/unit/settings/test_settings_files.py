"""Folders, files that cannot be read, snapshots, the clock, and how long all this takes."""

import json
import os
import shutil
import time
from datetime import UTC
from pathlib import Path

import platformdirs
import pytest
from ruamel.yaml import YAML
from settings_desk import Desk

from monitor.clock import SystemClock
from monitor.domain.errors import ConfigError
from monitor.settings import Folders, files, load, load_snapshot, locate, snapshot

ROOT = Path(__file__).resolve().parents[3]


def test_a_checkout_uses_its_own_folders() -> None:
    """In a checkout config/ is pack and configuration, and data goes to var/."""
    assert locate(None, None) == Folders(pack=ROOT / "config", user=ROOT / "config", data=ROOT / "var")


def test_folders_can_be_chosen() -> None:
    """--config and --data replace the user's folders, never the pack."""
    folders = locate(Path("/desk"), Path("/data"))
    assert folders == Folders(pack=ROOT / "config", user=Path("/desk"), data=Path("/data"))


def test_an_installation_uses_the_platforms_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed from a wheel, the pack lies in the package, the rest where the platform says."""
    (tmp_path / "monitor/data/config").mkdir(parents=True)
    monkeypatch.setattr(files, "__file__", str(tmp_path / "monitor/settings/files.py"))
    assert locate(None, None) == Folders(
        pack=tmp_path / "monitor/data/config",
        user=platformdirs.user_config_path("newsmon", appauthor=False),
        data=platformdirs.user_data_path("newsmon", appauthor=False),
    )


def test_one_folder_may_be_pack_and_configuration(desk: Desk) -> None:
    """Where the user's folder is the pack's, its files count once, and newsmon.yaml counts too."""
    desk.write("pack/topics/a.yaml", "- {id: a, require: a}")
    folders = Folders(pack=desk.folders.pack, user=desk.root / "user/../pack", data=desk.folders.data)
    assert [topic.id for topic in load(folders, {}).pack.topics] == ["a"]
    desk.write("pack/newsmon.yaml", "log: {level: debug}")
    assert load(folders, {}).log.level == "debug"


def test_the_platforms_folder_need_not_exist(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is configured the pack alone is in force; what is configured there counts."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(desk.root / "home"))
    user = platformdirs.user_config_path("newsmon", appauthor=False)
    folders = Folders(pack=desk.folders.pack, user=user, data=desk.folders.data)
    assert load(folders, {}).log.level == "info"
    user.mkdir(parents=True)
    (user / "newsmon.yaml").write_text("log: {level: debug}")
    assert load(folders, {}).log.level == "debug"


def test_a_chosen_folder_must_exist(desk: Desk) -> None:
    """A mistyped --config is a fault, not an empty configuration."""
    desk.folders.user.rmdir()
    assert desk.faults() == ["user: cannot be read: No such file or directory (newsmon init makes one)"]


def test_files_in_place_of_folders_are_told(desk: Desk) -> None:
    """A configuration folder, or one of its parts, that is a file is a fault."""
    desk.write("user/topics", "x")
    assert desk.faults() == ["user/topics: cannot be read: Not a directory"]
    shutil.rmtree(desk.folders.user)
    desk.write("user", "x")
    assert desk.faults() == ["user: cannot be read: Not a directory"]


def test_a_missing_pack_is_told(desk: Desk) -> None:
    """Without the shipped defaults the installation is broken, and that is said."""
    (desk.folders.pack / "default.yaml").unlink()
    assert desk.faults() == ["pack: no default.yaml here (install Newsmon again)"]


def test_files_that_would_never_be_read_are_told(desk: Desk) -> None:
    """A YAML file in the wrong place is a fault: its author thinks that it counts."""
    desk.write("user/default.yaml", "")
    desk.write("user/newsmon.yml", "")
    desk.write("user/topic/a.yaml", "")
    desk.write("user/notes/a.txt", "")
    desk.write("user/.hidden.yaml", "")
    desk.write("user/topics/.#a.yaml", "- [")
    desk.write("user/topics/deep/er/a.yml", "- {id: a, require: a}")
    desk.write("user/README.txt", "")
    assert desk.faults() == [
        "user/default.yaml: the shipped defaults cannot be replaced (write your own values in newsmon.yaml)",
        (
            "user/newsmon.yml: is never read "
            "(name it newsmon.yaml or move it to sources, actors, themes, languages, topics)"
        ),
        "user/topic: files in this folder are never read (use sources, actors, themes, languages, topics)",
    ]


def test_content_that_is_no_text_is_told(desk: Desk) -> None:
    """A file that is not UTF-8 is named with the place of the first wrong byte."""
    fault = desk.fault("user/topics/a.yaml", "- id: ok\n  name: Ж".encode("cp1251"))
    assert fault == "2:9: not UTF-8 (save the file with the encoding UTF-8)"


def test_a_byte_order_mark_is_no_mistake(desk: Desk) -> None:
    """Editors that write a byte order mark, and Windows line ends, are understood."""
    desk.write("user/newsmon.yaml", b"\xef\xbb\xbflog:\r\n  level: debug\r\n")
    assert desk.load().log.level == "debug"


def test_a_huge_file_is_refused(desk: Desk) -> None:
    """Nothing above 5 MB is read."""
    fault = desk.fault("user/topics/a.yaml", b"#" * 5_000_001)
    assert fault == " larger than 5 MB (split the file)"


def test_what_is_no_file_is_told(desk: Desk) -> None:
    """A broken link and a pipe are faults, not endless waits; a folder named like a file is a folder."""
    folder = desk.folders.user / "topics"
    (folder / "folder.yaml").mkdir(parents=True)
    (folder / "link.yaml").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.yaml")
    assert desk.faults() == ["user/topics/link.yaml: not a file", "user/topics/pipe.yaml: not a file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(desk: Desk) -> None:
    """A file that may not be read is a fault."""
    desk.write("user/newsmon.yaml", "").chmod(0)
    assert desk.faults() == ["user/newsmon.yaml: cannot be read: Permission denied"]


def test_a_file_that_fails_to_open_is_told(desk: Desk) -> None:
    """Whatever the system says when a file cannot be read is passed on (for root, too)."""
    memory = Path("/proc/self/mem")
    if not memory.exists():
        pytest.skip("no /proc here")
    (desk.folders.user / "newsmon.yaml").symlink_to(memory)
    assert desk.faults() == ["user/newsmon.yaml: cannot be read: Input/output error"]


def test_files_elsewhere_are_shown_whole(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Paths outside the working folder are absolute in faults."""
    other = tmp_path_factory.mktemp("other")
    (other / "newsmon.yaml").write_text("- x")
    folders = Folders(pack=desk.folders.pack, user=other, data=desk.folders.data)
    with pytest.raises(ConfigError) as caught:
        load(folders, {})
    assert str(caught.value) == f"{other}/newsmon.yaml:1:1: must be a mapping of sections, not a list"


def test_a_snapshot_brings_the_settings_back(desk: Desk) -> None:
    """What was configured can be loaded from the snapshot when the files have changed since."""
    desk.write("pack/topics/a.yaml", "- {id: a, require: а}")
    desk.write("user/newsmon.yaml", "log: {level: debug}")
    before = desk.load()
    digest, text = snapshot(desk.folders)
    assert snapshot(desk.folders) == (digest, text)
    assert json.loads(text) == {
        "pack": {"default.yaml": "# nothing\n", "topics/a.yaml": "- {id: a, require: а}"},
        "user": {"newsmon.yaml": "log: {level: debug}"},
    }
    desk.write("user/newsmon.yaml", "- [")
    shutil.rmtree(desk.folders.pack / "topics")
    assert load_snapshot(text, desk.folders, {}) == before
    with pytest.raises(ConfigError) as caught:
        load_snapshot(text, desk.folders, {"NEWSMON_LOG_LEVEL": "x"})
    assert str(caught.value) == (
        "NEWSMON_LOG_LEVEL: log.level: must be one of debug, info, warning, error, not 'x'"
    )


def test_a_snapshot_changes_with_the_files(desk: Desk) -> None:
    """The digest tells whether anything changed."""
    first, _ = snapshot(desk.folders)
    desk.write("user/newsmon.yaml", "")
    second, _ = snapshot(desk.folders)
    assert (len(first), first != second) == (64, True)


def test_no_snapshot_of_what_cannot_be_read(desk: Desk) -> None:
    """An unreadable file makes no snapshot."""
    desk.write("user/newsmon.yaml", b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        snapshot(desk.folders)


def test_hundreds_of_actors_load_in_about_the_time_of_a_bare_parse(desk: Desk) -> None:
    """Four hundred rich blocks become settings in no more CPU than ruamel takes to compose them."""
    block = """\
- id: actor-{0}
  kind: state
  iso: KZ
  name: Kazakhstan {0}
  names:
    en: [Kazakhstan, "Republic of Kazakhstan"]
    ru: [Казахстан~, "Республик~ Казахстан"]
    kk: [Қазақстан~]
    zh: [哈萨克斯坦]
  demonyms: {{en: [Kazakh, Kazakhs, Kazakhstani~], ru: ["казахстанск~"]}}
  metonyms: {{en: [Astana, Akorda]}}
  people:
    - {{names: {{en: [Tokayev, Tokaev], ru: [Токаев~]}}, office: president, from: 2019-03-20}}
  unless: ['"Astana Pro Team"', '"FC Astana"']
  sources: [CLDR, ISO 3166]
"""
    text = "".join(block.format(number) for number in range(400))
    desk.write("pack/actors/a.yaml", text)
    start = time.process_time()
    settings = desk.load()
    ours = time.process_time() - start
    assert len(settings.pack.actors) == 400
    start = time.process_time()
    YAML(typ="safe", pure=True).compose(text)
    assert ours < 1.5 * (time.process_time() - start)  # room for coverage's tracing, which sees only ours


def test_the_clock_is_aware_and_in_utc() -> None:
    """The machine's clock gives aware UTC instants that do not go back."""
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert first <= second
