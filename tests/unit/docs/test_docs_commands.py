"""The documents and the program name the same commands, options and exit codes."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from monitor.cli.main import app

ROOT = Path(__file__).resolve().parents[3]
PROGRAM: Any = typer.main.get_command(app)
PLACEHOLDERS = ("COMMAND", "…", "...")


def _commands(group: Any = PROGRAM, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        yield (*above, name), command
        if hasattr(command, "commands"):
            yield from _commands(command, (*above, name))


COMMANDS = dict(_commands())


def _takes_value(command: Any, option: str) -> bool | None:
    """Tell whether an option takes a value; None where the command has no such option."""
    if option in ("-h", "--help"):
        return False
    for parameter in (*command.params, *PROGRAM.params):
        if option in parameter.opts:
            return not getattr(parameter, "is_flag", False)
    return None


def _problem(words: tuple[str, ...]) -> str:
    """Return what is wrong with a command line, or ""."""
    if words[:2] == ("./newsmon", "test") or words[1:] in ((), *((p,) for p in PLACEHOLDERS)):
        return ""
    command, rest = PROGRAM, list(words[1:])
    while rest:
        word = rest.pop(0)
        if word.startswith("-") and word != "-":
            name, _, value = word.partition("=")
            takes = _takes_value(command, name)
            if takes is None:
                return f"{' '.join(words)}: no option {name}"
            if takes and not value and rest:
                rest.pop(0)
        elif inner := getattr(command, "commands", None):
            if word in PLACEHOLDERS:
                return ""
            if word not in inner:
                return f"{' '.join(words)}: no command {word}"
            command = inner[word]
    return ""


def test_the_reference_of_the_commands_is_what_the_program_says() -> None:
    """docs/reference/commands.md is what docs/reference/make.py makes of the program as it is."""
    made = runpy.run_path(str(ROOT / "docs/reference/make.py"))["pages"]()
    kept = (ROOT / "docs/reference/commands.md").read_text("utf-8")
    assert kept == made, "run docs/reference/make.py: the program's help has changed"


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_option_is_in_the_reference(path: tuple[str, ...]) -> None:
    """The reference has a section for each command, which names each of its options."""
    text = (ROOT / "docs/reference/commands.md").read_text("utf-8")
    _, _, after = text.partition(f"\n## newsmon {' '.join(path)}\n")
    section = after.split("\n## ")[0]
    options = [name for p in COMMANDS[path].params for name in p.opts if name.startswith("-")]
    assert section, "no section"
    assert [name for name in options if f"`{name}`" not in section] == []


@pytest.mark.parametrize("name", PROGRAM.commands)
def test_every_command_has_a_page_in_the_guide(name: str) -> None:
    """docs/guide has a page for each command, and the guide's first page leads to it."""
    page = ROOT / f"docs/guide/{name}.md"
    assert page.is_file()
    assert page.read_text("utf-8").startswith(f"# newsmon {name}\n")
    assert f"]({name}.md)" in (ROOT / "docs/guide/README.md").read_text("utf-8")


@pytest.mark.parametrize("name", PROGRAM.commands)
def test_the_guide_names_every_option_of_its_command(name: str) -> None:
    """A command's page in the guide speaks of each option of the command and of those below it."""
    text = (ROOT / f"docs/guide/{name}.md").read_text("utf-8")
    below = [command for path, command in COMMANDS.items() if path[0] == name]
    options = [p.opts[0] for command in below for p in command.params if p.opts[0].startswith("-")]
    assert [option for option in options if option not in text] == []


def test_every_command_shown_can_be_typed(pages: Any) -> None:
    """What README and docs tell people to type names commands and options that there are."""
    shown = [(page.name, words) for page in pages for words in page.commands()]
    assert len(shown) > 50, "the documents show commands; if none is found, the search is broken"
    assert [f"{name}: {problem}" for name, words in shown if (problem := _problem(words))] == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (("newsmon", "pol"), "no command pol"),
        (("newsmon", "db", "shrink"), "no command shrink"),
        (("newsmon", "articles", "--flaged"), "no option --flaged"),
        (("newsmon", "--config", "~/desk", "run", "--twice"), "no option --twice"),
        (("newsmon", "articles", "gas union", "--limit", "3", "--data", "d"), ""),
        (("newsmon", "match", "-"), ""),
        (("./newsmon", "test", "--slow"), ""),
    ],
)
def test_the_check_of_shown_commands_sees_mistakes(line: tuple[str, ...], problem: str) -> None:
    """The check itself tells wrong command lines from right ones."""
    assert _problem(line).partition(": ")[2] == problem
