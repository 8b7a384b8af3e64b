"""What commands are there, and what do all of them share? The `newsmon` program."""

import difflib
import os
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from monitor import __version__
from monitor.cli import (
    adding,
    applying,
    archive,
    backfilling,
    database,
    demo,
    digest,
    explaining,
    health,
    labelling,
    lists,
    searching,
    service,
    setup,
    show,
    sources,
    topics,
    trying,
    versions,
    watching,
)
from monitor.cli.desk import PLACES
from monitor.cli.starting import VALUED
from monitor.domain.errors import ConfigError, NewsmonError

EPILOG = (
    "The options above may stand before or after the command. "
    "Exit codes: 0 well, 1 a fault that the message names, 2 wrong usage, 130 stopped by Ctrl-C."
)


class Commands(TyperGroup):
    """Our commands; typer itself would end with 1 at a closed pipe, and without a word at Ctrl-C."""

    def invoke(self, ctx: Any) -> object:  # noqa: ANN401 - typer keeps its own Context to itself
        """Run the command that was asked for."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            # The reader of our output (head, less) has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            show.complain("Stopped. What was done so far is kept.")
            raise typer.Exit(130) from None


app = typer.Typer(
    name="newsmon",
    cls=Commands,
    help="A news monitor with alerts: polls feeds, reads articles, flags topics, and tells people once.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = (setup, service, health, applying, archive, searching, explaining, labelling, trying, digest, demo)
for group in COMMANDS:
    group.register(app)
app.add_typer(database.app, name="db")
versions.register(topics.app)
adding.register(sources.app)
watching.register(sources.app)
backfilling.register(sources.app)
lists.register(sources.app)
app.add_typer(sources.app, name="sources")
app.add_typer(topics.app, name="topics")
app.add_typer(trying.app, name="try")


def _version(asked: bool) -> None:  # noqa: FBT001 - typer's call-back
    if asked:
        show.say(f"newsmon {__version__}")
        raise typer.Exit


@app.callback()
def options(
    config: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of your configuration.", envvar="NEWSMON_CONFIG"),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of database and mails.", envvar="NEWSMON_DATA")
    ] = None,
    *,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colours (NO_COLOR does the same).")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more; show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that all commands share."""
    del version
    PLACES.config, PLACES.data = config, data
    show.MANNERS.color = not no_color
    show.MANNERS.quiet, show.MANNERS.verbose = quiet, verbose


FLAGS = frozenset({"--no-color", "--quiet", "-q", "--verbose", "-v"})


def fronted(arguments: list[str]) -> list[str]:
    """Return the arguments with the shared options in front, wherever they stood before `--`."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in FLAGS or argument.partition("=")[0] in VALUED:
            front.append(argument)
            if argument in VALUED:
                front += [value for value in [next(waiting, None)] if value is not None]
        else:
            rest.append(argument)
    return front + rest


def main() -> NoReturn:
    """Run `newsmon` with the arguments of this process, and exit."""
    if hint := _mistyped(sys.argv[1:]):
        show.remark(hint)
    try:
        app(fronted(sys.argv[1:]), standalone_mode=True, prog_name="newsmon")
    except ConfigError as error:
        for fault in error.faults:
            show.complain(str(fault))
        show.complain(f"{len(error.faults)} fault{'s'[: len(error.faults) != 1]}. Nothing was started.")
        sys.exit(1)
    except NewsmonError as error:
        if show.MANNERS.verbose:
            raise
        show.complain(f"newsmon: {error}")
        sys.exit(1)
    except OSError as error:
        # A folder or file that somebody named and that cannot be made, read or written.
        if show.MANNERS.verbose or error.filename is None:
            raise
        show.complain(f"newsmon: {error.filename}: {error.strerror}")
        sys.exit(1)
    sys.exit(0)


def _mistyped(arguments: list[str]) -> str | None:
    """Return a suggestion where the command is not one of ours but close to one."""
    commands = [c.name or (c.callback.__name__ if c.callback else "") for c in app.registered_commands]
    commands += [g.name or "" for g in app.registered_groups]
    word = next((a for a in fronted(arguments) if not a.startswith("-")), None)
    if word is None or word in commands or any(a in VALUED for a in arguments):
        return None
    close = difflib.get_close_matches(word, commands, n=1)
    return f"newsmon: did you mean `newsmon {close[0]}`?" if close else None
