"""Does an earlier block get into its file, with everything else left as it was, or not at all?"""

import stat
from pathlib import Path

import pytest

from monitor.domain.errors import ConfigError, NewsmonError
from monitor.settings import Folders, load, snapshot, topic_block, write_topic

OTHER = "- id: b\n  require: oil\n"
NEW = "- id: a\n  require: gas NOT tea\n"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """An empty pack, and a user's folder."""
    pack, user = tmp_path / "pack", tmp_path / "user"
    pack.mkdir()
    (user / "topics").mkdir(parents=True)
    (pack / "default.yaml").write_text("# nothing\n", encoding="utf-8")
    return Folders(pack=pack, user=user, data=tmp_path / "data")


def written(folders: Folders, text: str) -> Path:
    """Write the user's file of topics."""
    path = folders.user / "topics" / "all.yaml"
    path.write_bytes(text.encode())
    return path


def block_of(folders: Folders) -> str:
    """Return the block of the topic `a` as the files have it now."""
    return topic_block(snapshot(folders)[1], folders, "a", {})


@pytest.mark.parametrize(
    "text",
    [
        f"- id: a\n  require: gas\n{OTHER}",
        f"---\n# Mine.\n- id: a\n  require: |\n    gas\n\n    OR tea\n\n# The other.\n{OTHER}",
        f"-\n  # Below its dash.\n  id: a\n  require: gas\n{OTHER}",
        "  - id: b\n    require: oil\n  - id: a\n    # Of a.\n    require: gas\n",
        f'- id: a\n  require: gas\n- id: c\n  require: tea\n  description: "x\u2028  y"\n{OTHER}',
        f"- id: a\n  require: gas\n{OTHER}".replace("\n", "\r\n"),
    ],
)
def test_a_block_that_comes_back_leaves_the_file_as_it_was(folders: Folders, text: str) -> None:
    """Comments, blank lines, line ends and what others wrote stay, letter by letter."""
    path = written(folders, text)
    block = block_of(folders)
    assert block.startswith("-")
    assert write_topic(load(folders, {}), "a", block, {}) == path
    assert path.read_bytes().decode() == text
    write_topic(load(folders, {}), "a", NEW, {})
    assert block_of(folders).rstrip() == NEW.rstrip()
    assert [topic.id for topic in load(folders, {}).pack.topics if topic.id == "b"] == ["b"]


def test_a_comment_further_to_the_left_is_no_hindrance(folders: Folders) -> None:
    """It comes back with its block, as far to the right as that."""
    path = written(folders, "  - id: b\n    require: oil\n  - id: a\n# Left.\n    require: gas\n")
    write_topic(load(folders, {}), "a", block_of(folders), {})
    assert path.read_text(encoding="utf-8").endswith("  - id: a\n  # Left.\n    require: gas\n")


@pytest.mark.parametrize(
    "text", ["[{id: a, require: gas}]\n", "---\n[\n  {id: b, require: oil},\n  {id: a, require: gas}]\n"]
)
def test_a_topic_within_brackets_is_told(folders: Folders, text: str) -> None:
    """There is no block of lines to take out, or to put another in its place."""
    path = written(folders, text)
    with pytest.raises(NewsmonError, match="within brackets"):
        block_of(folders)
    with pytest.raises(NewsmonError, match="within brackets"):
        write_topic(load(folders, {}), "a", NEW, {})
    assert path.read_text(encoding="utf-8") == text


def test_a_block_with_faults_is_never_written(folders: Folders) -> None:
    """The check comes first: at no instant does the folder hold what has faults."""
    path = written(folders, OTHER)
    before = path.stat()
    with pytest.raises(ConfigError, match="unknown"):
        write_topic(load(folders, {}), "a", "- id: a\n  require: '@nobody'\n", {})
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert [one.name for one in path.parent.iterdir()] == ["all.yaml"]


def test_a_link_stays_a_link_and_a_file_keeps_its_permissions(folders: Folders, tmp_path: Path) -> None:
    """A configuration that is kept elsewhere is written there."""
    path = written(folders, f"{NEW}{OTHER}")
    kept = path.rename(tmp_path / "kept.yaml")
    kept.chmod(0o600)
    path.symlink_to(kept)
    write_topic(load(folders, {}), "a", "- id: a\n  require: gas\n", {})
    assert path.is_symlink()
    assert kept.read_text(encoding="utf-8") == f"- id: a\n  require: gas\n{OTHER}"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_topic_that_no_file_of_the_users_holds_gets_its_own(folders: Folders) -> None:
    """Beside what stands in the file of that name."""
    write_topic(load(folders, {}), "a", NEW, {})
    path = folders.user / "topics" / "a.yaml"
    assert path.read_text(encoding="utf-8") == NEW
    path.write_text("# Kept.\n", encoding="utf-8")
    write_topic(load(folders, {}), "a", NEW, {})
    assert path.read_text(encoding="utf-8") == f"# Kept.\n\n{NEW}"
