"""Does an example get into a topic's file, with everything else left as it was, or not at all?"""

from pathlib import Path

import pytest

from monitor.domain.errors import NewsmonError
from monitor.domain.topics import Example
from monitor.settings import Folders, add_example, check

YES = Example(text='A gas union: "signed"\nat last', title="Gas", flag=True, lang="en")
LINE = '{flag: true, lang: en, title: "Gas", text: "A gas union: \\"signed\\" at last"}'
NO = Example(text="Tea.", flag=False)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A small pack with one topic, and a user's folder."""
    pack, user = tmp_path / "pack", tmp_path / "user"
    (pack / "topics").mkdir(parents=True)
    (pack / "default.yaml").write_text("{}\n", "utf-8")
    (pack / "topics" / "shipped.yaml").write_text(
        "- id: gas\n  require: gas\n  examples:\n    - {flag: true, text: gas}\n", "utf-8"
    )
    (user / "topics").mkdir(parents=True)
    return Folders(pack=pack, user=user, data=tmp_path / "data")


def wrote(folders: Folders, before: str, example: Example = YES, topic: str = "gas") -> str:
    """Return the user's file after an example was added."""
    file = folders.user / "topics" / "own.yaml"
    file.write_bytes(before.encode())
    file.chmod(0o640)
    assert add_example(folders, {}, topic, example) == file
    assert file.stat().st_mode & 0o777 == 0o640
    assert check(folders, {}).faults == ()
    assert [path.name for path in file.parent.iterdir()] == ["own.yaml"]
    return file.read_bytes().decode()


def test_a_shipped_topic_is_extended(folders: Folders) -> None:
    """A block that extends the shipped topic is made in a file of its own; later examples join it."""
    (folders.user / "topics").rmdir()
    path = add_example(folders, {}, "gas", YES)
    assert path == folders.user / "topics" / "labelled-examples.yaml"
    head, block = path.read_text("utf-8").split("\n\n")
    assert head.startswith("# ")
    assert block == f"- extends: gas\n  examples:\n    - {LINE}\n"
    add_example(folders, {}, "gas", NO)
    assert path.read_text("utf-8").split("\n\n")[1] == (
        f'- extends: gas\n  examples:\n    - {{flag: false, text: "Tea."}}\n    - {LINE}\n'
    )
    found = check(folders, {}).settings
    assert found is not None
    assert [len(topic.examples) for topic in found.pack.topics] == [2]


def test_the_same_example_is_added_once(folders: Folders) -> None:
    """What stands there already, word for word, is left as it is."""
    path = add_example(folders, {}, "gas", YES)
    before = path.read_text("utf-8")
    assert add_example(folders, {}, "gas", YES) == path
    assert path.read_text("utf-8") == before


def test_a_second_topic_joins_the_same_file(folders: Folders) -> None:
    """The file of labelled examples holds a block a topic."""
    shipped = folders.pack / "topics" / "shipped.yaml"
    shipped.write_text(shipped.read_text("utf-8") + "- {id: tea, require: tea}\n", "utf-8")
    add_example(folders, {}, "gas", YES)
    path = add_example(folders, {}, "tea", Example(text="Tea.", flag=True))
    assert path.read_text("utf-8").endswith(
        f'- {LINE}\n\n- extends: tea\n  examples:\n    - {{flag: true, text: "Tea."}}\n'
    )


PLACES = [
    (
        (
            "# mine\n- id: gas   # the gas\n  require: gas\n  # surprises\n  examples:  # met so far\n"
            "    # the first\n    - {flag: true, text: gas}\n- id: tea\n  require: tea\n"
        ),
        (
            "# mine\n- id: gas   # the gas\n  require: gas\n  # surprises\n  examples:  # met so far\n"
            f"    - {LINE}\n    # the first\n    - {{flag: true, text: gas}}\n- id: tea\n  require: tea\n"
        ),
    ),
    (
        "- extends: gas\n  examples:\n  - flag: true\n    text: gas\n",
        f"- extends: gas\n  examples:\n  - {LINE}\n  - flag: true\n    text: gas\n",
    ),
    (
        "- id: gas\n  # what it asks\n  require: gas",
        f"- id: gas\n  examples:\n    - {LINE}\n  # what it asks\n  require: gas",
    ),
    ("-   require: gas\n    id: gas", f"-   require: gas\n    id: gas\n    examples:\n      - {LINE}\n"),
    (
        "- id: gas\r\n  require: gas\r\n  examples:\r\n",
        f"- id: gas\r\n  require: gas\r\n  examples:\r\n    - {LINE}\r\n",
    ),
    (
        "- id: gas\n  require: |\n    gas\n    OR tea\n  threshold: 50\n",
        f"- id: gas\n  examples:\n    - {LINE}\n  require: |\n    gas\n    OR tea\n  threshold: 50\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), PLACES, ids=range(len(PLACES)))
def test_nothing_but_the_example_is_changed(folders: Folders, before: str, after: str) -> None:
    """Comments, order, indentation and line ends stay; the example is the topic's first."""
    assert wrote(folders, before) == after


@pytest.mark.parametrize(
    "before",
    [
        "- {id: gas, require: gas}\n",
        "- id: gas\n  require: gas\n  examples: [{flag: true, text: gas}]\n",
    ],
)
def test_a_block_within_brackets_is_left_alone(folders: Folders, before: str) -> None:
    """Where no line can be added, the line to add is told."""
    file = folders.user / "topics" / "own.yaml"
    file.write_text(before, "utf-8")
    with pytest.raises(NewsmonError, match="within brackets") as refused:
        add_example(folders, {}, "gas", YES)
    assert f"- {LINE}" in str(refused.value)
    assert file.read_text("utf-8") == before


@pytest.mark.parametrize("before", [None, "- id: gas\n  require: gas\n"])
def test_an_example_that_the_rules_do_not_keep_is_taken_back(folders: Folders, before: str | None) -> None:
    """When the check would fail, everything is as it was, and the fault is told."""
    topics = folders.user / "topics"
    if before is None:
        topics.rmdir()
    else:
        (topics / "own.yaml").write_text(before, "utf-8")
    with pytest.raises(NewsmonError, match="change the topic first"):
        add_example(folders, {}, "gas", Example(text="Tea.", flag=True))
    if before is None:
        assert not topics.exists()
    else:
        assert [path.name for path in topics.iterdir()] == ["own.yaml"]
        assert (topics / "own.yaml").read_text("utf-8") == before
    assert check(folders, {}).faults == ()


def test_a_folder_that_was_there_stays(folders: Folders) -> None:
    """Only what was made is removed when an example is taken back."""
    with pytest.raises(NewsmonError):
        add_example(folders, {}, "gas", Example(text="Tea.", flag=True))
    assert list((folders.user / "topics").iterdir()) == []


def test_the_shipped_pack_is_read_only(folders: Folders) -> None:
    """Where the configuration is the pack itself, or there is none, nothing is written."""
    for user in (folders.pack, folders.user / "nowhere"):
        with pytest.raises(NewsmonError, match="newsmon init"):
            add_example(Folders(pack=folders.pack, user=user, data=folders.data), {}, "gas", YES)


def test_a_folder_that_cannot_be_written_is_told(folders: Folders) -> None:
    """What stands in the way is an error for people, not a crash."""
    (folders.user / "topics" / ".labelled-examples.yaml.new").mkdir(parents=True)
    with pytest.raises(NewsmonError, match="cannot be written"):
        add_example(folders, {}, "gas", YES)
