"""How does an example get into a topic's file? Beside what stands there, every comment kept, or not at all.

Nothing is written anew but the lines that are added: the reader of the configuration knows where
every key stands, and a text that was read and dumped again would lose its author's hand.
"""

import json
from collections.abc import Mapping as AnyMapping
from pathlib import Path

from monitor.domain.errors import Fault, NewsmonError
from monitor.domain.topics import Example
from monitor.policy.mail import clean_line
from monitor.settings.checking import check
from monitor.settings.files import USER, Folders, SourceFile, read_files, shown
from monitor.settings.layers import identity
from monitor.settings.replacing import replace_file
from monitor.settings.tree import Items, Mapping, read_yaml

OWN_FILE = "topics/labelled-examples.yaml"
_HEAD = "# Examples that `newsmon label --add-example` wrote; `newsmon check` runs them.\n"


def add_example(folders: Folders, environ: AnyMapping[str, str], topic_id: str, example: Example) -> Path:
    """Add an example to a topic in the user's own folder; return the file that holds it now.

    One that stands there word for word is not added again. Where the folder says nothing of the topic
    yet, a block that extends the shipped one is added to OWN_FILE; its examples then stand in the
    place of the shipped ones.

    Raises:
        NewsmonError: the folder is the shipped pack, cannot be written, or the check of the whole
            configuration finds a fault with the example in it. Nothing is changed then.
    """
    if not folders.user.is_dir() or folders.user.resolve() == folders.pack.resolve():
        raise NewsmonError(
            f"{shown(folders.user)} is no folder of your own, and the shipped pack is read-only "
            "(`newsmon init DIR` makes one; use it with --config DIR)"
        )
    files, _ = read_files(folders)
    files = [file for file in files if file.layer == USER and file.kind == "topics"]
    for file in files:
        block = _block(file, topic_id)
        if block is not None and _line(example) in file.text:
            return folders.user / file.path
        if block is not None:
            path, text = file.path, _with_example(file, block, topic_id, example)
            break
    else:
        path = OWN_FILE
        before = next((file.text for file in files if file.path == OWN_FILE), _HEAD)
        text = f"{before.rstrip()}\n\n- extends: {topic_id}\n  examples:\n    - {_line(example)}\n"
    if faults := check(folders, environ, instead={path: text}).faults:
        raise NewsmonError(_refusal(faults))
    replace_file(folders.user / path, text)
    return folders.user / path


def _block(file: SourceFile, topic_id: str) -> Mapping | None:
    """Return the topic's block in a file, None where it has none."""
    blocks = read_yaml(file.text, file.name, [])
    for block in blocks if isinstance(blocks, Items) else ():
        if isinstance(block, Mapping) and identity(block) == topic_id:
            return block
    return None


def _with_example(file: SourceFile, block: Mapping, topic_id: str, example: Example) -> str:
    """Return the file's text with the example as the first of the topic's.

    Raises:
        NewsmonError: the block is written within braces or brackets, where lines cannot be added.
    """
    name = identity(block)
    assert name is not None
    first = next(iter(block))
    key = block.key("examples")
    known = block[key] if key is not None else None
    lines = file.text.splitlines(keepends=True)
    in_braces = block.place != first.place
    if in_braces or (isinstance(known, Items) and _char(lines, known) != "-"):
        raise NewsmonError(
            f"{file.name}:{block.place.line}: {topic_id} is written within brackets; add under examples: "
            f"- {_line(example)}"
        )
    if isinstance(known, Items) and key is not None:
        at, added = key.line, [" " * (known.place.column - 1) + f"- {_line(example)}"]
    else:
        # An empty `examples:` takes the line below it; where there is none, the key goes below the id.
        at = key.line if key is not None else name.line
        indent = " " * (first.place.column - 1)
        added = [f"{indent}examples:"] * (key is None) + [f"{indent}  - {_line(example)}"]
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    if not lines[at - 1].endswith("\n"):
        lines[at - 1] += end
    lines[at:at] = [line + end for line in added]
    return "".join(lines)


def _char(lines: list[str], items: Items) -> str:
    return lines[items.place.line - 1][items.place.column - 1]


def _line(example: Example) -> str:
    """Return an example in YAML on one line; a JSON text is a YAML text."""
    parts = [f"flag: {'true' if example.flag else 'false'}"]
    parts += [f"lang: {example.lang}"] if example.lang else []
    for key, text in (("title", example.title), ("text", example.text)):
        if text:
            parts.append(f"{key}: {json.dumps(clean_line(text), ensure_ascii=False)}")
    return "{" + ", ".join(parts) + "}"


def _refusal(faults: tuple[Fault, ...]) -> str:
    said = "\n".join(str(fault) for fault in faults[:3])
    return (
        "the example was not written, because the check would fail with it "
        f"(change the topic first, then add it again):\n{said}"
    )
