"""How does the reference of the commands stay true? It is made from the program; a test compares.

    .venv-test/bin/python docs/reference/make.py

writes docs/reference/commands.md anew.
"""
# ruff: noqa: INP001 - a script, not a package

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from monitor.cli.main import app

TARGET = Path(__file__).with_name("commands.md")

HEAD = """\
# Commands

<!-- Made by docs/reference/make.py from the program itself: change its help there, then make this anew. -->

One page a command, with examples: [guide](../guide/README.md). In a checkout the program is `./newsmon`,
installed it is `newsmon`; everything else is the same.
"""


def pages() -> str:
    """Return the whole reference as Markdown."""
    program: Any = typer.main.get_command(app)
    parts = [HEAD, "## newsmon", _told(program.help), *_parameters(program)]
    if program.epilog:
        parts.append(program.epilog)
    for name, command in program.commands.items():
        parts += _command(f"newsmon {name}", command)
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _command(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401 - typer's command or group
    parts = [name, *(_usage(p) for p in command.params if not _is_option(p))]
    inner = getattr(command, "commands", {})
    yield f"## {name}"
    yield _told(command.help)
    yield f"```\n{' '.join(parts)}{' COMMAND' if inner else ' [OPTIONS]'}\n```"
    yield from _parameters(command)
    for below, one in inner.items():
        yield from _command(f"{name} {below}", one)


def _told(text: str) -> str:
    """Return a help text with its example as code."""
    body, _, example = text.partition("Example: ")
    return f"{body.strip()}\n\nExample: `{' '.join(example.split())}`" if example else body.strip()


def _parameters(command: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    """Yield a table of arguments and options, if there are any."""
    rows = [_row(parameter) for parameter in command.params if not getattr(parameter, "hidden", False)]
    if rows:
        yield "\n".join(["| argument or option | meaning |", "|---|---|", *rows])


def _row(parameter: Any) -> str:  # noqa: ANN401 - typer's argument or option
    named = ", ".join(f"`{name}`" for name in parameter.opts) if _is_option(parameter) else ""
    value = "" if getattr(parameter, "is_flag", False) else f"`{_metavar(parameter)}`"
    notes = [parameter.help or ""]
    if parameter.envvar:
        notes.append(f"Environment: `{parameter.envvar}`.")
    if parameter.default not in (None, False, ""):
        notes.append(f"Default: {parameter.default}.")
    cells = (" ".join(filter(None, (named, value))), " ".join(filter(None, notes)))
    told = [cell.replace("|", "\\|").split() for cell in cells]
    return " ".join(("|", *told[0], "|", *told[1], "|"))


def _usage(argument: Any) -> str:  # noqa: ANN401 - typer's argument
    name = _metavar(argument)
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _metavar(parameter: Any) -> str:  # noqa: ANN401 - as above
    return str(parameter.metavar or parameter.name.strip("_").upper())


def _is_option(parameter: Any) -> bool:  # noqa: ANN401 - as above
    return bool(parameter.opts[0].startswith("-"))


if __name__ == "__main__":
    TARGET.write_text(pages(), encoding="utf-8")
