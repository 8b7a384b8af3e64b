"""How is a topic worked on? The group of commands `topics`."""

import typer

from monitor.cli import versions

app = typer.Typer(
    help="Work on topics: what they would flag, what they flagged before.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
versions.register(app)
