"""How is a desk set up? `init` writes a starter configuration, `check` finds its faults."""

import os
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli import show
from monitor.cli.desk import folders


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(init)
    app.command()(check)


def init(target: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]) -> None:
    """Write a commented starter configuration to DIR.

    Example: newsmon init ~/desk && newsmon --config ~/desk check
    """
    from monitor.settings import starter

    for path in starter(target):
        show.say(str(path))
    show.remark(f"Next: edit {target / 'newsmon.yaml'}, then newsmon --config {target} check")


def check(*, json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Validate the whole configuration: files, rules, examples. Exit 1 if it has faults.

    Example: newsmon --config ~/desk check
    """
    from monitor.settings import check as find_faults

    result = find_faults(folders(), os.environ)
    if json:
        warnings = list(result.warnings)
        show.say_json({"files": result.files, "faults": list(result.faults), "warnings": warnings})
    else:
        for warning in result.warnings:
            show.remark(f"newsmon: {warning}")
        for fault in result.faults:
            show.say(str(fault))
        number = len(result.faults)
        if number:
            show.say(f"{number} fault{'s'[: number != 1]} in {result.files} files. Nothing was started.")
        else:
            show.say(f"No faults in {result.files} files.")
    raise typer.Exit(1 if result.faults else 0)
